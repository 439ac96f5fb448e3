"""`perfgate import`: a result of a commit from what other tools measured."""

from __future__ import annotations

import hashlib
import sys
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options, project
from perfgate.cli.imported import open_for_import
from perfgate.config import CONFIG_NAME
from perfgate.errors import ExitCode, MeasureError, UsageError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfgate.interchange.imported import Imported, Shown
    from perfgate.measure.imported import Made, Stated
    from perfgate.model import Commit

_EXAMPLES = """\b
Examples:
  k6 run --out json=run1.json script.js && perfgate import run1.json
  perfgate import run*.json --commit main
  perfgate import results.jtl --workload imported:checkout --environment ci-large
  go test -bench . -count 10 > bench.txt; perfgate import bench.txt --workload imported:go
  perfgate compare main HEAD --stored"""
_CHUNK_BYTES = 1 << 20


@click.command(epilog=_EXAMPLES)
@click.argument("files", nargs=-1, required=True, metavar="FILE...", type=click.Path(path_type=Path))
@options.config_option
@click.option(
    "--workload",
    type=click.Path(path_type=Path),
    metavar="FILE|imported:NAME",
    help="What was sent: a workload, or a name for what perfgate has not read.",
)
@click.option("--commit", "ref", default="HEAD", show_default=True, metavar="REF", help="What was measured.")
@click.option("--branch", metavar="NAME", help="The branch, if not the one that REF names.")
@click.option("--format", "format_name", metavar="NAME", help="The format, if the content does not show it.")
@click.option("--unit", metavar="UNIT", help="Of values in an HdrHistogram: ns, us, ms or s.")
@click.option("--environment", default="", metavar="NAME", help="Where it was measured, in your words.")
@click.option("--load", default="", metavar="TEXT", help="How much load it was, in your words.")
@click.option("--allow-truncated", is_flag=True, help="Leave out a last line that is cut off, and say so.")
def command(
    *,
    files: tuple[Path, ...],
    config_path: Path,
    workload: Path | None,
    ref: str,
    branch: str | None,
    format_name: str | None,
    unit: str | None,
    environment: str,
    load: str,
    allow_truncated: bool,
) -> int:
    """Make a result of a commit from what other tools measured, and store it.

    Every file is one run of the same test on the same commit, and runs are what comparisons count: ten or
    more of each commit can show a change, one can show a large one at most. `perfgate compare A B --stored`
    and `perfgate history` use what is stored. Only results of one tool and one definition of latency are
    compared.

    Summaries (k6's, Artillery's, autocannon, ab, wrk, ...) are shown and never stored.
    """
    from perfgate.git import open_repository
    from perfgate.measure.imported import Stated, result_of

    _require_words(format_name, unit, environment, load)
    opened, named = open_for_import(config_path, workload)
    repository = open_repository(opened.config.root)
    commit = repository.resolve(ref)
    if branch is not None:
        commit = replace(commit, branch=branch)
    digest = _digest(files)
    imports = _read(files, commit, format_name, unit, allow_truncated=allow_truncated)
    stated = Stated(
        commit=commit,
        workload_name=opened.workload.name,
        workload_digest=opened.workload.digest,
        environment=environment.strip(),
        load=load.strip(),
    )
    made = result_of(imports, stated, digest=digest, now=datetime.now(UTC))
    return _store(opened, made, stated, named, config_path)


def _require_words(format_name: str | None, unit: str | None, environment: str, load: str) -> None:
    from perfgate.interchange.formats import NAMES
    from perfgate.interchange.hdrlog import UNITS_NS

    for flag, word, known in (("--format", format_name, NAMES), ("--unit", unit, tuple(UNITS_NS))):
        if word is not None and word not in known:
            raise UsageError(f"{flag} {word!r}: there is none", f"there are {', '.join(known)}")
    for flag, text in (("--environment", environment), ("--load", load)):
        if len(text) > 100 or not text.isprintable():
            raise UsageError(f"{flag}: too long, or not printable", "say it in 100 characters")


