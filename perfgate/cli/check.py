"""`perfgate check`: HEAD against the committed baseline, and side by side with its commit if that alarms."""

from __future__ import annotations

import datetime
import os
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import basepolicy, options, output, project
from perfgate.cli.acceptances import with_accepted
from perfgate.cli.budget import budget_option, with_budget
from perfgate.cli.evidence import evidence_for
from perfgate.cli.judged import Judged
from perfgate.cli.late import late_warnings
from perfgate.cli.loadtest import load_test_options
from perfgate.cli.reproduce import load_test_words
from perfgate.cli.slo import slo_reasons, stopping
from perfgate.config import CONFIG_NAME, DriverName
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.gate.stored import StoredJudgement
    from perfgate.git import Repository
    from perfgate.model import Commit
    from perfgate.progress import Progress

_EXAMPLES = """\b
Examples:
  perfgate check
  perfgate check --budget 60s
  perfgate check --stored               (HEAD's stored result, as from perfgate import)
  perfgate check -o json=verdict.json"""


@click.command(epilog=_EXAMPLES)
@options.config_option
@options.workload_option
@load_test_options
@click.option("--stored", is_flag=True, help="Judge HEAD's stored result; no service is touched.")
@budget_option
@basepolicy.policy_option
@options.allow_dirty_option
@options.quiet_option
@output.output_option
def command(
    *,
    config_path: Path,
    workload: Path | None,
    env: tuple[str, ...],
    driver: DriverName | None,
    environment: str | None,
    stored: bool,
    budget_ns: int | None,
    whose: basepolicy.Whose,
    allow_dirty: bool,
    quiet: bool,
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    """Judge HEAD against the committed baseline.

    A baseline sees large changes only and never fails HEAD by itself: when it alarms, or has fewer than ten
    runs, its commit and HEAD are measured side by side. Only where that commit is gone or does not start
    does it decide, with ten runs or more, and the verdict then says "unpaired". A budget is for the paired
    part; the first takes the rounds perfgate.yml says.
    """
    from perfgate.git import open_repository

    begun = time.monotonic()
    if stored and budget_ns:
        raise UsageError("--stored measures nothing, so --budget means nothing", "drop one")
    opened = project.open_project(config_path, workload, env=env, driver=driver, environment=environment)
    opened = with_budget(opened, budget_ns)
    repository = open_repository(opened.config.root)
    head = repository.resolve("HEAD")
    words = ["perfgate", "check", *(["--stored"] if stored else [])]
    words += ["--workload", str(workload)] if workload is not None else []
    words += ["-c", str(config_path)] if str(config_path) != CONFIG_NAME else []
    words += load_test_words(env, driver, environment)
    words += ["--budget", f"{budget_ns / 1e9:g}s"] if budget_ns else []
    words += ["--policy", "checkout"] if whose == "checkout" else []
    again = project.shell_words(words)
    if stored:
        judged = _check_stored(_governed(opened, repository, head, whose), repository, head)
        return _publish(replace(judged, verdict=replace(judged.verdict, reproduce=again)), outputs, opened)
    project.require_command(opened.config)
    if not allow_dirty:
        project.require_clean(repository, [head], opened.config)
    opened = _governed(opened, repository, head, whose)
    progress = output.start_progress(quiet=quiet)
    try:
        judged = _check(opened, repository, head, progress, begun)
    finally:
        progress.close()
    if judged.verdict.reproduce.startswith("perfgate check"):
        judged = replace(judged, verdict=replace(judged.verdict, reproduce=again))
    return _publish(judged, outputs, opened)


def _publish(judged: Judged, outputs: tuple[tuple[str, Path], ...], opened: project.Project) -> int:
    evidence = evidence_for(judged, outputs, opened.config.store)
    return output.publish(judged.verdict, outputs, evidence)


def _governed(
    opened: project.Project, repository: Repository, head: Commit, whose: basepolicy.Whose
) -> project.Project:
    """The project with the policy of the commit that HEAD's change starts from.

    Not that of the baseline's commit: a policy that was reviewed and merged since then holds.
    """
    from perfgate.model import Reason

    try:
        base = repository.default_base(head.sha)
    except UsageError as error:
        text = f"{error.message}: the checkout's gate and thresholds judge this change"
        reason = Reason(code="no_base_policy", text=text, remedy=error.hint)
        return replace(opened, warnings=(*opened.warnings, reason))
    return basepolicy.governed(opened, repository, base, whose)


def _check(
    opened: project.Project, repository: Repository, head: Commit, progress: Progress, begun: float
) -> Judged:
    from perfgate.cli.baseline_runs import existing_baseline
    from perfgate.cli.check_stored import baseline_commit, circumstances, judged, later_results, obstacle_of
    from perfgate.cli.run import measure_one
    from perfgate.gate.abort import Abort
    from perfgate.gate.baseline_refusals import refusals
    from perfgate.gate.decide import Circumstances, judge_aborted, judge_unpaired
    from perfgate.gate.stored import StoredJudgement, undecided
    from perfgate.target.environment import detect_environment

    environment = detect_environment()
    baseline = existing_baseline(opened, environment)
    if baseline is None or not baseline.runs:
        return _without_baseline(opened, head, environment.class_id)
    base, is_here = baseline_commit(repository, baseline)
    opened = with_accepted(opened, repository, base if is_here else None)
    abort = Abort(opened.thresholds)
    result = measure_one(opened, head, repository, progress, stops=stopping(abort))
    if abort.breached:
        ended = Circumstances(elapsed_s=time.monotonic() - begun, reproduce="perfgate check")
        return Judged(verdict=judge_aborted(None, result, abort.reason(), ended), head=result)
    now = datetime.datetime.now(datetime.UTC)
    later = later_results(opened, repository, head, baseline)
    refused = refusals(baseline, result, later, opened.policy, now)
    stored = StoredJudgement(comparisons=(), alarms=(), runs=len(baseline.runs), too_few=False)
    obstacle = None
    if not refused:
        stored = judged(opened, baseline, result)
        alarmed = _alarmed(opened, stored)
        if alarmed or stored.too_few:
            obstacle = obstacle_of(opened, repository, base, is_here=is_here, progress=progress)
            if obstacle is None:
                why = "the baseline alarmed" if alarmed else f"the baseline has only {stored.runs} runs"
                progress.note(f"{why}: measuring its commit and HEAD side by side")
                return _paired(opened, repository, base, head=head, progress=progress, begun=begun)
    opened = replace(opened, warnings=(*opened.warnings, *late_warnings(opened, (result,))))
    extra = circumstances(
        opened, stored, refused, obstacle, slo_reasons(opened, result), elapsed_s=time.monotonic() - begun
    )
    decided = undecided(stored) if stored.too_few else stored
    return Judged(verdict=judge_unpaired(base, result, decided, opened.policy, extra), head=result)


def _check_stored(opened: project.Project, repository: Repository, head: Commit) -> Judged:
    """The verdict over HEAD's stored result alone, such as one that was imported."""
    from perfgate.cli.baseline_runs import existing_baseline
    from perfgate.cli.check_stored import baseline_commit, judged_alone
    from perfgate.cli.stored import stored_result

    result = stored_result(opened, head)
    baseline = existing_baseline(opened, result.environment)
    if baseline is None or not baseline.runs:
        return replace(
            _without_baseline(opened, head, result.environment.class_id, how=" --stored"), head=result
        )
    base, is_here = baseline_commit(repository, baseline)
    opened = with_accepted(opened, repository, base if is_here else None)
    return Judged(verdict=judged_alone(opened, repository, baseline, base, result), head=result)


def _alarmed(opened: project.Project, stored: StoredJudgement) -> bool:
    """Whether anything alarmed that was not decided on."""
    from perfgate.gate.acceptance import apply
    from perfgate.model import Outcome

    rows = apply(stored.comparisons, opened.accepted) if opened.accepted else stored.comparisons
    return any(row.outcome is Outcome.REGRESSED for row in rows)


def _paired(
    opened: project.Project,
    repository: Repository,
    base: Commit,
    *,
    head: Commit,
    progress: Progress,
    begun: float,
) -> Judged:
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


def _without_baseline(
    opened: project.Project, head: Commit, environment_class: str, *, how: str = ""
) -> Judged:
    from perfgate.gate.decide import without_evidence
    from perfgate.model import Reason

    verdict = without_evidence(
        head,
        head,
        opened.workload.name,
        Reason(
            code="no_baseline",
            text=f"there is no baseline of {opened.workload.name} for this class of machine "
            f"({environment_class}) in {os.path.relpath(opened.config.baselines, opened.config.root)}",
            remedy=f"record one with perfgate baseline update{how} --reason TEXT, or compare two commits "
            "with perfgate compare",
        ),
        "perfgate check",
    )
    return Judged(verdict=verdict)
