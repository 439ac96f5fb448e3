"""`capture`: which part of an answer becomes a variable."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perfgate.workload.jsonpath import JSONPathError, compile_jsonpath
from perfgate.workload.place import Place
from perfgate.workload.regexp import compile_regexp
from perfgate.workload.seen import UNREADABLE, Seen

Find = Callable[[Seen], list[Any]]

_KINDS = ("json", "header", "regexp")
_UNSUPPORTED = {
    "xpath": "capture with regexp or header instead",
    "selector": "capture with regexp instead",
    "multiple": "remove it: one of several matches is picked at random, as by default",
    "value": "it belongs to match, which is not supported: use expect",
    "transform": "remove it",
}
_NAME = re.compile(r"[A-Za-z_][\w-]*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """A variable's name and where its value comes from; `find` gives every candidate, none when it fails."""

    name: str
    strict: bool
    find: Find

    @property
    def error(self) -> str:
        """The error class of an answer that has no value for the variable."""
        return f"capture {self.name}"


def read_captures(place: Place, *, strict: bool) -> tuple[Capture, ...]:
    """Compile a request's captures; `strict` holds where a capture does not say.

    Raises:
        UsageError: a key or an expression that cannot be used.
    """
    return tuple(_read(item, strict=strict) for item in place.one_or_more())


def _read(place: Place, *, strict: bool) -> Capture:
    fields = place.fields((*_KINDS, "as", "strict", "group", "flags"), _UNSUPPORTED)
    kinds = [kind for kind in _KINDS if kind in fields]
    if len(kinds) != 1:
        raise place.fail("a capture takes one of json, header and regexp", "write one capture for each value")
    for key in ("group", "flags"):
        if key in fields and kinds != ["regexp"]:
            raise fields[key].fail(f"{key!r} belongs to regexp", "remove it")
    if "as" not in fields:
        raise place.fail("a capture has no name", "add: as: the name of the variable")
    name = fields["as"].text()
    if not _NAME.fullmatch(name):
        raise fields["as"].fail(f"{name!r} cannot name a variable", "use letters, digits, _ and -")
    return Capture(
        name=name,
        strict=fields["strict"].flag() if "strict" in fields else strict,
        find=_COMPILE[kinds[0]](fields),
    )


def _json(fields: dict[str, Place]) -> Find:
    source = fields["json"].text()
    try:
        find_all = compile_jsonpath(source)
    except (JSONPathError, *UNREADABLE) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise fields["json"].fail(
            f"not a JSONPath of RFC 9535: {reason}", "write it like $.items[0].id"
        ) from error

    def find(seen: Seen) -> list[Any]:
        try:
            return [value for value in find_all(seen.json()) if value != ""]
        except (JSONPathError, TypeError, *UNREADABLE):
            return []

    return find


def _header(fields: dict[str, Place]) -> Find:
    name = fields["header"].text().lower()

    def find(seen: Seen) -> list[Any]:
        value = seen.header(name)
        return [value] if value else []

    return find


def _regexp(fields: dict[str, Place]) -> Find:
    pattern = compile_regexp(fields["regexp"], fields.get("flags"))
    group = _group(fields["group"], pattern) if "group" in fields else 0

    def find(seen: Seen) -> list[Any]:
        try:
            match = pattern.search(seen.text())
        except UNREADABLE:
            return []
        return [match[group]] if match and match[group] else []

    return find


def _group(place: Place, pattern: re.Pattern[str]) -> str | int:
    if isinstance(place.value, str) and place.value in pattern.groupindex:
        return place.value
    number = place.whole() if not isinstance(place.value, str) or place.value.isdecimal() else -1
    if not 0 <= number <= pattern.groups:
        raise place.fail(f"the regexp has no group {place.value!r}", "use a group of the regexp")
    return number


_COMPILE = {"json": _json, "header": _header, "regexp": _regexp}
