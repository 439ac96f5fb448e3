"""`perfgate export`: what a stored result holds, in the formats that other tools read."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import options
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.interchange.figures import Exported
    from perfgate.model import Result

Chosen = tuple[Path, "Result"]

_EXAMPLES = """\b
Examples:
  perfgate export --format csv
  perfgate export HEAD --format bencher -o bmf.json
  perfgate export main --side base --format go -o base.txt
  perfgate export HEAD --side head --format go -o head.txt && benchstat base.txt head.txt
  perfgate export HEAD~2 HEAD~1 HEAD --format otava -o series.json
  perfgate export .perfgate/results/<sha>/<name>.json --format hdrhistogram -o latencies.hlog

\b
Formats:
  github-action-benchmark         JSON, customSmallerIsBetter: times, CPU, errors
  github-action-benchmark-bigger  JSON, customBiggerIsBetter: throughput
  bencher                         Bencher Metric Format (BMF) JSON
  go                              Go benchmark text, a line an endpoint a round (benchstat)
  otava                           one line of JSON for Apache Otava
  csv, parquet                    a row an endpoint a round
  requests-csv, requests-parquet  a row a request, from the raw samples
  hdrhistogram                    HdrHistogram interval log, V2 compressed"""

FORMATS = (
    "github-action-benchmark",
    "github-action-benchmark-bigger",
    "bencher",
    "go",
    "otava",
    "csv",
    "requests-csv",
    "parquet",
    "requests-parquet",
    "hdrhistogram",
)
_ONE_RESULT = ("github-action-benchmark", "github-action-benchmark-bigger", "bencher", "hdrhistogram")
_OF_FIGURES = ("github-action-benchmark", "github-action-benchmark-bigger", "bencher", "otava")
_OF_VALID_ROUNDS = (*_OF_FIGURES, "go", "hdrhistogram")


@click.command(epilog=_EXAMPLES)
@click.argument("what", nargs=-1, metavar="[REF|FILE]...")
@click.option("--format", "name", required=True, type=click.Choice(FORMATS), help="What to write; see below.")
@click.option(
    "--side", type=click.Choice(("base", "head")), help="Of a REF, the result that was this side of its run."
)
@click.option("-o", "--output", type=click.Path(path_type=Path), metavar="PATH", help="Instead of stdout.")
@options.config_option
@options.workload_option
def command(
    *,
    what: tuple[str, ...],
    name: str,
    side: str | None,
    output: Path | None,
    config_path: Path,
    workload: Path | None,
) -> int:
    """Write a stored result in a format that other tools read.

    REF is a commit (HEAD unless given): its newest complete result of the workload is taken. FILE is a
    results file. What a format cannot hold is named on stderr.
    """
    _require_output(name, output)
    chosen = _chosen(what or ("HEAD",), config_path, workload, side)
    if len(chosen) > 1 and name in _ONE_RESULT:
        raise UsageError(
            f"--format {name} holds one result, and {len(chosen)} are named", "export them one by one"
        )
    for path, _ in chosen:
        _say(f"exporting {path}")
    pieces = _pieces(name, chosen)
    if output is None:
        for piece in pieces:
            sys.stdout.buffer.write(piece)
        sys.stdout.buffer.flush()
    else:
        from perfgate.store.atomic import write_atomically

        write_atomically(output, b"".join(pieces), within=output.parent)
        _say(f"written: {output}")
    return int(ExitCode.OK)


def _require_output(name: str, output: Path | None) -> None:
    if name.endswith("parquet"):
        from perfgate.interchange import parquetout

        if not parquetout.is_available():
            raise UsageError("Parquet needs pyarrow, which is not installed", parquetout.INSTALL)
        if output is None and sys.stdout.isatty():
            raise UsageError("Parquet is no text for a terminal", "name a file with -o")
    if output is not None and not output.parent.is_dir():
        raise UsageError(f"-o {str(output)!r}: {output.parent} is not a folder", "create it first")


def _chosen(
    what: Sequence[str], config_path: Path, workload: Path | None, side: str | None
) -> tuple[Chosen, ...]:
    from perfgate.store.results import load

    return tuple(
        (Path(each), load(Path(each)))
        if each.endswith(".json")
        else _of_commit(each, config_path, workload, side)
        for each in what
    )


def _of_commit(ref: str, config_path: Path, workload: Path | None, side: str | None) -> Chosen:
    """The newest complete result of a commit under the workload; `side` says which one of a pair.

    Raises:
        UsageError: there is none, or a file of the commit's folder cannot be used and none else is there.
    """
    from perfgate.cli.imported import imported_name
    from perfgate.config import config_without_file, load_config
    from perfgate.git import open_repository
    from perfgate.store.results import find, path_of

    known = imported_name(workload)
    config = (
        load_config(config_path)
        if known is None or config_path.exists()
        else config_without_file(config_path)
    )
    commit = open_repository(config.root).resolve(ref)
    found, skipped = find(config.store, commit.sha)
    for reason in skipped:
        _say(f"skipped: {reason.text} ({reason.remedy})")
    path = workload or config.workload
    if path is None:
        raise UsageError(f"{config_path}: names no workload", "say whose result: --workload load-test.yml")
    named = path.stem if known is None else known
    fitting = [r for r in found if r.workload_name == named and (side is None or r.side == side)]
    complete = [result for result in fitting if result.status == "complete"]
    if complete:
        return path_of(config.store, complete[0]), complete[0]
    if fitting:
        raise UsageError(
            f"every stored result of {ref} ({commit.sha[:10]}) was interrupted",
            f"name its file: {path_of(config.store, fitting[0])}",
        )
    raise _nothing(ref, named, side, [r.workload_name for r in found])


def _nothing(ref: str, named: str, side: str | None, others: Sequence[str]) -> UsageError:
    of_side = f" that was the {side} of its run" if side else ""
    stored = sorted(set(others))
    return UsageError(
        f"no stored result of {ref} under the workload {named!r}{of_side}",
        f"stored are results of {', '.join(map(repr, stored))}: choose with --workload or --side"
        if stored
        else f"measure it first: perfgate run {ref}",
    )


def _pieces(name: str, chosen: Sequence[Chosen]) -> Iterator[bytes]:
    if name.startswith("requests-"):
        yield from _requests(name, chosen)
        return
    from perfgate.cli.figures import exported
    from perfgate.interchange import columns, csvout, parquetout

    contents = []
    for _, result in chosen:
        content, unmeasured = exported(result)
        _say_left_out(name, content, [reason.text for reason in unmeasured])
        contents.append(content)
    if name == "csv":
        rows = columns.round_rows(contents)
        yield from (piece.encode() for piece in csvout.write_csv(columns.ROUND_COLUMNS, rows))
    elif name == "parquet":
        yield parquetout.write_parquet(columns.ROUND_COLUMNS, columns.round_rows(contents))
    else:
        yield _writer(name)(contents).encode()


def _writer(name: str) -> Callable[[Sequence[Exported]], str]:
    from perfgate.interchange import actionbenchout, bencherout, gobenchout, hdrlogout

    single = {
        "github-action-benchmark": actionbenchout.write_smaller_is_better,
        "github-action-benchmark-bigger": actionbenchout.write_bigger_is_better,
        "bencher": bencherout.write_bencher,
        "hdrhistogram": hdrlogout.write_hdrlog,
    }
    if name == "otava":
        return _otava
    if name in single:
        return lambda contents: single[name](contents[0])
    assert name == "go"  # noqa: S101 - every other name was handled
    return gobenchout.write_gobench


def _otava(contents: Sequence[Exported]) -> str:
    from perfgate.interchange.figures import metric_name
    from perfgate.interchange.otavaout import common_metrics, write_otava

    common = common_metrics(contents)
    every = {metric_name(figure.metric) for one in contents for figure in one.figures}
    for metric in sorted(every - common):
        _say(f"left out: {metric} (not in every result, and Otava lines them up by position)")
    if not common:
        raise UsageError("no metric is in every one of these results", "export results of one workload")
    return write_otava(contents)


def _requests(name: str, chosen: Sequence[Chosen]) -> Iterator[bytes]:
    from perfgate.interchange import columns, csvout, parquetout

    def rows() -> Iterable[tuple[columns.Cell, ...]]:
        from perfgate.store.samples import load_samples, samples_path

        for path, result in chosen:
            if not samples_path(path).is_file():
                raise UsageError(
                    f"{path}: its raw samples are not there", "export its rounds instead: --format csv"
                )
            yield from columns.request_rows(result, *load_samples(path))

    if name == "requests-csv":
        yield from (piece.encode() for piece in csvout.write_csv(columns.REQUEST_COLUMNS, rows()))
    else:
        yield parquetout.write_parquet(columns.REQUEST_COLUMNS, rows())


def _say_left_out(name: str, content: Exported, unmeasured: Sequence[str]) -> None:
    """Name on stderr what the result has and this format does not hold.

    Raises:
        UsageError: nothing would be left.
    """
    result = content.result
    if name in _OF_VALID_ROUNDS:
        left_out = [r for r in result.rounds if r.stage != "screen" or r.dropped_because]
        if len(left_out) == len(result.rounds):
            raise UsageError(
                f"no valid round in the result of {result.commit.ref}", "see its rounds: --format csv"
            )
        if left_out:
            _say(f"left out: {len(left_out)} of {len(result.rounds)} rounds (dropped, or confirmations)")
    if name in _OF_FIGURES:
        for text in unmeasured:
            _say(f"left out: {text}")
        _require_figures(name, content)


def _require_figures(name: str, content: Exported) -> None:
    directions = {figure.metric.better for figure in content.figures}
    if name == "github-action-benchmark" and "higher" in directions:
        _say("left out: throughput, of which more is better (--format github-action-benchmark-bigger)")
    if name == "github-action-benchmark-bigger":
        directions -= {"lower"}
    if not directions:
        raise UsageError(
            f"nothing in the result of {content.result.commit.ref} has a figure for --format {name}",
            "throughput is known only where connections sent without a pause and the service was busy"
            if name.endswith("bigger")
            else "see its rounds: --format csv",
        )


def _say(text: str) -> None:
    click.echo(text, file=sys.stderr)
