"""The verdict for a terminal or a CI log: the answer first, then why and what to do, then the table."""

from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfgate.model import Verdict
from perfgate.report.console import STYLES, new_console, print_reasons, print_wrapped, written
from perfgate.report.headline import headline, told_by_headline
from perfgate.report.text import clean, shorten
from perfgate.report.words import ACCEPTED, MDE_MEANING, Row, doubts, facts_text, rows

_HEADS = ("endpoint", "metric", "base", "head", "change", "adj. p", "MDE", "verdict")
_RIGHT = {"base", "head", "adj. p", "MDE"}
_LEGEND = "change: head against base, with its interval · adj. p: adjusted over all metrics · " + MDE_MEANING
_ACCEPTED_STYLE = "yellow"
_COMFORTABLE_NAME = 24
_READABLE_NAME = 12


def render(verdict: Verdict, *, width: int, color: bool) -> str:
    """The whole report as text of at most `width` columns (the reproduce command alone is never wrapped).

    Nothing in the verdict is read as markup, and names are shortened before any number is.
    """
    console = new_console(max(width, 20), color=color)
    print_wrapped(console, headline(verdict), style=STYLES[verdict.outcome])
    print_reasons(console, [("", reason) for reason in verdict.reasons[told_by_headline(verdict) :]], "• ")
    if verdict.comparisons:
        console.print()
        _print_rows(console, rows(verdict))
        print_wrapped(console, _LEGEND, style="dim")
    warnings = [("", warning) for warning in verdict.warnings] + doubts(verdict)
    if warnings:
        console.print()
        print_reasons(console, warnings, "! ")
    console.print()
    print_wrapped(console, facts_text(verdict), style="dim")
    if verdict.reproduce:
        console.print(Text(f"reproduce: {clean(verdict.reproduce)}"), soft_wrap=True)
    return "\n".join(line.rstrip() for line in written(console).splitlines()) + "\n"


def _print_rows(console: Console, table_rows: list[Row]) -> None:
    """The table in the first form that fits: whole, a section per verdict, or a few lines per metric."""
    name_width = max(cell_len(row.endpoint) for row in table_rows)
    whole = console.width - _numbers_width(table_rows, with_verdict=True, gap=2)
    if whole >= min(name_width, _COMFORTABLE_NAME):
        console.print(_table(table_rows, whole, gap=2))
        return
    sectioned = console.width - _numbers_width(table_rows, with_verdict=False, gap=1)
    if sectioned >= min(name_width, _READABLE_NAME):
        _print_sections(console, table_rows, sectioned)
        return
    for row in table_rows:
        _print_stacked(console, row)


def _style(row: Row) -> str:
    return _ACCEPTED_STYLE if row.note == ACCEPTED else STYLES[row.outcome]


def _cells(row: Row) -> tuple[str, ...]:
    return (row.metric, row.base, row.head, row.change, row.p, row.mde, row.verdict)


def _numbers_width(table_rows: list[Row], *, with_verdict: bool, gap: int) -> int:
    """Columns taken by everything but the endpoint's name."""
    heads = _HEADS[1:] if with_verdict else _HEADS[1:-1]
    columns = zip(heads, *(_cells(row) for row in table_rows), strict=False)
    return sum(max(map(cell_len, column)) + gap for column in columns)


def _table(table_rows: list[Row], name_width: int, *, gap: int, with_verdict: bool = True) -> Table:
    table = Table(box=None, padding=(0, gap, 0, 0), pad_edge=False, header_style="bold")
    heads = _HEADS if with_verdict else _HEADS[:-1]
    for head in heads:
        table.add_column(head, no_wrap=True, justify="right" if head in _RIGHT else "left")
    for row in table_rows:
        cells = (shorten(row.endpoint, name_width), *_cells(row))[: len(heads)]
        style = _style(row)
        table.add_row(*(Text(c, style=style if i in (4, 7) else "") for i, c in enumerate(cells)))
    return table


def _print_sections(console: Console, table_rows: list[Row], name_width: int) -> None:
    """One table whose rows stand under their verdict, which then needs no column of its own."""
    rendered = new_console(console.width, color=console.is_terminal)
    rendered.print(_table(table_rows, name_width, gap=1, with_verdict=False))
    lines = iter(written(rendered).splitlines())
    console.file.write(next(lines) + "\n")
    for (verdict, style), section in groupby(table_rows, key=lambda row: (row.verdict, _style(row))):
        console.print(Text(verdict, style=style))
        for _ in section:
            console.file.write(next(lines) + "\n")


def _print_stacked(console: Console, row: Row) -> None:
    name = shorten(row.endpoint, max(console.width - len(row.metric) - len(row.verdict) - 2, 8))
    console.print(Text(f"{name} {row.metric} ") + Text(row.verdict, style=_style(row)))
    print_wrapped(console, f"{row.base} → {row.head}, {row.change}, adj. p {row.p}, MDE {row.mde}", lead="  ")
