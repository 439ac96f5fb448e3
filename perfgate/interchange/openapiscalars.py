"""The smallest valid number and text for a schema, by its bounds, its format and its pattern."""

from __future__ import annotations

import base64
import math
import random
import re
import uuid
from collections.abc import Mapping
from typing import Any, TypeGuard

from perfgate.interchange.draft import LeftOutError

_MOST_CHARACTERS = 10_000
_NESTED = re.compile(r"[+*}]\)?\)[+*{]")
"""A repetition of a repetition: matching it may take for ever."""

_FORMATS = {
    "date": "2024-01-31",
    "date-time": "2024-01-31T12:00:00Z",
    "time": "12:00:00Z",
    "duration": "PT1S",
    "email": "someone@example.com",
    "idn-email": "someone@example.com",
    "hostname": "example.com",
    "idn-hostname": "example.com",
    "ipv4": "192.0.2.1",
    "ip": "192.0.2.1",
    "ipv6": "2001:db8::1",
    "uri": "https://example.com/",
    "url": "https://example.com/",
    "iri": "https://example.com/",
    "uri-reference": "/",
    "iri-reference": "/",
    "uri-template": "/{id}",
    "json-pointer": "/a",
    "relative-json-pointer": "0",
    "regex": "a",
    "byte": base64.b64encode(b"perfgate").decode(),
    "binary": "perfgate",
    "phone": "+15550100",
}
_CANDIDATES = ("string", "a", "A", "1", "abc", "ABC", "en", "US", "2024-01-31", "someone@example.com")


def number_of(schema: Mapping[str, Any], *, whole: bool, name: str) -> int | float:
    """1 where the bounds allow it, else the number next to it that they do.

    Raises:
        LeftOutError: no number is within the bounds.
    """
    step = (
        schema.get("multipleOf")
        if _is_number(schema.get("multipleOf")) and schema["multipleOf"] > 0
        else None
    )
    low, high = _bound(schema, "minimum", 1, whole=whole), _bound(schema, "maximum", -1, whole=whole)
    value: float = max(1, low) if low is not None else 1
    if high is not None and value > high:
        value = high
    if step is not None:
        value = math.ceil(value / step) * step
        if high is not None and value > high:
            value = math.floor(high / step) * step
    if whole:
        value = math.ceil(value)
    if (low is not None and value < low) or (high is not None and value > high):
        raise LeftOutError(f"{name} has bounds that no number is within")
    return int(value) if whole or float(value).is_integer() else value


def _bound(schema: Mapping[str, Any], key: str, towards: int, *, whole: bool) -> float | None:
    """The inclusive bound; an exclusive one is a number (3.1) or a flag beside the bound (3.0)."""
    exclusive = schema.get("exclusive" + key.capitalize())
    found = [float(schema[key])] if _is_number(schema.get(key)) else []
    edges = (
        [float(exclusive)] if _is_number(exclusive) else [found.pop()] if exclusive is True and found else []
    )
    for edge in edges:
        if whole:
            found.append(math.floor(edge) + 1 if towards > 0 else math.ceil(edge) - 1)
        else:
            found.append(edge + towards * max(abs(edge) * 1e-6, 0.5 if not edge % 1 else 1e-6))
    if not found:
        return None
    return max(found) if towards > 0 else min(found)


def _is_number(value: Any) -> TypeGuard[int | float]:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def text_of(schema: Mapping[str, Any], *, name: str, rng: random.Random) -> str:
    """A text of the right format, length and pattern.

    Raises:
        LeftOutError: the pattern is matched by nothing perfgate knows, or the text would be too long.
    """
    shortest = int(schema["minLength"]) if isinstance(schema.get("minLength"), int) else 0
    longest = int(schema["maxLength"]) if isinstance(schema.get("maxLength"), int) else _MOST_CHARACTERS
    if shortest > _MOST_CHARACTERS or shortest > longest:
        raise LeftOutError(f"{name} is at least {shortest} characters long")
    pattern = schema.get("pattern")
    kind = schema.get("format")
    text = (
        str(uuid.UUID(int=rng.getrandbits(128), version=4)) if kind == "uuid" else _FORMATS.get(str(kind), "")
    )
    if isinstance(pattern, str):
        return _matching(
            pattern, [text, *_CANDIDATES] if text else list(_CANDIDATES), shortest, longest, name
        )
    if text:
        return text
    filler = "string"
    return (filler * (shortest // len(filler) + 1))[: max(shortest, min(len(filler), longest))]


def _matching(pattern: str, candidates: list[str], shortest: int, longest: int, name: str) -> str:
    from perfgate.interchange.openapipatterns import shortest_match

    try:
        compiled = re.compile(pattern)
    except (re.error, RecursionError, OverflowError) as error:
        raise LeftOutError(f"{name} has a pattern perfgate cannot read, and no example") from error
    if _NESTED.search(pattern):
        raise LeftOutError(f"{name} has a pattern too costly to try, and no example")
    texts = [*candidates, *shortest_match(pattern, shortest, longest)]
    for text in texts:
        if shortest <= len(text) <= longest and compiled.search(text):
            return str(text)
    raise LeftOutError(f"{name} has the pattern {pattern[:80]!r} and no example")
