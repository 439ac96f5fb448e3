"""The verdict of a paired run: results in, verdict out, the same every time for the same files."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.gate.acceptance import Accepted, apply, let_pass
from perfgate.gate.effects import in_words, size_of
from perfgate.gate.naming import name_of
from perfgate.gate.reasons import summarised
from perfgate.gate.rows import (
    Evidence,
    compare_metric,
    postponed_comparison,
    unmeasured_comparison,
)
from perfgate.gate.screen import Test, flagged_metrics, run_test, suspicious_metrics
from perfgate.gate.stored import StoredJudgement, too_few_runs
from perfgate.gate.table import Pair, build_table, is_gating, log_tolerance, paired_rounds
from perfgate.gate.validity import doubts, failing_endpoints, invalidity
from perfgate.model import (
    DIFFERENCES,
    Commit,
    Comparison,
    Metric,
    Outcome,
    Reason,
    Result,
    Statistic,
    Verdict,
)

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy

RUNNING_SERVICE_ALLOWANCE = 0.05
"""Added to relative tolerances where services were not restarted: two processes of one build differ."""

WARNING_ALPHA = 0.01
"""A metric at level `warn` is not confirmed on fresh rounds, so its one look has to be as strict."""

_SEVERITY = (
    Outcome.INVALID,
    Outcome.REGRESSED,
    Outcome.THRESHOLD_BREACHED,
    Outcome.INCONCLUSIVE,
    Outcome.IMPROVED,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """What a verdict tells its reader beyond the numbers, and what was decided on beforehand.

    `extra_warnings` stand before the doubts of the run, of which a report may have to leave some out.
    """

    elapsed_s: float
    reproduce: str
    extra_reasons: tuple[tuple[Outcome, Reason], ...] = ()
    extra_warnings: tuple[Reason, ...] = ()
    accepted: Accepted | None = None

    def applied(self, comparisons: tuple[Comparison, ...]) -> tuple[Comparison, ...]:
        """The comparisons with what was decided on passing."""
        return apply(comparisons, self.accepted) if self.accepted else comparisons


def judge(base: Result, head: Result, policy: Policy, circumstances: Circumstances) -> Verdict:
    """Judge a paired run: screen, confirmation, minimum detectable effects, validity first of all.

    Only what was confirmed on fresh rounds regresses (two stages; see `Policy` for their error rates).
    """
    policy = effective_policy(policy, restarts=base.restarts and head.restarts)
    invalid = invalidity(base, head, policy)
    screen = paired_rounds(base, head, "screen")
    confirm = paired_rounds(base, head, "confirm")
    comparisons = _compare_all(screen, confirm, policy, head.seed) if len(screen) >= 2 else ()
    comparisons = circumstances.applied(comparisons)
    found = [(Outcome.INVALID, reason) for reason in invalid]
    found += [(Outcome.INCONCLUSIVE, reason) for reason in failing_endpoints(base, policy)]
    found += [(c.outcome, reason) for c in comparisons for reason in c.reasons]
    found += list(circumstances.extra_reasons)
    found += _no_evidence(comparisons)
    outcome = _overall(comparisons, found)
    return Verdict(
        outcome=outcome,
        base=base.commit,
        head=head.commit,
        workload_name=head.workload_name,
        comparisons=comparisons,
        reasons=_explaining(outcome, found),
        warnings=(
            *let_pass(comparisons),
            *circumstances.extra_warnings,
            *doubts(base, head),
            *_level_warnings(screen, policy, head.seed),
        ),
        rounds_measured=len(base.rounds),
        rounds_dropped=len(base.rounds) - len(screen) - len(confirm),
        requests=sum(e.requests for side in (base, head) for r in side.rounds for e in r.endpoints),
        elapsed_s=circumstances.elapsed_s,
        reproduce=circumstances.reproduce,
    )


def judge_unpaired(
    base: Commit, head: Result, stored: StoredJudgement, policy: Policy, circumstances: Circumstances
) -> Verdict:
    """The verdict where only runs of other times exist for base; it says so first among its warnings."""
    unpaired = Reason(
        code="unpaired",
        text="unpaired: base and head were measured at different times, so only large changes can be seen",
        remedy="perfgate compare BASE HEAD measures them side by side",
    )
    comparisons = circumstances.applied(stored.comparisons)
    found = [(c.outcome, reason) for c in comparisons for reason in c.reasons]
    found += list(circumstances.extra_reasons)
    found += _no_evidence(comparisons)
    outcome = _overall(comparisons, found)
    return Verdict(
        outcome=outcome,
        base=base,
        head=head.commit,
        workload_name=head.workload_name,
        comparisons=comparisons,
        reasons=_explaining(outcome, found),
        warnings=(
            unpaired,
            *let_pass(comparisons),
            *circumstances.extra_warnings,
            *((too_few_runs(stored.runs),) if stored.too_few else ()),
            *doubts(head, head),
            *stored.warnings,
        ),
        rounds_measured=len(head.rounds),
        rounds_dropped=sum(bool(r.dropped_because) for r in head.rounds),
        requests=sum(e.requests for r in head.rounds for e in r.endpoints),
        elapsed_s=circumstances.elapsed_s,
        reproduce=circumstances.reproduce,
    )


def judge_aborted(base: Result | None, head: Result, reason: Reason, circumstances: Circumstances) -> Verdict:
    """The verdict of a run that a threshold of head ended: nothing else is judged from what there is."""
    sides = (base, head) if base else (head,)
    return Verdict(
        outcome=Outcome.THRESHOLD_BREACHED,
        base=sides[0].commit,
        head=head.commit,
        workload_name=head.workload_name,
        comparisons=(),
        reasons=(reason,),
        warnings=doubts(sides[0], head),
        rounds_measured=len(head.rounds),
        rounds_dropped=sum(bool(r.dropped_because) for r in head.rounds),
        requests=sum(e.requests for side in sides for r in side.rounds for e in r.endpoints),
        elapsed_s=circumstances.elapsed_s,
        reproduce=circumstances.reproduce,
    )


def without_evidence(
    base: Commit, head: Commit, workload_name: str, reason: Reason, reproduce: str
) -> Verdict:
    """The verdict where there is nothing to compare with: the question stays open."""
    return Verdict(
        outcome=Outcome.INCONCLUSIVE,
        base=base,
        head=head,
        workload_name=workload_name,
        comparisons=(),
        reasons=(reason,),
        warnings=(),
        rounds_measured=0,
        rounds_dropped=0,
        requests=0,
        elapsed_s=0.0,
        reproduce=reproduce,
    )


def _no_evidence(comparisons: Sequence[Comparison]) -> list[tuple[Outcome, Reason]]:
    """Why rows without data in any of them are no pass; empty if there is one with some."""
    if not comparisons or any(c.outcome is not Outcome.NOT_MEASURED for c in comparisons):
        return []
    reason = Reason(
        code="nothing_measured",
        text="no metric that the gate looks at had enough data to be compared",
        remedy="measure longer rounds (measure.round), or let the gate look at more metrics (gate.level)",
    )
    return [(Outcome.INVALID, reason)]


def _overall(comparisons: Sequence[Comparison], found: Sequence[tuple[Outcome, Reason]]) -> Outcome:
    outcomes = {c.outcome for c in comparisons} | {outcome for outcome, _ in found}
    for outcome in _SEVERITY:
        if outcome in outcomes:
            return outcome
    # Nothing compared is no evidence, and no evidence is never a pass.
    return Outcome.PASS if comparisons else Outcome.INVALID


def _explaining(outcome: Outcome, found: Sequence[tuple[Outcome, Reason]]) -> tuple[Reason, ...]:
    """The reasons a reader needs for this outcome: lesser doubts stay in the rows they belong to."""
    least = Outcome.THRESHOLD_BREACHED if outcome is Outcome.REGRESSED else outcome
    worth = (
        [o for o in _SEVERITY if _SEVERITY.index(o) <= _SEVERITY.index(least)] if least in _SEVERITY else []
    )
    ranked = sorted((pair for pair in found if pair[0] in worth), key=lambda pair: _SEVERITY.index(pair[0]))
    return summarised(tuple(dict.fromkeys(reason for _, reason in ranked)))


def effective_policy(policy: Policy, *, restarts: bool) -> Policy:
    """The policy for a run: services that were not restarted need a larger change, and see less."""
    if restarts:
        return policy

    def allowed(limits: Mapping[Statistic, float]) -> dict[Statistic, float]:
        return {k: v if k in DIFFERENCES else v + RUNNING_SERVICE_ALLOWANCE for k, v in limits.items()}

    rules = tuple(
        dataclasses.replace(rule, tolerance=allowed(rule.tolerance), requirement=allowed(rule.requirement))
        for rule in policy.rules
    )
    return dataclasses.replace(
        policy, tolerance=allowed(policy.tolerance), requirement=allowed(policy.requirement), rules=rules
    )


def _compare_all(
    screen: Sequence[Pair], confirm: Sequence[Pair], policy: Policy, seed: int
) -> tuple[Comparison, ...]:
    screened = run_test(build_table(screen, policy), policy, seed)
    flagged = frozenset(flagged_metrics(screened, screen, policy))
    postponed = frozenset(suspicious_metrics(screened, screen, policy)) - flagged
    confirmed = _confirmation(confirm, flagged, policy, seed) if confirm else None
    evidence = Evidence(screened, screen, confirmed, confirm)
    rows = [
        compare_metric(metric, evidence, metric in flagged, policy)
        for metric in screened.table.metrics
        if metric not in postponed
    ]
    regressed = {row.metric.statistic for row in rows if row.outcome is Outcome.REGRESSED}
    # What a regressed endpoint explains needs no row; what nothing explains stays open.
    rows += [
        postponed_comparison(metric, evidence, policy)
        for metric in sorted(postponed)
        if metric.statistic not in regressed
    ]
    rows += [unmeasured_comparison(metric, reason, policy) for metric, reason in screened.table.unmeasured]
    return tuple(sorted(rows, key=lambda row: row.metric))


def _confirmation(
    confirm: Sequence[Pair], flagged: frozenset[Metric], policy: Policy, seed: int
) -> Test | None:
    """The test of the fresh rounds, adjusted over what was flagged and nothing else."""
    if len(confirm) < 2:
        return None
    table = build_table(confirm, policy, keeping=flagged)
    return run_test(table.select(flagged), policy, seed + 1, blinded=False)


def _level_warnings(screen: Sequence[Pair], policy: Policy, seed: int) -> tuple[Reason, ...]:
    """Metrics at level `warn` that look worse: said where it is significant, never more."""
    if len(screen) < policy.min_rounds:
        return ()
    test = run_test(build_table(screen, policy), policy, seed)
    found = []
    for column, metric in enumerate(test.table.metrics):
        if is_gating(metric, policy):
            continue
        worse = float(test.estimate[column])
        if test.p_adjusted[column] <= WARNING_ALPHA and worse >= log_tolerance(metric, policy):
            found.append(
                Reason(
                    code="worse_at_level_warn",
                    text=f"{name_of(metric)} looks worse by {in_words(metric, size_of(metric, worse))}",
                    remedy=f"gate.level.{metric.statistic}: error would measure it again, and fail the "
                    "pull request if that confirmed it",
                )
            )
    return tuple(found)
