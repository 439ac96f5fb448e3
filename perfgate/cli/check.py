"""`perfgate check`: HEAD against the committed baseline, and side by side with its commit if that alarms."""

from __future__ import annotations

import datetime
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, output, project
from perfgate.cli.budget import budget_option, with_budget
from perfgate.cli.slo import slo_reasons
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.model import Commit, Reason, Result, Verdict
    from perfgate.progress import Progress
    from perfgate.store.baselines import Baseline

_EXAMPLES = """\b
Examples:
  perfgate check
  perfgate check --budget 60s
  perfgate check -o json=verdict.json"""


@click.command(epilog=_EXAMPLES)
@options.config_option
@budget_option
@options.allow_dirty_option
@options.quiet_option
@output.output_option
def command(
    *,
    config_path: Path,
    budget_ns: int | None,
    allow_dirty: bool,
    quiet: bool,
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    """Judge HEAD against the committed baseline.

    A baseline sees large changes only and never fails HEAD by itself: when it alarms, or has fewer than ten
    runs, its commit and HEAD are measured side by side. Only where that commit is gone does it decide.
    A budget is for that second part; the first takes the rounds perfgate.yml says.
    """
    from perfgate.git import open_repository

    begun = time.monotonic()
    opened = with_budget(project.open_project(config_path, None), budget_ns)
    repository = open_repository(opened.config.root)
    head = repository.resolve("HEAD")
    project.require_command(opened.config)
    if not allow_dirty:
        project.require_clean(repository, [head], opened.config)
    progress = output.start_progress(quiet=quiet)
    try:
        verdict = _check(opened, repository, head, progress, begun)
    finally:
        progress.close()
    return output.publish(verdict, outputs)


def _check(
    opened: project.Project, repository: Repository, head: Commit, progress: Progress, begun: float
) -> Verdict:
    from perfgate.cli.baseline import existing_baseline, levels_of
    from perfgate.cli.run import measure_one
    from perfgate.gate.decide import Circumstances, judge_unpaired
    from perfgate.gate.levels import run_levels
    from perfgate.gate.stored import StoredJudgement, judge_stored
    from perfgate.model import Outcome
    from perfgate.target.environment import detect_environment

    environment = detect_environment()
    baseline = existing_baseline(opened, environment)
    if baseline is None or not baseline.runs:
        return _without_baseline(opened, head, environment.class_id)
    base, is_here = _baseline_commit(repository, baseline)
    result = measure_one(opened, head, repository, progress)
    refused = _refusals(baseline, result)
    stored = StoredJudgement(comparisons=(), alarms=(), runs=len(baseline.runs), too_few=False)
    if not refused:
        stored = judge_stored(levels_of(baseline), run_levels(result, opened.policy), opened.policy)
    if is_here and (stored.alarms or stored.too_few):
        why = "the baseline alarmed" if stored.alarms else f"the baseline has only {stored.runs} runs"
        progress.note(f"{why}: measuring its commit and HEAD side by side")
        return _paired(opened, repository, base, head=head, progress=progress, begun=begun)
    circumstances = Circumstances(
        elapsed_s=time.monotonic() - begun,
        reproduce="perfgate check",
        extra_reasons=(*((Outcome.INCONCLUSIVE, reason) for reason in refused), *slo_reasons(opened, result)),
    )
    return judge_unpaired(base, result, stored, opened.policy, circumstances)


def _paired(
    opened: project.Project,
    repository: Repository,
    base: Commit,
    *,
    head: Commit,
    progress: Progress,
    begun: float,
) -> Verdict:
    from perfgate.cli.compare import measure_pair
    from perfgate.measure.job import Source

    return measure_pair(
        opened,
        (Source(side="base", commit=base), Source(side="head", commit=head)),
        repository,
        progress=progress,
        begun=begun,
        reproduce=f"perfgate compare {base.sha[:12]} {head.sha[:12]}",
    )


def _baseline_commit(repository: Repository, baseline: Baseline) -> tuple[Commit, bool]:
    """The commit of the newest run, and whether this clone has it."""
    from perfgate.model import Commit

    sha = baseline.runs[-1].sha
    try:
        return replace(repository.resolve(sha), ref=f"baseline {sha[:10]}"), True
    except UsageError:
        return Commit(sha=sha, ref=f"baseline {sha[:10]}"), False


def _without_baseline(opened: project.Project, head: Commit, environment_class: str) -> Verdict:
    from perfgate.gate.decide import without_evidence
    from perfgate.model import Reason

    return without_evidence(
        head,
        head,
        opened.workload.name,
        Reason(
            code="no_baseline",
            text=f"there is no baseline of {opened.workload.name} for this class of machine "
            f"({environment_class}) in {opened.config.baselines}",
            remedy="record one with perfgate baseline update --reason TEXT, or compare two commits with "
            "perfgate compare",
        ),
        "perfgate check",
    )


def _refusals(baseline: Baseline, result: Result) -> tuple[Reason, ...]:
    """Why this baseline cannot judge this result."""
    from perfgate.gate.validity import Conditions, comparable, conditions_of, too_old

    recorded = Conditions(
        workload_digest=baseline.workload_digest,
        load_model=baseline.load_model,
        latency_definition=baseline.latency_definition,
        clock_source=baseline.runs[-1].clock_source,
        environment_class=baseline.environment.class_id,
    )
    newest = datetime.datetime.fromisoformat(baseline.runs[-1].recorded_at)
    age = too_old(newest, datetime.datetime.now(datetime.UTC))
    return (*comparable(recorded, conditions_of(result)), *((age,) if age else ()))
