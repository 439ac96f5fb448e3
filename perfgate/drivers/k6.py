"""A k6 script, unmodified, on k6 itself: `read_k6_script` examines it, `K6Tool` runs it."""

from __future__ import annotations

import shutil
import signal
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from perfgate.drivers.k6_binary import find_k6, k6_environ
from perfgate.drivers.k6_log import K6Log, last_said, read_log
from perfgate.drivers.k6_options import Ordered, ordered_options
from perfgate.drivers.k6_script import K6Script, examine
from perfgate.drivers.k6_summary import K6Summary, read_summary
from perfgate.drivers.k6_wrapper import Wrapper, address_of, write_wrapper
from perfgate.drivers.process import Ended, run_process
from perfgate.errors import MeasureError, UsageError
from perfgate.k6points import K6_LATENCY, K6Points, read_points
from perfgate.model import Workload
from perfgate.model.tool import ToolName, ToolOrder, ToolReport, ToolRun, ToolStopped

EXIT_CODES = {
    0: "finished",
    97: "the cloud run failed",
    98: "the cloud run's progress could not be read",
    99: "thresholds were crossed",
    100: "setup() took too long",
    101: "teardown() took too long",
    102: "a timeout",
    103: "stopped through k6's REST API",
    104: "an invalid configuration",
    105: "stopped from outside",
    106: "its REST API could not be started",
    107: "an exception in the script",
    108: "the script aborted the test",
    109: "k6 crashed",
    110: "the script marked the test as failed",
}
"""What k6's exit codes mean."""

_MEASURED = frozenset({0, 99, 101, 105, 108, 110})
_ENDED = frozenset({0, 99})
_LOAD_ARGUMENTS = ("-u", "--vus", "-d", "--duration", "-i", "--iterations", "-s", "--stage")


