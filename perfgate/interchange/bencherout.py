"""Bencher Metric Format (BMF) JSON, for `bencher run --adapter json`."""

from __future__ import annotations

import json

from perfgate.interchange.figures import Exported, bounded, endpoint_name

MEASURES = {
    "p50": "latency",
    "p95": "latency-p95",
    "p99": "latency-p99",
    "cpu": "cpu-time",
    "throughput": "throughput",
    "errors": "error-ratio",
}
"""The measure of each statistic: `latency` (ns) and `throughput` (operations a second) are Bencher's own."""

_MAX_NAME = 1024
_IGNORE = "-bencher-ignore"


def write_bencher(exported: Exported) -> str:
    """One benchmark an endpoint, with the interval of each figure as its lower and upper value."""
    benchmarks: dict[str, dict[str, dict[str, float]]] = {}
    for figure in exported.figures:
        measure = {"value": figure.value}
        if figure.low is not None and figure.high is not None:
            measure |= {"lower_value": figure.low, "upper_value": figure.high}
        name = _name(endpoint_name(figure.metric))
        benchmarks.setdefault(name, {})[MEASURES[figure.metric.statistic]] = measure
    return json.dumps(benchmarks, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _name(endpoint: str) -> str:
    """The endpoint, unless Bencher would read its end as an order to raise no alert."""
    name = bounded(endpoint, _MAX_NAME) or "(no name)"
    return f"{name}." if name.endswith(_IGNORE) else name
