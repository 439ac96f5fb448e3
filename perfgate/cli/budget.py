"""`--budget`: the time a comparison may take, and what its plan is told of the policy."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from perfgate.cli.fitting import require_fitting
from perfgate.cli.profile import duration
from perfgate.errors import UsageError
from perfgate.units import format_duration_ns

if TYPE_CHECKING:
    from perfgate.cli.project import Project
    from perfgate.gate.policy import Policy
    from perfgate.measure.budget import Goal
    from perfgate.model import Metric

_LEAST_NS, _MOST_NS = 5_000_000_000, 2 * 3_600_000_000_000

budget_option = click.option(
    "--budget",
    "budget_ns",
    callback=duration,
    metavar="TIME",
    help="The time it may take, builds aside, like 60s: rounds and their length are planned.",
)


def with_budget(opened: Project, budget_ns: int | None) -> Project:
    """The project with the budget of the command line, or else of perfgate.yml, checked.

    Raises:
        UsageError: it is out of range, cannot be kept, or leaves nothing to plan.
    """
    from perfgate.measure.budget import require_room

    measuring = opened.config.measure
    if budget_ns is not None:
        if not _LEAST_NS <= budget_ns <= _MOST_NS:
            raise UsageError(f"--budget: {format_duration_ns(budget_ns)} is out of range", "give it 5s to 2h")
        measuring = replace(measuring, budget_ns=budget_ns)
        require_fitting(replace(opened.config, measure=measuring), opened.workload)
    config = replace(opened.config, measure=measuring)
    require_room(config)
    return replace(opened, config=config)


def goal_of(policy: Policy) -> Goal:
    """What the plan of a comparison is to find: every metric that may fail it and must not go unseen."""
    from perfgate.gate.table import is_gating, log_tolerance
    from perfgate.measure.budget import Goal

    def limits(metric: Metric) -> tuple[float, float] | None:
        requirement = policy.requirement_of(metric)
        if math.isinf(requirement) or not is_gating(metric, policy):
            return None
        return log_tolerance(metric, policy), math.log1p(requirement)

    return Goal(limits=limits, alpha=policy.confirm_alpha, power=policy.power)
