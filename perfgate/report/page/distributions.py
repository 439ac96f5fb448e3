"""Latency distributions as curves: the share of requests within a time, their density, some quantiles."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import CountedTimes, EndpointTimes, Quantiles, Side, fewest_requests
from perfgate.report.page.model import Curve
from perfgate.report.page.numbers import all_significant, significant

if TYPE_CHECKING:
    from numpy.typing import NDArray

_NS_PER_MS = 1e6
_SHOWN = {
    "p5": 0.05,
    "p25": 0.25,
    "p50": 0.50,
    "p75": 0.75,
    "p90": 0.90,
    "p95": 0.95,
    "p99": 0.99,
    "p99.9": 0.999,
    "max": 1.0,
}
_TRIMMED = 0.001
"""The density leaves out so much of either end: one straggler would squeeze all others into a line."""
_BEYOND = 1.0006
"""More than rounding to four digits can take off, so that the last place is behind the longest time."""
_REACH = 4.0
"""So many bandwidths beyond what is drawn, a kernel has nothing left worth showing."""


def quantiles(times: EndpointTimes) -> tuple[tuple[str, float | None, float | None], ...]:
    """Some quantiles of either side in ms.

    Up to p99 they are those of the median round, as in the verdict's table. p99.9 and the longest time are
    of all requests of all rounds: the least time that so large a share of them was within. None with fewer
    requests than `fewest_requests`; the longest needs one.
    """
    sides = _sides(times)
    base, head = sides.get("base"), sides.get("head")
    return tuple(
        (
            name,
            _quantile_ms(base, times.base_quantiles, probability),
            _quantile_ms(head, times.head_quantiles, probability),
        )
        for name, probability in _SHOWN.items()
    )


def ecdf(times: EndpointTimes, points: int) -> dict[Side, Curve]:
    """The share of requests answered within so many ms, both sides at the same times.

    Half of the times are quantiles of base, half of head, from just below the shortest of all to just above
    the longest, so that the curves are finest where the requests are.
    """
    sides = _sides(times)
    if not sides:
        return {}
    levels = _levels(max(points // len(sides), 8))
    chosen = np.concatenate([_at(counted, levels) for counted in sides.values()]) / _NS_PER_MS
    ends = (_rounded(chosen.min() / _BEYOND), _rounded(chosen.max() * _BEYOND))
    x = sorted({*ends, *map(_rounded, chosen)})
    return {side: Curve(x=tuple(x), y=_share_within(counted, x)) for side, counted in sides.items()}


def density(times: EndpointTimes, points: int) -> dict[Side, Curve]:
    """Gaussian kernel density of log10 ms, per decade, both sides on one grid of equal logarithmic steps.

    The bandwidth is Silverman's rule of thumb (1986, equation 3.31) for each side, and at least one step of
    the grid. All requests count; the grid leaves out the outermost thousandth of either end.
    """
    sides = _sides(times)
    if not sides:
        return {}
    logs = {side: np.log10(counted.values_ns / _NS_PER_MS) for side, counted in sides.items()}
    grid = _grid(sides, logs, points)
    x = tuple(_rounded(value, 6) for value in 10.0**grid)
    return {
        side: Curve(x=x, y=all_significant(_kernel(logs[side], counted.counts, grid)))
        for side, counted in sides.items()
    }


def _levels(count: int) -> NDArray[np.float64]:
    """Shares of requests, every fourth of them in the last hundredth, where the stragglers are."""
    tail = count // 4
    return np.concatenate(
        [np.linspace(0.0, 0.99, count - tail), 1 - np.geomspace(0.01, 1e-5, tail)[1:], [1.0]]
    )


def _sides(times: EndpointTimes) -> Mapping[Side, CountedTimes]:
    found: dict[Side, CountedTimes | None] = {"base": times.base, "head": times.head}
    return {side: counted for side, counted in found.items() if counted is not None and counted.counts.size}


def _quantile_ms(
    counted: CountedTimes | None, of_rounds: Quantiles | None, probability: float
) -> float | None:
    if of_rounds is not None and probability in of_rounds.probability:
        median_ns = of_rounds.median_ns[of_rounds.probability.index(probability)]
        return None if median_ns is None else significant(median_ns / _NS_PER_MS)
    if counted is None or (probability < 1 and counted.counts.sum() < fewest_requests(probability)):
        return None
    return significant(float(_at(counted, np.array([probability]))[0]) / _NS_PER_MS)


def _at(counted: CountedTimes, levels: NDArray[np.float64]) -> NDArray[np.float64]:
    """The least time in ns that at least so large a share of the requests did not exceed."""
    until = np.cumsum(counted.counts)
    ranks = np.maximum(np.ceil(levels * until[-1] - 1e-9), 1)
    found: NDArray[np.float64] = counted.values_ns[np.searchsorted(until, ranks)].astype(np.float64)
    return found


def _share_within(counted: CountedTimes, x_ms: Sequence[float]) -> tuple[float | None, ...]:
    until = np.concatenate([[0], np.cumsum(counted.counts)])
    x_ns = np.round(np.array(x_ms) * _NS_PER_MS)
    within = np.searchsorted(counted.values_ns, x_ns, side="right")
    return all_significant(until[within] / until[-1], 5)


def _rounded(value: float, digits: int = 4) -> float:
    return float(f"{value:.{digits}g}")


def _grid(
    sides: Mapping[Side, CountedTimes], logs: Mapping[Side, NDArray[np.float64]], points: int
) -> NDArray[np.float64]:
    """Places from the lowest to the highest side, with room for the kernels at the ends."""
    ends = [np.log10(_at(c, np.array([_TRIMMED, 1 - _TRIMMED])) / _NS_PER_MS) for c in sides.values()]
    widest = max(_bandwidth(logs[side], counted.counts) for side, counted in sides.items())
    low, high = min(end[0] for end in ends), max(end[1] for end in ends)
    room = _REACH * max(widest, 0.004, (high - low) / (points - 1 - 2 * _REACH))
    return np.asarray(np.linspace(low - room, high + room, points), dtype=np.float64)


def _kernel(
    logs: NDArray[np.float64], counts: NDArray[np.int64], grid: NDArray[np.float64]
) -> NDArray[np.float64]:
    width = max(_bandwidth(logs, counts), grid[1] - grid[0])
    distance = (grid[:, None] - logs[None, :]) / width
    heights = np.exp(-0.5 * distance**2) @ (counts / counts.sum())
    scaled: NDArray[np.float64] = heights / (width * math.sqrt(2 * math.pi))
    return scaled


def _bandwidth(logs: NDArray[np.float64], counts: NDArray[np.int64]) -> float:
    """0.9 min(SD, IQR / 1.34) n^(-1/5); 0 where all values are equal."""
    n = int(counts.sum())
    shares = counts / n
    mean = float(logs @ shares)
    spreads = [math.sqrt(max(float((logs - mean) ** 2 @ shares), 0.0))]
    until = np.cumsum(counts)
    quarter, three_quarters = (logs[np.searchsorted(until, share * n)] for share in (0.25, 0.75))
    spreads.append(float(three_quarters - quarter) / 1.34)
    return float(0.9 * min([spread for spread in spreads if spread > 0] or [0.0]) * n**-0.2)
