"""`perfgate ci refresh-baseline`: the default branch is measured, without a token, for `propose-baseline`."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import ExitCode, MeasureError, UsageError

if TYPE_CHECKING:
    from perfgate.cli.baseline_runs import Update
    from perfgate.git import Repository
    from perfgate.github.run import ActionsRun

_EVENTS = ("push", "schedule", "workflow_dispatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; `folder` is where the proposal goes."""

    config_path: Path
    workload: Path | None
    reason: str
    runs: int
    folder: Path
    quiet: bool


def refresh(asked: Asked, environ: Mapping[str, str]) -> int:
    """Measure HEAD, add the runs to the baseline, and leave it for a step that may push.

    Raises:
        UsageError: not on the default branch in GitHub Actions, or uncommitted changes.
        MeasureError: a run could not be measured, or a file could not be written.
    """
    from perfgate.cli.baseline import write_update
    from perfgate.cli.baseline_runs import record
    from perfgate.cli.ci_apart import apart
    from perfgate.cli.ci_bundle import configuration_key
    from perfgate.cli.ci_proposal import Proposal, one_line, write_proposal
    from perfgate.cli.project import open_project
    from perfgate.git import open_repository
    from perfgate.target.childenv import withhold

    run, _ = on_default_branch(environ)
    with apart(environ):
        withhold()
        _forget(asked.folder)
        opened = open_project(asked.config_path, asked.workload)
        repository = open_repository(opened.config.root)
        require_head(run, repository)
        _require_clean(repository)
        done = record(
            opened, repository, reason=asked.reason, runs=asked.runs, reset=False, quiet=asked.quiet
        )
        write_update(opened, done, reset=False)
        proposal = Proposal(
            key=configuration_key(asked.config_path, asked.workload),
            head_sha=run.sha,
            reason=one_line(asked.reason),
            runs=asked.runs,
            told=_told(done),
            why_untold=one_line(done.why_no_changes),
            baseline=done.baseline,
        )
        write_proposal(asked.folder, proposal)
    return int(ExitCode.OK)


def on_default_branch(environ: Mapping[str, str]) -> tuple[ActionsRun, str]:
    """This run, which has to be on the default branch, and that branch's name.

    Raises:
        UsageError: it is elsewhere, or no job of GitHub Actions.
    """
    from perfgate.cli.ci_events import default_branch
    from perfgate.github.run import read_run

    run = read_run(environ)
    if run is None:
        raise UsageError(
            "this is no job of GitHub Actions", "elsewhere: perfgate baseline update --reason TEXT"
        )
    target = default_branch(run)
    if run.event_name not in _EVENTS or not target or run.ref != f"refs/heads/{target}":
        raise UsageError(
            f"a baseline is refreshed on the default branch, not on {run.event_name} of {run.ref}",
            "run it on push to the default branch, schedule or workflow_dispatch",
        )
    return run, target


def require_head(run: ActionsRun, repository: Repository) -> None:
    """Refuse a checkout of another commit than the run's.

    Raises:
        UsageError: it is of another.
    """
    head = repository.resolve("HEAD")
    if head.sha != run.sha:
        raise UsageError(
            f"HEAD ({head.sha[:12]}) is not the commit of this run ({run.sha[:12]})",
            "check it out as actions/checkout does by itself",
        )


def _require_clean(repository: Repository) -> None:
    dirty = repository.dirty_files()
    if dirty:
        raise UsageError(
            f"the checkout has uncommitted changes ({', '.join(dirty[:3])})",
            "measure before anything changes tracked files",
        )


def _forget(folder: Path) -> None:
    """Take away what an earlier run has left: it must not be proposed if this one fails."""
    from perfgate.cli.ci_proposal import PROPOSAL_NAME
    from perfgate.cli.ci_record import require_here

    require_here(folder)
    try:
        (folder / PROPOSAL_NAME).unlink(missing_ok=True)
    except OSError as error:
        raise MeasureError(
            f"{folder / PROPOSAL_NAME}: cannot be removed ({error.strerror})",
            "name another folder with --bundle",
        ) from error


def _told(done: Update) -> tuple[str, ...]:
    """The changes as lines of a table; each is what people read before they merge."""
    from perfgate.cli.ci_proposal import MAX_LINES, one_line
    from perfgate.report.baseline import render_changes

    if not done.changes:
        return ()
    lines = [one_line(line) for line in render_changes(done.changes).splitlines() if line.strip()]
    more = [f"and {len(lines) - MAX_LINES} more lines"] if len(lines) > MAX_LINES else []
    return (*lines[:MAX_LINES], *more)
