"""How often a change would be found in noise like that measured, whose signs are tossed."""

from __future__ import annotations

from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from perfgate.stats.interval import is_centered_above
from perfgate.stats.signflip import clip, clip_limit, student

_TOSSES = 200
_HEAVY = 1.5


def is_heavy(d: NDArray[np.float64], clipped: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """For each clipped metric, whether rounds are further out than the clipped ones tell a standard error.

    For normal noise the root mean square of `d` is the size at which it is clipped, on average.
    """
    limit = clip_limit(d, clipped)
    measured = np.maximum((~np.isnan(d)).sum(axis=0), 1)
    heavy: NDArray[np.bool_] = np.sqrt(np.nansum(d**2, axis=0) / measured) > _HEAVY * limit
    return heavy & clipped


def found_ratio(
    d: NDArray[np.float64], effect: float, *, rounds: int, critical_t: float, least: float
) -> float:
    """The share of 200 tossed comparisons in which a change is significant and its estimate large enough.

    Each has as many rounds as asked for, drawn from `d` with replacement (the bootstrap, Efron, 1979) and
    given a random sign: blinded, as only sizes enter. The tosses are always the same ones, so the ratio never
    falls by luck as the effect grows.

    Args:
        d: one metric, which is clipped by the test; NaN where a round did not measure it, as some of the
            tossed rounds will not either.
        effect: the true change, in the unit of `d`.
        rounds: how many rounds are tossed.
        critical_t: the studentised mean (`signflip.max_t`) from which a change is significant.
        least: the Hodges-Lehmann estimate from which a change counts.
    """
    chosen, signs = _tosses(d.size, rounds)
    tossed: NDArray[np.float64] = np.add(signs * np.abs(d)[chosen], effect)
    y = clip(tossed.T, np.ones(len(tossed), dtype=bool))
    size = np.sqrt((y**2).sum(axis=0))
    u = np.divide(y.sum(axis=0), size, out=np.zeros_like(size), where=size > 0)
    significant = tossed[student(u, rounds) >= critical_t]
    if not len(significant):
        return 0.0
    return float(is_centered_above(significant, least).sum()) / _TOSSES


@lru_cache(maxsize=64)
def _tosses(size: int, rounds: int) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
    rng = np.random.default_rng(0)
    chosen = rng.integers(0, size, size=(_TOSSES, rounds))
    signs: NDArray[np.float64] = rng.choice((-1.0, 1.0), size=(_TOSSES, rounds))
    chosen.flags.writeable = signs.flags.writeable = False
    return chosen, signs
