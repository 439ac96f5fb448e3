"""`perfgate run FILE` where another project's tool sends the load: the file's own options count."""

from __future__ import annotations

import secrets
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from perfgate.cli import output
from perfgate.cli.publishload import (
    approach_for,
    breaches_of_load,
    publish,
    service_of,
    thresholds_of_load,
)
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.model import LoadSummary, Samples, Tool, Workload

_NOT_FOR_TOOLS = {
    "iterations": "--iterations",
    "rate": "--rate",
    "stages": "--stage",
    "executor": "--executor",
    "arrivals": "--arrivals",
    "graceful_stop": "--graceful-stop",
    "max_rate": "--max-rate",
    "timeout": "--timeout",
    "connect_timeout": "--connect-timeout",
    "first_byte_timeout": "--first-byte-timeout",
    "cacert": "--cacert",
    "cert": "--cert",
    "key": "--key",
    "http2": "--http2",
    "no_reuse": "--no-reuse",
}


def drive_tool_file(workload: Workload, path: Path, config: Config | None, given: dict[str, Any]) -> int:
    """Run the file on its tool, report what came back, and return the exit code.

    Raises:
        UsageError: an option or the target cannot be used.
        MeasureError: nobody listens at the target, or the tool is missing or crashed.
        KeyboardInterrupt: the user stopped it before anything was measured.
    """
    from perfgate.gate import loaded as gate
    from perfgate.gate.toolsaid import objections
    from perfgate.model import Outcome

    tool = workload.tool
    assert tool is not None  # noqa: S101 - the caller looked
    _require_for_tools(tool.name, given)
    thresholds = thresholds_of_load(config)
    _refuse_abort(thresholds, tool.name)
    summary, samples = _drive(workload, tool, path, config, given)
    reasons = list(gate.invalidity(summary))
    outcome = Outcome.INVALID if reasons else Outcome.PASS
    # A tool that the user stopped says so by its exit code: that is no objection of the load test.
    objected = () if summary.interrupted else objections(summary.tool)
    found = (*breaches_of_load(thresholds, samples, summary), *objected)
    for worse, reason in found if samples.sent_ns.size else ():
        reasons.append(reason)
        if outcome is Outcome.PASS or worse is Outcome.INVALID:
            outcome = worse
    code = publish(summary, outcome, reasons, gate.doubts(summary, thresholds), given["outputs"])
    return int(ExitCode.INTERRUPTED) if summary.interrupted else code


def _require_for_tools(tool: str, given: dict[str, Any]) -> None:
    flags = [flag for name, flag in _NOT_FOR_TOOLS.items() if given[name]]
    if given["processes"] > 1:
        flags.append("--processes")
    if given["warmup"]:
        flags.append("--warmup")
    if flags:
        raise UsageError(
            f"{', '.join(flags)}: {tool} sends the load, by what its file says",
            "drop it; --vus and --duration can replace what the file says of users and time",
        )


def _refuse_abort(thresholds: Sequence[Threshold], tool: str) -> None:
    if any(threshold.abort_on_fail for threshold in thresholds):
        raise UsageError(
            f"abortOnFail looks at requests while they are sent, and {tool} hands them over at its end",
            "take abortOnFail out of perfgate.yml, or state it in the file where the tool knows it",
        )


def _drive(
    workload: Workload, tool: Tool, path: Path, config: Config | None, given: dict[str, Any]
) -> tuple[LoadSummary, Samples]:
    from perfgate.measure.address import locate, require_listener
    from perfgate.measure.toolload import ToolJob, run_tool_load

    url = (given["target"] or service_of(workload, path)).rstrip("/")
    where = "--target" if given["target"] else "the target of the file"
    located = locate(url, flag=where, approach=approach_for(given, workload, config))
    if located.address.unix_path:
        raise UsageError(f"{where} {url!r}: {tool.name} cannot be sent to a unix socket", "give it a port")
    if given["resolve"]:
        if located.address.tls:
            raise UsageError(
                f"--resolve: {tool.name} looks names up itself, and https needs the name",
                "drop it, and put the name into /etc/hosts",
            )
        url = f"http://{_bracketed(located.address.host)}:{located.address.port}"
    require_listener(located.address, f"{where} {url!r}")
    progress = output.start_progress(quiet=given["quiet"])
    try:
        summary, samples = run_tool_load(
            ToolJob(
                tool=tool,
                workload=workload,
                url=url,
                vus=given["vus"],
                duration_ns=given["duration"],
                variables=given["variables"],
                insecure=given["insecure"] or workload.insecure,
                seed=given["seed"] if given["seed"] is not None else secrets.randbits(31),
                pin=not given["no_pin"],
            ),
            progress,
        )
    finally:
        progress.close()
    return summary, samples


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host
