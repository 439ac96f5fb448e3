"""How large a change is: the Hodges-Lehmann estimate over rounds and its distribution-free interval."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

_EXACT_UP_TO = 60


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """A centre and the interval around it, in the unit of the data."""

    center: float
    low: float
    high: float


def hodges_lehmann(d: NDArray[np.float64], confidence: float = 0.90) -> Estimate:
    """Estimate the centre of the differences of rounds (Hodges & Lehmann, 1963).

    The centre is the median of all pairwise means (Walsh averages), the interval runs between the two
    Walsh averages that the signed-rank test (Wilcoxon, 1945) at this confidence would just not reject. It
    assumes symmetry about the centre, no particular distribution.

    Args:
        d: one difference per round; NaN where the metric was not measured.
        confidence: the least probability with which the interval covers the true centre (approximate
            beyond 60 rounds).

    Returns:
        The estimate in the unit of `d`. With too few rounds for the confidence (under 5 for 90 %), the
        interval is -inf..inf.

    Raises:
        ValueError: nothing was measured in any round, a difference is infinite, or the confidence is not
            between 0 and 1.
    """
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, got {confidence}")
    if d.ndim != 1 or np.isinf(d).any():
        raise ValueError(f"expected one finite difference per round, got shape {d.shape} or an infinity")
    measured = d[~np.isnan(d)]
    if measured.size == 0:
        raise ValueError("no round has a difference to estimate from")
    rows, columns = _pairs(measured.size)
    averages = np.sort((measured[rows] + measured[columns]) / 2)
    middle = averages.size // 2
    center = float(averages[middle] if averages.size % 2 else (averages[middle - 1] + averages[middle]) / 2)
    outside = _averages_outside(measured.size, confidence)
    if outside < 0:
        return Estimate(center=center, low=-np.inf, high=np.inf)
    return Estimate(center=center, low=float(averages[outside]), high=float(averages[-1 - outside]))


def is_centered_above(d: NDArray[np.float64], least: float) -> NDArray[np.bool_]:
    """Whether the Hodges-Lehmann centre is at least `least`, of many sets of rounds (sets × rounds) at once.

    NaN where a round was not measured. It counts pairs instead of sorting them.
    """
    rows, columns = _pairs(d.shape[1])
    doubled = d[:, rows] + d[:, columns]
    pairs = (~np.isnan(doubled)).sum(axis=1)
    above: NDArray[np.bool_] = (2 * (doubled >= 2 * least).sum(axis=1) >= pairs) & (pairs > 0)
    return above


@lru_cache(maxsize=64)
def _pairs(n: int) -> tuple[NDArray[np.intp], NDArray[np.intp]]:
    """The indices of all pairs of n rounds, each with itself too."""
    rows, columns = np.triu_indices(n)
    rows.flags.writeable = columns.flags.writeable = False
    return rows, columns


@lru_cache(maxsize=1024)
def _averages_outside(n: int, confidence: float) -> int:
    """How many Walsh averages lie below the interval, and as many above; -1 where even none are too many.

    It is the largest k with P(V <= k) at most half the error, V being the signed-rank statistic.
    """
    tail = (1 - confidence) / 2
    if n > _EXACT_UP_TO:
        mean, variance = n * (n + 1) / 4, n * (n + 1) * (2 * n + 1) / 24
        return int(np.floor(mean + special.ndtri(tail) * np.sqrt(variance) - 0.5))
    cumulated = np.cumsum(signed_rank_distribution(n))
    return int(np.searchsorted(cumulated, tail * (1 + 1e-9), side="right")) - 1


def signed_rank_distribution(n: int) -> NDArray[np.float64]:
    """P(V = v) for v = 0 … n(n+1)/2, where V sums the ranks 1 … n, each kept on the toss of a fair coin."""
    probabilities: NDArray[np.float64] = np.zeros(n * (n + 1) // 2 + 1)
    probabilities[0] = 1.0
    for rank in range(1, n + 1):
        kept = np.zeros_like(probabilities)
        kept[rank:] = probabilities[:-rank]
        probabilities += kept
        probabilities /= 2
    return probabilities
