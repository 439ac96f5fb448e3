"""A load as GitHub Markdown: short, inert whatever the names hold, and within the length of a comment."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from perfgate.model import LoadSummary, Outcome, Reason
from perfgate.report import loadrows, loadwords
from perfgate.report.bounded import bullets, within
from perfgate.report.inert import code, prose
from perfgate.report.text import shorten
from perfgate.report.toolwords import tool_lines

MAX_CHARACTERS = 60_000
"""Below GitHub's 65 536; widths and budgets here add up to less even if every character is escaped."""

_SENTENCE_WIDTH = 600
_REASON_WIDTH = 300
_NAME_WIDTH = 80
_LINE_WIDTH = 400
_REASONS_BUDGET = 11_000
_ROWS_BUDGET = 20_000
_ERRORS_BUDGET = 6_000
_WARNINGS_BUDGET = 6_000


def render_load_markdown(
    summary: LoadSummary, outcome: Outcome, reasons: Sequence[Reason], warnings: Sequence[Reason]
) -> str:
    """The sentence, reasons, both tables, what failed, warnings and facts.

    It has fewer than `MAX_CHARACTERS` characters; what is left out for that is counted in the text.
    """
    blocks = [
        [f"### {prose(shorten(loadwords.load_sentence(summary, outcome), _SENTENCE_WIDTH))}"],
        _bullets(reasons, _REASONS_BUDGET, "reasons"),
        *_tables(summary),
        _counts(summary),
        _tool(summary),
        _doubts(summary, warnings),
        [prose(f"driver: {loadwords.driver_text(summary)} · {loadwords.facts_text(summary)}")],
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _tables(summary: LoadSummary) -> list[list[str]]:
    if not summary.requests:
        return []
    endpoints, times = loadrows.endpoint_rows(summary), loadrows.time_rows(summary)
    legend = [prose(loadrows.legend([*endpoints, *times], summary))]
    if not summary.profile.is_open and summary.service is not None and summary.tool is None:
        legend += ["", prose(loadwords.CLOSED_MODEL)]
    return [
        _table(loadrows.ENDPOINT_HEADS, endpoints, code),
        _table(loadrows.TIME_HEADS, times, prose),
        legend,
    ]


def _table(heads: Sequence[str], rows: Sequence[Sequence[str]], name: Callable[[str], str]) -> list[str]:
    """The table with as many rows as fit, and how many did not."""
    lines = within((_row(row, name) for row in rows), _ROWS_BUDGET, "rows")
    if not lines:
        return []
    cut = [] if lines[-1].startswith("|") else ["", lines.pop()]
    rule = "|---|" + "--:|" * (len(heads) - 1)
    return [f"| {' | '.join(heads)} |", rule, *lines, *cut] if lines else cut[1:]


def _row(cells: Sequence[str], name: Callable[[str], str]) -> str:
    numbers = (cell.replace("<", "&lt;").replace(">", "&gt;") for cell in cells[1:])
    return f"| {name(shorten(cells[0], _NAME_WIDTH))} | {' | '.join(numbers)} |"


def _counts(summary: LoadSummary) -> list[str]:
    dropped, statuses = loadwords.dropped_text(summary), loadwords.statuses_text(summary)
    lines = [f"- **dropped**: {prose(dropped)}"] if dropped else []
    lines += [f"- {prose(shorten(line, _LINE_WIDTH))}" for line in loadwords.error_lines(summary)]
    lines += [f"- statuses: {prose(statuses)}"] if statuses else []
    return within(lines, _ERRORS_BUDGET, "errors")


def _tool(summary: LoadSummary) -> list[str]:
    lines = tool_lines(summary.tool) if summary.tool is not None else []
    return within((f"- {prose(line)}" for line in lines), _ERRORS_BUDGET, "lines")


def _doubts(summary: LoadSummary, warnings: Sequence[Reason]) -> list[str]:
    notes = (Reason(code="note", text=note) for note in summary.notes)
    lines = _bullets([*warnings, *notes], _WARNINGS_BUDGET, "warnings")
    return ["**Warnings**", "", *lines] if lines else []


def _bullets(reasons: Sequence[Reason], budget: int, noun: str) -> list[str]:
    return within(bullets((("", reason) for reason in reasons), _REASON_WIDTH), budget, noun)
