"""Field paths such as `user.items[0]['full name']`, as templates and `hasProperty` write them."""

from __future__ import annotations

import re
from typing import Any

Step = str | int

_ROOT = re.compile(r"[\w$-]+")
_STEP = re.compile(r"""\.([\w$-]+)|\[(\d{1,9})\]|\[(?:'([^']*)'|"([^"]*)")\]""")


def parse_path(text: str) -> tuple[Step, ...] | None:
    """The steps of a path, the first a name; None when the text is no path."""
    root = _ROOT.match(text)
    if not root:
        return None
    steps: list[Step] = [root[0]]
    end = root.end()
    while end < len(text):
        match = _STEP.match(text, end)
        if not match:
            return None
        named, index, single, double = match.groups()
        steps.append(int(index) if index else str(named or single or double or ""))
        end = match.end()
    return tuple(steps)


def follow(value: Any, steps: tuple[Step, ...]) -> Any:
    """The value that the steps lead to.

    Raises:
        KeyError: some step leads nowhere.
    """
    for step in steps:
        value = _member(value, step)
    return value


def leads_somewhere(value: Any, text: str, steps: tuple[Step, ...]) -> bool:
    """Whether the value has the property: under the whole text as one key, or along the steps."""
    if isinstance(value, dict) and text in value:
        return True
    try:
        follow(value, steps)
    except KeyError:
        return False
    return True


def _member(value: Any, step: Step) -> Any:
    if isinstance(value, dict):
        return value[str(step)]
    if isinstance(value, list):
        if step == "length":
            return len(value)
        index = (
            step
            if isinstance(step, int)
            else int(step)
            if step.isascii() and step.isdecimal() and len(step) < 10
            else -1
        )
        if 0 <= index < len(value):
            return value[index]
    raise KeyError(step)
