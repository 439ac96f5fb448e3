"""Request headers: what a client sends with everything, merged with a request's own, and checked.

Names mean the same in any case. A value that could break out of its line is refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, MutableMapping
from typing import Any

from perfgate.users.exceptions import UnsupportedError

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_VALUE = re.compile(r"[\x21-\x7e\x80-\xff][\t\x20-\x7e\x80-\xff]*|")
_CONNECTION = frozenset({"host", "connection", "transfer-encoding", "expect", "upgrade"})

Pairs = tuple[tuple[str, str], ...]


class SessionHeaders(MutableMapping[str, str]):
    """The headers a client sends with every request; `changed` is told when they are no longer the same."""

    def __init__(self, headers: Mapping[str, Any], changed: Callable[[], None]) -> None:
        self._changed = changed
        self._items: dict[str, tuple[str, str]] = {}
        self.update(headers)

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()][1]

    def __setitem__(self, name: str, value: str | None) -> None:
        if value is None:
            self._items.pop(name.lower(), None)
        elif pair := checked(name, value):
            self._items[name.lower()] = pair
        self._changed()

    def __delitem__(self, name: str) -> None:
        del self._items[name.lower()]
        self._changed()

    def __iter__(self) -> Iterator[str]:
        return (name for name, _ in self._items.values())

    def __len__(self) -> int:
        return len(self._items)

    def pairs(self) -> Pairs:
        """All of them, in order."""
        return tuple(self._items.values())

    def merged(self, own: Iterable[tuple[Any, Any]]) -> dict[str, tuple[str, str]]:
        """These and a request's own, which win; None takes one away. Keys are lower-case."""
        items = dict(self._items)
        for name, value in own:
            if value is None:
                items.pop(name.lower(), None)
            elif pair := checked(name, value):
                items[pair[0].lower()] = pair
        return items


class AnswerHeaders(Mapping[str, str]):
    """The headers of an answer, to be asked in any case."""

    __slots__ = ("_items",)

    def __init__(self, items: Mapping[str, str]) -> None:
        self._items = items

    def __getitem__(self, name: str) -> str:
        return self._items[name.lower()]

    def __iter__(self) -> Iterator[str]:
        return iter(self._items)

    def __len__(self) -> int:
        return len(self._items)

    def __repr__(self) -> str:
        return repr(self._items)


def checked(name: Any, value: Any) -> tuple[str, str] | None:
    """A header as text that can be sent, or None for one that the connection sends anyway.

    Raises:
        TypeError: the name or the value is no text.
        ValueError: it holds what a header cannot.
        UnsupportedError: it belongs to the connection, which perfgate keeps.
    """
    name, value = _text(name), _text(value)
    if not _NAME.fullmatch(name) or not _VALUE.fullmatch(value):
        raise ValueError(f"the header {name[:40]!r} holds what cannot be sent: {value[:40]!r}")
    lower = name.lower()
    if lower == "content-length" or (lower == "connection" and value.lower() == "keep-alive"):
        return None
    if lower in _CONNECTION:
        raise UnsupportedError(f"header {lower}", "it belongs to the connection, which perfgate keeps")
    return name, value


def _text(part: Any) -> str:
    if isinstance(part, bytes):
        return part.decode("latin-1")
    if not isinstance(part, str):
        raise TypeError(f"a header is text, not {part!r}")
    return part
