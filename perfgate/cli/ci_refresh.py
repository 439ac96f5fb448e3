"""`perfgate ci refresh-baseline`: the default branch is measured, its baseline a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.cli.baseline_runs import Update
    from perfgate.cli.project import Project
    from perfgate.git import Repository
    from perfgate.github.run import ActionsRun

_MOST_LINES, _LONGEST_LINE = 150, 300
_EVENTS = ("push", "schedule", "workflow_dispatch")


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What is asked for; the pull request comes from `branch`."""

    config_path: Path
    workload: Path | None
    reason: str
    runs: int
    branch: str
    quiet: bool


def refresh(asked: Asked, environ: Mapping[str, str], token: str) -> int:
    """Measure HEAD, add the runs to the baseline, push them to a branch, and open or update its pull request.

    Raises:
        UsageError: not on the default branch in GitHub Actions, no token, or uncommitted changes.
        MeasureError: a run could not be measured, or git or GitHub refused.
    """
    from perfgate.cli.baseline import write_update
    from perfgate.cli.baseline_runs import record
    from perfgate.cli.ci_push import Push, push_files
    from perfgate.cli.project import open_project
    from perfgate.git import open_repository
    from perfgate.target.childenv import withhold

    run, target = _where(environ)
    if not token:
        raise UsageError("no token to push with", "set PERFGATE_CI_TOKEN to ${{ github.token }}")
    if asked.branch == target:
        raise UsageError(f"--branch {target} is the default branch", "name a branch of the bot's own")
    withhold()
    opened = open_project(asked.config_path, asked.workload)
    repository = open_repository(opened.config.root)
    _require_state(run, repository)
    done = record(opened, repository, reason=asked.reason, runs=asked.runs, reset=False, quiet=asked.quiet)
    path = write_update(opened, done, reset=False)
    push = Push(
        repository=repository,
        branch=asked.branch,
        message=f"Refresh the performance baseline\n\n{asked.reason}",
        token=token,
        server_url=run.server_url,
    )
    commit = push_files(push, (path,), environ)
    if commit is None:
        click.echo("the baseline is what it was: nothing to propose")
        return int(ExitCode.OK)
    url = _proposed(asked, run, target, token, _body(asked, opened, done, repository))
    click.echo(f"pushed {commit[:10]} to {asked.branch}: {url}")
    _summarize(run, url)
    return int(ExitCode.OK)


def _where(environ: Mapping[str, str]) -> tuple[ActionsRun, str]:
    """This run, which has to be on the default branch, and that branch's name."""
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


def _require_state(run: ActionsRun, repository: Repository) -> None:
    head = repository.resolve("HEAD")
    if head.sha != run.sha:
        raise UsageError(
            f"HEAD ({head.sha[:12]}) is not the commit of this run ({run.sha[:12]})",
            "check it out as actions/checkout does by itself",
        )
    dirty = repository.dirty_files()
    if dirty:
        raise UsageError(
            f"the checkout has uncommitted changes ({', '.join(dirty[:3])})",
            "measure before anything changes tracked files",
        )


def _proposed(asked: Asked, run: ActionsRun, target: str, token: str, body: str) -> str:
    from perfgate.github.api import Api
    from perfgate.github.baseline_pr import open_or_update

    api = Api(token=token, api_url=run.api_url, repository=run.repository)
    title = f"Refresh the performance baseline of {_name(asked)}"
    return open_or_update(api, branch=asked.branch, base=target, title=title, body=body)


def _name(asked: Asked) -> str:
    from perfgate.cli.ci_bundle import configuration_key

    return configuration_key(asked.config_path, asked.workload)


def _body(asked: Asked, opened: Project, done: Update, repository: Repository) -> str:
    """What the reviewers of the pull request have to know; everything that was measured is inert in it."""
    from perfgate.report.baseline import render_changes
    from perfgate.report.inert import code, fenced_text, prose

    lines = [line[:_LONGEST_LINE] for line in render_changes(done.changes).splitlines() if line.strip()]
    if len(lines) > _MOST_LINES:
        lines[_MOST_LINES:] = [f"and {len(lines) - _MOST_LINES} more lines"]
    runs = f"{asked.runs} run{'s' if asked.runs > 1 else ''}"
    told = [
        f"perfgate measured {code(repository.resolve('HEAD').sha[:10])} of {code(opened.workload.name)}: "
        f"{runs} were added to the baseline.",
        f"Why: {prose(asked.reason)}",
        "Merging this accepts the levels below: later commits are held to them.",
        fenced_text(lines) if lines else f"There is nothing to compare with: {prose(done.why_no_changes)}.",
    ]
    return "\n\n".join(told) + "\n"


def _summarize(run: ActionsRun, url: str) -> None:
    from perfgate.github.commands import append
    from perfgate.report.inert import link

    shown = link("Pull request with the new baseline", url)
    if run.summary_path is not None and shown:
        append(run.summary_path, f"{shown}\n")
