"""Where a verdict goes: the terminal, files asked for with -o, and the exit code."""

from __future__ import annotations

import datetime
import os
import shutil
import sys
from collections.abc import Callable, Collection
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import streams
from perfgate.errors import ExitCode, MeasureError, UsageError
from perfgate.model import Outcome

if TYPE_CHECKING:
    from perfgate.model import Evidence, Verdict
    from perfgate.progress import Progress
    from perfgate.report.page.model import Page
    from perfgate.report.picture import PictureFormat

FORMATS = ("json", "markdown", "html", "png", "svg", "junit", "gitlab-metrics")
PICTURES: tuple[PictureFormat, ...] = ("png", "svg")
"""Formats that can be a folder too, with a picture for each figure in it."""

LOAD_FORMATS = ("json", "markdown")
PIPE_WIDTH = 120

_EXIT_CODES = {
    Outcome.PASS: ExitCode.OK,
    Outcome.IMPROVED: ExitCode.OK,
    Outcome.REGRESSED: ExitCode.REGRESSED,
    Outcome.THRESHOLD_BREACHED: ExitCode.REGRESSED,
    Outcome.INCONCLUSIVE: ExitCode.INCONCLUSIVE,
    Outcome.INVALID: ExitCode.INVALID,
}


def outputs_of(
    values: Collection[str], formats: Collection[str], *, folders: Collection[str] = ()
) -> tuple[tuple[str, Path], ...]:
    """Read `FORMAT=PATH` texts.

    A format in `folders` may name a folder: one that exists, or a path with a slash at its end, which is
    then made.

    Raises:
        UsageError: no `=`, an unknown format, a folder that does not exist, or one in place of a file:
            better now than after minutes of measuring.
    """
    outputs = []
    for value in values:
        name, equals, path = value.partition("=")
        if not equals or not path or name not in formats:
            what = f"there is no format {name!r} here" if equals and path else "not FORMAT=PATH"
            raise UsageError(
                f"-o {value!r}: {what}", f"the formats are {', '.join(formats)}, as in -o json=out.json"
            )
        if not Path(path).parent.is_dir():
            raise UsageError(f"-o {value!r}: {Path(path).parent} is not a folder", "create it first")
        is_folder = path.endswith("/") or Path(path).is_dir()
        if is_folder and name not in folders:
            raise UsageError(f"-o {value!r}: {name} is one file, and this a folder", "name a file in it")
        outputs.append((name, Path(path), is_folder))
    for name, folder, is_folder in outputs:
        if is_folder:
            _make_folder(name, folder)
    return tuple((name, path) for name, path, _ in outputs)


def _make_folder(name: str, folder: Path) -> None:
    """Make it if it is not there; if the command then puts nothing in, it is taken away at its end."""
    if folder.is_symlink():
        raise UsageError(f"-o {name}={folder}: a symbolic link", "name the folder itself")
    if folder.is_dir():
        return
    try:
        folder.mkdir()
        click.get_current_context().find_root().call_on_close(lambda: _remove_empty(folder.absolute()))
    except OSError as error:
        raise UsageError(
            f"-o {name}={folder}/: no folder can be made there ({error.strerror})", "name another one"
        ) from error


def _remove_empty(folder: Path) -> None:
    with suppress(OSError):
        folder.rmdir()


def output_option_of(
    formats: Collection[str], what: str, *, folders: Collection[str] = ()
) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """The option `-o` of a command that can write `what` in these formats."""
    folder = f"; {' and '.join(folders)} may be a folder" if folders else ""
    return click.option(
        "-o",
        "--output",
        "outputs",
        multiple=True,
        metavar="FORMAT=PATH",
        callback=lambda _context, _parameter, values: outputs_of(values, formats, folders=folders),
        help=f"Also write {what} to a file ({', '.join(formats)}){folder}; may be repeated.",
    )


output_option = output_option_of(FORMATS, "the verdict", folders=PICTURES)


def uses_color(*, is_terminal: bool) -> bool:
    """Colour goes to terminals only, and not where NO_COLOR is set to anything (no-color.org)."""
    return is_terminal and not os.environ.get("NO_COLOR")


