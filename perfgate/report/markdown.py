"""The verdict as a pull-request comment in GitHub's Markdown, always short enough to be posted.

Whoever opens a pull request names its branches and endpoints, so no text from the verdict may become
markup, a mention, a reference or a link (see `inert`).
"""

from perfgate.model import Outcome, Verdict
from perfgate.report.bounded import bullet, within
from perfgate.report.headline import headline, told_by_headline
from perfgate.report.inert import code, fenced, prose
from perfgate.report.text import clean, shorten
from perfgate.report.words import ACCEPTED, WARN_ONLY, Row, doubts, facts_text, rows

MAX_CHARACTERS = 60_000
"""Below GitHub's 65 536; widths and budgets here add up to less even if every character is escaped."""

_HEADLINE_WIDTH = 600
_REASON_WIDTH = 300
_REASONS_BUDGET = 11_000
_ROWS_BUDGET = 26_000
_NAME_WIDTH = 80
_DOUBT_WIDTH = 200
_DOUBTS_BUDGET = 6_000
_FACTS_WIDTH = 300
_REPRODUCE_LENGTH = 2_000
_OPEN_PASS_ROWS = 6
_HEADER = [
    "| verdict | endpoint | metric | base | head | change | adjusted p | MDE |",
    "|---|---|---|--:|--:|---|--:|--:|",
]


def render(verdict: Verdict) -> str:
    """The comment: headline, reasons, table, warnings, facts, how to reproduce.

    It has fewer than `MAX_CHARACTERS` characters; what is left out for that is counted in the text.
    """
    blocks = [
        [f"### {prose(shorten(headline(verdict), _HEADLINE_WIDTH))}"],
        _reasons(verdict),
        *_tables(rows(verdict)),
        _doubts(verdict),
        [prose(shorten(facts_text(verdict), _FACTS_WIDTH))],
        _reproduce(verdict.reproduce),
    ]
    return "\n\n".join("\n".join(block) for block in blocks if block) + "\n"


def _reasons(verdict: Verdict) -> list[str]:
    untold = verdict.reasons[told_by_headline(verdict) :]
    return within((bullet("", reason, _REASON_WIDTH) for reason in untold), _REASONS_BUDGET, "reasons")


def _doubts(verdict: Verdict) -> list[str]:
    subjects = [("", warning) for warning in verdict.warnings] + doubts(verdict)
    bullets = (bullet(f"{subject}: " if subject else "", r, _DOUBT_WIDTH) for subject, r in subjects)
    lines = within(bullets, _DOUBTS_BUDGET, "warnings")
    return ["**Warnings**", "", *lines] if lines else []


def _tables(table_rows: list[Row]) -> list[list[str]]:
    """The table worst first; PASS rows are folded away where they are many, but for accepted slowdowns."""
    passed = [row for row in table_rows if row.outcome == Outcome.PASS and row.note != ACCEPTED]
    if len(passed) <= _OPEN_PASS_ROWS:
        return [_table(table_rows, _ROWS_BUDGET)]
    others = table_rows[: -len(passed)]
    shown = _table(others, _ROWS_BUDGET)
    folded = _table(passed, _ROWS_BUDGET - sum(map(len, shown)))
    warned = any(row.note == WARN_ONLY for row in passed)
    what = "that do not fail the change" if warned else "in which no change was found"
    summary = f"<summary>{len(passed)} metrics {what}</summary>"
    return [shown, ["<details>", summary], folded, ["</details>"]]


def _table(table_rows: list[Row], budget: int) -> list[str]:
    lines = within(map(_row, table_rows), budget, "metrics")
    if not lines:
        return []
    cut = [] if lines[-1].startswith("|") else ["", lines.pop()]
    return [*_HEADER, *lines, *cut] if lines else cut


def _row(row: Row) -> str:
    plain = row.outcome == Outcome.PASS and row.note != ACCEPTED
    verdict = row.verdict if plain else f"**{row.verdict.replace('_', '&#95;')}**"
    numbers = (row.metric, row.base, row.head, row.change, row.p, row.mde)
    return f"| {verdict} | {code(shorten(row.endpoint, _NAME_WIDTH))} | {' | '.join(map(_number, numbers))} |"


def _number(cell: str) -> str:
    """A cell of perfgate's own making: only `<0.0001` could be taken for markup."""
    return cell.replace("<", "&lt;")


def _reproduce(command: str) -> list[str]:
    if not clean(command):
        return []
    if len(command) > _REPRODUCE_LENGTH:
        return ["The command to reproduce this is too long for a comment; the terminal report has it."]
    return ["Reproduce:", "", fenced(command)]
