"""The verdict for a terminal or a CI log: the answer first, then why and what to do, then the table."""

import io
import re
from itertools import groupby

from rich.cells import cell_len
from rich.console import Console
from rich.table import Table
from rich.text import Text

from perfgate.model import Outcome, Reason, Verdict
from perfgate.report.headline import headline, told_by_headline
from perfgate.report.text import clean, shorten
from perfgate.report.words import Row, doubts, facts_text, reason_text, remedy_text, rows

_STYLES = {
    Outcome.REGRESSED: "bold red",
    Outcome.THRESHOLD_BREACHED: "bold red",
    Outcome.INVALID: "bold magenta",
    Outcome.INCONCLUSIVE: "yellow",
    Outcome.IMPROVED: "green",
    Outcome.NOT_MEASURED: "dim",
    Outcome.PASS: "green",
}
_HEADS = ("endpoint", "metric", "base", "head", "change", "adj. p", "MDE", "verdict")
_RIGHT = {"base", "head", "adj. p", "MDE"}
_LEGEND = (
    "change: head against base, with its interval · adj. p: adjusted over all metrics · "
    "MDE: the smallest change that would have been found 4 times in 5"
)
_GLUE = "\ue000"  # private use, so it cannot be part of any clean text
_BELONGS_TOGETHER = re.compile(
    r"(?<=\d) (?=%|(?:pp|ns|µs|ms|s|min|h)\b)"  # a number and its unit
    r"|(?<=≥) | (?=[→…·] )"
)
_MOST_REASONS = 10
_COMFORTABLE_NAME = 24
_READABLE_NAME = 12


def render(verdict: Verdict, *, width: int, color: bool) -> str:
    """The whole report as text of at most `width` columns (the reproduce command alone is never wrapped).

    Nothing in the verdict is read as markup, and names are shortened before any number is.
    """
    console = _console(max(width, 20), color=color)
    _print_wrapped(console, headline(verdict), style=_STYLES[verdict.outcome])
    _print_reasons(console, [("", reason) for reason in verdict.reasons[told_by_headline(verdict) :]], "• ")
    if verdict.comparisons:
        console.print()
        _print_rows(console, rows(verdict))
        _print_wrapped(console, _LEGEND, style="dim")
    warnings = [("", warning) for warning in verdict.warnings] + doubts(verdict)
    if warnings:
        console.print()
        _print_reasons(console, warnings, "! ")
    console.print()
    _print_wrapped(console, facts_text(verdict), style="dim")
    if verdict.reproduce:
        console.print(Text(f"reproduce: {clean(verdict.reproduce)}"), soft_wrap=True)
    return "\n".join(line.rstrip() for line in _written(console).splitlines()) + "\n"


def _console(width: int, *, color: bool) -> Console:
    """A console that writes to memory and takes nothing from the environment."""
    return Console(
        file=io.StringIO(),
        width=width,
        force_terminal=color,
        color_system="standard" if color else None,
        markup=False,
        highlight=False,
        emoji=False,
        legacy_windows=False,
        _environ={},
    )


def _written(console: Console) -> str:
    if not isinstance(console.file, io.StringIO):
        raise TypeError("the console of a report writes to memory")
    return console.file.getvalue()


def _print_reasons(console: Console, reasons: list[tuple[str, Reason]], bullet: str) -> None:
    """Each reason on its own, and what to do once for neighbours that ask for the same."""
    shown = reasons[:_MOST_REASONS]
    for remedy, group in groupby(shown, key=lambda pair: remedy_text(pair[1])):
        for subject, reason in group:
            text = reason_text(reason)
            _print_wrapped(console, f"{subject}: {text}" if subject else text, lead=bullet)
        if remedy:
            _print_wrapped(console, remedy, lead="  → ")
    if len(reasons) > len(shown):
        _print_wrapped(
            console, f"and {len(reasons) - len(shown)} more like these in the JSON report", lead=bullet
        )


def _print_wrapped(console: Console, text: str, *, lead: str = "", style: str = "") -> None:
    """The text wrapped, every line after the first as far in as the first; no number parts from its unit."""
    glued = Text(_BELONGS_TOGETHER.sub(_GLUE, text))
    for number, line in enumerate(glued.wrap(console, console.width - len(lead))):
        indent = " " * len(lead) if number else lead
        console.print(Text(indent + line.plain.replace(_GLUE, " "), style=style))


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


def _cells(row: Row) -> tuple[str, ...]:
    return (row.metric, row.base, row.head, row.change, row.p, row.mde, row.outcome)


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
        style = _STYLES[row.outcome]
        table.add_row(*(Text(c, style=style if i in (4, 7) else "") for i, c in enumerate(cells)))
    return table


def _print_sections(console: Console, table_rows: list[Row], name_width: int) -> None:
    """One table whose rows stand under their verdict, which then needs no column of its own."""
    rendered = _console(console.width, color=console.is_terminal)
    rendered.print(_table(table_rows, name_width, gap=1, with_verdict=False))
    lines = iter(_written(rendered).splitlines())
    console.file.write(next(lines) + "\n")
    for outcome, section in groupby(table_rows, key=lambda row: row.outcome):
        console.print(Text(outcome, style=_STYLES[outcome]))
        for _ in section:
            console.file.write(next(lines) + "\n")


def _print_stacked(console: Console, row: Row) -> None:
    name = shorten(row.endpoint, max(console.width - len(row.metric) - len(row.outcome) - 2, 8))
    console.print(Text(f"{name} {row.metric} ") + Text(row.outcome, style=_STYLES[row.outcome]))
    _print_wrapped(
        console, f"{row.base} → {row.head}, {row.change}, adj. p {row.p}, MDE {row.mde}", lead="  "
    )
