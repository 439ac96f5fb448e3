"""Creep: many small increases, none of which is a step, that add up to more than is tolerated."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import stats

ALPHA = 0.01
FEWEST_VALUES = 8
MOST_VALUES = 120
"""Only the newest so many values are looked at: the search over ranges grows with their square."""
_SHORTEST = 4
_FLAT = 1e-12


@dataclass(frozen=True, slots=True, kw_only=True)
class Creep:
    """A rise from the value at `first` to the one at `last`, the best fit of level, slope, level.

    `rise` is the fitted difference of the two levels in the unit of the values, `p` that of the trend test.
    """

    first: int
    last: int
    rise: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class _Fit:
    first: int
    last: int
    rise: float
    rest: float


def find_creep(
    values: NDArray[np.float64], *, tolerance: float, alpha: float = ALPHA, steps: Sequence[int] = ()
) -> Creep | None:
    """The rise since the last real step, None where there is no evidence of one.

    It has to pass all of: a one-sided Mann-Kendall test (Mann, 1945; Kendall, 1975) of the values since the
    last real step at `alpha`; a slope over at least four values that fits better than any single step; and
    a rise of more than `tolerance`, by less than that from one value to the next.

    A change point counts as a real step only where a step explains the two levels beside it better than a
    slope does (BIC, Schwarz, 1978), because a steady rise looks like steps to a search for steps.

    False alarms: at most `alpha` of all unchanged series, whatever the distribution, as long as the values
    are independent of each other, as a random effect of each run or restart is; simulated at 0.01, at most
    0.4 %. A single step of 3 to 5 SD is called creep in 1 to 9 % of all cases, the more the fewer values
    there are. A machine that itself drifts for days looks like creep: measuring both ends side by side
    tells which it is. Power: 1 % a commit over 10 commits with noise of 1 % is found in 97 % of all cases
    when there is nothing else, in 92 % at the end of 30 commits, in half at the end of 60 (at 0.01 / 15).

    Args:
        values: one value per commit in order; logarithms where the metric varies by ratios. Eight or more
            are needed since the last step.
        tolerance: in the unit of the values.
        alpha: for this series; divide it by the number of series.
        steps: the change points found in the values: the first index of each new level, in order.

    Raises:
        ValueError: values that are not finite or not one row, or alpha not between 0 and 1.
    """
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"creep needs one row of finite values, got shape {values.shape}")
    if not 0 < alpha < 1:
        raise ValueError(f"alpha is between 0 and 1, got {alpha}")
    real = real_steps(values, steps)
    start = max(real[-1] if real else 0, values.size - MOST_VALUES)
    recent = values[start:]
    if recent.size < FEWEST_VALUES or np.ptp(recent) <= _FLAT:
        return None
    p = float(stats.kendalltau(np.arange(recent.size), recent, alternative="greater").pvalue)
    if not p <= alpha:
        return None
    slope, step = _best_fits(recent)
    by_one = slope.rise / (slope.last - slope.first)
    if _gain_of_slope(slope, step, recent.size) <= 0 or slope.rise <= tolerance or by_one >= tolerance:
        return None
    return Creep(first=start + slope.first, last=start + slope.last, rise=slope.rise, p=p)


def real_steps(values: NDArray[np.float64], steps: Sequence[int]) -> tuple[int, ...]:
    """The change points that are steps, without those that a slope across them explains better."""
    kept = list(steps)
    while kept:
        edges = [0, *kept, values.size]
        gains = [_gain_across(values[edges[i] : edges[i + 2]]) for i in range(len(kept))]
        best = int(np.argmax(gains))
        if gains[best] <= 0:
            break
        del kept[best]
    return tuple(kept)


def _gain_across(values: NDArray[np.float64]) -> float:
    values = values[-MOST_VALUES:]
    return _gain_of_slope(*_best_fits(values), values.size) if values.size >= FEWEST_VALUES else 0.0


def _gain_of_slope(slope: _Fit, step: _Fit, size: int) -> float:
    """By how much BIC prefers the slope to the step; a slope has one parameter more."""
    if slope.rest >= step.rest:
        return 0.0
    return size * math.log(step.rest / max(slope.rest, _FLAT)) - math.log(size)


def _best_fits(values: NDArray[np.float64]) -> tuple[_Fit, _Fit]:
    """The least-squares fits of level, slope, level: over four values or more, and of a single step."""
    firsts, lasts = np.triu_indices(values.size, k=1)
    shape = np.clip((np.arange(values.size) - firsts[:, None]) / (lasts - firsts)[:, None], 0, 1)
    shape -= shape.mean(axis=1, keepdims=True)
    centred = values - values.mean()
    size = (shape**2).sum(axis=1)
    rises = shape @ centred / size
    rests = (centred**2).sum() - rises**2 * size
    sloped = lasts - firsts >= _SHORTEST

    def best(of: NDArray[np.bool_]) -> _Fit:
        number = int(np.argmin(np.where(of, rests, np.inf)))
        return _Fit(
            first=int(firsts[number]),
            last=int(lasts[number]),
            rise=float(rises[number]),
            rest=max(float(rests[number]), 0.0),
        )

    return best(sloped), best(lasts - firsts == 1)
