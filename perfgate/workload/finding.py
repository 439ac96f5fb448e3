"""Where in an answer a value is looked for: `json`, `header`, `regexp`, `xpath` and `selector`."""

from __future__ import annotations

import re
from collections.abc import Callable
from functools import lru_cache
from typing import Any, NamedTuple

from perfgate.errors import UsageError
from perfgate.workload.body import compiled
from perfgate.workload.jsonpath import JSONPathError, compile_jsonpath
from perfgate.workload.markup import find_by_selector, find_by_xpath
from perfgate.workload.place import Place
from perfgate.workload.regexp import compile_pattern, read_flags
from perfgate.workload.scope import Scope
from perfgate.workload.seen import UNREADABLE, Seen
from perfgate.workload.template import Names, Template, as_text

KINDS = ("json", "xpath", "regexp", "header", "selector")
OPTIONS = {"group": "regexp", "flags": "regexp", "attr": "selector", "index": "selector", "multiple": "json"}
"""Keys beside a kind, and the kind each of them belongs to."""

Search = Callable[[Seen], list[Any]]
Find = Callable[[Seen, Scope | None], list[Any]]
"""Every value found in an answer, none when there is none; it never raises."""


class Finder(NamedTuple):
    """How to find values; `needs_scope` says that variables of the pass take part."""

    find: Find
    needs_scope: bool


def read_finder(place: Place, fields: dict[str, Place], names: Names) -> Finder:
    """Compile the one kind of search among the keys of a capture or a match.

    Raises:
        UsageError: none or several of them, or one that cannot be used.
    """
    kinds = [kind for kind in KINDS if kind in fields]
    if len(kinds) != 1:
        raise place.fail(
            f"one of {', '.join(KINDS)} is needed", "say where the value is, once for each value"
        )
    [kind] = kinds
    for key, owner in OPTIONS.items():
        if key in fields and kind != owner:
            raise fields[key].fail(f"{key!r} belongs to {owner}", "remove it")
    search_for = _COMPILE[kind](fields)
    source = compiled(fields[kind], fields[kind].text(), names)
    if isinstance(source, Template):
        return Finder(_changing(source, search_for), needs_scope=True)
    try:
        search = _tame(search_for(as_text(source)))
    except (*_UNUSABLE, *UNREADABLE) as error:
        reason = str(error).splitlines()[0] if str(error) else "it cannot be read"
        raise fields[kind].fail(f"not usable as {kind}: {reason}", _HINTS[kind]) from error
    return Finder(search, needs_scope=False)


_UNUSABLE = (JSONPathError, TypeError)
_HINTS = {
    "json": "write a JSONPath, like $.items[0].id",
    "xpath": "write an XPath, like //book[1]/title",
    "regexp": "check it, or escape it with \\",
    "header": "write the header's name",
    "selector": "write a CSS selector, like input[name=token]",
}


def _tame(search: Search) -> Find:
    def find(seen: Seen, scope: Scope | None) -> list[Any]:
        try:
            return search(seen)
        except (*_UNUSABLE, *UNREADABLE):
            return []

    return find


def _changing(source: Template, search_for: Callable[[str], Search]) -> Find:
    remembered = lru_cache(maxsize=256)(search_for)

    def find(seen: Seen, scope: Scope | None) -> list[Any]:
        if scope is None:
            return []
        try:
            return remembered(as_text(source.render(scope)))(seen)
        except (*_UNUSABLE, *UNREADABLE, UsageError):
            return []

    return find


def _json(fields: dict[str, Place]) -> Callable[[str], Search]:
    wants_list = "multiple" in fields and not fields["multiple"].flag()

    def search_for(source: str) -> Search:
        path = compile_jsonpath(source)
        find_all = path.find_all

        def search(seen: Seen) -> list[Any]:
            return [value for value in find_all(seen.json()) if value != ""]

        def search_list(seen: Seen) -> list[Any]:
            found = find_all(seen.json())
            return [found] if found else []

        return search_list if wants_list and not path.is_definite else search

    return search_for


def _header(fields: dict[str, Place]) -> Callable[[str], Search]:
    def search_for(source: str) -> Search:
        name = source.lower()

        def search(seen: Seen) -> list[Any]:
            value = seen.header(name)
            return [value] if value else []

        return search

    return search_for


def _regexp(fields: dict[str, Place]) -> Callable[[str], Search]:
    flags = read_flags(fields.get("flags"))
    wanted = fields.get("group")

    def search_for(source: str) -> Search:
        pattern = compile_pattern(source, flags)
        group = _group(wanted, pattern) if wanted is not None else 0

        def search(seen: Seen) -> list[Any]:
            match = pattern.search(seen.text())
            return [match[group]] if match and match[group] else []

        return search

    return search_for


def _group(place: Place, pattern: re.Pattern[str]) -> str | int:
    if isinstance(place.value, str) and place.value in pattern.groupindex:
        return place.value
    number = place.whole() if not isinstance(place.value, str) or place.value.isdecimal() else -1
    if not 0 <= number <= pattern.groups:
        raise place.fail(f"the regexp has no group {place.value!r}", "use a group of the regexp")
    return number


def _xpath(fields: dict[str, Place]) -> Callable[[str], Search]:
    return find_by_xpath(fields["xpath"])


def _selector(fields: dict[str, Place]) -> Callable[[str], Search]:
    return find_by_selector(fields["selector"], fields.get("attr"), fields.get("index"))


_COMPILE = {"json": _json, "header": _header, "regexp": _regexp, "xpath": _xpath, "selector": _selector}
