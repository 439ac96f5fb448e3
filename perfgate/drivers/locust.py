"""A locustfile, unmodified, on Locust itself: `read_locustfile` examines it, `LocustTool` runs it."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfgate.drivers.locust_arguments import check_arguments
from perfgate.drivers.locust_binary import INSTALL, OLDEST, find_locust
from perfgate.drivers.locust_names import address_of
from perfgate.drivers.locust_report import LocustReport, last_lines, read_report
from perfgate.drivers.locust_rows import read_rows
from perfgate.drivers.locust_source import LAUNCHER, LocustFile, examine
from perfgate.drivers.process import Ended, run_process
from perfgate.errors import MeasureError, UsageError
from perfgate.model import Workload
from perfgate.model.tool import ToolName, ToolOrder, ToolReport, ToolRun, ToolStopped

LOCUST_LATENCY = (
    "Locust response_time at full precision: from the call in the task to the whole answer read, with "
    "connecting, TLS and followed redirects, and with waiting for the event loop of its one process"
)
"""What the times of Locust's requests are, in words."""

_NO_LIMIT = 64
_NO_END_HINT = (
    "say how long: --run-time among Locust's arguments, LOCUST_RUN_TIME, run-time in locust.conf, a "
    "LoadTestShape, or a duration of perfgate's own"
)


def read_locustfile(path: Path, *, environ: Mapping[str, str], variables: Mapping[str, str]) -> Workload:
    """Examine a locustfile without running it; `variables` are put into the environment it sees.

    Raises:
        UsageError: Locust is missing or too old, or does not accept the file.
        MeasureError: Locust cannot be started.
    """
    file = examine(path, find_locust(environ), environ=environ, variables=variables)
    return Workload(
        name=path.stem,
        digest=file.digest,
        tool=LocustTool(file=file),
        target=next((host for host in file.hosts if host.startswith(("http://", "https://"))), None),
        notes=(f"runs on locust {file.version}: {LOCUST_LATENCY}",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustTool:
    """The port `perfgate.model.Tool` for one examined locustfile."""

    file: LocustFile
    name: ToolName = "locust"
    latency_definition: str = LOCUST_LATENCY

    def run(self, order: ToolOrder) -> ToolRun:
        """Run the file once against the order's service.

        Raises:
            UsageError: the order's arguments do not fit, or nothing says when the run ends.
            MeasureError: Locust cannot be started, crashed or sent nothing; the message has its last lines.
            ToolStopped: Ctrl-C; what Locust had finished is in it.
        """
        steady = order.duration_ns is not None or order.vus is not None
        check_arguments(order.arguments, steady=steady)
        ran = _start(self.file, order, steady=steady)
        if ran.ended.exit_code == _NO_LIMIT and not ran.report.ended:
            raise UsageError(f"{self.file.path}: nothing says when the run ends", _NO_END_HINT)
        return _concluded(ran, order)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    ended: Ended
    command: tuple[str, ...]
    version: str
    report: LocustReport
    rows: Path
    last_lines: tuple[str, ...]


def _start(file: LocustFile, order: ToolOrder, *, steady: bool) -> _Ran:
    folder = order.folder.absolute()
    rows, report, asked = folder / "rows.jsonl", folder / "report.json", folder / "order.json"
    log, output = folder / "locust.log", folder / "locust.out"
    asked.write_text(
        json.dumps(
            {
                "examine": False,
                "steady": steady,
                "rows": str(rows),
                "report": str(report),
                "locust": file.binary.path,
                "oldest": OLDEST,
                "seed": order.seed,
                "url": order.url.rstrip("/"),
                "insecure": order.insecure,
                "skip_think": order.skip_think,
                "users": order.vus,
                "run_time_s": None if order.duration_ns is None else order.duration_ns / 1e9,
                "ends_itself": file.ends_itself,
            }
        ),
        encoding="utf-8",
    )
    words = ["-f", str(file.path), "--headless", *order.arguments]
    ended = run_process(
        [*file.binary.python, str(LAUNCHER), str(asked), *words],
        environ={**file.environ, **order.variables},
        cpus=order.cpus,
        log=log,
        output=output,
        points=rows,
        on_tick=order.on_tick,
        name="locust",
        install=INSTALL,
        row=b"[",
    )
    return _Ran(
        ended=ended,
        command=("locust", *words, "--host", order.url),
        version=file.version,
        report=read_report(report),
        rows=rows,
        last_lines=last_lines(log, output),
    )


def _concluded(ran: _Ran, order: ToolOrder) -> ToolRun:
    code, report, stopped = ran.ended.exit_code, ran.report, ran.ended.stopped
    last = "\n".join(ran.last_lines[-8:])
    if not report.ended and not stopped:
        how = f"ended with {code}" if code >= 0 else f"was killed by signal {-code}"
        raise MeasureError(
            f"locust {how} before its test was over\n{last}".rstrip(), "correct what Locust says"
        )
    rows = read_rows(ran.rows, address_of(order.url))
    if not len(rows.samples.sent_ns) and not stopped:
        why = next(iter([*report.exceptions, *report.errors]), "")
        said = f": {why}" if why else ""
        raise MeasureError(
            f"locust reported no request (exit {code}){said}\n{last}".rstrip(),
            "do the tasks of its users send anything, and do its clients fire events.request?",
        )
    run = ToolRun(
        samples=rows.samples,
        duration_ns=report.duration_ns or ran.ended.wall_ns,
        report=ToolReport(
            tool=f"locust {ran.version}",
            command=ran.command,
            exit_code=code,
            errors={**report.exceptions, **report.errors},
            last_lines=ran.last_lines,
            notes=report.notes(order, exit_code=code, stateless=rows.stateless, torn=rows.torn),
        ),
    )
    ran.rows.unlink(missing_ok=True)
    if stopped:
        raise ToolStopped(run)
    return run
