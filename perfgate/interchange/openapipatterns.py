"""Texts that a regular expression of a schema matches, built from the parts of the expression."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

_MOST = 2_000
_ALPHABET = "a1A0bB2-_.:/@ +#,;=!?()[]{}<>*&%$|~'\"\\"
_CATEGORIES = {
    "CATEGORY_DIGIT": "1",
    "CATEGORY_WORD": "a",
    "CATEGORY_SPACE": " ",
    "CATEGORY_NOT_DIGIT": "a",
    "CATEGORY_NOT_WORD": "-",
    "CATEGORY_NOT_SPACE": "a",
}


def shortest_match(pattern: str, shortest: int, longest: int) -> Iterator[str]:
    """Candidates for a match, the shortest first; whether one does match is for the caller to see."""
    try:
        parser: Any = re._parser  # type: ignore[attr-defined]  # there is no public one
        parsed = parser.parse(pattern)
    except Exception:  # a private part of Python: whatever it does, there is no candidate
        return
    for extra in sorted({0, 1, 2, 5, 11, max(0, min(shortest, _MOST))}):
        try:
            text = _built(parsed, extra)
        except (ValueError, RecursionError, AttributeError, TypeError):
            return
        if len(text) <= min(longest, _MOST):
            yield text
            if len(text) < shortest:
                yield text + "a" * (shortest - len(text))


def _built(parsed: Any, extra: int) -> str:
    """One text; each repetition is repeated `extra` times more than it has to be, as far as it may."""
    return "".join(_part(str(kind), value, extra) for kind, value in parsed)


def _part(kind: str, value: Any, extra: int) -> str:
    match kind:
        case "LITERAL":
            return chr(value)
        case "NOT_LITERAL":
            return next(c for c in _ALPHABET if ord(c) != value)
        case "ANY":
            return "a"
        case "IN":
            return _of_set(value)
        case "MAX_REPEAT" | "MIN_REPEAT" | "POSSESSIVE_REPEAT":
            fewest, most, inner = value
            times = min(int(fewest) + extra, int(most))
            if times > _MOST:
                raise ValueError(kind)
            return _built(inner, extra) * times
        case "SUBPATTERN" | "ATOMIC_GROUP" | "BRANCH":
            inner = {"SUBPATTERN": lambda: value[3], "BRANCH": lambda: value[1][0]}.get(kind, lambda: value)
            return _built(inner(), extra)
        case "AT" | "ASSERT" | "ASSERT_NOT":
            return ""
    raise ValueError(kind)


def _of_set(items: Any) -> str:
    """A character that a set allows."""
    if str(items[0][0]) == "NEGATE":
        return next((c for c in _ALPHABET if not _holds(items[1:], c)), "a")
    kind, value = items[0]
    match str(kind):
        case "LITERAL":
            return chr(value)
        case "RANGE":
            return chr(value[0])
        case "CATEGORY":
            return _CATEGORIES[str(value)]
    raise ValueError(kind)


def _holds(items: Any, character: str) -> bool:
    code = ord(character)
    for kind, value in items:
        match str(kind):
            case "LITERAL":
                found = code == value
            case "RANGE":
                found = value[0] <= code <= value[1]
            case _:
                digit, word = character.isdigit(), character.isalnum() or character == "_"
                found = {
                    "CATEGORY_DIGIT": digit,
                    "CATEGORY_WORD": word,
                    "CATEGORY_SPACE": character.isspace(),
                }.get(str(value), False)
        if found:
            return True
    return False
