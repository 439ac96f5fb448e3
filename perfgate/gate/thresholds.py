"""Holding measured requests against limits in k6's `thresholds` syntax.

`http_req_duration` is k6's sending + waiting + receiving, which is perfgate's service time.
"""

import math
import operator
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfgate.gate.threshold_syntax import Threshold, parse_threshold

__all__ = ["Series", "Threshold", "ThresholdOutcome", "describe", "evaluate", "parse_threshold", "percentile"]

_COMPARE: dict[str, Callable[[float, float], bool]] = {
    "<=": operator.le,
    "<": operator.lt,
    ">=": operator.ge,
    ">": operator.gt,
    "===": operator.eq,
    "==": operator.eq,
    "!=": operator.ne,
}
_NS_PER_MS = 1e6
_NS_PER_S = 1e9


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """The requests of one side that thresholds are held against, as columns of equal length.

    `endpoint` indexes `endpoints`. `service_ns` is sent to last byte and `status` the HTTP status; both are 0
    where no whole answer came back. `failed` is True for any error class. `duration_ns` is how long the
    requests were sent for.
    """

    endpoints: tuple[str, ...]
    endpoint: NDArray[np.int32]
    service_ns: NDArray[np.int64]
    status: NDArray[np.int32]
    failed: NDArray[np.bool_]
    duration_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdOutcome:
    """What became of a threshold. `value` is in k6's unit (ms, ratio, count, per second).

    `no_data` says why there is nothing to judge; `value` is None then and `passed` is False.
    """

    threshold: Threshold
    value: float | None
    passed: bool
    no_data: str = ""


def evaluate(threshold: Threshold, series: Series) -> ThresholdOutcome:
    """Hold the requests of one side against a threshold.

    A request that got no whole answer counts as infinitely slow, and an infinite value never passes. No
    request to judge is no data, and that never passes either.
    """
    in_scope, selected = _select(threshold, series)
    no_data = _why_no_data(threshold, series, in_scope, selected)
    if no_data:
        return ThresholdOutcome(threshold=threshold, value=None, passed=False, no_data=no_data)
    value = _value(threshold, series, selected)
    passed = math.isfinite(value) and _COMPARE[threshold.operator](value, threshold.limit)
    return ThresholdOutcome(threshold=threshold, value=value, passed=passed)


def describe(outcome: ThresholdOutcome) -> str:
    """The outcome as a sentence without a full stop: `http_req_duration: p(95)<200 is breached: 250 ms`."""
    threshold = outcome.threshold
    if outcome.value is None:
        return f"{threshold.source} has no data: {outcome.no_data}"
    if math.isinf(outcome.value):
        return f"{threshold.source} is breached: too many requests got no answer"
    unit = {"http_req_duration": " ms", "http_req_failed": ""}.get(threshold.metric, " requests")
    rate = "/s" if (threshold.metric, threshold.method) == ("http_reqs", "rate") else ""
    return f"{threshold.source} is {'met' if outcome.passed else 'breached'}: {outcome.value:.6g}{unit}{rate}"


def percentile(ordered: NDArray[np.float64], share: float) -> float:
    """The value below which `share` (0 to 1) of the ascending values lie.

    As k6's trend sink: linear between the two nearest ranks, position share x (n - 1); type 7 of Hyndman and
    Fan (1996). Infinite values are allowed, which `numpy.quantile` would turn into NaN.
    """
    position = share * (len(ordered) - 1)
    below, above = math.floor(position), math.ceil(position)
    low, high = float(ordered[below]), float(ordered[above])
    return low if low == high else low + (high - low) * (position - below)


def _select(threshold: Threshold, series: Series) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Requests of the endpoint asked for, and those of them that also ended as asked for."""
    in_scope = np.ones(len(series.endpoint), dtype=np.bool_)
    selected = in_scope.copy()
    for key, value in threshold.tags:
        match key:
            case "status":
                selected &= series.status == int(value)
            case "expected_response":
                selected &= series.failed == (value == "false")
            case _:
                wanted = [i for i, endpoint in enumerate(series.endpoints) if endpoint == value]
                in_scope &= np.isin(series.endpoint, wanted)
    return in_scope, selected & in_scope


def _why_no_data(
    threshold: Threshold, series: Series, in_scope: NDArray[np.bool_], selected: NDArray[np.bool_]
) -> str:
    """Why nothing can be judged, or "". To count 0 of some requests is data; to count 0 of none is not."""
    for key, value in threshold.tags:
        if key in ("name", "endpoint") and value not in series.endpoints:
            return f"no endpoint is called {value!r}"
    if not in_scope.any():
        return "not one such request was sent"
    if threshold.metric == "http_reqs":
        return "" if series.duration_ns > 0 else "the time in which requests were sent is unknown"
    return "" if selected.any() else "no request ended that way"


def _value(threshold: Threshold, series: Series, selected: NDArray[np.bool_]) -> float:
    if threshold.metric == "http_req_failed":
        return float(series.failed[selected].mean())
    if threshold.metric == "http_reqs":
        count = float(selected.sum())
        return count if threshold.method == "count" else count / (series.duration_ns / _NS_PER_S)
    times_ns = series.service_ns[selected]
    times_ms = np.sort(np.where(times_ns > 0, times_ns / _NS_PER_MS, np.inf))
    match threshold.method:
        case "avg":
            return float(times_ms.mean())
        case "min":
            return float(times_ms[0])
        case "max":
            return float(times_ms[-1])
        case "med":
            return percentile(times_ms, 0.5)
        case _:
            return percentile(times_ms, (threshold.percentile or 0.0) / 100)
