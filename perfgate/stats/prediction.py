"""The stored-baseline test: how far above its baseline runs a new run may fall before it alarms."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy import special


def prediction_limit(runs: NDArray[np.float64], alpha: float) -> float:
    """The upper prediction limit for one more run: m + t(K-1, 1-alpha) · s · sqrt(1 + 1/K).

    A run differs from the next by far more than its requests suggest, so the unit is the run, and the
    limit is for a new run, not for the mean of the old ones (which would alarm on a fifth of them).

    Args:
        runs: the logarithm of the metric, one value per baseline run (K of them). Callers take the logs:
            times vary by ratios, and the limit comes back as a logarithm too.
        alpha: how often an unchanged run may lie above the limit.

    Raises:
        ValueError: fewer than two runs, a value that is not finite, or alpha not between 0 and 1.
    """
    spread = _spread_of_next(runs, alpha)
    return float(runs.mean()) + critical_t(runs.size, alpha) * spread


def detectable_shift(runs: NDArray[np.float64], alpha: float, power: float) -> float:
    """How far the metric has to rise for a new run to pass `prediction_limit` with this power.

    From the noncentral t distribution, since the spread itself is estimated, taking the baseline's spread
    as the true one.

    Args:
        runs: logarithms, one per baseline run, as for `prediction_limit`.
        alpha: the alarm rate of the limit.
        power: the probability with which a rise of the returned size alarms; above `alpha`.

    Returns:
        A difference of logarithms: exp(shift) - 1 is the relative change.

    Raises:
        ValueError: as `prediction_limit`, or the power is not between alpha and 1.
    """
    spread = _spread_of_next(runs, alpha)
    if not alpha < power < 1:
        raise ValueError(f"the power is between alpha and 1, got {power} for alpha {alpha}")
    freedom = runs.size - 1
    noncentrality = special.nctdtrinc(freedom, 1 - power, critical_t(runs.size, alpha))
    return float(noncentrality) * spread


def _spread_of_next(runs: NDArray[np.float64], alpha: float) -> float:
    """The standard deviation of a new run about the baseline's mean, once the input is fit for it."""
    if runs.ndim != 1 or runs.size < 2:
        raise ValueError(f"a baseline needs at least two runs to predict the next, got shape {runs.shape}")
    if not np.isfinite(runs).all():
        raise ValueError("every baseline run needs a finite value")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is between 0 and 1, got {alpha}")
    return float(runs.std(ddof=1)) * math.sqrt(1 + 1 / runs.size)


def critical_t(runs: int, alpha: float) -> float:
    """How many standard deviations of a new run the limit is above the mean of so many runs."""
    return float(special.stdtrit(runs - 1, 1 - alpha))


def log_spread(values: Sequence[float]) -> float:
    """The relative spread of positive values: the standard deviation of their logarithms, 0 for one value."""
    return float(np.log(values).std(ddof=1)) if len(values) > 1 else 0.0
