"""`perfgate history`: how every metric moved from commit to commit, with change points and creep."""

from __future__ import annotations

import shutil
import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import options, output, project
from perfgate.cli.loadtest import load_test_options
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection

    from perfgate.gate.history import Line, Recorded
    from perfgate.model import History, Reason

FORMATS = ("json", "png", "html")
_EXAMPLES = """\b
Examples:
  perfgate history
  perfgate history --endpoint 'GET /items*' --metric p95
  perfgate history --limit 50 -o png=history.png -o json=history.json
  perfgate history --limit 200 -o html=history.html
  perfgate history --group 2

It informs and never fails: the exit code is 0 also where levels changed."""


def _outputs(
    _context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]
) -> tuple[tuple[str, Path], ...]:
    return output.outputs_of(values, FORMATS)


@click.command(epilog=_EXAMPLES)
@options.config_option
@options.workload_option
@load_test_options
@click.option(
    "--endpoint", "endpoints", multiple=True, metavar="GLOB", help="Only these endpoints, commit by commit."
)
@click.option(
    "--metric",
    "metrics",
    multiple=True,
    metavar="NAME",
    help="Only p50, p95, p99, cpu, throughput or errors, commit by commit; may be repeated.",
)
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=20,
    show_default=True,
    help="Show so many of the newest commits; changes are looked for in all.",
)
@click.option(
    "--group",
    type=click.IntRange(1, 10_000),
    metavar="N",
    default=1,
    show_default=True,
    help="Which of the groups of comparable runs; 1 is the largest.",
)
@click.option(
    "--all-commits", is_flag=True, help="Also commits that are not on HEAD's first-parent line, by time."
)
@click.option("--plot", type=click.Path(path_type=Path), metavar="FILE", help="The same as -o png=FILE.")
@click.option(
    "-o",
    "--output",
    "outputs",
    multiple=True,
    metavar="FORMAT=PATH",
    callback=_outputs,
    help=f"Also write the history to a file ({', '.join(FORMATS)}); may be repeated.",
)
def command(
    *,
    config_path: Path,
    workload: Path | None,
    endpoints: tuple[str, ...],
    metrics: tuple[str, ...],
    limit: int,
    group: int,
    all_commits: bool,
    plot: Path | None,
    outputs: tuple[tuple[str, Path], ...],
    **test: Any,
) -> int:
    """Show how every metric moved from commit to commit, with change points and creep.

    A change point is the first commit of a new level. Creep is a rise of which every commit is tolerated
    and the sum is not. Only runs under the same conditions are put in one row: stored results and those of
    the committed baseline.
    """
    from perfgate.report import history as report
    from perfgate.stats.changepoints import INSTALL

    if plot is not None:
        outputs = (*outputs, *output.outputs_of([f"png={plot}"], FORMATS))
    opened = project.open_project(config_path, workload, **test)
    _refuse_unknown_metrics(metrics)
    found = _read(opened, group, all_commits=all_commits)
    shown = _selected(found, endpoints, metrics)
    is_terminal = sys.stdout.isatty()
    width = shutil.get_terminal_size().columns if is_terminal else output.PIPE_WIDTH
    text = report.render(shown, commits=bool(endpoints or metrics), limit=limit, width=width, install=INSTALL)
    click.echo(text, nl=False)
    for name, path in outputs:
        _write(name, path, shown, limit)
    return int(ExitCode.OK)


def _write(name: str, path: Path, shown: History, limit: int) -> None:
    from perfgate.report import historyjson, historyplot
    from perfgate.report.html import render_history
    from perfgate.stats.changepoints import INSTALL

    if name == "png":
        historyplot.write_png(shown, path, limit=limit)
    elif name == "html":
        output.write_text(name, path, render_history(shown, limit=limit, install=INSTALL))
    else:
        output.write_text(name, path, historyjson.render(shown))


def _read(opened: project.Project, group: int, *, all_commits: bool) -> History:
    from perfgate.cli.past import recorded_runs
    from perfgate.gate.history import circles_of, history_of

    recorded, left_out = recorded_runs(opened)
    if not recorded:
        raise _nothing(opened, left_out)
    circles = circles_of(recorded)
    if group > len(circles):
        raise UsageError(
            f"there is no group {group} of comparable runs, only {len(circles)}",
            "perfgate history names the others below its table",
        )
    return history_of(
        opened.workload.name,
        recorded,
        _line(opened, recorded),
        opened.policy,
        circle=group,
        all_commits=all_commits,
        left_out=left_out,
    )


def _nothing(opened: project.Project, left_out: Collection[Reason]) -> UsageError:
    but = f" that can be used ({'; '.join(r.text for r in left_out)})" if left_out else ""
    return UsageError(
        f"no stored run of {opened.workload.name!r}{but} in {opened.config.store} or "
        f"{opened.config.baselines}",
        "measure some: perfgate compare BASE HEAD, perfgate run REF, or perfgate baseline update",
    )


def _line(opened: project.Project, recorded: Collection[Recorded]) -> Line:
    """The first-parent history of HEAD; none where there is no repository or no commit yet."""
    from perfgate.git import open_repository

    try:
        return open_repository(opened.config.root).line_of("HEAD")
    except UsageError:
        return ()


def _refuse_unknown_metrics(metrics: Collection[str]) -> None:
    from perfgate.model import STATISTICS

    for name in metrics:
        if name not in STATISTICS:
            raise UsageError(f"--metric {name!r}: no such metric", f"there are {', '.join(STATISTICS)}")


def _selected(history: History, endpoints: Collection[str], metrics: Collection[str]) -> History:
    """The history of only some metrics; what was found in them stays, for all were looked at together.

    Raises:
        UsageError: a name that no measured endpoint or metric has.
    """
    from perfgate.gate.policy import Rule
    from perfgate.report.words import endpoint_text

    names = {past.metric.endpoint: endpoint_text(past.metric) for past in history.metrics}
    wanted: set[str] = set(names) if not endpoints else set()
    for glob in endpoints:
        found = {name for name, text in names.items() if Rule(endpoint=glob).matches(text)}
        if not found:
            raise UsageError(
                f"--endpoint {glob!r}: no endpoint of this group is called so",
                f"there are {', '.join(sorted(names.values())[:20])}",
            )
        wanted |= found
    kept = tuple(
        past
        for past in history.metrics
        if past.metric.endpoint in wanted and (not metrics or past.metric.statistic in metrics)
    )
    if not kept:
        raise UsageError(
            f"{', '.join(metrics)} was not measured at {', '.join(endpoints) or 'any endpoint'}",
            "there are "
            + ", ".join(
                dict.fromkeys(p.metric.statistic for p in history.metrics if p.metric.endpoint in wanted)
            ),
        )
    return replace(history, metrics=kept)
