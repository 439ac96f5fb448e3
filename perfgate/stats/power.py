"""What a comparison could have seen: minimum detectable effects, and how many rounds a smaller one takes."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial

import numpy as np
from numpy.typing import NDArray
from scipy import special

from perfgate.stats.signflip import clip, clip_limit
from perfgate.stats.tossed import found_ratio, is_heavy

_HOLDS = 0.6
"""The part of the power in which an effect has to be found when signs are tossed.

Less than all of it, as thirteen rounds tell roughly how many of a service's are far out: with 0.6 as many
comparisons may pass as would find the change (docs/explanation/how-far-to-trust-it.md, two levels)."""

_HOPELESS = 100.0


def minimum_detectable_effect(
    d: NDArray[np.float64],
    *,
    clipped: NDArray[np.bool_],
    null_max: NDArray[np.float64],
    alpha: float,
    tolerance: NDArray[np.float64],
    power: float = 0.80,
) -> NDArray[np.float64]:
    """The smallest true change that would be found with this power, for each metric.

    To be found a change has to be significant (p <= `alpha` after adjustment) and its estimate has to
    reach the tolerance, so the effect is the larger of (t_crit + z) · se and tolerance + z · se.

    It is blinded: only sizes of `d` enter, never signs or the mean. Deciding from it to measure more
    rounds therefore leaves the false-alarm rate alone. The price is that a large true change counts as
    noise and inflates the effect; a change that large is found anyway.

    The standard error is sqrt(Σy²) over the number of measured rounds that were not clipped, the sandwich
    of an M-estimator (Huber, 1964). Clipping shrinks the mean of y along with its spread; dividing by
    fewer rounds gives back what was lost, and counts rounds without a measurement as lost too. Where
    outliers are more than the odd round, that no longer holds, and the effect is raised until it does
    (`_held_up`).

    Args:
        d: rounds × metrics, as given to `signflip.max_t`.
        clipped: as given to `signflip.max_t`.
        null_max: what `signflip.max_t` returned for them.
        alpha: the adjusted p-value at which a change counts.
        tolerance: for each metric, the least estimate that counts, in the unit of `d`.
        power: the probability with which the effect is to be found.

    Returns:
        The effect for each metric, in the unit of `d` (log units for log ratios). Infinity for a metric
        that is zero or NaN in every round: where no errors were seen on either side, callers state
        `error_bound` in its place. Infinity for all where too few rounds exist to reach `alpha` at all.

    Raises:
        ValueError: shapes that do not match, or alpha or power not between 0 and 1.
    """
    if not (0 < alpha < 1 and 0 < power < 1):
        raise ValueError(f"alpha and power are between 0 and 1, got {alpha} and {power}")
    if tolerance.shape != d.shape[1:]:
        raise ValueError(f"expected one tolerance per metric, got {tolerance.shape} for {d.shape}")
    error = blinded_standard_error(d, clipped)
    z_power = float(special.ndtri(power))
    critical = critical_t(null_max, alpha)
    effect = np.maximum((critical + z_power) * error, tolerance + z_power * error)

    def found(column: int, change: float) -> float:
        return found_ratio(d[:, column], change, rounds=len(d), critical_t=critical, least=tolerance[column])

    return _held_up(effect, d, clipped, found, power)


def two_stage_effect(
    d: NDArray[np.float64],
    *,
    clipped: NDArray[np.bool_],
    null_max: NDArray[np.float64],
    screen_alpha: float,
    confirm_alpha: float,
    confirm_rounds: int,
    tolerance: NDArray[np.float64],
    power: float = 0.80,
) -> NDArray[np.float64]:
    """The smallest true change that would be suspected and then confirmed with this power, for each metric.

    To be suspected it has to be significant at `screen_alpha` after adjustment and reach half the
    tolerance; to be confirmed, by itself at `confirm_alpha` and reach the tolerance, in `confirm_rounds`
    fresh rounds as noisy as these. Both have to happen, so each is given more than the power asked for;
    screening gets a quarter of what may be missed, being the easier half.

    Blinded, and with the arguments, the result and the errors of `minimum_detectable_effect`.
    """
    if confirm_rounds < 2 or tolerance.shape != d.shape[1:]:
        raise ValueError(
            "expected two fresh rounds or more and one tolerance per metric, "
            f"got {confirm_rounds} and {tolerance.shape} for {d.shape}"
        )
    seen = 1 - (1 - power) / 4
    half: NDArray[np.float64] = np.multiply(tolerance, 0.5)
    suspected = minimum_detectable_effect(
        d, clipped=clipped, null_max=null_max, alpha=screen_alpha, tolerance=half, power=seen
    )
    fresh = blinded_standard_error(d, clipped) * math.sqrt(len(d) / confirm_rounds)
    t_fresh = float(special.stdtrit(confirm_rounds - 1, 1 - confirm_alpha))
    rest = power / seen
    significant = float(special.nctdtrinc(confirm_rounds - 1, 1 - rest, t_fresh)) * fresh
    confirmed = np.maximum(significant, tolerance + float(special.ndtri(rest)) * fresh)
    critical = critical_t(null_max, screen_alpha)

    def found(column: int, change: float) -> float:
        mine, least = d[:, column], tolerance[column]
        first = found_ratio(mine, change, rounds=len(d), critical_t=critical, least=least / 2)
        again = found_ratio(mine, change, rounds=confirm_rounds, critical_t=t_fresh, least=least)
        return first * again

    return _held_up(np.maximum(suspected, confirmed), d, clipped, found, power)


def _held_up(
    effect: NDArray[np.float64],
    d: NDArray[np.float64],
    clipped: NDArray[np.bool_],
    found: Callable[[int, float], float],
    power: float,
) -> NDArray[np.float64]:
    """The effects, raised where noise like that measured lets them be found much more rarely than said.

    A service whose rounds fall on two levels (answers after one tick of a timer or after two) may have half
    of its rounds clipped. Their standard error is then that of the other half, while both test and estimate
    hang on which level a side was on.
    """
    raised = effect.copy()
    for column in np.flatnonzero(is_heavy(d, clipped) & np.isfinite(effect)):
        raised[column] = _smallest(raised[column], partial(_holds, found, column, power))
    return raised


def _holds(found: Callable[[int, float], float], column: int, power: float, change: float) -> bool:
    return found(column, change) >= _HOLDS * power


def _smallest(effect: float, enough: Callable[[float], bool]) -> float:
    """The smallest effect from the one given that is enough, to 5 %; infinity where none is."""
    if enough(effect):
        return effect
    low, high = effect, 2 * effect
    while not enough(high):
        low, high = high, 2 * high
        if high > _HOPELESS:
            return math.inf
    while high > 1.05 * low:
        middle = math.sqrt(low * high)
        low, high = (low, middle) if enough(middle) else (middle, high)
    return high


def blinded_standard_error(d: NDArray[np.float64], clipped: NDArray[np.bool_]) -> NDArray[np.float64]:
    """The standard error of each metric's mean change, from sizes alone; infinity where there are none."""
    sizes = np.sqrt((clip(d, clipped) ** 2).sum(axis=0))
    inside = (np.abs(d) <= clip_limit(d, clipped)).sum(axis=0)
    error = np.full(sizes.shape, np.inf)
    np.divide(sizes, inside, out=error, where=(sizes > 0) & (inside > 0))
    return error


