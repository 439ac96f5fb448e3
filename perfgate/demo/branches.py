"""The demo's branches: what each one does to the shop, and what perfgate has to say about it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Branch:
    """A branch of one commit on top of `main`; `patches/<name>.patch` holds the change.

    `effect` tells the reader what the commit does. `endpoint` is the one it makes worse, empty if none, and
    `statistics` are those of which at least one has to be named.
    """

    name: str
    message: str
    effect: str
    endpoint: str = ""
    statistics: tuple[str, ...] = ()

    @property
    def expected(self) -> str:
        """What perfgate has to say, for people."""
        if not self.endpoint:
            return "PASS or INCONCLUSIVE"
        return f"REGRESSED: {self.endpoint} {' or '.join(self.statistics)}"


BRANCHES = (
    Branch(
        name="slow-query",
        message="Show the latest review in the list",
        effect="GET /items looks every one of its 20 items up again, in three queries each (N+1).",
        endpoint="GET /items",
        statistics=("p50",),
    ),
    Branch(
        name="slow-tail",
        message="Show how well an item sells",
        effect="GET /items/{id} shows a sales rank, and one request in 50 counts all sales again first.",
        endpoint="GET /items/{id}",
        statistics=("p95", "p99"),
    ),
    Branch(
        name="errors",
        message="Screen one order in a hundred for fraud",
        effect="POST /orders reads rules that nobody committed for one order in 100, and answers 503.",
        endpoint="POST /orders",
        statistics=("errors",),
    ),
    Branch(
        name="docs-only",
        message="Say how to stop the shop",
        effect="Only the README changes.",
    ),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """What perfgate said about a branch: the outcome, the regressed metrics, and whether that is right."""

    outcome: str
    regressed: tuple[str, ...]
    as_expected: bool

    def __str__(self) -> str:
        return f"{self.outcome}: {', '.join(self.regressed)}" if self.regressed else self.outcome


def judge(branch: Branch, verdict: Mapping[str, Any]) -> Finding:
    """Hold a verdict, in the form `compare -o json=` writes, against what the branch calls for."""
    outcome = verdict["outcome"]
    regressed = [
        (comparison["metric"]["endpoint"], comparison["metric"]["statistic"])
        for comparison in verdict["comparisons"]
        if comparison["outcome"] == "REGRESSED"
    ]
    if branch.endpoint:
        wanted = {(branch.endpoint, statistic) for statistic in branch.statistics}
        right = outcome == "REGRESSED" and not wanted.isdisjoint(regressed)
    else:
        right = outcome in ("PASS", "INCONCLUSIVE")
    return Finding(
        outcome=outcome,
        regressed=tuple(f"{_shown(endpoint)} {statistic}" for endpoint, statistic in regressed),
        as_expected=right,
    )


def _shown(endpoint: str) -> str:
    return "all endpoints" if endpoint == "*" else endpoint
