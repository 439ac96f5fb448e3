"""`capture` and `match`: which part of an answer becomes a variable, and which must have a value."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any

from perfgate.workload.body import compiled
from perfgate.workload.finding import KINDS, OPTIONS, Find, read_finder
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.seen import Seen
from perfgate.workload.template import Names, Template, resolve

CAPTURE_KEYS = (*KINDS, *OPTIONS, "as", "strict")
CAPTURE_UNSUPPORTED = {
    "value": "it belongs to match: write it there, or use expect",
    "transform": "remove it: Artillery does not know it any more; use an afterResponse function",
}
_NAME = re.compile(r"[A-Za-z_$][\w$-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A variable's name and where its value comes from; `find` gives every candidate, none when it fails."""

    name: str
    strict: bool
    find: Find
    needs_scope: bool = False

    @property
    def error(self) -> str:
        """The error class of an answer that has no value for the variable."""
        return f"capture {self.name}"


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """A part of an answer that must have this value, of this type; if `strict`, the pass ends without it."""

    kind: str
    strict: bool
    find: Find
    value: Any
    needs_scope: bool = False

    @property
    def error(self) -> str:
        """The error class of an answer that does not match."""
        return f"match {self.kind}"

    def is_met_by(self, seen: Seen, scope: Scope | None) -> bool:
        """Whether the answer matches; of several values found, the one that is picked."""
        found = self.find(seen, scope)
        if not found:
            return False
        value = found[0] if scope is None else scope.pick(found)
        wanted = self.value if scope is None else resolve(self.value, scope)
        return _kind_of(value) is _kind_of(wanted) and bool(value == wanted)


def read_captures(place: Place, names: Names, *, strict: bool) -> tuple[Capture, ...]:
    """Compile a request's captures; `strict` holds where a capture does not say.

    Raises:
        UsageError: a key or an expression that cannot be used.
    """
    return tuple(_read(item, names, strict=strict) for item in place.one_or_more())


def read_matches(place: Place, names: Names) -> tuple[Match, ...]:
    """Compile what a request's answer must match.

    Raises:
        UsageError: a key or an expression that cannot be used.
    """
    return tuple(_read_match(item, names) for item in place.one_or_more())


def _read(place: Place, names: Names, *, strict: bool) -> Capture:
    fields = place.fields(CAPTURE_KEYS, CAPTURE_UNSUPPORTED)
    finder = read_finder(place, fields, names)
    if "as" not in fields:
        raise place.fail("a capture has no name", "add: as: the name of the variable")
    name = fields["as"].text()
    if not _NAME.fullmatch(name):
        raise fields["as"].fail(f"{name!r} cannot name a variable", "use letters, digits, _ and -")
    return Capture(
        name=name,
        strict=fields["strict"].flag() if "strict" in fields else strict,
        find=finder.find,
        needs_scope=finder.needs_scope,
    )


def _read_match(place: Place, names: Names) -> Match:
    fields = place.fields((*KINDS, *OPTIONS, "value", "strict"), {"as": "it belongs to capture"})
    finder = read_finder(place, fields, names)
    if "value" not in fields:
        raise place.fail("a match has no value", "add value, what the answer must have there")
    value = compiled(fields["value"], fields["value"].value, names)
    return Match(
        kind=next(kind for kind in KINDS if kind in fields),
        strict=fields["strict"].flag() if "strict" in fields else True,
        find=finder.find,
        value=value,
        needs_scope=finder.needs_scope or isinstance(value, Template),
    )


def _kind_of(value: Any) -> type:
    """Numbers are one type in JavaScript."""
    return float if isinstance(value, int) and not isinstance(value, bool) else type(value)
