"""`perfgate baseline`: record runs of a commit as the level to keep, and show what is recorded."""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, output, project
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.git import Repository
    from perfgate.model import Environment, Metric, Result
    from perfgate.store.baselines import Baseline, BaselineRun


@click.group(epilog='Example:\n  perfgate baseline update --reason "index on orders.created_at"')
def command() -> None:
    """Update or show the committed baseline."""


_UPDATE_EXAMPLES = """\b
Examples:
  perfgate baseline update --reason "first baseline"
  perfgate baseline update --reason "search got slower on purpose (#412)" --reset
  perfgate baseline update --reason "nightly" --runs 1"""


@command.command(epilog=_UPDATE_EXAMPLES)
@options.config_option
@click.option("--reason", required=True, help="Why; recorded in the file for its reviewers.")
@click.option("--runs", type=click.IntRange(1, 20), default=10, show_default=True, help="How many to add.")
@click.option("--reset", is_flag=True, help="Drop the earlier runs: the level has changed on purpose.")
@options.quiet_option
def update(*, config_path: Path, reason: str, runs: int, reset: bool, quiet: bool) -> int:
    """Measure HEAD several times and add the runs to the baseline of this environment class.

    The newest 20 runs are kept. Commit the file it writes: it is the level later commits are held to.
    """
    from perfgate.git import open_repository
    from perfgate.store.baselines import save_baseline

    if not reason.strip():
        raise UsageError("--reason is empty", "say why the baseline changes: its reviewers will ask")
    opened = project.open_project(config_path, None)
    repository = open_repository(opened.config.root)
    dirty = repository.dirty_files()
    if dirty:
        raise UsageError(
            f"the checkout has uncommitted changes ({', '.join(dirty[:3])})",
            "commit or stash them: a baseline must belong to a commit that everybody can measure again",
        )
    baseline = _record(opened, repository, reason=reason.strip(), runs=runs, reset=reset, quiet=quiet)
    path = save_baseline(opened.config.baselines, baseline)
    click.echo(describe(baseline, opened.policy), nl=False)
    click.echo(f"wrote {path}: review and commit it")
    return int(ExitCode.OK)


@command.command(epilog="Example:\n  perfgate baseline show")
@options.config_option
def show(*, config_path: Path) -> int:
    """Show the baselines of this workload: runs, spread, and the smallest shift they could see."""
    from perfgate.report.text import clean
    from perfgate.store.baselines import load_baseline, path_for

    opened = project.open_project(config_path, None)
    folder = path_for(opened.config.baselines, opened.workload.name, "any").parent
    paths = sorted(folder.glob("*.json")) if folder.is_dir() else []
    if not paths:
        raise UsageError(f"{folder}: no baseline here", "record one: perfgate baseline update --reason TEXT")
    for path in paths:
        click.echo(clean(str(path)))
        click.echo(describe(load_baseline(path), opened.policy))
    return int(ExitCode.OK)


def _record(
    opened: project.Project,
    repository: Repository,
    *,
    reason: str,
    runs: int,
    reset: bool,
    quiet: bool,
) -> Baseline:
    """Measure HEAD `runs` times and add each to the baseline; interrupted, nothing is written."""
    from perfgate.cli.run import measure_one
    from perfgate.store.baselines import append
    from perfgate.target.environment import detect_environment

    project.require_command(opened.config)
    commit = repository.resolve("HEAD")
    existing = None if reset else existing_baseline(opened, detect_environment())
    if existing is not None:
        _require_same(existing, opened)
    author = repository.author()
    measured = []
    progress = output.start_progress(quiet=quiet)
    try:
        for number in range(runs):
            progress.note(f"run {number + 1} of {runs}")
            measured.append(measure_one(opened, commit, repository, progress))
    finally:
        progress.close()
    return append(
        existing or _empty(measured[0]),
        [_run_of(result, opened.policy, author, reason) for result in measured],
    )


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
    from perfgate.load.clock import detect_clock_source
    from perfgate.measure.job import describe_load
    from perfgate.model import LATENCY_DEFINITION

    now = {
        "workload": (existing.workload_digest, opened.workload.digest),
        "load": (existing.load_model, describe_load(opened.config, sides=1)),
        "definition of latency": (existing.latency_definition, LATENCY_DEFINITION),
    }
    if existing.runs:
        now["clock"] = (existing.runs[-1].clock_source, detect_clock_source())
    for what, (before, after) in now.items():
        if before != after:
            raise UsageError(
                f"the baseline was recorded with another {what} ({before}; now {after})",
                "its runs cannot be mixed with these: add --reset to begin anew",
            )


