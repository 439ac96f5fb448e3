"""What an export is made of: one result as figures with intervals, as rounds and as requests."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from perfgate.model import ALL_ENDPOINTS, Metric, Result, Round

UNITS: Final[Mapping[str, str]] = {
    "p50": "ns",
    "p95": "ns",
    "p99": "ns",
    "cpu": "ns/request",
    "throughput": "requests/s",
    "errors": "ratio",
}
"""The unit of every statistic that has a level for a whole run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """The level of one metric over a run, and the 95 % interval of it; in the unit of the metric.

    `low` and `high` are None where fewer than two rounds measured it.
    """

    metric: Metric
    value: float
    low: float | None
    high: float | None
    rounds: int

    @property
    def unit(self) -> str:
        """Such as `ns`."""
        return UNITS[self.metric.statistic]


@dataclass(frozen=True, slots=True, kw_only=True)
class Exported:
    """One result, its figures, and the largest time in each of its histograms (nanoseconds).

    `max_ns` is keyed by the index of the round and the endpoint; empty histograms have no entry.
    """

    result: Result
    figures: tuple[Figure, ...]
    max_ns: Mapping[tuple[int, str], int]


def valid_rounds(result: Result) -> tuple[Round, ...]:
    """The rounds that figures are made of.

    Confirmation ran another mix of requests, and dropped rounds were spoilt.
    """
    return tuple(r for r in result.rounds if r.stage == "screen" and not r.dropped_because)


def endpoint_name(metric: Metric) -> str:
    """The endpoint as every export calls it."""
    return "all endpoints" if metric.endpoint == ALL_ENDPOINTS else metric.endpoint


def metric_name(metric: Metric) -> str:
    """The endpoint and the statistic in one name, the same for every run."""
    return f"{endpoint_name(metric)} {metric.statistic}"


def bounded(name: str, most: int) -> str:
    """A name of at most `most` characters; a longer one is cut and ends in eight digits of its SHA-256."""
    if len(name) <= most:
        return name
    digest = hashlib.sha256(name.encode("utf-8", "surrogatepass")).hexdigest()[:8]
    return f"{name[: most - 9]}-{digest}"