def _digest(files: Sequence[Path]) -> str:
    """The digest of all files together; the same content twice would count one run as two.

    Raises:
        UsageError: two files are the same.
    """
    seen: dict[str, Path] = {}
    for path in files:
        own = hashlib.sha256()
        try:
            if not path.is_file():
                continue  # reading it says why it cannot be used
            with path.open("rb") as file:
                while chunk := file.read(_CHUNK_BYTES):
                    own.update(chunk)
        except OSError:
            continue
        if other := seen.get(own.hexdigest()):
            raise UsageError(
                f"{other} and {path} hold the same: one run would count as two",
                "give every run once; the spread between runs is what a comparison rests on",
            )
        seen[own.hexdigest()] = path
    return hashlib.sha256(" ".join(sorted(seen)).encode()).hexdigest()


def _read(
    files: Sequence[Path], commit: Commit, format_name: str | None, unit: str | None, *, allow_truncated: bool
) -> list[tuple[str, Imported]]:
    from perfgate.interchange.formats import Asked, read_file
    from perfgate.interchange.imported import Imported
    from perfgate.interchange.source import Source, shown

    asked = Asked(sha=commit.sha, unit=unit)
    imports: list[tuple[str, Imported]] = []
    summaries: list[tuple[Path, Shown]] = []
    for path in files:
        read = read_file(Source(path, allow_truncated=allow_truncated), asked, name=format_name)
        if isinstance(read, Imported):
            imports.append((shown(path.name), read))
        else:
            summaries.append((path, read))
    if summaries:
        _show(summaries)
    return imports


def _show(summaries: Sequence[tuple[Path, Shown]]) -> None:
    """Print what summaries say, and that nothing was stored.

    Raises:
        UsageError: always.
    """
    from perfgate.interchange.source import shown
    from perfgate.interchange.summary import MAX_SHOWN_ROWS
    from perfgate.report.levels import render_table
    from perfgate.report.text import shorten

    for path, summary in summaries:
        click.echo(f"{shown(path)}: {shown(summary.tool)}")
        rows = [
            (shorten(subject or "all", 40), shorten(name, 60), shorten(value, 40))
            for subject, name, value in summary.rows[:MAX_SHOWN_ROWS]
        ]
        click.echo(render_table(("of", "what", "value"), rows), nl=False)
        if len(summary.rows) > MAX_SHOWN_ROWS:
            click.echo(f"and {len(summary.rows) - MAX_SHOWN_ROWS} more")
    path, summary = summaries[0]
    raise UsageError(
        f"{shown(path)}: {summary.tool} is a summary, so it was shown and nothing was stored: {summary.why}",
        summary.instead,
    )


def _store(opened: project.Project, made: Made, stated: Stated, named: Path | None, config_path: Path) -> int:
    from perfgate.gate.levels import run_levels
    from perfgate.gate.validity import invalidity_alone
    from perfgate.report.levels import render_levels
    from perfgate.report.text import clean
    from perfgate.store.results import find, save

    result = made.result
    stored, _ = find(opened.config.store, stated.commit.sha)
    earlier = next((each for each in stored if each.run_id == result.run_id), None)
    if earlier is not None:
        result = replace(result, started_at=earlier.started_at)
    path = save(opened.config.store, result, made.samples)
    click.echo(render_levels(result, run_levels(result, opened.policy)), nl=False)
    click.echo(f"latency: {clean(result.latency_definition)}")
    click.echo(f"stored: {clean(str(path))}" + (" (again: the same files)" if earlier is not None else ""))
    for note in result.notes:
        click.echo(f"note: {clean(note)}", file=sys.stderr)
    words = ["perfgate", "compare", "BASE", result.commit.ref, "--stored"]
    words += ["--workload", str(named)] if named is not None else []
    words += ["-c", str(config_path)] if str(config_path) != CONFIG_NAME else []
    click.echo(f"compare it: {clean(project.shell_words(words))}")
    for reason in invalidity_alone(result, opened.policy):
        raise MeasureError(f"stored, but no evidence by itself: {reason.text}", reason.remedy)
    return int(ExitCode.OK)
