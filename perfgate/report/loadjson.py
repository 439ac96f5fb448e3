"""A load as JSON for other programs: a fixed, versioned document (its shape is `loadschema`'s)."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

from perfgate.model import DriverLoad, EndpointLoad, LoadSummary, Outcome, Reason, Spread
from perfgate.report import loadtotals
from perfgate.report.document import json_text
from perfgate.report.loadwords import load_sentence
from perfgate.report.profile_words import describe_profile

SCHEMA_VERSION = 1
_QUANTILES = ("p50", "p90", "p95", "p99", "p99.9")


def render_load_json(
    summary: LoadSummary, outcome: Outcome, reasons: Sequence[Reason], warnings: Sequence[Reason]
) -> str:
    """The document as indented ASCII JSON; names stay as they are, no number is NaN or infinite."""
    return json_text(
        {
            "kind": "load",
            "schema_version": SCHEMA_VERSION,
            "headline": load_sentence(summary, outcome),
            "verdict": outcome,
            "reasons": [dataclasses.asdict(reason) for reason in reasons],
            "warnings": [dataclasses.asdict(warning) for warning in warnings],
            "workload": {"name": summary.workload_name, "digest": summary.workload_digest},
            "target": summary.target,
            "started_at": summary.started_at,
            "profile": _profile(summary),
            "seed": summary.seed,
            "elapsed_s": summary.elapsed_s,
            **_figures(summary),
            "endpoints": [_endpoint(endpoint, summary) for endpoint in summary.endpoints],
            "driver": _driver(summary.driver, summary.requests),
            "notes": list(summary.notes),
            "tool": dataclasses.asdict(summary.tool) if summary.tool else None,
        }
    )


def _figures(summary: LoadSummary) -> dict[str, object]:
    return {
        "requests": summary.requests,
        "requests_per_s": loadtotals.per_second(summary.requests, summary),
        "failed": loadtotals.all_failed(summary),
        "errors": loadtotals.errors(summary),
        "statuses": loadtotals.statuses(summary),
        "dropped": summary.dropped,
        "bytes_received": loadtotals.bytes_received(summary),
        "service_time_ns": _spread(summary.service),
        "response_time_ns": _spread(summary.response),
        "lateness_ns": _spread(summary.lateness),
        "phases_ns": {name: _spread(phase) for name, phase in summary.phases.items()},
    }


def _profile(summary: LoadSummary) -> dict[str, object]:
    profile = summary.profile
    return {
        "description": summary.load_words or describe_profile(profile),
        "executor": profile.executor,
        "model": "open" if profile.is_open else "closed",
        "vus": profile.vus,
        "start": profile.start,
        "stages": [dataclasses.asdict(ramp) for ramp in profile.stages],
        "iterations": profile.iterations,
        "arrivals": profile.arrivals if profile.is_open else None,
        "duration_ns": profile.duration_ns,
        "graceful_stop_ns": profile.graceful_stop_ns,
    }


def _endpoint(endpoint: EndpointLoad, summary: LoadSummary) -> dict[str, object]:
    return {
        "name": endpoint.name,
        "requests": endpoint.requests,
        "requests_per_s": loadtotals.per_second(endpoint.requests, summary),
        "failed": loadtotals.failed(endpoint),
        "errors": dict(endpoint.errors),
        "statuses": dict(endpoint.statuses),
        "bytes_received": endpoint.bytes_received,
        "service_time_ns": _spread(endpoint.service),
        "response_time_ns": _spread(endpoint.response),
    }


def _spread(spread: Spread | None) -> Mapping[str, object] | None:
    if spread is None:
        return None
    return {
        "count": spread.count,
        "min": spread.min_ns,
        **{name: spread.quantiles_ns.get(name) for name in _QUANTILES},
        "max": spread.max_ns,
        "mean": spread.mean_ns,
    }


def _driver(driver: DriverLoad, requests: int) -> dict[str, object]:
    return {
        "processes": driver.processes,
        "cpu_ratio": driver.cpu_ratio,
        "cpu_us_per_request": driver.cpu_us_per_request,
        "bytes_per_sample": driver.rows_bytes / requests if requests else None,
        "clock_source": driver.clock_source,
        "kernel_stamped_ratio": driver.kernel_stamped_ratio,
        "clock_step_ns": driver.clock_step_ns,
    }
