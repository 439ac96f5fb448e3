"""Values of an answer that later requests send again: tokens and ids that have to be captured, not copied."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, unquote

from perfgate.interchange.har import HarEntry

MAX_ANSWER = 2_000_000
_SHORTEST = 8
_SMALLEST = 100_000
_MOST_LEAVES = 50_000
_NAME = re.compile(r"[\w .:/-]+", re.ASCII)
_PLAIN = re.compile(r"[A-Za-z_]\w*", re.ASCII)
_DATE = re.compile(r"\d{4}-\d\d-\d\d")
_COMMON_HEADERS = frozenset(
    {"accept", "accept-language", "content-type", "user-agent", "origin", "referer", "cookie"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A value that an answer holds exactly once, and the variable that it becomes."""

    path: str
    variable: str
    value: str


def find_links(entries: Sequence[HarEntry]) -> Mapping[int, tuple[Link, ...]]:
    """By the number of the entry whose answer has them, the values that later entries send.

    Only what is certain: long enough and mixed enough not to be met by chance, once in the answer, and in
    no request before it.
    """
    sent: set[str] = set()
    known: dict[str, tuple[int, str]] = {}
    used: dict[str, tuple[int, str]] = {}
    for entry in entries:
        own = set(_sent_values(entry))
        used |= {value: known[value] for value in own if value in known and value not in used}
        sent |= own
        for value, path in _answered_values(entry):
            if value not in sent:
                known.setdefault(value, (entry.number, path))
    return _named(used, {entry.number: place for place, entry in enumerate(entries)})


def _named(used: Mapping[str, tuple[int, str]], order: Mapping[int, int]) -> Mapping[int, tuple[Link, ...]]:
    links: dict[int, tuple[Link, ...]] = {}
    taken: set[str] = set()
    for value, (number, path) in sorted(used.items(), key=lambda item: (order[item[1][0]], item[1][1])):
        wanted = variable = _variable(path)
        count = 1
        while variable in taken:
            count += 1
            variable = f"{wanted}_{count}"
        taken.add(variable)
        links[number] = (*links.get(number, ()), Link(path=path, variable=variable, value=value))
    return links


def _variable(path: str) -> str:
    names = re.findall(r"[A-Za-z_][\w-]*", path.replace("$", ""), re.ASCII)
    return (names[-1] if names else "value").replace("-", "_")[:40]


def _sent_values(entry: HarEntry) -> Iterator[str]:
    for name, value in entry.headers:
        if name not in _COMMON_HEADERS:
            yield value
            yield value.partition(" ")[2]
    yield from map(unquote, entry.url.path.split("/"))
    yield from (value for _, value in parse_qsl(entry.url.query, keep_blank_values=True))
    text = entry.body.text
    if text[:1] in ("{", "["):
        yield from (value for value, _ in _leaves_of(text))
    elif "urlencoded" in (entry.header("content-type") or entry.body.mime):
        yield from (value for _, value in parse_qsl(text, keep_blank_values=True))
    yield from (str(param.get("value")) for param in entry.body.params)


def _answered_values(entry: HarEntry) -> Iterator[tuple[str, str]]:
    if entry.answer[:1] not in ("{", "[") or len(entry.answer) > MAX_ANSWER:
        return
    found: dict[str, list[str]] = {}
    for value, path in _leaves_of(entry.answer):
        found.setdefault(value, []).append(path)
    yield from ((value, paths[0]) for value, paths in found.items() if len(paths) == 1 and _is_certain(value))


def _is_certain(value: str) -> bool:
    if value.isdecimal():
        return len(value) < 19 and int(value) >= _SMALLEST
    if len(value) < _SHORTEST or _DATE.match(value) or any(c.isspace() for c in value) or "://" in value:
        return False
    return len(value) >= 24 or (any(c.isdigit() for c in value) and any(c.isalpha() for c in value))


def _leaves_of(text: str) -> list[tuple[str, str]]:
    """Every text and whole number in a JSON text with its JSONPath; none where the text is no JSON."""
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return []
    found: list[tuple[str, str]] = []
    pending: list[tuple[Any, str]] = [(document, "$")]
    while pending and len(found) < _MOST_LEAVES:
        value, path = pending.pop()
        if isinstance(value, dict):
            pending += [(item, path + step) for key, item in value.items() if (step := _step(key))]
        elif isinstance(value, list):
            pending += [(item, f"{path}[{index}]") for index, item in enumerate(value)]
        elif isinstance(value, str | int) and not isinstance(value, bool):
            found.append((str(value), path))
    return found


def _step(key: str) -> str:
    """The step of a JSONPath; nothing for a key that would need escaping."""
    if _PLAIN.fullmatch(key):
        return f".{key}"
    return f"['{key}']" if _NAME.fullmatch(key) else ""
