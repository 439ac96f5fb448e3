"""Where and how each side was measured, side by side, what differs first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.report.text import clean, shorten
from perfgate.report.words import NONE
from perfgate.units import format_duration_ns

if TYPE_CHECKING:
    from perfgate.model import Evidence, Result

_WIDTH = 300


def environment_rows(evidence: Evidence) -> tuple[tuple[str, str, str], ...]:
    """Name, base, head of everything that is known; base is – where only head was measured."""
    head = _described(evidence.head.result)
    if evidence.base is None:
        return tuple((name, NONE, value) for name, value in head.items())
    base = _described(evidence.base.result)
    rows = [(name, base[name], value) for name, value in head.items()]
    return tuple(sorted(rows, key=lambda row: row[1] == row[2]))


def _described(result: Result) -> dict[str, str]:
    measured, placed = result.environment, result.placement
    described = {
        "CPU": measured.cpu_model,
        "CPUs": str(measured.cores),
        "architecture": measured.architecture,
        "kernel": measured.kernel,
        "CPU limit": measured.cgroup_cpu,
        "memory limit": measured.cgroup_memory,
        "interpreter": measured.interpreter,
        "environment class": measured.class_id,
        "driver on CPUs": _cpus(placed.driver_cpus),
        "services on CPUs": _cpus(placed.service_cpus),
        "kept apart": "yes" if placed.pinned else "no",
        "placement": placed.note,
        "clock": result.clock_source,
        "latency": result.latency_definition,
        "load": result.load_model,
        "workload digest": result.workload_digest[:12],
        "driver": result.tool.tool if result.tool is not None else "perfgate",
        "perfgate": result.tool_version,
        "started afresh each round": "yes" if result.restarts else "no",
        "speed of the CPUs": _calibrated(result.calibration_ns),
        "started at": result.started_at,
    }
    return {name: shorten(clean(value), _WIDTH) or NONE for name, value in described.items()}


def _cpus(cpus: tuple[int, ...]) -> str:
    return ", ".join(map(str, cpus))


def _calibrated(calibration_ns: int | None) -> str:
    return "" if calibration_ns is None else f"{format_duration_ns(calibration_ns)} for a fixed calculation"
