"""Lines of Markdown within a budget: what does not fit is counted, never dropped in silence."""

from collections.abc import Iterable, Iterator
from itertools import groupby

from perfgate.model import Reason
from perfgate.report.inert import prose
from perfgate.report.text import shorten
from perfgate.report.words import reason_text, remedy_text


def bullets(told: Iterable[tuple[str, Reason]], width: int) -> Iterator[str]:
    """Reasons, each with its subject or "", as items of a list; neighbours ask for the same only once."""
    for remedy, group in groupby(told, key=lambda pair: shorten(remedy_text(pair[1]), width)):
        *others, last = (
            f"- {prose((f'{subject}: ' if subject else '') + shorten(reason_text(reason), width))}"
            for subject, reason in group
        )
        yield from others
        yield f"{last}<br>→ {prose(remedy)}" if remedy else last


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
