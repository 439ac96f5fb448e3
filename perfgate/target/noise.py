"""What disturbed the machine between two moments: time the hypervisor took, pressure, throttling."""

from __future__ import annotations

import re
import time
from dataclasses import dataclass
from pathlib import Path

from perfgate.target import cgroup

_STAT = Path("/proc/stat")
_PRESSURE = Path("/proc/pressure/cpu")
_STEAL = 7
_FEWEST_TICKS = 50
"""The kernel counts in ticks of 10 ms: over a shorter time a single one would look like much."""

_SOME = re.compile(r"^some .*\btotal=(\d+)", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseSnapshot:
    """Counters of the whole machine at one moment, each None where this system does not count it."""

    at_ns: int
    cpu_ticks: int | None
    steal_ticks: int | None
    psi_some_us: int | None
    throttled_ns: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class NoiseDelta:
    """What happened between two snapshots.

    `steal_ratio` is the share of CPU time a hypervisor gave to others (0 where it does not say),
    `psi_some_ratio` the share of time in which somebody waited for a CPU, `throttled_ns` how long this
    process's control group was held back by its limit (added up over CPUs, so that its ratio of the time
    may exceed 1).
    """

    steal_ratio: float
    psi_some_ratio: float | None
    throttled_ns: int | None
    throttled_ratio: float | None


def snapshot() -> NoiseSnapshot:
    """The counters now."""
    ticks = parse_stat(_read(_STAT))
    return NoiseSnapshot(
        at_ns=time.monotonic_ns(),
        cpu_ticks=ticks[0] if ticks else None,
        steal_ticks=ticks[1] if ticks else None,
        psi_some_us=parse_pressure(_read(_PRESSURE)),
        throttled_ns=cgroup.throttled_ns(),
    )


def between(first: NoiseSnapshot, second: NoiseSnapshot) -> NoiseDelta:
    """The difference of two snapshots, the earlier one first."""
    elapsed_us = (second.at_ns - first.at_ns) / 1000
    ticks = _difference(first.cpu_ticks, second.cpu_ticks)
    steal = _difference(first.steal_ticks, second.steal_ticks)
    waited_us = _difference(first.psi_some_us, second.psi_some_us)
    throttled_ns = _difference(first.throttled_ns, second.throttled_ns)
    return NoiseDelta(
        steal_ratio=steal / ticks if steal and ticks and ticks >= _FEWEST_TICKS else 0.0,
        psi_some_ratio=_ratio(waited_us, elapsed_us),
        throttled_ns=throttled_ns,
        throttled_ratio=_ratio(throttled_ns, elapsed_us * 1000),
    )


def parse_stat(text: str) -> tuple[int, int] | None:
    """All ticks and stolen ticks of all CPUs in the text of /proc/stat; None if they are not there.

    Guest time is left out: it is part of user time already.
    """
    for line in text.splitlines():
        name, *ticks = line.split()[: _STEAL + 2] or [""]
        if name == "cpu" and len(ticks) > _STEAL and all(t.isdecimal() for t in ticks):
            return sum(map(int, ticks)), int(ticks[_STEAL])
    return None


def parse_pressure(text: str) -> int | None:
    """Microseconds in which some task waited for a CPU, from the text of /proc/pressure/cpu."""
    match = _SOME.search(text)
    return int(match[1]) if match else None


def _difference(first: int | None, second: int | None) -> int | None:
    """How far a counter went; never backwards, which steal time does on some hypervisors."""
    return None if first is None or second is None else max(0, second - first)


def _ratio(part: int | None, whole: float) -> float | None:
    return part / whole if part is not None and whole > 0 else None


def _read(path: Path) -> str:
    try:
        return path.read_text()
    except (OSError, UnicodeDecodeError):
        return ""
