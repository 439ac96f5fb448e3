"""Harrell-Davis quantiles: smooth estimates of p50, p95 and p99 from one round's requests."""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import special

_NEGLIGIBLE = 1e-17
"""Total weight left out on each side of the window; below the rounding error of the sum itself."""


def harrell_davis(
    values: NDArray[np.float64] | NDArray[np.int64], probabilities: Sequence[float]
) -> NDArray[np.float64]:
    """Estimate quantiles as beta-weighted means of the order statistics (Harrell & Davis, 1982).

    Every quantile uses many neighbouring order statistics, so it varies less from round to round than a
    single order statistic does, most of all in the middle of the distribution.

    Args:
        values: one-dimensional, in any order and any unit, such as service times in nanoseconds.
        probabilities: each strictly between 0 and 1.

    Returns:
        One quantile for each probability, in the unit of `values`.

    Raises:
        ValueError: there are no values, one of them is not finite, or a probability is not between 0 and 1.
    """
    if values.ndim != 1 or values.size == 0:
        raise ValueError(f"quantiles need a one-dimensional array with values, got shape {values.shape}")
    if not np.isfinite(values).all():
        raise ValueError("quantiles need finite values, got NaN or infinity")
    ordered = np.sort(values)
    quantiles = np.empty(len(probabilities), dtype=np.float64)
    for index, probability in enumerate(probabilities):
        first, weights = _weights(values.size, float(probability))
        quantiles[index] = weights @ ordered[first : first + weights.size].astype(np.float64)
    return quantiles


def harrell_davis_counted(
    values: NDArray[np.int64], counts: NDArray[np.int64], probabilities: Sequence[float]
) -> NDArray[np.float64]:
    """The same estimates from values that have been counted, as the slots of a histogram.

    Args:
        values: rising, each once.
        counts: how often each value occurred, all above 0.
        probabilities: each strictly between 0 and 1.

    Returns:
        What `harrell_davis` returns for the values one by one.

    Raises:
        ValueError: the columns do not fit together, there are no values, or a probability is not between 0
            and 1.
    """
    if values.ndim != 1 or values.shape != counts.shape or values.size == 0 or (counts <= 0).any():
        raise ValueError(f"expected values and how often each occurred, got {values.shape}, {counts.shape}")
    until = np.cumsum(counts)
    n = int(until[-1])
    shares = np.concatenate([[0.0], until / n])
    quantiles = np.empty(len(probabilities), dtype=np.float64)
    for index, probability in enumerate(probabilities):
        a, b, low, high = _window(n, float(probability))
        first = max(int(np.searchsorted(shares, low, side="right")) - 1, 0)
        last = int(np.searchsorted(shares, high, side="left"))
        weights = np.diff(special.betainc(a, b, shares[first : last + 1]))
        quantiles[index] = weights @ values[first:last].astype(np.float64) / weights.sum()
    return quantiles


def log_quantile_variance(
    values: NDArray[np.float64] | NDArray[np.int64], probabilities: Sequence[float]
) -> NDArray[np.float64]:
    """How much the logarithm of each quantile varies from sample to sample of this size.

    The variance of the order statistics under the weights of the estimate (Maritz & Jarrett, 1978), over the
    square of the estimate. It is of independent requests, and falls with their number.

    Args:
        values: as given to `harrell_davis`, all above 0.
        probabilities: each strictly between 0 and 1.

    Raises:
        ValueError: as `harrell_davis`, or a value is not above 0.
    """
    center = harrell_davis(values, probabilities)
    ordered = np.sort(values)
    if ordered[0] <= 0:
        raise ValueError("times are above 0")
    variance = np.empty(len(probabilities), dtype=np.float64)
    for index, probability in enumerate(probabilities):
        first, weights = _weights(values.size, float(probability))
        window = ordered[first : first + weights.size].astype(np.float64)
        variance[index] = weights @ (window / center[index] - 1) ** 2
    return variance


@lru_cache(maxsize=512)
def _weights(n: int, probability: float) -> tuple[int, NDArray[np.float64]]:
    """The first order statistic (from 0) that carries weight, and the weights from there on.

    The window is some 17 standard deviations of a beta distribution wide, at most 9,000 weights for a
    million values, so the full cache stays under 40 MB.
    """
    a, b, low, high = _window(n, probability)
    first = int(n * low)
    last = min(n, int(np.ceil(n * high)))
    weights = np.diff(special.betainc(a, b, np.arange(first, last + 1) / n))
    weights /= weights.sum()
    weights.flags.writeable = False
    return first, weights


def _window(n: int, probability: float) -> tuple[float, float, float, float]:
    """Both parameters of the beta distribution of the weights, and between which shares of n they lie."""
    if not 0 < probability < 1:
        raise ValueError(f"a quantile's probability is between 0 and 1, got {probability}")
    a, b = (n + 1) * probability, (n + 1) * (1 - probability)
    low, high = special.betaincinv(a, b, _NEGLIGIBLE), special.betainccinv(a, b, _NEGLIGIBLE)
    return a, b, float(low), float(high)
