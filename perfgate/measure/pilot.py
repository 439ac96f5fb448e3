"""A few short rounds before the first that counts: what a round costs, and how much its figures vary.

Nothing of them reaches the verdict, so planning by them peeks at nothing.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfgate.measure.history import PairedRun, pilot_differences
from perfgate.measure.round import MeasuredRound, Session, measure_round
from perfgate.model import ALL_ENDPOINTS, QUANTILES, Metric, Ramp, Samples
from perfgate.stats.planning import Component, Observed, between_variance, observed_variance
from perfgate.stats.quantiles import log_quantile_variance

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from perfgate.model import Statistic
    from perfgate.progress import Progress

MOST_PILOT_ROUNDS = 3
_SHORTEST_NS, _LONGEST_NS = 100_000_000, 1_000_000_000
_SHARE_OF_BUDGET = 0.02
_MOST_OF_BUDGET = 0.05
"""A round that takes more of the budget than this is not piloted a third time."""

PRIOR_SD = {"p50": 0.015, "p95": 0.02, "p99": 0.03, "cpu": 0.011}
"""How d varies from restart to restart before anything is known of a service: pinned, uvicorn, Node and
gunicorn on a shared machine with two CPUs had an SD of 0.9 to 1.5 % at p50 and 1.0 to 1.1 % in CPU per
request. Of tails only totals were measured, nearly all of it sampling, so theirs are taken as somewhat
larger than the median's."""
UNPINNED_FACTOR = 4.0
"""Unpinned, the same services varied by 1.3 to 13 %."""

_PROBABILITIES: dict[Statistic, float] = {"p50": 0.50, "p95": 0.95, "p99": 0.99}
_LEAST_BEYOND = 3
"""Fewer requests than this beyond a quantile say nothing of how it varies."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pilot:
    """The rounds, and what a restart of both sides takes besides the warm-up and the time measured."""

    rounds: tuple[MeasuredRound, ...]
    restart_s: float


def run_pilot(session: Session, *, budget_ns: int, progress: Progress) -> Pilot:
    """Measure two or three short rounds; the first, which meets cold caches, does not count for the cost.

    Raises:
        MeasureError: as `measure_round`.
    """
    progress.phase("pilot rounds, which do not count: what a round costs and how much it varies")
    round_ns = min(max(round(budget_ns * _SHARE_OF_BUDGET), _SHORTEST_NS), _LONGEST_NS)
    profile = replace(
        session.profile,
        stages=(Ramp(duration_ns=session.warmup_ns + round_ns, target=session.profile.start),),
    )
    short = replace(session, profile=profile, seed=session.seed ^ 0xB07)
    measured: list[MeasuredRound] = []
    restarts_s: list[float] = []
    while len(measured) < MOST_PILOT_ROUNDS:
        progress.update(len(measured), MOST_PILOT_ROUNDS, f"pilot round {len(measured) + 1}")
        begun = time.monotonic()
        measured.append(measure_round(short, index=len(measured), stage="screen"))
        elapsed = time.monotonic() - begun
        restarts_s.append(max(0.0, elapsed - (session.warmup_ns + round_ns) / 1e9))
        if len(measured) > 1 and elapsed > budget_ns / 1e9 * _MOST_OF_BUDGET:
            break
    return Pilot(rounds=tuple(measured), restart_s=max(restarts_s[1:]))


def components(
    pilot: Pilot,
    history: Sequence[PairedRun],
    limits: Callable[[Metric], tuple[float, float] | None],
    *,
    pinned: bool,
) -> tuple[Component, ...]:
    """What makes each metric vary that has limits (tolerance and requirement, in the unit of d).

    A metric with too few requests to say how it varies is left out.
    """
    sampling = _sampling(pilot)
    runs = (_own_differences(pilot), *history)
    found = []
    for metric, per_second in sampling.items():
        wanted = limits(metric)
        if wanted is None:
            continue
        prior = PRIOR_SD[metric.statistic] * (1.0 if pinned else UNPINNED_FACTOR)
        observed = [_observed(run.d[metric], per_second / run.round_s) for run in runs if metric in run.d]
        found.append(
            Component(
                metric=metric,
                sampling=per_second,
                between=between_variance(prior, observed),
                tolerance=wanted[0],
                requirement=wanted[1],
            )
        )
    return tuple(found)


def _observed(d: NDArray[np.float64], sampling: float) -> Observed:
    variance, rounds = observed_variance(d)
    return Observed(variance=variance, sampling=sampling, rounds=rounds)


def _own_differences(pilot: Pilot) -> PairedRun:
    return pilot_differences([m.rounds[0] for m in pilot.rounds], [m.rounds[1] for m in pilot.rounds])


def _sampling(pilot: Pilot) -> dict[Metric, float]:
    """For each metric the variance of d that one second of requests leaves (both sides' together)."""
    seconds = sum(m.rounds[0].duration_ns for m in pilot.rounds) / 1e9
    sides = [_service_times([m.samples[side] for m in pilot.rounds]) for side in (0, 1)]
    found: dict[Metric, float] = {}
    for endpoint in sides[0].keys() & sides[1].keys():
        fewest = min(len(side[endpoint]) for side in sides)
        for statistic in QUANTILES:
            probability = _PROBABILITIES[statistic]
            if fewest * (1 - probability) < _LEAST_BEYOND:
                continue
            variance = sum(float(log_quantile_variance(side[endpoint], (probability,))[0]) for side in sides)
            found[Metric(endpoint=endpoint, statistic=statistic)] = variance * seconds
    if all(side.cpu_ns for m in pilot.rounds for side in m.rounds):
        # Work, not waiting: what varies in it varies from restart to restart.
        found[Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")] = 0.0
    return found


def _service_times(rounds: Sequence[Samples]) -> dict[str, NDArray[np.int64]]:
    """The service times of each endpoint's requests without error, over all rounds."""
    parts: dict[str, list[NDArray[np.int64]]] = {}
    for samples in rounds:
        for number, name in enumerate(samples.endpoints):
            mine = (samples.endpoint == number) & (samples.error == 0)
            parts.setdefault(name, []).append(np.maximum(samples.last_ns[mine] - samples.sent_ns[mine], 1))
    return {name: np.concatenate(all_of_it) for name, all_of_it in parts.items()}
