"""Where the level of a series of runs changed: E-divisive as published in Apache Otava, nothing of our own.

The method is that of Matteson and James (2014), with the windows, the t-test and the merging of Fleming et
al. ("Hunter: Using Change Point Detection to Hunt for Performance Regressions", ICPE 2023).
"""

from __future__ import annotations

import importlib.util
import math
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

MAX_P = 0.001
WINDOW = 50
FEWEST_VALUES = 4
INSTALL = "pip install 'perfgate[history]'"
"""How to get the library that this module wraps."""


class ChangePointsUnavailableError(RuntimeError):
    """The optional library is not installed; `INSTALL` says how to get it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePoint:
    """The first value of a new level.

    `before` and `after` are the means of the values back to the previous and on to the next change point,
    `change` is after / before - 1 (infinite when `before` is 0), `p` is that of a two-sided t-test of the
    two levels.
    """

    index: int
    before: float
    after: float
    change: float
    p: float


def is_available() -> bool:
    """Whether the library (extra `perfgate[history]`) is installed; it is not imported to find out."""
    return importlib.util.find_spec("otava") is not None


def change_points(
    values: NDArray[np.float64], *, max_p: float = MAX_P, min_magnitude: float = 0.0, window: int = WINDOW
) -> tuple[ChangePoint, ...]:
    """The change points of a series in order, none for fewer than four values; the same ones every time.

    Of 20 normal values a step of 5 SD that has three or more on each side is found at its place in 95 % of
    all cases, one of 3 SD in 80 %; a step of 10 SD is found by the first value after it in 95 %. Such a
    value that stands alone is two changes, up and down again.

    Args:
        values: one value per run, in order of commits, all finite.
        max_p: a change is kept when its t-test has a smaller p; p is not adjusted for the search, so an
            unchanged series of 20 normal values has a change point in 2 % of all cases at 0.001, one of 100
            in 5 %.
        min_magnitude: a change is kept when it is larger than this relative to either level.
        window: how many values are looked at together.

    Raises:
        ValueError: not one-dimensional, a value that is not finite, or an argument out of its range.
        ChangePointsUnavailableError: the library is not installed.
    """
    _check(values, max_p, min_magnitude, window)
    if not is_available():
        raise ChangePointsUnavailableError(f"change points need Apache Otava: {INSTALL}")
    if values.size < FEWEST_VALUES:
        return ()
    from otava.analysis import compute_change_points

    # A list on purpose: of an array Otava would search all of it again in every window.
    series = [float(value) for value in values]
    with np.errstate(divide="ignore", invalid="ignore"):  # two levels without any spread: t is infinite
        found, _ = compute_change_points(
            series, window_len=window, max_pvalue=max_p, min_magnitude=min_magnitude
        )
    return tuple(_point(int(each.index), each.stats) for each in found)


def _point(index: int, stats: Any) -> ChangePoint:
    before, after = float(stats.mean_1), float(stats.mean_2)
    change = after / before - 1 if before else math.copysign(math.inf, after)
    return ChangePoint(index=index, before=before, after=after, change=change, p=float(stats.pvalue))


def _check(values: NDArray[np.float64], max_p: float, min_magnitude: float, window: int) -> None:
    if values.ndim != 1 or not np.isfinite(values).all():
        raise ValueError(f"change points need one row of finite values, got shape {values.shape}")
    if not 0 < max_p < 1:
        raise ValueError(f"max_p is between 0 and 1, got {max_p}")
    if min_magnitude < 0:
        raise ValueError(f"min_magnitude is not negative, got {min_magnitude}")
    if window < FEWEST_VALUES:
        raise ValueError(f"a window has at least {FEWEST_VALUES} values, got {window}")