def read_k6_script(path: Path, *, environ: Mapping[str, str], variables: Mapping[str, str]) -> Workload:
    """Examine a k6 script without running it; `variables` are the user's `-e NAME=VALUE`.

    Raises:
        UsageError: k6 is missing, does not accept the script, or the script uses what cannot be measured.
        MeasureError: k6 cannot be started.
    """
    script = examine(path, find_k6(environ), environ=environ, variables=variables)
    return Workload(
        name=path.stem,
        digest=script.digest,
        tool=K6Tool(script=script),
        target=script.origins[0] if script.origins else None,
        notes=(f"runs on k6 v{script.binary.version}: {K6_LATENCY}",),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Tool:
    """The port `perfgate.model.Tool` for one examined script."""

    script: K6Script
    name: ToolName = "k6"
    latency_definition: str = K6_LATENCY

    def run(self, order: ToolOrder) -> ToolRun:
        """Run the script once against the order's service.

        Raises:
            UsageError: the order's arguments do not fit a round.
            MeasureError: k6 cannot be started or crashed; the message has its last lines.
            ToolStopped: Ctrl-C; what k6 had finished is in it.
        """
        steady = order.duration_ns is not None or order.vus is not None
        _check_arguments(order, steady=steady)
        environ, said = k6_environ(self.script.environ, steady=steady)
        ordered = ordered_options(
            self.script.options,
            address=address_of(order.url),
            insecure=order.insecure,
            duration_ns=order.duration_ns,
            vus=order.vus,
            skip_think=order.skip_think,
        )
        wrapper = write_wrapper(
            self.script,
            order.folder,
            url=order.url,
            seed=order.seed,
            ordered=ordered,
            skip_think=order.skip_think,
            files=order.duration_ns is None,
        )
        ran = _start(self.script, order, wrapper, environ)
        return _concluded(ran, order, wrapper, replace(ordered, notes=(*said, *ordered.notes)))


@dataclass(frozen=True, slots=True, kw_only=True)
class _Ran:
    ended: Ended
    command: tuple[str, ...]
    version: str
    points: Path
    log: Path
    output: Path


def _start(script: K6Script, order: ToolOrder, wrapper: Wrapper, environ: Mapping[str, str]) -> _Ran:
    folder = order.folder.absolute()
    config, points = folder / "config.json", folder / "points.csv"
    log, output = folder / "k6.log", folder / "k6.out"
    config.write_text("{}", encoding="utf-8")
    variables = {**script.variables, **order.variables}
    words = ["run", "--quiet", "--no-color", "--address", "", "--log-format", "json", "--out", "csv"]
    words += ["--config", str(config)]
    secret = [word for name, value in variables.items() for word in ("-e", f"{name}={value}")]
    shown = [word for name in variables for word in ("-e", f"{name}=…")]
    rest = [*order.arguments, str(wrapper.main)]
    ended = run_process(
        [script.binary.path, *words, *secret, *rest],
        environ={**environ, "K6_CSV_FILENAME": str(points), "K6_CSV_TIME_FORMAT": "unix_nano"},
        cpus=order.cpus,
        log=log,
        output=output,
        points=points,
        on_tick=order.on_tick,
    )
    command = ("k6", *words, *shown, *order.arguments, str(script.path))
    return _Ran(
        ended=ended, command=command, version=script.binary.version, points=points, log=log, output=output
    )


def _concluded(ran: _Ran, order: ToolOrder, wrapper: Wrapper, ordered: Ordered) -> ToolRun:
    log, code = read_log(ran.log, wrapper.copied), ran.ended.exit_code
    if code not in _MEASURED and not ran.ended.stopped:
        last = "\n".join(log.last_lines[-8:])
        if code < 0:
            raise MeasureError(
                f"k6 was killed by {_signal(code)}\n{last}".rstrip(),
                "did it run out of memory? `dmesg` says; else see who ended it",
            )
        meaning = EXIT_CODES.get(code, "an unknown exit code")
        raise MeasureError(f"k6 ended with {code}: {meaning}\n{last}".rstrip(), "correct what k6 says")
    points = read_points(ran.points) if ran.points.exists() else None
    lost = any("Error writing to file" in text for text in log.errors)
    # Without a disk to write to the log may not say so either; k6 ends its file with a whole line by itself.
    if lost or (points and points.torn and code in _ENDED and not ran.ended.stopped):
        raise MeasureError(
            f"k6 could not write all its requests into {ran.points.parent}",
            "is that disk full? free some of it, or name another folder with TMPDIR",
        )
    if points is None:
        raise MeasureError(
            f"k6 wrote no requests (exit {code})", "\n".join(log.last_lines[-8:]) or "run the script with k6"
        )
    summary = read_summary(wrapper.summary)
    meaning = EXIT_CODES.get(code) or (f"killed by {_signal(code)}" if code < 0 else "an unknown exit code")
    ending = (f"k6 ended with {code}: {meaning}",) if code else ()
    run = ToolRun(
        samples=points.samples,
        duration_ns=summary.duration_ns or ran.ended.wall_ns,
        report=ToolReport(
            tool=f"k6 v{ran.version}",
            command=ran.command,
            exit_code=code,
            thresholds=summary.thresholds,
            checks=summary.checks,
            metrics=summary.metrics,
            errors=log.errors,
            last_lines=(*log.last_lines, *last_said(ran.output)),
            notes=(*_notes(order, points, log, summary, ordered.notes), *ending),
        ),
    )
    ran.points.unlink()  # some 1.4 kB a request, all of which is in the samples now
    shutil.rmtree(wrapper.copied, ignore_errors=True)
    if ran.ended.stopped:
        raise ToolStopped(run)
    return run


def _signal(code: int) -> str:
    try:
        return signal.Signals(-code).name
    except ValueError:
        return f"signal {-code}"


def _notes(
    order: ToolOrder, points: K6Points, log: K6Log, summary: K6Summary, said: tuple[str, ...]
) -> tuple[str, ...]:
    found = [*said, *summary.notes]
    if log.origins:
        found.append(f"redirected to {order.url}: {', '.join(log.origins)}")
    if order.skip_think:
        found.append("where the script calls sleep(), it returned at once: think time was left out")
    if points.outside:
        found.append(f"{points.outside} requests of setup() and teardown() are not among the samples")
    if log.exceptions:
        found.append(f"{log.exceptions} iterations ended in an exception of the script")
    found += [f"k6 warned: {text}" for text in log.warnings]
    if summary.dropped_iterations:
        found.append(f"k6 dropped {summary.dropped_iterations} iterations for want of virtual users")
    if points.torn or points.unmatched:
        found.append("k6's output was cut off: the last request may be missing")
    return tuple(found)


def _check_arguments(order: ToolOrder, *, steady: bool) -> None:
    for word in order.arguments if steady else ():
        name = word.split("=", 1)[0]
        if name in _LOAD_ARGUMENTS or (word[:2] in _LOAD_ARGUMENTS and not word.startswith("--")):
            raise UsageError(
                f"k6 argument {word}: a round says itself how much load there is",
                "leave it to `perfgate run`",
            )
