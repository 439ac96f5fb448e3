"""The tables and the picture of a comment: what moved in the open, worst first, all else folded away."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.model import Comparison, Outcome, Verdict
from perfgate.report.bars import render_bars
from perfgate.report.bounded import within
from perfgate.report.inert import code, fenced_text, numeral
from perfgate.report.text import shorten
from perfgate.report.words import (
    ACCEPTED,
    WARN_ONLY,
    both_text,
    note_text,
    row_of,
    worst_first,
)

_BUDGET = 20_000
_NAME_WIDTH = 80
_OPEN_ROWS = 12
_BARS = 12
_HEADER = ["| verdict | endpoint | metric | base → head | change | MDE |", "|---|---|---|--:|---|--:|"]

Blocks = list[list[str]]


def tables(verdict: Verdict) -> tuple[Blocks, Blocks]:
    """What is shown in the open, and what is folded away; what could not be measured is in neither."""
    ordered = worst_first(verdict.comparisons)
    moved = [c for c in ordered if _is_moved(c)]
    still = [c for c in ordered if c.outcome == Outcome.PASS and not _is_moved(c)]
    shown, more = moved[:_OPEN_ROWS], moved[_OPEN_ROWS:]
    opened = _table(shown, _BUDGET)
    left = _BUDGET - sum(map(len, opened))
    further = _folded(f"{len(more)} more metric{'s' if len(more) > 1 else ''} like these", more, left)
    left -= sum(len(line) for block in further for line in block)
    picture = _picture(shown)
    folded = _folded(_still(still), still, left, picture=[] if picture else _picture(still))
    return [opened, picture], [*further, *folded]


def _is_moved(comparison: Comparison) -> bool:
    return comparison.accepted is not None or comparison.outcome not in (Outcome.PASS, Outcome.NOT_MEASURED)


def _still(comparisons: Sequence[Comparison]) -> str:
    warned = any(note_text(c) == WARN_ONLY for c in comparisons)
    what = "that do not fail the change" if warned else "in which no change was found"
    count = len(comparisons)
    return f"{count} metric{'' if count == 1 else 's'} {what}"


def _folded(
    summary: str, comparisons: Sequence[Comparison], budget: int, *, picture: Sequence[str] = ()
) -> Blocks:
    if not comparisons:
        return []
    table = _table(comparisons, budget)
    return [["<details>", f"<summary>{summary}</summary>"], list(picture), table, ["</details>"]]


def _picture(comparisons: Sequence[Comparison]) -> list[str]:
    lines = render_bars(comparisons[:_BARS])
    return [fenced_text(lines)] if lines else []


def _table(comparisons: Sequence[Comparison], budget: int) -> list[str]:
    lines = within(map(_row, comparisons), budget, "metrics")
    if not lines:
        return []
    cut = [] if lines[-1].startswith("|") else ["", lines.pop()]
    return [*_HEADER, *lines, *cut] if lines else cut


def _row(comparison: Comparison) -> str:
    row = row_of(comparison)
    plain = row.outcome == Outcome.PASS and row.note != ACCEPTED
    verdict = row.verdict if plain else f"**{row.verdict.replace('_', '&#95;')}**"
    numbers = (row.metric, both_text(row.base, row.head), row.change, row.mde)
    return f"| {verdict} | {code(shorten(row.endpoint, _NAME_WIDTH))} | {' | '.join(map(numeral, numbers))} |"
