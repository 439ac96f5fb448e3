"""The one place that knows which way a metric gets worse, and in which unit its change is tested.

Tests, estimates and detectable effects speak of `d` (`gate.table.Table.d`): positive is worse for every
metric, a difference where zero is an ordinary value (errors, memory), the logarithm of a ratio elsewhere.
Policies, verdicts and reports speak of changes as people say them: head / base - 1, or head - base.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from perfgate.model import Metric
from perfgate.stats.interval import Estimate
from perfgate.units import format_per_request


def differences(metric: Metric, base: NDArray[np.float64], head: NDArray[np.float64]) -> NDArray[np.float64]:
    """`d` of paired values; NaN where a side was not measured, or is zero where a ratio is asked for."""
    if metric.is_difference:
        return np.asarray(head - base, dtype=np.float64)
    with np.errstate(divide="ignore", invalid="ignore"):
        d: NDArray[np.float64] = np.log(head / base) * sign(metric)
    d[~np.isfinite(d)] = np.nan
    return d


def sign(metric: Metric) -> float:
    """1 where more is worse, -1 where less is."""
    return 1.0 if metric.better == "lower" else -1.0


def as_costs(metric: Metric, levels: Sequence[float]) -> list[float]:
    """Positive levels such that more is worse: of throughput, which is better the more, the reciprocals."""
    return [level ** sign(metric) for level in levels]


def d_of(metric: Metric, size: float) -> float:
    """`d` of a change for the worse of this size: 0.05 is 5 % slower, but 5 % fewer requests per second.

    Infinity for what cannot be: a throughput cannot fall by 100 % or more.
    """
    if metric.is_difference:
        return size
    change = size * sign(metric)
    return math.log1p(change) * sign(metric) if change > -1 else math.inf


def size_of(metric: Metric, d: float) -> float:
    """The size of a change for the worse of this `d`; what `d_of` undoes. Infinity where it is too large."""
    return change_of(metric, d) * sign(metric)


def change_of(metric: Metric, d: float) -> float:
    """`Comparison.change` of this `d`: negative for a throughput that became worse."""
    if metric.is_difference:
        return d
    log = d * sign(metric)
    return math.expm1(log) if log < 700 else math.inf


def interval_of(metric: Metric, estimate: Estimate) -> tuple[float, float]:
    """The interval of `Comparison.change`, its lower end first; an end that is open is infinite."""
    ends = (estimate.low, estimate.high)
    if not all(map(math.isfinite, ends)):
        return -math.inf, math.inf
    low, high = sorted(change_of(metric, end) for end in ends)
    return low, high


def in_words(metric: Metric, size: float, *, digits: int = 1) -> str:
    """The size of a change in a sentence: `6.1%`, `1.02 kB/request`."""
    return format_per_request(size) if metric.statistic == "memory" else f"{size:.{digits}%}"
