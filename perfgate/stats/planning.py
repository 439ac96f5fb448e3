"""Planning a comparison: how many rounds, how long and what they find, from what varies and what they cost.

A round's difference d = log(head / base) varies for two reasons. Its quantiles come from so many requests
(`sampling`, which falls with the time measured), and every restart makes another process (`between`, which
only more rounds average out): Var(mean d) = (between + sampling / round_s) / rounds.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy import special

from perfgate.model import Metric
from perfgate.stats.power import blinded_standard_error

LEAST_ROUNDS = 8
MOST_ROUNDS = 26
USUAL_ROUNDS = 13
LEAST_ROUND_S = 0.1
MOST_ROUND_S = 600.0
_PRIOR_ROUNDS = 4.0
"""What a prior weighs, in rounds: little, so that a few stored runs outweigh it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """What makes one metric vary (variances of d, `sampling` times the seconds measured), and its limits.

    `tolerance` and `requirement` are in the unit of d: the least change that counts, and the largest that
    may go unseen.
    """

    metric: Metric
    sampling: float
    between: float
    tolerance: float
    requirement: float

    def variance(self, round_s: float) -> float:
        """The variance of d between rounds of this length."""
        return self.between + self.sampling / round_s


@dataclass(frozen=True, slots=True, kw_only=True)
class Freedom:
    """What may be planned: numbers of rounds from … to, and lengths of a round from … to."""

    rounds: tuple[int, int] = (LEAST_ROUNDS, MOST_ROUNDS)
    round_s: tuple[float, float] = (LEAST_ROUND_S, MOST_ROUND_S)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """So many rounds of `round_s`, each of which costs `overhead_s` besides (restarts, warm-up).

    `mde` is the effect each metric is expected to show at 80 % power, in the unit of d.
    """

    rounds: int
    round_s: float
    overhead_s: float
    mde: Mapping[Metric, float] = field(default_factory=dict)

    @property
    def screen_s(self) -> float:
        """How long the screening takes."""
        return self.rounds * (self.round_s + self.overhead_s)

    @property
    def total_s(self) -> float:
        """How long it takes with a confirmation, which has as many rounds."""
        return 2 * self.rounds * (self.round_s + self.overhead_s)


def best_plan(
    components: Sequence[Component],
    *,
    overhead_s: float,
    available_s: float,
    freedom: Freedom,
    alpha: float,
    power: float = 0.80,
) -> Plan | None:
    """The plan that finds most in the time: the metric furthest from its requirement comes as near as it can.

    A confirmation is always paid for. All time is used: for a number of rounds, longer ones find no less.

    Args:
        components: the metrics that a verdict waits for; without any, 13 rounds are as good as known.
        overhead_s: what a round costs besides the time measured.
        available_s: the time there is.
        freedom: what may be planned.
        alpha: the adjusted p-value at which a change counts.
        power: the probability with which the effect is to be found.

    Returns:
        None if not even the least that is free fits.
    """
    found: list[tuple[float, int, Plan]] = []
    for rounds in range(freedom.rounds[0], freedom.rounds[1] + 1):
        round_s = min(available_s / (2 * rounds) - overhead_s, freedom.round_s[1])
        # A length that is fixed must not fall out over the last bit of a division.
        if round_s < freedom.round_s[0] * (1 - 1e-9):
            continue
        mde = {
            c.metric: predicted_mde(
                c, rounds=rounds, round_s=round_s, metrics=len(components), alpha=alpha, power=power
            )
            for c in components
        }
        worst = max((mde[c.metric] / c.requirement for c in components), default=abs(rounds - USUAL_ROUNDS))
        plan = Plan(rounds=rounds, round_s=round_s, overhead_s=overhead_s, mde=mde)
        found.append((worst, rounds, plan))
    return min(found, key=lambda each: each[:2])[2] if found else None


def least_s(freedom: Freedom, overhead_s: float) -> float:
    """The least time that what is free takes, with a confirmation."""
    rounds = freedom.rounds[0]
    return 2 * rounds * (freedom.round_s[0] + overhead_s)


def predicted_mde(
    component: Component, *, rounds: int, round_s: float, metrics: int, alpha: float, power: float = 0.80
) -> float:
    """The smallest true change a plan would find, in the unit of d; the formula of `power`.

    The critical value of the maxT test is not known before there are data. Student's t at alpha / metrics
    (Bonferroni) stands for it: somewhat too large where metrics move together, so the plan promises too
    little rather than too much. A confirmation has as many rounds and tests fewer metrics: it finds no less.
    """
    error = math.sqrt(component.variance(round_s) / rounds)
    z_power = float(special.ndtri(power))
    critical = float(special.stdtrit(rounds - 1, 1 - alpha / max(metrics, 1)))
    return max((critical + z_power) * error, component.tolerance + z_power * error)


@dataclass(frozen=True, slots=True, kw_only=True)
class Observed:
    """How d varied over the rounds of a run: its variance about the run's mean, and the part of sampling."""

    variance: float
    sampling: float
    rounds: int


def observed_variance(d: NDArray[np.float64]) -> tuple[float, int]:
    """The variance of d about its mean as the test sees it (clipped), and of how many rounds.

    Taking the mean off keeps a real change from looking like noise. Too few rounds to clip any have their
    plain variance, fewer than two none: (0, 0).
    """
    d = d[np.isfinite(d)]
    if d.size < 2:
        return 0.0, 0
    if d.size < LEAST_ROUNDS:
        return float(d.var(ddof=1)), int(d.size)
    error = float(blinded_standard_error((d - d.mean())[:, None], np.array([True]))[0])
    # Rounds that are all alike have no finite error there.
    return (error**2 * d.size if math.isfinite(error) else 0.0), int(d.size)


def between_variance(prior_sd: float, runs: Sequence[Observed]) -> float:
    """The variance of d from restart to restart: what runs show beyond sampling; a prior while they are few.

    A mean weighted by what each run can tell: a variance from k rounds has k - 1 degrees of freedom, of
    which the share (between / (between + sampling))² speaks of the part between restarts.
    """
    prior = prior_sd**2
    weight, total = _PRIOR_ROUNDS, _PRIOR_ROUNDS * prior
    for run in runs:
        telling = max(run.rounds - 1, 0) * (prior / (prior + run.sampling)) ** 2
        weight += telling
        total += telling * (run.variance - run.sampling)
    return max(total / weight, 0.0)
