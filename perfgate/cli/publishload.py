"""What every load on a running service shares, whoever sends it: where to, the limits, the report."""

from __future__ import annotations

import shutil
import sys
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import output
from perfgate.cli.approach import approach_of
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.measure.address import Approach
    from perfgate.model import LoadSummary, Outcome, Reason, Samples, Workload


def approach_for(given: dict[str, Any], workload: Workload, config: Config | None) -> Approach:
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


def service_of(workload: Workload, path: Path) -> str:
    """The root of the service a file was written for."""
    from urllib.parse import urlsplit

    if workload.target is None:
        raise UsageError(f"{path}: names no target", "say where the service runs: --target http://HOST:PORT")
    parts = urlsplit(workload.target)
    return f"{parts.scheme}://{parts.netloc}"


def thresholds_of_load(config: Config | None) -> tuple[Threshold, ...]:
    """The thresholds of a configuration, if there is one."""
    from perfgate.cli.project import thresholds_of

    return thresholds_of(config) if config else ()


def breaches_of_load(
    thresholds: tuple[Threshold, ...], samples: Samples, summary: LoadSummary
) -> tuple[tuple[Outcome, Reason], ...]:
    """Every threshold the load breaks, and every one without data."""
    from perfgate.gate.slo import breaches_of
    from perfgate.load.user import NOT_SENT

    if not thresholds:
        return ()
    return breaches_of(thresholds, samples, duration_ns=round(summary.elapsed_s * 1e9), unsent=NOT_SENT)


def objections_of_load(summary: LoadSummary) -> tuple[tuple[Outcome, Reason], ...]:
    """What the load test itself says against the run breaches it, as a threshold would."""
    from perfgate.model import Outcome, Reason

    hint = "see the file, which says so itself, and what the service logged"
    return tuple(
        (Outcome.THRESHOLD_BREACHED, Reason(code="test_objects", text=text, remedy=hint))
        for text in summary.objections
    )


def publish(
    summary: LoadSummary,
    outcome: Outcome,
    reasons: Sequence[Reason],
    warnings: Sequence[Reason],
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    """Print the report, write the others, and return the exit code."""
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
