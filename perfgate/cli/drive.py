"""`perfgate run FILE`: one load on a service that runs already."""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import output
from perfgate.cli.approach import approach_of
from perfgate.cli.demands import judge_demands
from perfgate.cli.profile import is_asked_for, profile_of
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.gate.abort import Abort
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.measure.address import Approach
    from perfgate.measure.loaded import LoadJob
    from perfgate.model import LoadSummary, Outcome, Reason, Samples, Workload

_SUFFIXES = (".yml", ".yaml", ".py", ".js")
_TIMEOUT_NS = 10_000_000_000


def is_workload(name: str) -> bool:
    """Whether an argument names a workload file, not a git ref."""
    return name.endswith(_SUFFIXES) or Path(name).is_file()


def drive_file(path: Path, config: Config | None, given: dict[str, Any]) -> int:
    """Put the load of a file on a running service, report it, and return the exit code.

    Args:
        path: the workload.
        config: whose thresholds, allowed hosts and variables count; None without one.
        given: every option of the command by its name.

    Raises:
        UsageError: an option, the file or the target cannot be used.
        MeasureError: nobody listens at the target, or the driver failed.
        KeyboardInterrupt: the user stopped it before anything was measured.
    """
    from perfgate.gate import loaded as gate
    from perfgate.measure.loaded import run_load
    from perfgate.model import Outcome

    _require_formats(given["outputs"])
    thresholds = _thresholds(config)
    abort = _abort(thresholds, given["processes"])
    variables = {**(config.variables if config else {}), **_variables(given["env"])}
    with _seen_by_code(path, variables):
        job = replace(_job(path, config, given, variables), stops=abort.add if abort else None)
        progress = output.start_progress(quiet=given["quiet"])
        try:
            summary, samples = run_load(job, progress)
        finally:
            progress.close()
    reasons = list(gate.invalidity(summary))
    outcome = Outcome.INVALID if reasons else Outcome.PASS
    stopped = ((Outcome.THRESHOLD_BREACHED, abort.reason()),) if abort.breached else ()
    broken, told = judge_demands(job.workload, samples, summary)
    summary = replace(summary, notes=(*summary.notes, *told))
    for worse, reason in (*stopped, *_breaches(thresholds, samples, summary), *broken):
        reasons.append(reason)
        if outcome is Outcome.PASS or worse is Outcome.INVALID:
            outcome = worse
    code = _publish(summary, outcome, reasons, gate.doubts(summary, thresholds), given["outputs"])
    return int(ExitCode.INTERRUPTED) if summary.interrupted else code


def read_any(path: Path, variables: dict[str, str], environment: str | None = None) -> Workload:
    """Read a workload of whichever kind its name says; also called by other driver processes.

    `environment` is the one of `config.environments` to follow, in a file that has them.

    Raises:
        UsageError: it cannot be used.
    """
    if environment is not None and path.suffix not in (".yml", ".yaml"):
        raise UsageError(f"{path}: only YAML files have environments", "drop --environment")
    if path.suffix == ".py":
        from perfgate.users.reading import read_users

        return read_users(path, environ=os.environ)
    if path.suffix == ".js":
        raise UsageError(f"{path}: k6 scripts cannot be run yet", "write the load test in YAML or Python")
    from perfgate.workload.artillery import read_workload

    return read_workload(path, variables=variables, environment=environment)


@contextlib.contextmanager
def _seen_by_code(path: Path, variables: dict[str, str]) -> Iterator[None]:
    """Put the variables into the environment for users that are code, which look there whenever they like.

    Other driver processes are started with this environment.
    """
    mine = variables if path.suffix == ".py" else {}
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def _job(path: Path, config: Config | None, given: dict[str, Any], variables: dict[str, str]) -> LoadJob:
    from perfgate.load.address import Timeouts
    from perfgate.load.plan import LoadPlan
    from perfgate.measure.address import locate, require_listener
    from perfgate.measure.loaded import LoadJob
    from perfgate.report.profile_words import describe_profile

    read = partial(read_any, path.absolute(), variables, given["environment"])
    workload = read()
    url = given["target"] or _service_of(workload, path)
    approach = _approach(given, workload, config)
    where = "--target" if given["target"] else "the target of the file"
    located = locate(url, flag=where, approach=approach)
    profile = profile_of(given, workload)
    if given["max_rate"] and profile.is_open:
        raise UsageError("--max-rate bounds users, and arrivals have a rate", "lower --rate instead")
    if given["warmup"] >= profile.duration_ns:
        raise UsageError("the warm-up takes the whole load", "shorten --warmup or lengthen the load")
    require_listener(located.address, f"{where} {url!r}")
    timeout_ns = given["timeout"] or _TIMEOUT_NS
    plan = LoadPlan(
        addresses=(located.address,),
        scenarios=workload.scenarios,
        users=workload.users,
        endpoints=workload.endpoints,
        profile=profile,
        timeouts=Timeouts(timeout_ns, given["connect_timeout"] or 0, given["first_byte_timeout"] or 0),
        seed=given["seed"] if given["seed"] is not None else secrets.randbits(31),
        warmup_ns=given["warmup"],
        max_rate_rps=given["max_rate"] or 0.0,
    )
    return LoadJob(
        plan=plan,
        workload=workload,
        read=read,
        processes=min(
            given["processes"], profile.vus, *(ramp.max_vus for ramp in profile.stages if ramp.max_vus)
        ),
        target=url,
        words=describe_profile(profile),
        notes=_notes(workload, is_asked_for(given, workload)),
        dns_ns=located.dns_ns,
        pin=not given["no_pin"],
    )


