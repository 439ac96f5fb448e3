"""The figures of a run by the metrics of Artillery, worked out on the requests that were recorded.

They mean what Artillery's mean: times are milliseconds from a request's sending to the first byte of its
answer (`total`: to the last), of all answers whatever their status; rates are per second. Percentiles are
exact, where Artillery's are within 1 %.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.thresholds import percentile
from perfgate.model import Figure, Passes, Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NS_PER_MS = 1e6
_APDEX_MS = 500.0
_SHARES = {"p50": 0.5, "median": 0.5, "p75": 0.75, "p90": 0.9, "p95": 0.95, "p99": 0.99, "p999": 0.999}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Measured:
    """What a run came to; `unsent` is the error class of arrivals that were dropped.

    `apdex_ms` is the time an answer may take to satisfy.
    """

    samples: Samples
    passes: Mapping[str, Passes]
    duration_ns: int
    unsent: str
    apdex_ms: float = _APDEX_MS


def figure_of(figure: Figure, measured: Measured) -> float | None:
    """The value of one figure, None where there is nothing it could be of."""
    if figure.of == "users":
        return _users(figure.detail, measured)
    if figure.of == "apdex":
        return apdex_score(measured)
    if figure.of == "ranked":
        return _ranks(measured)[figure.detail]
    samples = measured.samples
    mine = _of_endpoints(figure, samples)
    if figure.of in ("first_byte", "total"):
        return _time(figure, samples, mine)
    if figure.of == "request_rate":
        seconds = measured.duration_ns / 1e9
        return _sent(mine, measured) / seconds if seconds > 0 else None
    return _count(figure, mine, measured)


def apdex_score(measured: Measured) -> float | None:
    """The score from 0 to 1, None where nothing was answered."""
    ranks = _ranks(measured)
    total = math.fsum(ranks.values())
    return (ranks["satisfied"] + ranks["tolerated"] / 2) / total if total else None


def _count(figure: Figure, mine: NDArray[np.bool_], measured: Measured) -> float:
    samples = measured.samples
    match figure.of:
        case "requests":
            return _sent(mine, measured)
        case "responses":
            return float((mine & (samples.status > 0)).sum())
        case "codes":
            return float((mine & (samples.status == int(figure.detail))).sum())
        case "errors":
            return float((mine & _with_error(samples, figure.errors)).sum())
        case _:
            return float(samples.bytes_received[mine].sum())


def _sent(mine: NDArray[np.bool_], measured: Measured) -> float:
    return float((mine & ~_with_error(measured.samples, (measured.unsent,))).sum())


def _of_endpoints(figure: Figure, samples: Samples) -> NDArray[np.bool_]:
    if figure.endpoints is None:
        return np.ones(len(samples.endpoint), dtype=np.bool_)
    wanted = [i for i, name in enumerate(samples.endpoints) if name in figure.endpoints]
    return np.isin(samples.endpoint, wanted)


def _with_error(samples: Samples, classes: tuple[str, ...]) -> NDArray[np.bool_]:
    wanted = [
        number
        for number, name in enumerate(samples.errors)
        if any(name == one or (one.endswith(" ") and name.startswith(one)) for one in classes)
    ]
    return np.isin(samples.error, wanted)


def _time(figure: Figure, samples: Samples, mine: NDArray[np.bool_]) -> float | None:
    answered = mine & (samples.status > 0)
    if figure.status_class:
        answered &= samples.status // 100 == figure.status_class
    until_ns = samples.first_ns if figure.of == "first_byte" else samples.last_ns
    times_ms = np.sort((until_ns[answered] - samples.sent_ns[answered]) / _NS_PER_MS)
    if figure.detail == "count":
        return float(len(times_ms))
    if not len(times_ms):
        return None
    match figure.detail:
        case "min":
            return float(times_ms[0])
        case "max":
            return float(times_ms[-1])
        case "mean":
            return float(times_ms.mean())
        case _:
            return percentile(times_ms, _SHARES[figure.detail])


def _users(fate: str, measured: Measured) -> float:
    which, _, scenario = fate.partition(" ")
    if which == "skipped":
        return float(_with_error(measured.samples, (measured.unsent,)).sum())
    counted = [passes for name, passes in measured.passes.items() if not scenario or name == scenario]
    completed, failed = sum(p.completed for p in counted), sum(p.failed for p in counted)
    return float({"completed": completed, "failed": failed, "created": completed + failed}[which])


def _ranks(measured: Measured) -> dict[str, float]:
    samples = measured.samples
    answered = samples.status > 0
    times_ms = (samples.last_ns[answered] - samples.sent_ns[answered]) / _NS_PER_MS
    satisfied = float((times_ms <= measured.apdex_ms).sum())
    tolerated = float((times_ms <= 4 * measured.apdex_ms).sum()) - satisfied
    return {
        "satisfied": satisfied,
        "tolerated": tolerated,
        "frustrated": len(times_ms) - satisfied - tolerated,
    }
