"""After the screening rounds: is anything suspicious, and was enough measured to see it?

Two looks: after the first rounds, and after an extension that is decided from sizes of differences only
(blinded). Whatever is flagged is measured again on fresh rounds before it may fail anybody.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.effects import d_of
from perfgate.gate.table import Pair, Table, build_table, find_endpoint, is_gating, log_tolerance
from perfgate.model import ALL_ENDPOINTS, Metric, NextStep
from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.power import minimum_detectable_effect, rounds_needed, two_stage_effect
from perfgate.stats.signflip import MaxT, max_t

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from perfgate.gate.policy import Policy


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Test:
    """The paired test of a table: per metric the adjusted p, the estimate and the MDE (units of `d`)."""

    table: Table
    p_adjusted: NDArray[np.float64]
    p_improved: NDArray[np.float64]
    estimate: NDArray[np.float64]
    mde: NDArray[np.float64]


def run_test(table: Table, policy: Policy, seed: int, *, blinded: bool = True) -> Test:
    """Test every column for an increase and, mirrored, for a decrease; the same seed gives the same p.

    While rounds may still be added the MDE is blinded: the change itself counts as noise in it. It is of
    both stages then. After the last round it need not be blinded, and is taken about the estimate.
    """
    worse = _max_t(table, table.d, policy, seed)
    better = _max_t(table, -table.d, policy, seed)
    tolerance = np.array([log_tolerance(m, policy) for m in table.metrics])
    estimate = np.array([estimate_of(table, i) for i in range(len(table.metrics))])
    if not table.metrics:
        mde: NDArray[np.float64] = np.empty(0)
    elif blinded:
        mde = two_stage_effect(
            table.d,
            clipped=table.clipped,
            null_max=worse.null_max,
            screen_alpha=policy.screen_alpha,
            confirm_alpha=policy.confirm_alpha,
            confirm_rounds=max(policy.confirm_rounds, table.rounds),
            tolerance=tolerance,
            power=policy.power,
        )
    else:
        mde = minimum_detectable_effect(
            table.d - estimate,
            clipped=table.clipped,
            null_max=worse.null_max,
            alpha=policy.confirm_alpha,
            tolerance=tolerance,
            power=policy.power,
        )
    return Test(
        table=table,
        p_adjusted=worse.p_adjusted,
        p_improved=better.p_adjusted,
        estimate=estimate,
        mde=mde,
    )


def estimate_of(table: Table, column: int) -> float:
    """The change of one metric over rounds: Hodges-Lehmann, or the mean for the sparse error ratios."""
    d = table.d[:, column]
    if table.metrics[column].statistic == "errors":
        return float(d.mean())
    return hodges_lehmann(d).center


def next_step(pairs: Sequence[Pair], policy: Policy, seed: int) -> NextStep:
    """What to measure after the screening rounds done so far."""
    test = run_test(build_table(pairs, policy), policy, seed)
    flagged = flagged_metrics(test, pairs, policy)
    if flagged:
        return NextStep(confirm_endpoints=tuple(sorted({m.endpoint for m in flagged})))
    return NextStep(more_screen_rounds=_extension(test, policy))


def flagged_metrics(test: Test, pairs: Sequence[Pair], policy: Policy) -> tuple[Metric, ...]:
    """The metrics that have to be confirmed, all load on their endpoints.

    A mean over all endpoints is left out while single endpoints are suspected of the same: confirming it
    would take the load off them. `decide` sees to it that it is not forgotten.
    """
    suspicious = suspicious_metrics(test, pairs, policy)
    single = {metric.statistic for metric in suspicious if metric.endpoint != ALL_ENDPOINTS}
    return tuple(m for m in suspicious if m.endpoint != ALL_ENDPOINTS or m.statistic not in single)


def suspicious_metrics(test: Test, pairs: Sequence[Pair], policy: Policy) -> tuple[Metric, ...]:
    """The metrics that look worse by chance too small to ignore, and by at least half their tolerance."""
    found = []
    for index, metric in enumerate(test.table.metrics):
        tolerance = log_tolerance(metric, policy)
        suspicious = test.p_adjusted[index] <= policy.screen_alpha and test.estimate[index] >= tolerance / 2
        if metric.statistic == "errors":
            often = rounds_with_errors(pairs, metric.endpoint, "head") >= policy.min_error_rounds
            suspicious = suspicious and often
            suspicious = suspicious or bool(new_error_classes(pairs, metric.endpoint, policy))
        if suspicious and is_gating(metric, policy):
            found.append(metric)
    return tuple(found)


def new_error_classes(pairs: Sequence[Pair], endpoint: str, policy: Policy) -> tuple[str, ...]:
    """Error classes that head showed in several rounds and base in none.

    Where nothing changed, an error class falls on head in all of k rounds with probability 2**-k, and that
    has to happen in screening and again in confirmation: at worst in 0.15 % of comparisons for each class
    (simulated, `bench/gate_sim.py`). It is judged apart from the maxT test, each class by itself.
    """
    seen: dict[str, int] = {}
    for pair in pairs:
        found = find_endpoint(pair.head, endpoint)
        for name in found.errors if found else ():
            seen[name] = seen.get(name, 0) + 1
    in_base = {
        name for pair in pairs if (found := find_endpoint(pair.base, endpoint)) for name in found.errors
    }
    return tuple(
        sorted(n for n, rounds in seen.items() if rounds >= policy.min_error_rounds and n not in in_base)
    )


def rounds_with_errors(pairs: Sequence[Pair], endpoint: str, side: str) -> int:
    """In how many rounds a side failed any request to the endpoint."""
    rounds = (find_endpoint(getattr(pair, side), endpoint) for pair in pairs)
    return sum(found is not None and found.failed > 0 for found in rounds)


def is_underpowered(test: Test, column: int, policy: Policy) -> bool:
    """Whether a change as large as the requirement could have gone unseen."""
    metric = test.table.metrics[column]
    requirement = policy.requirement_of(metric)
    if math.isinf(requirement) or not is_gating(metric, policy):
        return False
    return bool(test.mde[column] > d_of(metric, requirement))


def _extension(test: Test, policy: Policy) -> int:
    """How many more rounds the most demanding metric needs, as far as the maximum allows."""
    wanted = test.table.rounds
    for column in range(len(test.table.metrics)):
        if is_underpowered(test, column, policy):
            metric = test.table.metrics[column]
            requirement = d_of(metric, policy.requirement_of(metric))
            mde = float(test.mde[column])
            enough = (
                rounds_needed(mde, requirement, test.table.rounds)
                if np.isfinite(mde)
                else policy.max_screen_rounds
            )
            # The effect shrinks more slowly than the estimate says while the tolerance is part of it.
            wanted = max(wanted, enough + 1)
    return max(0, min(wanted, policy.max_screen_rounds) - test.table.rounds)


def _max_t(table: Table, d: NDArray[np.float64], policy: Policy, seed: int) -> MaxT:
    if not table.metrics or table.rounds < 2:
        columns = len(table.metrics)
        return MaxT(p_adjusted=np.ones(columns), t=np.zeros(columns), null_max=np.array([np.inf]))
    return max_t(d, clipped=table.clipped, flips=policy.flips, rng=np.random.default_rng(seed))
