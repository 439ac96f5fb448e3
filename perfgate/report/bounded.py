"""Lines of Markdown within a budget: what does not fit is counted, never dropped in silence."""

from collections.abc import Iterable

from perfgate.model import Reason
from perfgate.report.inert import prose
from perfgate.report.text import shorten
from perfgate.report.words import reason_text, remedy_text


def bullet(subject: str, reason: Reason, width: int) -> str:
    """A reason as an item of a list, and under it what to do."""
    remedy = shorten(remedy_text(reason), width)
    return f"- {prose(subject + shorten(reason_text(reason), width))}" + (
        f"<br>→ {prose(remedy)}" if remedy else ""
    )


def within(lines: Iterable[str], budget: int, noun: str) -> list[str]:
    """As many whole lines as fit, and a last one that counts the others."""
    kept: list[str] = []
    left_out = 0
    for line in lines:
        budget -= len(line) + 1
        if budget < 0 or left_out:
            left_out += 1
        else:
            kept.append(line)
    return [*kept, f"{left_out} more {noun} in the terminal and JSON reports."] if left_out else kept
