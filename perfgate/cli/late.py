"""What can be told only once a load has run: how it was sent, and which endpoints there were."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.cli.rulecheck import names_endpoints_late, unmatched_rules
from perfgate.units import format_ratio

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfgate.cli.project import Project
    from perfgate.model import Comparison, Reason, Result, Verdict, Workload


def known_endpoints(workload: Workload) -> tuple[str, ...] | None:
    """The endpoints a workload has; None where it names them while it runs."""
    return None if names_endpoints_late(workload) else workload.endpoints


def late_warnings(opened: Project, results: Sequence[Result]) -> tuple[Reason, ...]:
    """The rules and acceptances that speak of an endpoint nobody saw, now that all have names."""
    if not names_endpoints_late(opened.workload):
        return ()
    from perfgate.gate.acceptance import outdated

    endpoints = {e.endpoint for result in results for each in result.rounds for e in each.endpoints}
    warnings = unmatched_rules(opened.policy, endpoints)
    if opened.accepted is None:
        return warnings
    said = set(opened.warnings)
    stale = outdated(opened.accepted, endpoints, opened.policy)
    return (*warnings, *(reason for reason in stale if reason not in said))


def as_it_was_sent(verdict: Verdict, opened: Project) -> Verdict:
    """The verdict with what the way of sending the load has to do with it.

    A tool cannot send couples, so the smallest change its runs in turn could have shown is said; and where
    think times left too few requests, the remedy is to leave them out.
    """
    from perfgate.measure.roundload import has_think

    workload = opened.workload
    if opened.config.load.think == "keep" and has_think(workload):
        rows = tuple(replace(row, reasons=_shortened(row.reasons)) for row in verdict.comparisons)
        verdict = replace(verdict, comparisons=rows, reasons=_shortened(verdict.reasons))
    if workload.tool is None:
        return verdict
    return replace(verdict, warnings=(*verdict.warnings, _in_turn(verdict.comparisons, workload.tool.name)))


def _shortened(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    return tuple(
        replace(each, remedy=f"leave the think times out with load.think: skip, or {each.remedy}")
        if each.code == "too_few_requests"
        else each
        for each in reasons
    )


def _in_turn(rows: Sequence[Comparison], tool: str) -> Reason:
    from perfgate.model import Reason

    found = [row for row in rows if row.metric.statistic == "p50" and row.mde is not None]
    text = (
        f"{tool} ran on the sides in turn, not in couples: what disturbs the machine for a second hits one "
        "side alone"
    )
    if found:
        worst = max(found, key=lambda row: row.mde or 0.0)
        text += (
            f"; the smallest change of p50 it could have found is {format_ratio(worst.mde or 0.0)} "
            f"({worst.metric.endpoint})"
        )
    return Reason(
        code="runs_in_turn",
        text=text,
        remedy="raise measure.round or measure.rounds to find less; perfgate's own drivers (a YAML or Python "
        "load test) load both sides at once",
    )
