"""Simulated pull requests through the two-stage rule: false regressions, power, and how honest the MDE is.

Screen 13 rounds (p <= 0.25 and estimate >= tolerance / 2), confirm the flagged groups on 13 fresh rounds
(p <= 0.04 and estimate >= tolerance). Groups are five endpoints with p50, p95 and p99 each and, as a sixth,
their geometric means. Any metric of a flagged group may confirm: the lenient reading, so that false
regressions are not understated. Run: python bench/gate_sim_small.py [SIMULATIONS]
"""

import sys
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.power import minimum_detectable_effect
from perfgate.stats.signflip import max_t

ENDPOINTS, ROUNDS, FLIPS = 5, 13, 10_000
SD = np.array([0.015, 0.03, 0.06])
TOLERANCE = np.array([0.03, 0.05, 0.10])
KINDS = ("normal", "heavy")


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    regressed: frozenset[int]
    mde: float


def side_noise(kind: str, rng: np.random.Generator, size: tuple[int, ...]) -> NDArray[np.float64]:
    """Unit-variance noise of one side: normal, or Student t(4) whose scale differs from round to round."""
    if kind == "normal":
        return rng.standard_normal(size)
    scale = rng.lognormal(-0.25, 0.5, (size[0], *[1] * (len(size) - 1)))
    return rng.standard_t(4, size) / np.sqrt(2) * scale


def rounds_of(
    kind: str,
    effect: NDArray[np.float64],
    rng: np.random.Generator,
    rounds: int = ROUNDS,
    noise: float = 1.0,
) -> NDArray[np.float64]:
    """log(head / base): rounds × 6 groups × 3 quantiles; `effect` is a log ratio, endpoints × 3 quantiles.

    A fifth of the variance is shared by a side's endpoints, two fifths by an endpoint's quantiles.
    """
    sides = []
    for _ in range(2):
        service = side_noise(kind, rng, (rounds, 1, 1))
        endpoint = side_noise(kind, rng, (rounds, ENDPOINTS, 1))
        own = side_noise(kind, rng, (rounds, ENDPOINTS, 3))
        sides.append(np.sqrt(0.2) * service + np.sqrt(0.4) * endpoint + np.sqrt(0.4) * own)
    d = (sides[0] - sides[1]) / np.sqrt(2) * SD * noise + effect
    return np.concatenate([d, d.mean(axis=1, keepdims=True)], axis=1)


def judge(
    d: NDArray[np.float64], alpha: float, share: float, rng: np.random.Generator
) -> tuple[NDArray[np.bool_], NDArray[np.float64]]:
    """Which metrics (groups × 3) are significant and reach `share` of the tolerance, and each one's MDE."""
    columns = d.reshape(len(d), -1)
    clipped = np.ones(columns.shape[1], dtype=bool)
    tolerance = np.tile(TOLERANCE, d.shape[1])
    test = max_t(columns, clipped=clipped, flips=FLIPS, rng=rng)
    floor = np.log1p(tolerance * share)
    candidates = test.p_adjusted <= alpha
    found = [
        bool(candidate) and hodges_lehmann(column).center >= least
        for candidate, column, least in zip(candidates, columns.T, floor, strict=True)
    ]
    mde = minimum_detectable_effect(
        columns, clipped=clipped, null_max=test.null_max, alpha=0.04, tolerance=np.log1p(tolerance)
    )
    return np.array(found).reshape(d.shape[1:]), mde.reshape(d.shape[1:])


def two_stages(
    kind: str, effect: NDArray[np.float64], rng: np.random.Generator, noise: float = 1.0
) -> Outcome:
    """One pull request: the metrics (group × 3 + quantile) that regress, and the MDE of the first p50."""
    flagged, mde = judge(rounds_of(kind, effect, rng, noise=noise), 0.25, 0.5, rng)
    groups = np.flatnonzero(flagged.any(axis=1))
    regressed: frozenset[int] = frozenset()
    if groups.size:
        confirmed, _ = judge(rounds_of(kind, effect, rng, noise=noise)[:, groups], 0.04, 1.0, rng)
        rows, quantiles = np.nonzero(confirmed)
        regressed = frozenset((groups[rows] * 3 + quantiles).tolist())
    return Outcome(regressed=regressed, mde=float(mde[0, 0]))


def slower_p50(change: float) -> NDArray[np.float64]:
    """An effect on the median of the first endpoint only."""
    effect = np.zeros((ENDPOINTS, 3))
    effect[0, 0] = np.log1p(change)
    return effect


def false_regressions(kind: str, simulations: int, rng: np.random.Generator, noise: float = 1.0) -> int:
    """How many of the simulated pull requests without a change regress in any metric."""
    return sum(bool(two_stages(kind, slower_p50(0), rng, noise).regressed) for _ in range(simulations))


def main() -> None:
    simulations = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    rng = np.random.default_rng(7)
    for kind in KINDS:
        for noise in (1, 4, 10):
            false = false_regressions(kind, simulations, rng, noise)
            print(f"{kind:7} no change, noise × {noise}: {false} of {simulations} regressed")
        for change in (0.03, 0.05, 0.10):
            outcomes = [two_stages(kind, slower_p50(change), rng) for _ in range(simulations)]
            found = np.mean([0 in outcome.regressed for outcome in outcomes])
            mde = np.expm1(np.median([outcome.mde for outcome in outcomes]))
            print(
                f"{kind:7} p50 +{change:4.0%} (SD 1.5 %): found {found:6.1%}, median MDE reported {mde:.1%}"
            )


if __name__ == "__main__":
    main()
