"""`perfgate run FILE`: one load on a service that runs already."""

from __future__ import annotations

import secrets
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfgate.cli import output
from perfgate.cli.demands import judge_demands
from perfgate.cli.drivetool import drive_tool_file
from perfgate.cli.loadtest import SUFFIXES, read_load_test, seen_by_code, variables_of
from perfgate.cli.profile import is_asked_for, profile_of
from perfgate.cli.publishload import (
    approach_for,
    breaches_of_load,
    objections_of_load,
    publish,
    service_of,
    thresholds_of_load,
)
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.gate.abort import Abort
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.load.pool import ReadWorkload
    from perfgate.measure.loaded import LoadJob
    from perfgate.model import Workload

_TIMEOUT_NS = 10_000_000_000


def is_workload(name: str) -> bool:
    """Whether an argument names a workload file, not a git ref."""
    return name.endswith(SUFFIXES) or Path(name).is_file()


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

    thresholds = thresholds_of_load(config)
    abort = _abort(thresholds, given["processes"])
    variables = {**(config.variables if config else {}), **variables_of(given["env"]), **_tags(path, given)}
    read = partial(
        read_load_test,
        *(path.absolute(), variables, given["environment"], given["driver"]),
        has_target=bool(given["target"]),
    )
    workload = read()
    if workload.tool is not None:
        return drive_tool_file(workload, path, config, {**given, "variables": variables})
    with seen_by_code(workload, variables):
        job = replace(_job(path, config, given, workload, read), stops=abort.add if abort else None)
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
    broken = (*objections_of_load(summary), *breaches_of_load(thresholds, samples, summary), *broken)
    for worse, reason in (*stopped, *broken):
        reasons.append(reason)
        if outcome is Outcome.PASS or worse is Outcome.INVALID:
            outcome = worse
    code = publish(summary, outcome, reasons, gate.doubts(summary, thresholds), given["outputs"])
    return int(ExitCode.INTERRUPTED) if summary.interrupted else code


def _job(
    path: Path, config: Config | None, given: dict[str, Any], workload: Workload, read: ReadWorkload
) -> LoadJob:
    from perfgate.load.address import Timeouts
    from perfgate.load.plan import LoadPlan
    from perfgate.measure.address import locate, require_listener
    from perfgate.measure.loaded import LoadJob
    from perfgate.report.profile_words import describe_profile

    url = given["target"] or service_of(workload, path)
    approach = approach_for(given, workload, config)
    where = "--target" if given["target"] else "the target of the file"
    located = locate(url, flag=where, approach=approach)
    profile = profile_of(given, workload)
    if profile.executor == "externally-controlled":
        _require_for_shape(given)
    if given["max_rate"] and profile.is_open:
        raise UsageError("--max-rate bounds users, and arrivals have a rate", "lower --rate instead")
    if given["warmup"] >= profile.duration_ns:
        raise UsageError("the warm-up takes the whole load", "shorten --warmup or lengthen the load")
    require_listener(located.address, f"{where} {url!r}")
    timeout_ns = given["timeout"] or _TIMEOUT_NS
    plan = LoadPlan(
        addresses=(located.address,),
        scenarios=workload.scenarios,
        before=workload.before,
        after=workload.after,
        users=workload.users,
        conductor=workload.conductor,
        endpoints=workload.endpoints,
        profile=profile,
        timeouts=Timeouts(timeout_ns, given["connect_timeout"] or 0, given["first_byte_timeout"] or 0),
        seed=given["seed"] if given["seed"] is not None else secrets.randbits(31),
        warmup_ns=given["warmup"],
        max_rate_rps=given["max_rate"] or 0.0,
        connections=workload.connections,
    )
    return LoadJob(
        plan=plan,
        workload=workload,
        read=read,
        processes=min(
            given["processes"],
            profile.vus,
            workload.connections or profile.vus,
            *(ramp.max_vus for ramp in profile.stages if ramp.max_vus),
        ),
        target=url,
        words=describe_profile(profile),
        notes=_notes(workload, is_asked_for(given, workload)),
        dns_ns=located.dns_ns,
        pin=not given["no_pin"],
    )


def _require_for_shape(given: dict[str, Any]) -> None:
    """One process follows the shape of a file, and users that come and go have no fixed share of a rate."""
    together = {"--processes": given["processes"] > 1, "--max-rate": given["max_rate"], "--vus": given["vus"]}
    for name, is_given in together.items():
        if is_given:
            raise UsageError(
                f"{name} does not go together with the load shape in the file",
                "drop it, or say how much load there is: --vus 50 --duration 1m",
            )


def _tags(path: Path, given: dict[str, Any]) -> dict[str, str]:
    """The tags asked for, as the variables by which a load test in Python learns them."""
    found = {}
    for option, name in (("tags", "LOCUST_TAGS"), ("exclude_tags", "LOCUST_EXCLUDE_TAGS")):
        if given[option]:
            if path.suffix != ".py":
                flag = f"--{option}".replace("_", "-")
                raise UsageError(f"{flag}: {path} has no tags", "tags are those of @tag in a .py file")
            found[name] = " ".join(given[option])
    return found


def _notes(workload: Workload, is_load_given: bool) -> tuple[str, ...]:
    """The workload's notes; its phases are followed here, unless flags say otherwise."""
    from perfgate.users.shape import SHAPE_NOT_REPLAYED
    from perfgate.workload.defaults import ONLY_ALONE
    from perfgate.workload.phases import NOT_REPLAYED

    other = "config.phases does not count, because flags say how much load"
    shape = "the load shape does not count, because flags say how much load"
    return tuple(
        note.replace(NOT_REPLAYED, other).replace(SHAPE_NOT_REPLAYED, shape)
        for note in workload.notes
        if not note.endswith(ONLY_ALONE)
        and (is_load_given or not note.startswith((NOT_REPLAYED, SHAPE_NOT_REPLAYED)))
    )


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