def start_progress(*, quiet: bool) -> Progress:
    """Progress on stderr."""
    from perfgate.report.progress import make_progress

    return make_progress(sys.stderr, quiet=quiet, color=uses_color(is_terminal=sys.stderr.isatty()))


def publish(
    verdict: Verdict,
    outputs: tuple[tuple[str, Path], ...],
    evidence: Evidence | None = None,
    *,
    head_sha: str = "",
) -> int:
    """Print the verdict, write the files asked for, and return the exit code.

    Args:
        verdict: what was concluded.
        outputs: formats and paths, as `outputs_of` reads them.
        evidence: results, requests and series for the page and the pictures; without any they show the
            verdict alone.
        head_sha: the pull request's head, where a merge of it was measured.

    Raises:
        MeasureError: a file could not be written; the verdict has been printed by then.
    """
    from perfgate.report import terminal

    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else PIPE_WIDTH
    try:
        click.echo(terminal.render(verdict, width=width, color=uses_color(is_terminal=is_terminal)), nl=False)
    except BrokenPipeError:
        # Whoever reads the first line alone wants the files and the verdict's exit code all the same.
        streams.discard(sys.stdout)
    write_outputs(verdict, outputs, evidence, head_sha=head_sha)
    return exit_code_of(verdict)


def exit_code_of(verdict: Verdict) -> int:
    """What the verdict answers to the shell."""
    return int(_EXIT_CODES[verdict.outcome])


def write_outputs(
    verdict: Verdict,
    outputs: tuple[tuple[str, Path], ...],
    evidence: Evidence | None = None,
    *,
    head_sha: str = "",
) -> None:
    """Write the files asked for, each whole or not at all; the arguments are those of `publish`.

    Raises:
        MeasureError: one could not be written.
    """
    head_sha = head_sha or verdict.head.sha
    paged = any(needs_page(name, path) for name, path in outputs)
    page = _page_of(verdict, evidence, head_sha) if paged else None
    for name, path in outputs:
        kind = next((kind for kind in PICTURES if kind == name), None)
        if kind is not None:
            _write_pictures(kind, path, verdict, page)
        else:
            write_text(name, path, _text_of(name, verdict, page, head_sha))


def needs_page(name: str, path: Path) -> bool:
    """Whether an output shows more than the verdict itself."""
    return name == "html" or (name in PICTURES and path.is_dir())


def _page_of(verdict: Verdict, evidence: Evidence | None, head_sha: str) -> Page:
    from perfgate.report.page.build import page_of

    now = datetime.datetime.now(datetime.UTC)
    generated_at = now.strftime("%Y-%m-%dT%H:%M:%SZ")
    return page_of(verdict, evidence, generated_at=generated_at, head_sha=head_sha)


def _text_of(name: str, verdict: Verdict, page: Page | None, head_sha: str) -> str:
    from perfgate.report import comment, gitlab, jsonout, junit

    match name:
        case "json":
            return jsonout.render(verdict)
        case "markdown":
            return comment.render_comment(verdict, comment.CommentContext(key="", head_sha=head_sha))
        case "junit":
            return junit.render_junit(verdict)
        case "gitlab-metrics":
            return gitlab.render_metrics(verdict)
        case "html" if page is not None:
            from perfgate.report.html.render import render_page

            return render_page(page)
    raise ValueError(f"no report is called {name}")


def _write_pictures(kind: PictureFormat, path: Path, verdict: Verdict, page: Page | None) -> None:
    """The forest plot, and in a folder a picture of each figure of the page beside it."""
    from perfgate.report import plot

    if page is None or not path.is_dir():
        plot.write_forest(verdict, path, kind)
        return
    from perfgate.report.figures import write_figures

    plot.write_forest(verdict, path / f"forest.{kind}", kind)
    left_out = write_figures(page, path, kind)
    if left_out:
        click.echo(f"{path}: {left_out} more endpoints are not drawn", file=sys.stderr)


def write_text(name: str, path: Path, text: str) -> None:
    """Write a report to the file that `-o` named, whole or not at all.

    Raises:
        MeasureError: it cannot be written.
    """
    from perfgate.report.wholefile import write_whole

    try:
        write_whole(path, text.encode("utf-8"))
    except OSError as error:
        raise MeasureError(
            f"-o {name}={path}: cannot be written ({error.strerror})", "name a path that can be written"
        ) from error
