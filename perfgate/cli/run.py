"""`perfgate run`: one commit measured by itself and stored, or one load on a service that runs already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import approach, options, output, profile, project
from perfgate.cli.approach import approach_options
from perfgate.cli.drive import drive_file, is_workload
from perfgate.cli.loadtest import load_test_options, seen_by_code
from perfgate.cli.profile import duration, duration_or_none, profile_options, rate
from perfgate.config import load_config
from perfgate.errors import ExitCode, MeasureError, UsageError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.measure.protocol import Stops
    from perfgate.model import Commit, Result
    from perfgate.progress import Progress

_EXAMPLES = """\b
Examples:
  perfgate run
  perfgate run v1.2
  perfgate run HEAD --workload checkout.yml
  perfgate run load-test.yml --target http://127.0.0.1:8000 --vus 10 --duration 30s
  perfgate run load-test.yml --target http://127.0.0.1:8000 --rate 200/s --duration 30s
  perfgate run load-test.yml --target http://127.0.0.1:8000 --stage 30s:50 --stage 1m:50 --stage 10s:0
  perfgate run load-test.yml --target http://127.0.0.1:8000 --iterations 100 --vus 5
  perfgate run locustfile.py --target http://127.0.0.1:8000 --vus 50 --duration 1m -o json=load.json

\b
Exit codes of a load: 0 pass, 1 a threshold breached, 2 something given cannot be used, 4 no evidence
(nothing succeeded, or the driver was too slow), 130 interrupted (what was measured is reported)."""
_SECTIONS = {
    "Options for a commit": ("workload", "allow_dirty"),
    "The load test": ("env", "driver", "environment"),
    "Where to (for a file)": ("target", *approach.NAMES),
    "How much load (for a file)": profile.NAMES,
    "How it is sent (for a file)": (
        "warmup",
        "max_rate",
        "timeout",
        "connect_timeout",
        "first_byte_timeout",
        "processes",
        "no_pin",
        "seed",
        "tags",
        "exclude_tags",
    ),
}


@click.command(cls=options.Sectioned, sections=_SECTIONS, epilog=_EXAMPLES)
@click.argument("what", default="HEAD", metavar="[REF|FILE]")
@options.config_option
@options.workload_option
@options.allow_dirty_option
@options.quiet_option
@click.option(
    "--target",
    "--host",
    "target",
    metavar="URL",
    help="http://HOST:PORT, https://… or unix:/PATH; else what the file says.",
)
@profile_options
@click.option(
    "--warmup", default="0s", callback=duration_or_none, metavar="TIME", help="Count nothing sent before."
)
@click.option(
    "--max-rate", callback=rate, metavar="RATE", help="All users together send no more, like 500/s."
)
@click.option("--timeout", callback=duration, metavar="TIME", help="For the whole answer; 10s unless given.")
@click.option("--connect-timeout", callback=duration, metavar="TIME", help="For opening a connection.")
@click.option("--first-byte-timeout", callback=duration, metavar="TIME", help="For an answer to begin.")
@click.option(
    "--processes", type=click.IntRange(1, 64), metavar="N", default=1, help="Drive from so many processes."
)
@click.option("--no-pin", is_flag=True, help="Do not keep each driver process on one CPU.")
@click.option("--seed", type=click.IntRange(0, 2**63 - 1), metavar="N", help="Fixes every random choice.")
@click.option("--tags", multiple=True, metavar="TAG", help="Only tasks of a .py file with one of these tags.")
@click.option("--exclude-tags", multiple=True, metavar="TAG", help="No tasks of a .py file with these tags.")
@load_test_options
@approach_options
@output.output_option_of(output.LOAD_FORMATS, "the report of a load")
@click.pass_context
def command(
    context: click.Context,
    /,
    *,
    what: str,
    config_path: Path,
    workload: Path | None,
    allow_dirty: bool,
    quiet: bool,
    **given: Any,
) -> int:
    """Measure one commit and store the result, or drive a running service with a load test.

    REF is the checked-out commit unless given. There is no verdict: `perfgate compare A B --stored` compares
    what is stored, and `perfgate compare A B` measures both side by side, which sees far smaller changes.

    FILE is a load test (.yml in Artillery's schema, .py with user classes as for Locust, .js for k6). It is
    sent to --target, which runs already, and the report says what came back. How much load there is the
    flags say, or else the file. Users (--vus) begin again when an answer is in; arrivals (--rate) come by a
    schedule, whatever the service does, and --vus is then how many may be under way. Where another tool sends
    the load (--driver), its own options in the file count, and its thresholds judge. Of a configuration only
    one given with -c counts: its thresholds, variables and allowed hosts.
    """
    named = {name for name in given if _is_given(context, name)} - {"env", "driver", "environment"}
    if is_workload(what):
        if workload is not None or allow_dirty:
            raise UsageError("--workload and --allow-dirty are for a commit", "drop them")
        config = load_config(config_path) if _is_given(context, "config_path") else None
        return drive_file(Path(what), config, {**given, "quiet": quiet})
    if named:
        flag = next(p.opts[-1] for p in context.command.params if p.name in named)
        but = f"{what!r} is a commit" if _is_given(context, "what") else "no file is named"
        raise UsageError(
            f"{flag} is for a load test file, and {but}",
            "name the file: perfgate run load-test.yml",
        )
    options_of_test = {name: given[name] for name in ("env", "driver", "environment")}
    opened = project.open_project(config_path, workload, **options_of_test)
    return _run_commit(what, opened, allow_dirty=allow_dirty, quiet=quiet)


def _is_given(context: click.Context, name: str) -> bool:
    return context.get_parameter_source(name) is click.core.ParameterSource.COMMANDLINE


def _run_commit(ref: str, opened: project.Project, *, allow_dirty: bool, quiet: bool) -> int:
    from perfgate.git import open_repository
    from perfgate.report.levels import render_levels

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
    opened: project.Project,
    commit: Commit,
    repository: Repository,
    progress: Progress,
    *,
    stops: Stops | None = None,
) -> Result:
    """Measure one commit alone and store it; where `stops` ended it, the status is not `complete`.

    Raises:
        MeasureError: it could not be built, started, measured or stored, or what was measured is no evidence.
    """
    from perfgate.gate.validity import invalidity_alone
    from perfgate.measure.job import Job, Source, run_job
    from perfgate.measure.protocol import finish_after_screening, never

    job = Job(
        config=opened.config,
        repository=repository,
        workload=opened.workload,
        sources=(Source(side="head", commit=commit),),
        screen_rounds=opened.policy.screen_rounds,
        confirm_rounds=0,
        decide=finish_after_screening,
        stops=stops or never,
        run_id=project.new_run_id(),
        seed=project.new_seed(opened.config),
    )
    with seen_by_code(opened.workload, opened.config.variables):
        (result,) = run_job(job, progress)
    for reason in invalidity_alone(result, opened.policy) if result.status == "complete" else ():
        raise MeasureError(reason.text, reason.remedy)
    return result
