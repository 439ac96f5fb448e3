"""Runs that do not belong to the others: Rosner's test for several outliers at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

FEWEST_VALUES = 6
_MOST_SHARE = 0.2


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlier:
    """One value that does not belong: `expected` is the mean of those that do, `distance` is in their SD."""

    index: int
    value: float
    expected: float
    distance: float


def outliers(values: NDArray[np.float64], alpha: float) -> tuple[Outlier, ...]:
    """The values that are too far from the others to be of one normal population, the farthest first.

    The generalized extreme Studentized deviate test (Rosner, 1983): the value farthest from the mean is
    taken out, and again, up to a fifth of them; the largest number of them that passes its critical value is
    out. Its first step is the leave-one-out prediction interval of every value with Bonferroni's correction;
    going on finds two outliers that hide each other.

    Args:
        values: logarithms of a metric, one value per run.
        alpha: how often anything at all is found among values of one normal population.

    Raises:
        ValueError: not one row of finite values, or alpha not between 0 and 1.
    """
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"outliers need one row of finite values, got shape {values.shape}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is between 0 and 1, got {alpha}")
    if values.size < FEWEST_VALUES:
        return ()
    left = list(range(values.size))
    taken: list[int] = []
    count = 0
    for number in range(max(1, int(values.size * _MOST_SHARE))):
        kept = values[left]
        spread = float(kept.std(ddof=1))
        # Equal values have a spread of rounding errors only.
        if spread <= 1e-12 * max(1.0, float(np.abs(kept).max())):
            break
        deviation = np.abs(kept - kept.mean())
        farthest = int(deviation.argmax())
        taken.append(left.pop(farthest))
        if deviation[farthest] / spread > _critical(values.size - number, alpha):
            count = number + 1
    return _described(values, taken[:count])


def _critical(size: int, alpha: float) -> float:
    """Rosner's critical value for the farthest of `size` values."""
    t = float(special.stdtrit(size - 2, 1 - alpha / (2 * size)))
    return (size - 1) * t / math.sqrt((size - 2 + t**2) * size)


def _described(values: NDArray[np.float64], out: list[int]) -> tuple[Outlier, ...]:
    kept = np.delete(values, out)
    expected = float(kept.mean())
    spread = float(kept.std(ddof=1))
    return tuple(
        Outlier(
            index=index,
            value=float(values[index]),
            expected=expected,
            distance=abs(float(values[index]) - expected) / spread if spread > 0 else math.inf,
        )
        for index in out
    )
