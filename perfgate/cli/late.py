"""What can be told only once a workload that is code has named its endpoints."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.cli.rulecheck import names_endpoints_late, unmatched_rules

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfgate.cli.project import Project
    from perfgate.model import Reason, Result, Workload


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
