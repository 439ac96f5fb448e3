"""`perfgate run`: one commit measured by itself and stored."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, output, project
from perfgate.errors import ExitCode, MeasureError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.model import Commit, Result
    from perfgate.progress import Progress

_EXAMPLES = """\b
Examples:
  perfgate run
  perfgate run v1.2
  perfgate run HEAD --workload checkout.yml"""


@click.command(epilog=_EXAMPLES)
@click.argument("ref", default="HEAD")
@options.config_option
@options.workload_option
@options.allow_dirty_option
@options.quiet_option
def command(*, ref: str, config_path: Path, workload: Path | None, allow_dirty: bool, quiet: bool) -> int:
    """Measure one commit and store the result.

    REF is the checked-out commit unless given. There is no verdict: `perfgate compare A B --stored` compares
    what is stored, and `perfgate compare A B` measures both side by side, which sees far smaller changes.
    """
    from perfgate.git import open_repository
    from perfgate.report.levels import render_levels

    opened = project.open_project(config_path, workload)
    repository = open_repository(opened.config.root)
    commit = repository.resolve(ref)
    project.require_command(opened.config)
    if not allow_dirty:
        project.require_clean(repository, [commit], opened.config)
    progress = output.start_progress(quiet=quiet)
    try:
        result = measure_one(opened, commit, repository, progress)
    finally:
        progress.close()
    from perfgate.gate.levels import run_levels

    click.echo(render_levels(result, run_levels(result, opened.policy)), nl=False)
    return int(ExitCode.OK)


def measure_one(
    opened: project.Project, commit: Commit, repository: Repository, progress: Progress
) -> Result:
    """Measure one commit alone and store it.

    Raises:
        MeasureError: it could not be built, started, measured or stored, or what was measured is no evidence.
    """
    from perfgate.gate.validity import invalidity_alone
    from perfgate.measure.job import Job, Source, run_job
    from perfgate.measure.protocol import finish_after_screening

    job = Job(
        config=opened.config,
        repository=repository,
        workload=opened.workload,
        sources=(Source(side="head", commit=commit),),
        screen_rounds=opened.policy.screen_rounds,
        confirm_rounds=0,
        decide=finish_after_screening,
        run_id=project.new_run_id(),
        seed=project.new_seed(opened.config),
    )
    (result,) = run_job(job, progress)
    for reason in invalidity_alone(result, opened.policy):
        raise MeasureError(reason.text, reason.remedy)
    return result
