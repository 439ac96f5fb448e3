"""What the measuring step leaves: the bundle, the page, the summary, and what GitHub's step is told."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli.ci_bundle import BUNDLE_NAME, Bundle, Failure, write_bundle
from perfgate.errors import ExitCode, MeasureError, PerfgateError, UsageError

if TYPE_CHECKING:
    from perfgate.github.run import ActionsRun
    from perfgate.model import Evidence, Verdict

REPORT_NAME, SUMMARY_NAME = "report.html", "summary.md"
_MOST_REGRESSED, _NAME_WIDTH = 100, 200
"""GitHub takes 1 MiB of outputs, and names come from anybody."""


def begin(folder: Path, *, key: str) -> None:
    """Put a bundle that says that this run was stopped in place of what an earlier one left.

    It stays if the process is killed, or if there is no room for another: the artifact of an earlier attempt
    of the same run is then overwritten, and not posted again as this one's.

    Raises:
        UsageError: a symbolic link leads out of the working directory.
        MeasureError: what is there cannot be removed, or nothing can be written.
    """
    require_here(folder)
    for name in (BUNDLE_NAME, REPORT_NAME, SUMMARY_NAME):
        try:
            (folder / name).unlink(missing_ok=True)
        except OSError as error:
            raise MeasureError(
                f"{folder / name}: cannot be removed ({error.strerror})", "name another folder with --bundle"
            ) from error
    stopped = Failure(
        message="perfgate was stopped before it came to a verdict",
        hint="see the log of the measuring step: it was cancelled, or ran out of time, memory or space",
    )
    write_bundle(folder, Bundle(key=key, head_sha="", exit_code=int(ExitCode.INVALID), failure=stopped))


def require_here(folder: Path) -> None:
    """Files that a checkout's links lead to are somebody else's: they must be neither removed nor written.

    Raises:
        UsageError: a symbolic link leads out of the working directory.
    """
    here = Path.cwd()
    named = Path(os.path.normpath(folder.absolute()))
    if named.is_relative_to(here) and not folder.resolve().is_relative_to(here.resolve()):
        raise UsageError(
            f"--bundle {folder}: a symbolic link leads out of the working directory",
            "remove the link, or name the folder itself",
        )


def record(folder: Path, run: ActionsRun | None, bundle: Bundle, evidence: Evidence | None) -> None:
    """Write the bundle first, then what is rendered from it; a verdict without its page is still one.

    Raises:
        MeasureError: bundle or summary cannot be written.
    """
    write_bundle(folder, bundle)
    _say(folder, run, bundle, _write_report(folder, bundle, evidence))


def record_failure(folder: Path, run: ActionsRun | None, error: Exception, *, key: str) -> None:
    """Leave a bundle that says why there is no verdict; the error itself goes on to whoever started this."""
    if isinstance(error, PerfgateError):
        failure, code = Failure(message=error.message, hint=error.hint), int(error.exit_code)
    else:
        message = f"this is a bug in perfgate: {type(error).__name__}: {error}"
        failure, code = (
            Failure(message=message, hint="please report it; the log says more"),
            int(ExitCode.BUG),
        )
    bundle = Bundle(key=key, head_sha=_reported(run), exit_code=code, failure=failure)
    try:
        write_bundle(folder, bundle)
        _say(folder, run, bundle, None)
    except PerfgateError as second:
        click.echo(f"nor could the reason be written: {second.message}", file=sys.stderr)


def tell_step(run: ActionsRun, bundle: Bundle, *, report: Path | None, summary: str) -> None:
    """Write the outputs of the step and, on the page of its run, the summary.

    Raises:
        MeasureError: GitHub's files for them cannot be written.
    """
    from perfgate.github.commands import append, output_text

    values = {
        "verdict": str(bundle.verdict.outcome) if bundle.verdict else "ERROR",
        "exit-code": str(bundle.exit_code),
        "report": str(report) if report else "",
        "regressed": json.dumps(_regressed(bundle.verdict)),
    }
    if run.output_path is not None:
        append(run.output_path, output_text(values))
    if run.summary_path is not None and summary:
        append(run.summary_path, summary)


def _say(folder: Path, run: ActionsRun | None, bundle: Bundle, report: Path | None) -> None:
    from perfgate.cli.ci_words import step_summary
    from perfgate.store.atomic import write_atomically

    text = step_summary(bundle, report_url=run.run_url if run is not None else "")
    write_atomically(folder / SUMMARY_NAME, text.encode("utf-8"), within=folder)
    if run is not None:
        tell_step(run, bundle, report=report, summary=text)


def _write_report(folder: Path, bundle: Bundle, evidence: Evidence | None) -> Path | None:
    from perfgate.cli.output import write_outputs

    path = folder / REPORT_NAME
    if bundle.verdict is None:
        return None
    try:
        write_outputs(bundle.verdict, (("html", path),), evidence, head_sha=bundle.head_sha)
    except Exception as error:
        click.echo(f"no {REPORT_NAME}: {type(error).__name__}: {error}", file=sys.stderr)
        return None
    return path


def _regressed(verdict: Verdict | None) -> list[str]:
    from perfgate.model import Outcome
    from perfgate.report.text import clean, shorten
    from perfgate.report.words import worst_first

    if verdict is None:
        return []
    found = [
        f"{shorten(clean(each.metric.endpoint), _NAME_WIDTH)} {each.metric.statistic}"
        for each in worst_first(verdict.comparisons)
        if each.outcome == Outcome.REGRESSED and each.accepted is None
    ]
    return found[:_MOST_REGRESSED]


def _reported(run: ActionsRun | None) -> str:
    from perfgate.cli.ci_events import reported_sha

    try:
        return reported_sha(run) if run is not None else ""
    except PerfgateError:
        return ""
