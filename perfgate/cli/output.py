"""Where a verdict goes: the terminal, files asked for with -o, and the exit code."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.errors import ExitCode, MeasureError, UsageError
from perfgate.model import Outcome

if TYPE_CHECKING:
    from perfgate.model import Evidence, Verdict
    from perfgate.progress import Progress

FORMATS = ("json", "markdown", "png")
PIPE_WIDTH = 120

_EXIT_CODES = {
    Outcome.PASS: ExitCode.OK,
    Outcome.IMPROVED: ExitCode.OK,
    Outcome.REGRESSED: ExitCode.REGRESSED,
    Outcome.THRESHOLD_BREACHED: ExitCode.REGRESSED,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Outcome.INVALID: ExitCode.INVALID,
}


def parse_outputs(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    """Read `-o FORMAT=PATH` options of a verdict or a load report (a click callback).

    Raises:
        UsageError: as `outputs_of`.
    """
    return outputs_of(values, FORMATS)


def outputs_of(values: Collection[str], formats: Collection[str]) -> tuple[tuple[str, Path], ...]:
    """Read `FORMAT=PATH` texts.

    Raises:
        UsageError: no `=`, an unknown format, or a folder that does not exist: better now than after
            minutes of measuring.
    """
    outputs = []
    for value in values:
        name, equals, path = value.partition("=")
        if not equals or not path or name not in formats:
            raise UsageError(
                f"-o {value!r}: not FORMAT=PATH",
                f"the formats are {', '.join(formats)}, as in -o json=out.json",
            )
        if not Path(path).parent.is_dir():
            raise UsageError(f"-o {value!r}: {Path(path).parent} is not a folder", "create it first")
        outputs.append((name, Path(path)))
    return tuple(outputs)


output_option = click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT=PATH",
    callback=parse_outputs,
    help=f"Also write the verdict to a file ({', '.join(FORMATS)}); may be repeated.",
)


def uses_color(*, is_terminal: bool) -> bool:
    """Colour goes to terminals only, and not where NO_COLOR is set to anything (no-color.org)."""
    return is_terminal and not os.environ.get("NO_COLOR")


def start_progress(*, quiet: bool) -> Progress:
    """Progress on stderr."""
    from perfgate.report.progress import make_progress

    return make_progress(sys.stderr, quiet=quiet, color=uses_color(is_terminal=sys.stderr.isatty()))


def publish(verdict: Verdict, outputs: tuple[tuple[str, Path], ...], evidence: Evidence | None = None) -> int:
    """Print the verdict, write the files asked for, and return the exit code.

    Raises:
        MeasureError: a file could not be written; the verdict has been printed by then.
    """
    from perfgate.report import terminal

    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else PIPE_WIDTH
    click.echo(terminal.render(verdict, width=width, color=uses_color(is_terminal=is_terminal)), nl=False)
    for name, path in outputs:
        _write(name, path, verdict)
    return int(_EXIT_CODES[verdict.outcome])


def _write(name: str, path: Path, verdict: Verdict) -> None:
    from perfgate.report import jsonout, markdown, plot

    if name == "png":
        plot.write_png(verdict, path)
        return
    write_text(name, path, jsonout.render(verdict) if name == "json" else markdown.render(verdict))


def write_text(name: str, path: Path, text: str) -> None:
    """Write a report to the file that `-o` named.

    Raises:
        MeasureError: it cannot be written.
    """
    try:
        path.write_text(text, encoding="utf-8")
    except OSError as error:
        raise MeasureError(
            f"-o {name}={path}: cannot be written ({error.strerror})", "name a path that can be written"
        ) from error
