"""A load for a terminal or a CI log: the outcome first, then why and what to do, then the figures."""

from __future__ import annotations

from collections.abc import Sequence

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfgate.model import LoadSummary, Outcome, Reason
from perfgate.report import loadrows, loadwords
from perfgate.report.console import STYLES, new_console, print_reasons, print_wrapped, written
from perfgate.report.text import shorten
from perfgate.report.toolwords import tool_lines

_READABLE_NAME = 12


def render_load(
    summary: LoadSummary,
    outcome: Outcome,
    reasons: Sequence[Reason],
    warnings: Sequence[Reason],
    *,
    width: int,
    color: bool = False,
) -> str:
    """The whole report as text of at most `width` columns.

    Nothing in it is read as markup, and names are shortened before any number is.
    """
    console = new_console(max(width, 20), color=color)
    print_wrapped(console, loadwords.load_sentence(summary, outcome), style=STYLES[outcome])
    print_reasons(console, [("", reason) for reason in reasons], "• ")
    if summary.requests:
        _print_figures(console, summary)
    _print_counts(console, summary)
    if summary.tool is not None and (lines := tool_lines(summary.tool)):
        console.print()
        for number, line in enumerate(lines):
            print_wrapped(console, line, lead="  " if number else "")
    doubts = [*warnings, *(Reason(code="note", text=note) for note in summary.notes)]
    if doubts:
        console.print()
        print_reasons(console, [("", doubt) for doubt in doubts], "! ")
    console.print()
    print_wrapped(console, f"driver: {loadwords.driver_text(summary)}", style="dim")
    print_wrapped(console, loadwords.facts_text(summary), style="dim")
    return "\n".join(line.rstrip() for line in written(console).splitlines()) + "\n"


def _print_figures(console: Console, summary: LoadSummary) -> None:
    endpoints, times = loadrows.endpoint_rows(summary), loadrows.time_rows(summary)
    console.print()
    _print_table(console, loadrows.ENDPOINT_HEADS, endpoints)
    if times:
        console.print()
        _print_table(console, loadrows.TIME_HEADS, times)
    print_wrapped(console, loadrows.legend([*endpoints, *times], summary), style="dim")
    if not summary.profile.is_open and summary.service is not None and summary.tool is None:
        print_wrapped(console, loadwords.CLOSED_MODEL)


def _print_counts(console: Console, summary: LoadSummary) -> None:
    """What failed, what was answered and what was never sent, where there is any of it."""
    errors, statuses = loadwords.error_lines(summary), loadwords.statuses_text(summary)
    dropped = loadwords.dropped_text(summary)
    if errors or statuses or dropped:
        console.print()
    if dropped:
        print_wrapped(console, f"dropped: {dropped}", style="bold")
    if errors:
        print_wrapped(console, "errors:")
    for line in errors:
        print_wrapped(console, line, lead="  ")
    if statuses:
        print_wrapped(console, f"statuses: {statuses}")


def _print_table(console: Console, heads: Sequence[str], rows: Sequence[Sequence[str]]) -> None:
    """The table with gaps of two columns or of one, or a few lines a row where not even that fits."""
    longest = max(cell_len(row[0]) for row in rows)
    numbers = sum(max(map(cell_len, column)) for column in list(zip(heads, *rows, strict=True))[1:])
    for gap in (2, 1):
        room = console.width - numbers - gap * (len(heads) - 1)
        if room >= max(min(longest, _READABLE_NAME), len(heads[0])) and (room >= longest or gap == 1):
            console.print(_table(heads, rows, room, gap))
            return
    for row in rows:
        console.print(Text(shorten(row[0], console.width)))
        cells = zip(heads[1:], row[1:], strict=True)
        print_wrapped(console, ", ".join(f"{head} {cell}" for head, cell in cells), lead="  ")


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], name_width: int, gap: int) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    for number, head in enumerate(heads):
        table.add_column(head, no_wrap=True, justify="right" if number else "left")
    for row in rows:
        table.add_row(*(Text(cell) for cell in (shorten(row[0], name_width), *row[1:])))
    return table