def critical_t(null_max: NDArray[np.float64], alpha: float) -> float:
    """The smallest statistic whose adjusted p-value is at most `alpha`; infinity where none can be.

    It is the (1 - alpha) quantile of the null distribution, moved up past ties so that it really rejects.
    """
    ordered = np.sort(null_max)
    for value in ordered[math.ceil(ordered.size * (1 - alpha) - 1e-9) :]:
        at_least = ordered.size - np.searchsorted(ordered, value - 1e-9 * max(1.0, abs(value)), side="left")
        if at_least <= alpha * ordered.size * (1 + 1e-9):
            return float(value)
    return math.inf


def rounds_needed(mde: float, requirement: float, rounds: int) -> int:
    """How many rounds it would take until a change as small as the requirement is found.

    The effect shrinks with the square root of the rounds. (Its part tolerance + z · se does not; that part
    only rules where the requirement is under about 1.3 times the tolerance.)

    Args:
        mde: the minimum detectable effect now.
        requirement: the largest effect that may go unseen, in the same unit.
        rounds: how many rounds `mde` comes from.

    Raises:
        ValueError: the effect is not finite, or the requirement or the rounds are not positive.
    """
    if not (math.isfinite(mde) and requirement > 0 and rounds > 0):
        raise ValueError(
            f"cannot plan rounds from an effect of {mde}, {requirement} required, {rounds} rounds"
        )
    return max(1, math.ceil(rounds * (mde / requirement) ** 2 - 1e-9))


def error_bound(requests: int) -> float:
    """The largest error ratio that `requests` requests without an error leave plausible at 95 %.

    The rule of three: 3 / N (Hanley & Lippman-Hand, 1983).

    Raises:
        ValueError: there were no requests.
    """
    if requests < 1:
        raise ValueError("no requests bound no error ratio")
    return min(1.0, 3 / requests)
