"""An Artillery script, unmodified, on Artillery itself: `read_artillery_script` and what runs it."""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from perfgate.drivers.artillery_binary import INSTALL, artillery_environ, preloaded
from perfgate.drivers.artillery_report import ArtilleryReport, last_lines, read_report
from perfgate.drivers.artillery_rows import ARTILLERY_LATENCY, ArtilleryRows, read_rows
from perfgate.drivers.artillery_script import REPORTERS, ArtilleryScript, examine
from perfgate.drivers.process import Ended, run_process
from perfgate.errors import MeasureError, UsageError
from perfgate.model import Samples, Workload
from perfgate.model.tool import ToolName, ToolOrder, ToolReport, ToolRun, ToolStopped

EXIT_CODES = {
    0: "finished",
    1: "a condition of `ensure` failed, or an error",
    11: "a worker crashed",
    21: "an expectation failed",
    130: "stopped by SIGINT",
    143: "stopped by SIGTERM",
}
"""What Artillery's exit codes mean."""

_MEASURED = frozenset({0, 1, 21, 130, 143})
_ARRIVALS_PER_USER, _MOST_ARRIVALS = 100, 1000
_LOAD_ARGUMENTS = ("--overrides", "--solo", "-s", "--count", "--platform")
_OWN_ARGUMENTS = ("--target", "-t", "--output", "-o", "--record", "--key")


