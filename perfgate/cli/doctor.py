"""`perfgate doctor`: ask everything that could spoil a measurement, and say what to do about it."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import output
from perfgate.config import CONFIG_NAME
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.doctor.check import Check

_EXAMPLES = """\b
Examples:
  perfgate doctor
  perfgate doctor --config service/perfgate.yml
  perfgate doctor --machine --json"""

_COLOURS = {"ok": "green", "warn": "yellow", "fail": "red"}


@click.command(name="doctor", epilog=_EXAMPLES)
@click.option(
    "-c",
    "--config",
    "config_path",
    type=click.Path(path_type=Path),
    default=CONFIG_NAME,
    show_default=True,
    help="The configuration file.",
)
@click.option("--machine", "machine_only", is_flag=True, help="Leave the project out, as on a load host.")
@click.option("--json", "as_json", is_flag=True, help="Write the checks as JSON, all at once.")
def command(config_path: Path, machine_only: bool, as_json: bool) -> ExitCode:
    """Check whether this machine and project are fit to measure.

    Builds and starts the service of HEAD once, as a run would. Exits 0 unless a check fails, then 4, or 2 if
    it is the configuration that is wrong.
    """
    checks = []
    color = output.uses_color(is_terminal=sys.stdout.isatty())
    for check in _machine() if machine_only else _examine(config_path, quiet=as_json):
        checks.append(check)
        if not as_json:
            click.echo(_line(check), color=color)
    failed = {check.name for check in checks if check.status == "fail"}
    if as_json:
        click.echo(json.dumps({"fit": not failed, "checks": [asdict(check) for check in checks]}, indent=2))
    if "config" in failed:
        return ExitCode.USAGE
    return ExitCode.INVALID if failed else ExitCode.OK


def _machine() -> Iterator[Check]:
    from perfgate.doctor import host, machine

    yield machine.check_clock()
    yield host.check_clocksource()
    yield machine.check_descriptors()
    yield machine.check_cores()
    yield host.check_quota()
    yield machine.check_noise()
    yield machine.check_timer()
    yield host.check_proc()
    yield host.check_ports()
    yield host.check_temp()
    yield host.check_init()
    yield host.check_extras()


def _examine(config_path: Path, *, quiet: bool) -> Iterator[Check]:
    from perfgate.cli.project import open_project
    from perfgate.cli.rulecheck import names_endpoints_late
    from perfgate.doctor import project
    from perfgate.doctor.check import Check, failed, not_checked

    git, repository = project.check_git(config_path.parent)
    yield git
    yield from _machine()
    try:
        opened = open_project(config_path, None)
    except UsageError as error:
        yield failed("config", error)
        yield not_checked("store", f"make {config_path} valid")
        yield not_checked("service", f"make {config_path} valid")
        return
    workload, number = opened.workload, len(opened.workload.endpoints)
    has = f"has {number} endpoint{'s' * (number != 1)}"
    if names_endpoints_late(workload):
        how = f"runs on {workload.tool.name}" if workload.tool else f"has {len(workload.users)} user classes"
        has = f"{how} and names its endpoints as it runs"
    text = f"{config_path} is valid; {workload.name} {has}"
    yield Check(name="config", status="ok", text=text)
    yield project.check_store(opened.config)
    if repository is None:
        yield not_checked("service", "let the git check pass")
        return
    progress = output.start_progress(quiet=quiet)
    try:
        service = project.check_service(opened.config, repository, progress)
    finally:
        progress.close()
    yield service


def _line(check: Check) -> str:
    status = click.style(f"{check.status:<4}", fg=_COLOURS[check.status])
    return f"{status}  {check.name:<11}  {check.text}" + (f" → {check.remedy}" if check.remedy else "")