def _approach(given: dict[str, Any], workload: Workload, config: Config | None) -> Approach:
    """How the service is reached: as the options say, and where they say nothing as the file does."""
    files = workload.tls
    trust = bool(given["insecure"] or given["cacert"])
    asked = {
        "insecure": given["insecure"] or (workload.insecure and not trust),
        "cacert": given["cacert"] or (None if trust else files.ca_file),
    }
    if not given["cert"]:
        asked |= {"cert": files.cert_file, "key": given["key"] or files.key_file}
    approach = approach_of({**given, **asked}, allowed_hosts=config.allow_hosts if config else ())
    tls = approach.tls._replace(server_name=files.server_name)
    if not given["cert"]:
        tls = tls._replace(passphrase=files.passphrase)
    return replace(approach, tls=tls)


def _service_of(workload: Workload, path: Path) -> str:
    from urllib.parse import urlsplit

    if workload.target is None:
        raise UsageError(f"{path}: names no target", "say where the service runs: --target http://HOST:PORT")
    parts = urlsplit(workload.target)
    return f"{parts.scheme}://{parts.netloc}"


def _notes(workload: Workload, is_load_given: bool) -> tuple[str, ...]:
    """The workload's notes; its phases are followed here, unless flags say otherwise."""
    from perfgate.workload.phases import NOT_REPLAYED
    from perfgate.workload.plugins import NOT_JUDGED

    other = "config.phases does not count, because flags say how much load"
    return tuple(
        note.replace(NOT_REPLAYED, other)
        for note in workload.notes
        if not note.endswith(NOT_JUDGED) and (is_load_given or not note.startswith(NOT_REPLAYED))
    )


def _variables(texts: Sequence[str]) -> dict[str, str]:
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"-e {text!r}: not NAME=VALUE", "write it like -e city=Oslo")
        found[name] = value
    return found


def _require_formats(outputs: tuple[tuple[str, Path], ...]) -> None:
    for name, path in outputs:
        if name not in ("json", "markdown"):
            raise UsageError(
                f"-o {name}={path}: there is no such report of a load", "the formats are json and markdown"
            )


def _thresholds(config: Config | None) -> tuple[Threshold, ...]:
    from perfgate.cli.project import thresholds_of

    return thresholds_of(config) if config else ()


def _abort(thresholds: tuple[Threshold, ...], processes: int) -> Abort:
    from perfgate.gate.abort import Abort
    from perfgate.load.user import NOT_SENT

    abort = Abort(thresholds, unsent=NOT_SENT)
    if abort and processes > 1:
        raise UsageError(
            "abortOnFail looks at the requests of one process only",
            "drive from one (--processes 1), or take abortOnFail out of perfgate.yml",
        )
    return abort


def _breaches(
    thresholds: tuple[Threshold, ...], samples: Samples, summary: LoadSummary
) -> tuple[tuple[Outcome, Reason], ...]:
    from perfgate.gate.slo import breaches_of
    from perfgate.load.user import NOT_SENT

    if not thresholds:
        return ()
    return breaches_of(thresholds, samples, duration_ns=round(summary.elapsed_s * 1e9), unsent=NOT_SENT)


def _publish(
    summary: LoadSummary,
    outcome: Outcome,
    reasons: Sequence[Reason],
    warnings: Sequence[Reason],
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    from perfgate.model import Outcome as Out
    from perfgate.report.load import render_load
    from perfgate.report.loadjson import render_load_json
    from perfgate.report.loadmarkdown import render_load_markdown

    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else output.PIPE_WIDTH
    color = output.uses_color(is_terminal=is_terminal)
    click.echo(render_load(summary, outcome, reasons, warnings, width=width, color=color), nl=False)
    render = {"json": render_load_json, "markdown": render_load_markdown}
    for name, path in outputs:
        output.write_text(name, path, render[name](summary, outcome, reasons, warnings))
    codes = {Out.PASS: ExitCode.OK, Out.THRESHOLD_BREACHED: ExitCode.REGRESSED}
    return int(codes.get(outcome, ExitCode.INVALID))