def _empty(result: Result) -> Baseline:
    from perfgate.store.baselines import SCHEMA_VERSION, Baseline

    return Baseline(
        schema_version=SCHEMA_VERSION,
        workload_name=result.workload_name,
        workload_digest=result.workload_digest,
        latency_definition=result.latency_definition,
        load_model=result.load_model,
        environment=result.environment,
        runs=(),
    )


def _run_of(result: Result, policy: Policy, author: str, reason: str) -> BaselineRun:
    from perfgate.gate.levels import run_levels
    from perfgate.store.baselines import BaselineRun, BaselineValue

    # Everything is recorded, whatever its level: that may change, and the runs stay.
    policy = replace(policy, level={}, rules=())
    return BaselineRun(
        sha=result.commit.sha,
        recorded_at=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        author=author,
        reason=reason,
        clock_source=result.clock_source,
        requests=sum(e.requests for r in result.rounds for e in r.endpoints),
        values=tuple(
            BaselineValue(endpoint=metric.endpoint, statistic=metric.statistic, value=level)
            for metric, level in run_levels(result, policy).items()
        ),
    )


def levels_of(baseline: Baseline) -> Mapping[Metric, Sequence[float]]:
    """Every metric of a baseline with its level in each run."""
    from perfgate.model import Metric

    levels: dict[Metric, list[float]] = {}
    for run in baseline.runs:
        for value in run.values:
            metric = Metric(endpoint=value.endpoint, statistic=value.statistic)
            if value.value <= 0 and value.statistic != "errors":
                raise UsageError(
                    f"the baseline of {baseline.workload_name!r} says that {value.endpoint!r} "
                    f"{value.statistic} took no time at all",
                    "restore the file from git, or record it anew with --reset",
                )
            levels.setdefault(metric, []).append(value.value)
    return levels


def describe(baseline: Baseline, policy: Policy) -> str:
    """A baseline as a table: for each metric its level, the spread of its runs and the shift it can see."""
    from perfgate.gate.stored import MIN_RUNS, judge_stored
    from perfgate.report.levels import render_table
    from perfgate.report.text import clean
    from perfgate.report.words import endpoint_text, value_text
    from perfgate.stats.prediction import log_spread
    from perfgate.units import format_ratio

    levels = levels_of(baseline)
    judged = judge_stored(levels, {metric: values[-1] for metric, values in levels.items()}, policy)
    rows = []
    for row in judged.comparisons:
        values = levels[row.metric]
        spread = "–" if row.metric.statistic == "errors" else format_ratio(log_spread(values))
        seen = "–" if row.mde is None else f"≥ {format_ratio(row.mde)}"
        level = value_text(row.metric.statistic, row.base)
        rows.append((endpoint_text(row.metric), row.metric.statistic, level, spread, seen))
    count = len(baseline.runs)
    alone = "" if count >= MIN_RUNS else f"; {MIN_RUNS - count} more before it may judge alone"
    newest = baseline.runs[-1]
    return (
        f"{clean(baseline.workload_name)} on {clean(baseline.environment.class_id)}: {count} runs{alone}\n"
        f"newest: {newest.sha[:10]} by {clean(newest.author)}, {newest.recorded_at}: {clean(newest.reason)}\n"
        + render_table(("endpoint", "metric", "level", "spread", "shift it can see"), rows)
    )
