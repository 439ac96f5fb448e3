"""What the readers of summaries share: numbers of a JSON object as text, rows found by patterns."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import Any

MAX_SHOWN_ROWS = 500


def numbers_in(value: Any) -> Iterator[tuple[str, str]]:
    """The keys of an object whose values are numbers, with those as text; none if it is no object."""
    if not isinstance(value, dict):
        return
    for key, number in value.items():
        if isinstance(number, int | float) and not isinstance(number, bool):
            yield str(key), number_text(number)


def number_text(number: float) -> str:
    """A number as people read it: whole ones whole, others with six digits."""
    return str(number) if isinstance(number, int) else f"{number:.6g}"


def found_rows(text: str, patterns: Sequence[tuple[str, str]]) -> Iterator[tuple[str, str, str]]:
    """A row for each pattern that a text holds: its name and its one group."""
    for name, pattern in patterns:
        for match in re.finditer(pattern, text, re.MULTILINE):
            yield "", name if "{}" not in name else name.format(match[1]), match[match.lastindex or 0].strip()