def read_artillery_script(
    path: Path, *, environ: Mapping[str, str], variables: Mapping[str, str], environment: str | None = None
) -> Workload:
    """Examine an Artillery script without running it; `variables` are the user's `-e NAME=VALUE`.

    Raises:
        UsageError: artillery is missing, or the script cannot be measured.
        MeasureError: artillery cannot be started.
    """
    script = examine(path, environ=environ, variables=variables, environment=environment)
    return Workload(
        name=path.stem,
        digest=script.digest,
        tool=ArtilleryTool(script=script),
        target=script.target,
        notes=(f"runs on Artillery {script.binary.version}: {ARTILLERY_LATENCY}", *script.notes),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtilleryTool:
    """The port `perfgate.model.Tool` for one examined script."""

    script: ArtilleryScript
    name: ToolName = "artillery"
    latency_definition: str = ARTILLERY_LATENCY

    def run(self, order: ToolOrder) -> ToolRun:
        """Run the script once against the order's service.

        Raises:
            UsageError: the order's arguments do not fit.
            MeasureError: Artillery cannot be started, crashed or sent nothing; with its last lines.
            ToolStopped: Ctrl-C; what had finished is in it.
        """
        steady = order.duration_ns is not None or order.vus is not None
        _check_arguments(order, steady=steady)
        return _concluded(_start(self.script, order), self.script, order)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    ended: Ended
    command: tuple[str, ...]
    notes: tuple[str, ...]
    folder: Path


def _start(script: ArtilleryScript, order: ToolOrder) -> _Ran:
    folder = order.folder.absolute()
    environ, left_out = artillery_environ(script.environ)
    overrides, notes = _overrides(order)
    unjudged = {"ARTILLERY_DISABLE_ENSURE": "true"} if overrides else {}
    _write_order(folder / "order.json", order)
    variables = {**script.variables, **order.variables}
    words = ["run", "--target", _target(script, order.url), "--output", str(folder / "report.json")]
    words += ["--environment", script.environment] if script.environment else []
    words += ["--overrides", json.dumps(overrides)] if overrides else []
    words += ["--insecure"] if order.insecure else []
    secret = ["--variables", json.dumps(variables)] if variables else []
    shown = ["--variables", f"{{{', '.join(variables)}}}"] if variables else []
    ended = run_process(
        [script.binary.path, *words, *secret, *order.arguments, str(script.path.absolute())],
        environ=preloaded({**environ, **variables, **unjudged}, folder / "order.json"),
        cpus=order.cpus,
        log=folder / "artillery.err",
        output=folder / "artillery.out",
        points=folder / "rows.jsonl",
        on_tick=order.on_tick,
        name="artillery",
        install=INSTALL,
        row=b"[",
    )
    command = ("artillery", *words, *shown, *order.arguments, str(script.path))
    return _Ran(ended=ended, command=command, notes=(*left_out, *notes), folder=folder)


def _write_order(path: Path, order: ToolOrder) -> None:
    words = {
        "url": order.url.rstrip("/"),
        "rows": str(path.with_name("rows.jsonl")),
        "seed": order.seed,
        "duration_ms": order.duration_ns / 1e6 if order.duration_ns is not None else None,
        "skip_think": order.skip_think,
        "insecure": order.insecure,
        "processors": len(order.cpus),
        "left_out": list(REPORTERS),
    }
    path.write_text(json.dumps(words), encoding="utf-8")


def _target(script: ArtilleryScript, url: str) -> str:
    # Artillery puts the whole target before a path, with whatever path it has itself.
    path = urlsplit(script.target).path.rstrip("/") if script.target else ""
    return url.rstrip("/") + path


def _overrides(order: ToolOrder) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Artillery is an open model: as many arrive as keep `vus` sessions going, and no more run at once."""
    if order.duration_ns is None and order.vus is None:
        return {}, ()
    if order.duration_ns is None:
        raise UsageError("Artillery has no users without phases to replace", "say how long: --duration 30s")
    users = order.vus or 1
    duration_ms = math.ceil(order.duration_ns / 1e6)
    phase = {
        "duration": duration_ms // 1000 if duration_ms % 1000 == 0 else f"{duration_ms}ms",
        "arrivalRate": min(_MOST_ARRIVALS, _ARRIVALS_PER_USER * users),
        "maxVusers": users,
        "name": "perfgate",
    }
    sessions = "1 session" if users == 1 else f"{users} sessions"
    note = f"{sessions} at once for {duration_ms / 1000:g} s in place of config.phases"
    return {"config": {"phases": [phase]}}, (
        note,
        "conditions of ensure were not judged: the load is not the file's",
    )


def _concluded(ran: _Ran, script: ArtilleryScript, order: ToolOrder) -> ToolRun:
    code, stopped = ran.ended.exit_code, ran.ended.stopped
    said = last_lines(ran.folder / "artillery.out", ran.folder / "artillery.err")
    last = "\n".join(said[-8:])
    rows, report = read_rows(ran.folder / "rows.jsonl"), read_report(ran.folder / "report.json")
    meaning = EXIT_CODES.get(code, f"killed by signal {-code}" if code < 0 else "an unknown exit code")
    if not stopped and (code not in _MEASURED or not report.whole):
        raise MeasureError(f"artillery ended with {code}: {meaning}\n{last}", "correct what Artillery says")
    if not len(rows.samples.sent_ns) and not stopped:
        raise MeasureError(
            f"artillery sent no HTTP requests (exit {code})\n{last}", "run the script with artillery"
        )
    steady = order.duration_ns is not None or order.vus is not None
    ending = (f"artillery ended with {code}: {meaning}",) if code else ()
    run = ToolRun(
        samples=rows.samples,
        duration_ns=_duration_ns(rows.samples) or ran.ended.wall_ns,
        report=ToolReport(
            tool=f"Artillery {script.binary.version}",
            command=ran.command,
            exit_code=code,
            thresholds=() if steady else rows.thresholds,
            checks=report.checks,
            metrics=report.metrics,
            errors=report.errors,
            last_lines=said,
            notes=(*script.notes, *ran.notes, *_notes(order, rows, report), *ending),
        ),
    )
    if stopped:
        raise ToolStopped(run)
    (ran.folder / "rows.jsonl").unlink(missing_ok=True)  # all of it is in the samples now
    return run


def _duration_ns(samples: Samples) -> int:
    if not len(samples.sent_ns):
        return 0
    return int(max(samples.last_ns.max(), samples.sent_ns.max()) - samples.due_ns.min())


def _notes(order: ToolOrder, rows: ArtilleryRows, report: ArtilleryReport) -> tuple[str, ...]:
    found = []
    if rows.origins:
        found.append(f"redirected to {order.url}: {', '.join(rows.origins)}")
    if order.skip_think:
        found.append("think ended at once: think time was left out")
    if rows.outside:
        found.append(f"{rows.outside} requests of before and after are not among the samples")
    if report.cut:
        found.append(f"{report.cut} sessions were ended with the round")
    if report.failed:
        found.append(f"{report.failed} sessions ended in an error")
    if report.skipped and order.vus is None and order.duration_ns is None:
        found.append(f"Artillery left out {report.skipped} sessions because of maxVusers")
    if rows.torn:
        found.append("Artillery's output was cut off: the last request may be missing")
    return tuple(found)


def _check_arguments(order: ToolOrder, *, steady: bool) -> None:
    for word in order.arguments:
        name = word.split("=", 1)[0]
        if name in _OWN_ARGUMENTS:
            raise UsageError(f"artillery argument {word}: perfgate gives it itself", "leave it out")
        if steady and name in _LOAD_ARGUMENTS:
            raise UsageError(
                f"artillery argument {word}: a round says itself how much load there is",
                "leave it to `perfgate run`",
            )
