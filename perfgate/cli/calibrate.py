"""`perfgate calibrate`: the gate tried on the user's own service, with nothing changed or a known delay."""

from __future__ import annotations

import dataclasses
import shutil
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import options, output, project
from perfgate.cli.loadtest import load_test_options
from perfgate.errors import ExitCode, PerfgateError, UsageError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.measure.job import Source
    from perfgate.model import Calibration, CalibrationRun, Commit, Injected
    from perfgate.report.counted import Counted
    from perfgate.target.inject.mode import Injection

_FORMATS = ("json", "markdown")
_FOLDER = "calibration"
_MOST_RUNS = 10_000
_SEEDS = 2**63

_EXAMPLES = """\b
Examples:
  perfgate calibrate --runs 20                  (HEAD against itself)
  perfgate calibrate --runs 5 --inject 5%       (5 % of each answer's own time)
  perfgate calibrate --runs 5 --inject 300us    (a fixed delay)
  perfgate calibrate --runs 5 --inject 20%@p99  (slow answers only)
  perfgate calibrate v1.2 --runs 20 -o json=calibration.json

\b
Exit codes without --inject:
  0    no run was called a regression
  1    one was: a false alarm
  3    no false alarm, but no run passed either
  4    half of the runs or more were invalid
Exit codes with --inject:
  0    every run found the delay
  1    a run missed it
  3    none missed it, but one could not tell
  4    half of the runs or more were invalid"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Plan:
    """What is run again and again."""

    opened: project.Project
    repository: Repository
    commit: Commit
    sources: tuple[Source, ...]
    runs: int
    injected: Injected | None
    seed: int


@click.command(epilog=_EXAMPLES)
@click.argument("ref", required=False, default="HEAD")
@click.option(
    "--runs", type=click.IntRange(1, _MOST_RUNS), default=10, show_default=True, help="Complete paired runs."
)
@click.option(
    "--inject",
    metavar="MODE",
    help="Delay head's answers: 5% of their own time, 300us, or either with @p99 for slow answers only.",
)
@options.config_option
@options.workload_option
@load_test_options
@options.allow_dirty_option
@options.quiet_option
@output.output_option_of(_FORMATS, "the summary")
def command(
    *,
    ref: str,
    runs: int,
    inject: str | None,
    config_path: Path,
    workload: Path | None,
    allow_dirty: bool,
    quiet: bool,
    outputs: tuple[tuple[str, Path], ...],
    **test: Any,
) -> int:
    """Measure how often the gate is wrong on your own service, and what it can see.

    Compares REF (HEAD unless given) with itself, again and again, by the rules of perfgate.yml: every
    regression is a false alarm.

    With --inject, head's answers are delayed by a known amount: every run has to find it. Both sides then
    run behind a wrapper, so that its own cost cancels; CPU per request is not judged, because the wrapper's
    is in it.

    Thresholds are not judged. What is measured goes to .perfgate/calibration and is never compared with
    anything.
    """
    injection = _injection(inject)
    opened = project.open_project(config_path, workload, **test)
    plan = _plan(opened, ref, runs, injection, allow_dirty=allow_dirty)
    done: list[CalibrationRun] = []
    try:
        _measure(plan, done, quiet=quiet)
    except (KeyboardInterrupt, PerfgateError):
        if done:
            _publish(plan, done, outputs)
        raise
    return _publish(plan, done, outputs)


def _injection(text: str | None) -> Injection | None:
    from perfgate.target.inject.mode import parse_injection

    if text is None:
        return None
    if sys.platform != "linux":
        raise UsageError("--inject works on Linux only", "leave it out, or run it where your CI runs")
    hint = "write it like 5%, 300us or 20%@p99"
    try:
        injection = parse_injection(text)
    except ValueError as error:
        raise UsageError(f"--inject {error}", hint) from error
    if injection.is_nothing:
        raise UsageError(f"--inject {text!r}: no delay at all", f"leave --inject out, or {hint}")
    return injection


def _plan(
    opened: project.Project, ref: str, runs: int, injection: Injection | None, *, allow_dirty: bool
) -> _Plan:
    from perfgate.git import open_repository
    from perfgate.model import Injected

    config = opened.config
    if config.service is None or not config.service.command:
        raise UsageError(
            f"{config.path}: no service.command, and a service that runs already cannot be calibrated",
            "say how to start the service: both sides have to be started afresh in every round",
        )
    repository = open_repository(config.root)
    commit = repository.resolve(ref)
    if not allow_dirty:
        project.require_clean(repository, [commit], config)
    injected = None
    policy = opened.policy
    if injection is not None:
        injected = Injected(
            text=injection.text,
            ratio=injection.ratio,
            fixed_ns=injection.fixed_ns,
            is_tail_only=injection.is_tail_only,
        )
        policy = dataclasses.replace(policy, level={**policy.level, "cpu": "off"})
    # Apart from everything else: these results must not become anybody's base, baseline or history.
    store = repository.toplevel / ".perfgate" / _FOLDER
    return _Plan(
        opened=dataclasses.replace(
            opened, config=dataclasses.replace(config, store=store), policy=policy, thresholds=()
        ),
        repository=repository,
        commit=commit,
        sources=_sources(commit, injection),
        runs=runs,
        injected=injected,
        seed=project.new_seed(config),
    )


def _sources(commit: Commit, injection: Injection | None) -> tuple[Source, ...]:
    from perfgate.measure.job import Source
    from perfgate.target.inject.mode import NOTHING, parse_injection

    if injection is None:
        return Source(side="base", commit=commit), Source(side="head", commit=commit)
    nothing = parse_injection(NOTHING)
    return (
        Source(side="base", commit=commit, injection=nothing),
        Source(side="head", commit=commit, injection=injection),
    )


def _measure(plan: _Plan, done: list[CalibrationRun], *, quiet: bool) -> None:
    """Run everything, adding each run to `done` as it ends."""
    from perfgate.report.counted import Counted

    progress = Counted(output.start_progress(quiet=quiet), plan.runs)
    try:
        for number in range(1, plan.runs + 1):
            done.append(_run_once(plan, number, progress))  # noqa: PERF401 - what is done stays, if a run fails
    finally:
        progress.close()


def _run_once(plan: _Plan, number: int, progress: Counted) -> CalibrationRun:
    from perfgate.cli.compare import pair_job
    from perfgate.gate.calibration import run_of, worst_row
    from perfgate.gate.decide import Circumstances, judge
    from perfgate.measure.job import run_job
    from perfgate.report.calibration import run_text

    begun = time.monotonic()
    # Another seed each run, also where perfgate.yml fixes one: the same requests again would show less.
    job = pair_job(plan.opened, plan.sources, plan.repository, seed=(plan.seed + number - 1) % _SEEDS)
    base, head = run_job(dataclasses.replace(job, is_one_of_many=True), progress)
    circumstances = Circumstances(elapsed_s=time.monotonic() - begun, reproduce="")
    verdict = judge(base, head, plan.opened.policy, circumstances)
    run = run_of(number, verdict, (base, head), plan.opened.policy, plan.injected)
    progress.finish_run(run_text(run, worst_row(run)))
    return run


def _publish(plan: _Plan, done: list[CalibrationRun], outputs: tuple[tuple[str, Path], ...]) -> int:
    from perfgate.gate.calibration import summarise
    from perfgate.report import calibration, calibrationjson

    found = summarise(done, asked=plan.runs, injected=plan.injected)
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else output.PIPE_WIDTH
    click.echo(calibration.render(found, width=width), nl=False)
    for name, path in outputs:
        if name == "json":
            text = calibrationjson.render(found, commit=plan.commit, workload_name=plan.opened.workload.name)
        else:
            text = calibration.render_markdown(found)
        output.write_text(name, path, text)
    return int(exit_code(found))


def exit_code(found: Calibration) -> ExitCode:
    """What a calibration answers to the shell; the command's help says it in words."""
    from perfgate.model import Outcome

    open_runs = found.outcomes.get(Outcome.INCONCLUSIVE, 0)
    missed = found.judged - found.red - open_runs
    is_wrong = missed > 0 if found.injected else found.red > 0
    if is_wrong:
        return ExitCode.REGRESSED
    if found.judged * 2 <= len(found.runs):
        return ExitCode.INVALID
    is_open = open_runs > 0 if found.injected else open_runs == found.judged
    return ExitCode.INCONCLUSIVE if is_open else ExitCode.OK
