"""`perfgate baseline`: record runs of a commit as the level to keep, and show what is recorded."""

from __future__ import annotations

import datetime
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, project
from perfgate.cli.loadtest import load_test_options
from perfgate.config import DriverName
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.cli.baseline_runs import Update
    from perfgate.gate.policy import Policy
    from perfgate.model import Baseline


@click.group(epilog='Example:\n  perfgate baseline update --reason "index on orders.created_at"')
def command() -> None:
    """Update or show the committed baseline."""


_UPDATE_EXAMPLES = """\b
Examples:
  perfgate baseline update --reason "first baseline"
  perfgate baseline update --reason "search got slower on purpose (#412)" --reset
  perfgate baseline update --reason "nightly" --runs 1
  perfgate baseline update --reason "k6, ten runs" --stored"""


@command.command(epilog=_UPDATE_EXAMPLES)
@options.config_option
@click.option("--reason", required=True, help="Why; recorded in the file for its reviewers.")
@click.option("--runs", type=click.IntRange(1, 20), default=10, show_default=True, help="How many to add.")
@click.option("--reset", is_flag=True, help="Drop the earlier runs: the level has changed on purpose.")
@click.option(
    "--stored", is_flag=True, help="Add HEAD's stored result, as from perfgate import; measure nothing."
)
@options.workload_option
@load_test_options
@options.quiet_option
def update(
    *,
    config_path: Path,
    reason: str,
    runs: int,
    reset: bool,
    stored: bool,
    workload: Path | None,
    env: tuple[str, ...],
    driver: DriverName | None,
    environment: str | None,
    quiet: bool,
) -> int:
    """Measure HEAD several times and add the runs to the baseline of this environment class.

    Prints the level of every metric before and after, and what got worse: that is what the update accepts,
    and the file says it too. The newest 20 runs are kept. Commit the file it writes: it is the level later
    commits are held to.
    """
    from perfgate.cli.baseline_runs import record
    from perfgate.cli.baseline_stored import record_stored
    from perfgate.git import open_repository

    if not reason.strip():
        raise UsageError("--reason is empty", "say why the baseline changes: its reviewers will ask")
    opened = project.open_project(config_path, workload, env=env, driver=driver, environment=environment)
    repository = open_repository(opened.config.root)
    if stored:
        done = record_stored(opened, repository, reason=reason.strip(), reset=reset)
        write_update(opened, done, reset=reset)
        return int(ExitCode.OK)
    dirty = repository.dirty_files()
    if dirty:
        raise UsageError(
            f"the checkout has uncommitted changes ({', '.join(dirty[:3])})",
            "commit or stash them: a baseline must belong to a commit that everybody can measure again",
        )
    done = record(opened, repository, reason=reason.strip(), runs=runs, reset=reset, quiet=quiet)
    write_update(opened, done, reset=reset)
    return int(ExitCode.OK)


def write_update(opened: project.Project, done: Update, *, reset: bool) -> Path:
    """Write the baseline with its new runs, say what changed, and return the file.

    Raises:
        MeasureError: it cannot be written.
    """
    from perfgate.store.baselines import save_baseline

    path = save_baseline(opened.config.baselines, done.baseline)
    click.echo(_describe(done.baseline, opened.policy))
    _say_what_changed(done, reset=reset)
    click.echo(f"wrote {path}: review and commit it")
    return path


@command.command(epilog="Example:\n  perfgate baseline show")
@options.config_option
@options.workload_option
def show(*, config_path: Path, workload: Path | None) -> int:
    """Show the baselines of this workload, and how good a yardstick each is.

    How many runs, when, their spread, the smallest shift they could see, whether a run is an outlier or the
    level changed among them, and whether the baseline may judge alone.
    """
    from perfgate.report.text import clean
    from perfgate.store.baselines import find_baselines, load_baseline, path_for

    opened = project.open_project(config_path, workload)
    paths = find_baselines(opened.config.baselines, opened.workload.name)
    if not paths:
        folder = path_for(opened.config.baselines, opened.workload.name, "any").parent
        raise UsageError(f"{folder}: no baseline here", "record one: perfgate baseline update --reason TEXT")
    for path in paths:
        click.echo(clean(str(path)))
        click.echo(_describe(load_baseline(path), opened.policy))
    return int(ExitCode.OK)


def _describe(baseline: Baseline, policy: Policy) -> str:
    from perfgate.gate.baseline_health import examine
    from perfgate.report.baseline import render_health

    return render_health(baseline, examine(baseline, policy, datetime.datetime.now(datetime.UTC)))


def _say_what_changed(done: Update, *, reset: bool) -> None:
    from perfgate.report.baseline import render_changes, shift_text
    from perfgate.report.text import clean

    if not done.changes:
        click.echo(f"accepts: whatever was measured, for {clean(done.why_no_changes)}")
        return
    click.echo(render_changes(done.changes), nl=False)
    shifted = shift_text(done.changes)
    if shifted and not reset:
        click.echo(
            f"WARNING: these runs are of another level than the earlier ones: {shifted}.\n"
            "  Mixed, the two levels make a wide baseline that finds little. If the change is meant to stay, "
            "record it with --reset;\n"
            "  if it is not, restore the file from git and find out what changed: the commit or the machine.",
            file=sys.stderr,
        )
