"""One metric's row of a verdict: its change, its interval, what was decided about it and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from perfgate.gate.effects import change_of, d_of, in_words, interval_of, size_of
from perfgate.gate.naming import endpoint_name, name_of
from perfgate.gate.screen import Test, is_underpowered, new_error_classes, rounds_with_errors
from perfgate.gate.table import Pair, Table, find_endpoint, log_tolerance, unmeasured_outcome
from perfgate.model import Comparison, Metric, Outcome, Reason
from perfgate.stats.interval import Estimate, hodges_lehmann
from perfgate.stats.power import error_bound, rounds_needed

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy


class Evidence(NamedTuple):
    """Both stages of a run; `confirmed` is None where no fresh rounds were measured."""

    screened: Test
    screen: Sequence[Pair]
    confirmed: Test | None
    confirm: Sequence[Pair]


def compare_metric(metric: Metric, evidence: Evidence, flagged: bool, policy: Policy) -> Comparison:
    """Decide about one metric.

    A flagged metric is shown by its confirmation rounds alone: those that made it suspicious would
    exaggerate its change.
    """
    test, pairs = evidence.screened, evidence.screen
    confirmed = evidence.confirmed
    if flagged and confirmed is not None and metric in confirmed.table.metrics:
        test, pairs = confirmed, evidence.confirm
    column = test.table.metrics.index(metric)
    outcome, reasons = _decide(metric, evidence, flagged, policy)
    estimate = _estimate(test.table, column, policy)
    low, high = interval_of(metric, estimate)
    base, head = _levels(test.table, column, pairs)
    p = test.p_adjusted[column]
    if outcome is Outcome.IMPROVED:
        p = test.p_improved[column]
    return Comparison(
        metric=metric,
        outcome=outcome,
        rounds=test.table.rounds,
        base=base,
        head=head,
        change=_finite(change_of(metric, estimate.center)),
        low=_finite(low),
        high=_finite(high),
        confidence=policy.confidence,
        p_adjusted=float(p),
        mde=_mde(test, column, pairs, policy),
        tolerance=policy.tolerance_of(metric),
        requirement=policy.requirement_of(metric),
        reasons=reasons,
        level=policy.level_of(metric),
    )


def postponed_comparison(metric: Metric, evidence: Evidence, policy: Policy) -> Comparison:
    """The row of a mean that looked worse when single endpoints did too, and these were then cleared."""
    reason = Reason(
        code="not_confirmed",
        text=f"{name_of(metric)} looked worse, and the fresh rounds looked at single endpoints only",
        remedy="run again",
    )
    row = compare_metric(metric, evidence, flagged=False, policy=policy)
    return replace(row, outcome=Outcome.INCONCLUSIVE, reasons=(reason,))


def unmeasured_comparison(metric: Metric, reason: Reason, policy: Policy) -> Comparison:
    """The row of a metric that has too little data."""
    return Comparison(
        metric=metric,
        outcome=unmeasured_outcome(metric, policy),
        rounds=0,
        base=None,
        head=None,
        change=None,
        low=None,
        high=None,
        confidence=policy.confidence,
        p_adjusted=None,
        mde=None,
        tolerance=policy.tolerance_of(metric),
        requirement=policy.requirement_of(metric),
        reasons=(reason,),
        level=policy.level_of(metric),
    )


def _decide(
    metric: Metric, evidence: Evidence, flagged: bool, policy: Policy
) -> tuple[Outcome, tuple[Reason, ...]]:
    if flagged:
        decided = _decide_flagged(metric, evidence, policy)
        if decided is not None:
            return decided
    test = evidence.screened
    column = test.table.metrics.index(metric)
    tolerance = log_tolerance(metric, policy)
    if test.p_improved[column] <= policy.improved_alpha and test.estimate[column] <= -tolerance:
        return Outcome.IMPROVED, ()
    # The row of a flagged metric is of the fresh rounds, so what they could not see is said first.
    for stage in (evidence.confirmed if flagged else None, test):
        if stage is not None and metric in stage.table.metrics:
            column = stage.table.metrics.index(metric)
            if is_underpowered(stage, column, policy):
                first = "the rounds that made it suspicious: " if flagged and stage is test else ""
                return Outcome.INCONCLUSIVE, (_underpowered(stage, column, policy, of=first),)
    return Outcome.PASS, ()


def _decide_flagged(
    metric: Metric, evidence: Evidence, policy: Policy
) -> tuple[Outcome, tuple[Reason, ...]] | None:
    """What the fresh rounds say; None if they cleared the suspicion."""
    confirmed = evidence.confirmed
    enough = len(evidence.confirm) >= policy.min_rounds
    if confirmed is None or not enough or metric not in confirmed.table.metrics:
        return Outcome.INCONCLUSIVE, (
            Reason(
                code="not_confirmed",
                text=f"{name_of(metric)} looked worse, but {len(evidence.confirm)} valid fresh rounds "
                "are too few to tell",
                remedy="let the run finish, or run again",
            ),
        )
    column = confirmed.table.metrics.index(metric)
    tolerance = log_tolerance(metric, policy)
    significant = confirmed.p_adjusted[column] <= policy.confirm_alpha
    if metric.statistic == "errors":
        often = rounds_with_errors(evidence.confirm, metric.endpoint, "head") >= policy.min_error_rounds
        significant = significant and often
        new = sorted(
            set(new_error_classes(evidence.screen, metric.endpoint, policy))
            & set(new_error_classes(evidence.confirm, metric.endpoint, policy))
        )
        if new:
            return Outcome.REGRESSED, (_new_errors(metric, new, evidence.confirm),)
    if significant and confirmed.estimate[column] >= tolerance:
        return Outcome.REGRESSED, (
            Reason(
                code="regressed",
                text=f"{name_of(metric)} was worse, and again in {confirmed.table.rounds} fresh rounds",
                remedy="find the cause in the diff; if the change is intended, decide with perfgate accept",
            ),
        )
    return None


def _new_errors(metric: Metric, classes: Sequence[str], confirm: Sequence[Pair]) -> Reason:
    rounds = rounds_with_errors(confirm, metric.endpoint, "head")
    return Reason(
        code="new_error_class",
        text=f"{endpoint_name(metric.endpoint)} fails on head in a way base never did: {', '.join(classes)} "
        f"(in {rounds} of {len(confirm)} fresh rounds)",
        remedy="look for it in the log of head's service",
    )


def _underpowered(test: Test, column: int, policy: Policy, *, of: str) -> Reason:
    metric, mde = test.table.metrics[column], float(test.mde[column])
    requirement = policy.requirement_of(metric)
    if not math.isfinite(mde):
        return Reason(
            code="underpowered",
            text=f"{name_of(metric)}: {of}{test.table.rounds} rounds are too few to find any change",
            remedy="raise measure.rounds",
        )
    rounds = rounds_needed(mde, d_of(metric, requirement), test.table.rounds)
    unseen, allowed = in_words(metric, size_of(metric, mde)), in_words(metric, requirement, digits=0)
    return Reason(
        code="underpowered",
        text=f"{name_of(metric)}: {of}a change under {unseen} could have gone unseen, at most {allowed} may",
        remedy=f"measure about {rounds} rounds of this length, or longer ones (measure.round), "
        f"or allow more with gate.require.{metric.statistic}",
    )


def _estimate(table: Table, column: int, policy: Policy) -> Estimate:
    d = table.d[:, column]
    if table.metrics[column].statistic != "errors":
        return hodges_lehmann(d, policy.confidence)
    from scipy import special

    # The ratios of a rare error are mostly zero, where a median has nothing to say; hence mean and t.
    center = float(d.mean())
    half = float(d.std(ddof=1) / math.sqrt(len(d)) * special.stdtrit(len(d) - 1, (1 + policy.confidence) / 2))
    return Estimate(center=center, low=center - half, high=center + half)


def _levels(table: Table, column: int, pairs: Sequence[Pair]) -> tuple[float | None, float | None]:
    """The two sides' levels: medians over rounds, for errors the pooled ratio."""
    metric = table.metrics[column]
    if metric.statistic == "errors":
        return _pooled_errors(pairs, metric.endpoint, "base"), _pooled_errors(pairs, metric.endpoint, "head")
    both = np.isfinite(table.d[:, column])
    if not both.any():
        return None, None
    return float(np.median(table.base[both, column])), float(np.median(table.head[both, column]))


def _pooled_errors(pairs: Sequence[Pair], endpoint: str, side: str) -> float | None:
    found = [e for pair in pairs if (e := find_endpoint(getattr(pair, side), endpoint)) is not None]
    requests = sum(e.requests for e in found)
    return sum(e.failed for e in found) / requests if requests else None


def _mde(test: Test, column: int, pairs: Sequence[Pair], policy: Policy) -> float | None:
    metric, mde = test.table.metrics[column], float(test.mde[column])
    if metric.statistic == "memory" and math.isinf(mde):
        # No side grew by a page in any round: whatever reaches the tolerance would have stood out.
        return policy.tolerance_of(metric)
    if metric.statistic != "errors":
        return _finite(size_of(metric, mde))
    if math.isfinite(mde):
        return mde
    found = [find_endpoint(pair.head, metric.endpoint) for pair in pairs]
    requests = sum(e.requests for e in found if e is not None)
    return max(error_bound(requests), policy.tolerance_of(metric)) if requests else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
