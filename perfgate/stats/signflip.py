"""The paired test: which metrics got worse, at a known false-alarm rate over all of them together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

CLIP_FACTOR = 1.4826
"""Makes the median of |d| estimate one standard deviation where d is normal."""

_TIE = 1e-9
"""Statistics closer than this are equal: flips that only reorder a sum differ by rounding."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MaxT:
    """What the sign-flip test found.

    `p_adjusted` and `t` have one entry per metric: the p-value adjusted over all metrics, and the
    studentised mean. `null_max` (one entry per flip, the first is the data as they are) is the null
    distribution of the largest `t`, from which `stats.power` takes the critical value.
    """

    p_adjusted: NDArray[np.float64]
    t: NDArray[np.float64]
    null_max: NDArray[np.float64]


def max_t(
    d: NDArray[np.float64], *, clipped: NDArray[np.bool_], flips: int = 10_000, rng: np.random.Generator
) -> MaxT:
    """Test every metric for an increase, adjusted over all metrics by the largest statistic.

    Where nothing changed, base and head could swap names in any round, so the signs of a whole round's
    differences are a coin toss: the observed statistics are compared with those under flipped rounds.
    Flipping whole rows keeps the correlation between metrics, which makes the single-step maxT adjustment
    (Westfall & Young, 1993) cost little where metrics move together. The test is one-sided ("greater");
    pass `-d` for the mirrored question. Up to 13 rounds (2**rounds <= flips) every sign pattern is tried
    and the p-value is exact; beyond, `flips` patterns are drawn, the data as they are among them, which
    keeps the test valid.

    A round in which a metric was not measured (NaN) counts as 0: zero is its own mirror image, so the
    cell says nothing for either side under any flip, and the other metrics keep the round.

    Args:
        d: rounds × metrics, log(head / base) or a difference; positive is worse. NaN where not measured.
        clipped: for each metric, whether outlying rounds are clipped (see `clip`).
        flips: how many sign patterns at most.
        rng: the only source of chance; unused when every pattern is tried.

    Returns:
        Adjusted p in (0, 1] and t for each metric. A metric that is zero or NaN in every round has t = 0
        and p = 1 and does not touch the others.

    Raises:
        ValueError: fewer than two rounds, shapes that do not match, an infinite difference, or no flips.
    """
    if flips < 1:
        raise ValueError(f"the sign-flip test needs at least one flip, got {flips}")
    y = clip(d, clipped)
    rounds, metrics = y.shape
    if rounds < 2:
        raise ValueError(f"the sign-flip test needs at least two rounds, got {rounds}")
    size = np.sqrt((y**2).sum(axis=0))
    alive = size > 0
    unit = y[:, alive] / size[alive]
    # y² is the same under every flip, so t is one increasing function of the normalised sum u for all
    # metrics alike. Comparing u (at most sqrt(rounds)) keeps clear of the division by a vanishing variance.
    signs = _every_sign_pattern(rounds) if 2**rounds <= flips else _drawn_signs(flips, rounds, rng)
    largest = (signs @ unit).max(axis=1, initial=-np.inf) if alive.any() else np.zeros(len(signs))
    observed = unit.sum(axis=0)
    ordered = np.sort(largest)
    p_adjusted, t = np.ones(metrics), np.zeros(metrics)
    p_adjusted[alive] = (ordered.size - np.searchsorted(ordered, observed - _TIE, side="left")) / ordered.size
    t[alive] = student(observed, rounds)
    return MaxT(p_adjusted=p_adjusted, t=t, null_max=student(largest, rounds))


def clip(d: NDArray[np.float64], clipped: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The differences as the test sees them: outlying rounds pulled in, NaN as 0.

    Columns marked in `clipped` are limited to ±1.4826 · median|d| over their measured rounds. The limit
    depends on sizes only, never on signs, so the test stays exact; it keeps one disturbed round from
    hiding the other twelve. A column whose median size is 0 is left as it is, as unmarked ones are (error
    ratios: mostly zero, and the rare exception is the news).

    Raises:
        ValueError: `d` is not rounds × metrics, `clipped` does not match, or a difference is infinite.
    """
    if d.ndim != 2 or clipped.shape != d.shape[1:]:
        raise ValueError(
            f"expected rounds × metrics and one flag per metric, got {d.shape} and {clipped.shape}"
        )
    if np.isinf(d).any():
        raise ValueError("a difference is infinite: one side of it was zero")
    limit = clip_limit(d, clipped)
    return np.clip(np.nan_to_num(d), -limit, limit)


def clip_limit(d: NDArray[np.float64], clipped: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The size at which `clip` limits each column; infinity where it does not."""
    limit = np.full(d.shape[1], np.inf)
    sizes = np.abs(d)
    measured = np.isfinite(sizes).any(axis=0)
    wanted = clipped & measured
    if wanted.any():
        limit[wanted] = CLIP_FACTOR * _median(sizes[:, wanted])
    limit[limit == 0] = np.inf
    return limit


def _median(sizes: NDArray[np.float64]) -> NDArray[np.float64]:
    """The median of each column over its measured rounds; `np.nanmedian` takes ten times as long."""
    ordered = np.sort(sizes, axis=0)
    count = np.isfinite(sizes).sum(axis=0)
    columns = np.arange(sizes.shape[1])
    middle: NDArray[np.float64] = (ordered[(count - 1) // 2, columns] + ordered[count // 2, columns]) / 2
    return middle


def student(u: NDArray[np.float64], rounds: int) -> NDArray[np.float64]:
    """The t statistic for the sum u = Σy / sqrt(Σy²); large but finite where no variance is left."""
    student: NDArray[np.float64] = u * np.sqrt((rounds - 1) / np.maximum(rounds - u**2, 1e-9))
    return student


@lru_cache(maxsize=4)
def _every_sign_pattern(rounds: int) -> NDArray[np.float64]:
    """All 2**rounds rows of ±1; the first changes nothing."""
    bits = (np.arange(2**rounds)[:, None] >> np.arange(rounds)) & 1
    signs: NDArray[np.float64] = (1 - 2 * bits).astype(np.float64)
    signs.flags.writeable = False
    return signs


def _drawn_signs(flips: int, rounds: int, rng: np.random.Generator) -> NDArray[np.float64]:
    signs: NDArray[np.float64] = rng.choice((-1.0, 1.0), size=(flips, rounds))
    signs[0] = 1.0
    return signs
