"""Measuring the runs of a baseline, and finding the one they belong to."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfgate.cli import output, project
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.git import Repository
    from perfgate.model import Baseline, BaselineRun, Environment, LevelChange, Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Update:
    """A baseline with runs added; `changes` are empty where the earlier runs cannot be compared with them."""

    baseline: Baseline
    changes: tuple[LevelChange, ...]
    why_no_changes: str = ""


def record(
    opened: project.Project, repository: Repository, *, reason: str, runs: int, reset: bool, quiet: bool
) -> Update:
    """Measure HEAD `runs` times and add each to the baseline; interrupted, nothing is written.

    Raises:
        UsageError: the earlier runs were measured under other conditions, or cannot be read, without `reset`.
        MeasureError: a run could not be measured, or is no evidence.
    """
    from perfgate.cli.run import measure_one
    from perfgate.target.environment import detect_environment

    project.require_command(opened.config)
    commit = repository.resolve("HEAD")
    existing, why = _earlier(opened, detect_environment(), reset=reset)
    measured = []
    progress = output.start_progress(quiet=quiet)
    try:
        for number in range(runs):
            progress.note(f"run {number + 1} of {runs}")
            measured.append(measure_one(opened, commit, repository, progress))
    finally:
        progress.close()
    added = [run_of(result, opened.policy, repository.author(), reason) for result in measured]
    kept = empty_baseline(measured[0]) if reset or existing is None else existing
    return updated(kept, existing, added, opened.policy, why)


def updated(
    kept: Baseline, earlier: Baseline | None, added: list[BaselineRun], policy: Policy, why: str
) -> Update:
    """The runs added to those kept, and what changed against the earlier ones, if they can be compared."""
    from perfgate.gate.baseline_changes import accepted, level_changes
    from perfgate.gate.levels import baseline_levels
    from perfgate.store.baselines import append

    if earlier is None:
        return Update(baseline=append(kept, added), changes=(), why_no_changes=why)
    changes = level_changes(baseline_levels(earlier.runs), baseline_levels(added), policy)
    added[-1] = replace(added[-1], accepts=accepted(changes))
    return Update(baseline=append(kept, added), changes=changes)


def _earlier(
    opened: project.Project, environment: Environment, *, reset: bool
) -> tuple[Baseline | None, str]:
    """The earlier runs, to be added to or only compared with, or why there are none.

    Raises:
        UsageError: they cannot be read, or the new ones cannot join them, and `reset` does not say to go on.
    """
    try:
        existing = existing_baseline(opened, environment)
        if existing is None or not existing.runs:
            return None, "there are no earlier runs"
        _require_same(existing, opened)
    except UsageError as error:
        if not reset:
            raise
        return None, f"the earlier runs cannot be compared with: {error.message}"
    return existing, ""


def existing_baseline(opened: project.Project, environment: Environment) -> Baseline | None:
    """The baseline of this workload for an environment class, if there is one.

    Raises:
        UsageError: there is a file, but it is torn or foreign.
    """
    from perfgate.store.baselines import load_baseline, path_for

    path = path_for(opened.config.baselines, opened.workload.name, environment.class_id)
    return load_baseline(path) if path.exists() else None


def _require_same(existing: Baseline, opened: project.Project) -> None:
    """Runs under other conditions cannot join a baseline; better said before they are measured.

    Raises:
        UsageError: the workload, the load, the definition of latency or the clock differ.
    """
    from perfgate.measure.roundload import describe_load
    from perfgate.measure.toolround import clock_of, latency_of

    now = {
        "workload": (existing.workload_digest, opened.workload.digest),
        "load": (existing.load_model, describe_load(opened.config, opened.workload, sides=1)),
        "definition of latency": (existing.latency_definition, latency_of(opened.workload)),
        "clock": (existing.runs[-1].clock_source, clock_of(opened.workload)),
    }
    for what, (before, after) in now.items():
        if before != after:
            raise UsageError(
                f"the baseline was recorded with another {what} ({before}; now {after})",
                "its runs cannot be mixed with these: add --reset to begin anew",
            )


def empty_baseline(result: Result) -> Baseline:
    """A baseline without runs under the conditions of a result."""
    from perfgate.model import Baseline
    from perfgate.store.baselines import SCHEMA_VERSION

    return Baseline(
        schema_version=SCHEMA_VERSION,
        workload_name=result.workload_name,
        workload_digest=result.workload_digest,
        latency_definition=result.latency_definition,
        load_model=result.load_model,
        environment=result.environment,
        runs=(),
    )


def run_of(result: Result, policy: Policy, author: str, reason: str) -> BaselineRun:
    """One run of a baseline from one result."""
    from perfgate.gate.levels import run_levels
    from perfgate.model import BaselineRun, BaselineValue

    # Everything is recorded, whatever its level: that may change, and the runs stay.
    policy = replace(policy, level={}, rules=())
    return BaselineRun(
        sha=result.commit.sha,
        recorded_at=result.started_at,
        author=author,
        reason=reason,
        clock_source=result.clock_source,
        requests=sum(e.requests for r in result.rounds for e in r.endpoints),
        calibration_ns=result.calibration_ns,
        values=tuple(
            BaselineValue(endpoint=metric.endpoint, statistic=metric.statistic, value=level)
            for metric, level in run_levels(result, policy).items()
        ),
    )
