"""`expect`: what an answer must be, and the error class of one that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from perfgate.workload.fieldpath import leads_somewhere, parse_path
from perfgate.workload.place import Place
from perfgate.workload.regexp import compile_regexp
from perfgate.workload.scope import Scope
from perfgate.workload.seen import UNREADABLE, Seen
from perfgate.workload.template import Names, Template, TemplateError, as_text, compile_value, resolve

Holds = Callable[[Seen, Scope | None], bool]

_JSON_TYPES = ("application/json", "application/problem+json", "application/ld+json")
_UNSUPPORTED = {
    "cdnHit": "use headerEquals with the header of your CDN",
    "jmespath": "use hasProperty, or capture and equals",
    "jpath": "use hasProperty, or capture and equals",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """One thing that must hold; `needs_scope` says that it compares with variables of the pass.

    `statuses` are the only ones it can hold for, if it says so.
    """

    kind: str
    holds: Holds
    needs_scope: bool = False
    statuses: frozenset[int] = frozenset()

    @property
    def error(self) -> str:
        """The error class of an answer for which it does not hold."""
        return f"expect {self.kind}"

    def met_by(self, seen: Seen, scope: Scope | None) -> bool:
        """Whether it holds; a body that cannot be read never meets an expectation."""
        try:
            return self.holds(seen, scope)
        except UNREADABLE:
            return False


def read_expectations(place: Place, names: Names) -> tuple[Expectation, ...]:
    """Compile a request's expectations, statuses first; every key of every item counts.

    Raises:
        UsageError: an unknown or unsupported expectation, or a value it cannot take.
    """
    found = []
    for item in place.one_or_more():
        fields = item.fields(tuple(_COMPILE), _UNSUPPORTED)
        if not fields:
            raise item.fail("an expectation is empty", "write one, like statusCode: 200")
        found += [_COMPILE[kind](kind, entry, names) for kind, entry in fields.items()]
    return tuple(sorted(found, key=lambda expectation: not speaks_of_status(expectation)))


def speaks_of_status(expectation: Expectation) -> bool:
    """Whether the expectation says which statuses are fine, so that the default does not apply."""
    return expectation.kind in ("statusCode", "notStatusCode")


def status_is(statuses: frozenset[int]) -> Expectation:
    """The expectation that the status is one of a few."""
    return Expectation(kind="statusCode", holds=lambda seen, _: seen.status in statuses, statuses=statuses)


def _status(kind: str, place: Place, names: Names) -> Expectation:
    statuses = frozenset(item.whole() for item in place.one_or_more())
    if not all(100 <= status <= 999 for status in statuses):
        raise place.fail(f"{kind!r} must be HTTP statuses", "write numbers like 200, or a list of them")
    if kind == "statusCode":
        return status_is(statuses)
    return Expectation(kind=kind, holds=lambda seen, _: seen.status not in statuses)


def _content_type(kind: str, place: Place, names: Names) -> Expectation:
    wanted = _fixed(place).lower()
    if wanted != "json":
        return Expectation(kind=kind, holds=lambda seen, _: seen.header("content-type").lower() == wanted)

    def holds(seen: Seen, _: Scope | None) -> bool:
        written = seen.header("content-type").lower()
        return any(name in written for name in _JSON_TYPES) and isinstance(seen.json(), dict | list)

    return Expectation(kind=kind, holds=holds)


def _property(kind: str, place: Place, names: Names) -> Expectation:
    source = _fixed(place)
    steps = parse_path(source)
    if steps is None:
        raise place.fail(f"{source!r} is not a property", "write it like items[0].id")
    wanted = kind == "hasProperty"

    def holds(seen: Seen, _: Scope | None) -> bool:
        body = seen.json()
        return isinstance(body, dict | list) and leads_somewhere(body, source, steps) == wanted

    return Expectation(kind=kind, holds=holds)


def _equals(kind: str, place: Place, names: Names) -> Expectation:
    items = place.items()
    if len(items) < 2:
        raise place.fail("'equals' compares two or more values", 'write a list, like ["{{ id }}", "5"]')
    values = [_compiled(item, names) for item in items]

    def holds(_: Seen, scope: Scope | None) -> bool:
        return len({_rendered(value, scope) for value in values}) == 1

    return Expectation(
        kind=kind, holds=holds, needs_scope=any(isinstance(value, Template) for value in values)
    )


def _has_header(kind: str, place: Place, names: Names) -> Expectation:
    name = _fixed(place).lower()
    return Expectation(kind=kind, holds=lambda seen, _: bool(seen.header(name)))


def _header_equals(kind: str, place: Place, names: Names) -> Expectation:
    items = place.items()
    if len(items) != 2:
        raise place.fail("'headerEquals' takes a header and its value", 'write a list, like [etag, "abc"]')
    name, value = _fixed(items[0]).lower(), _compiled(items[1], names)

    def holds(seen: Seen, scope: Scope | None) -> bool:
        return bool(seen.header(name)) and seen.header(name) == _rendered(value, scope)

    return Expectation(kind=kind, holds=holds, needs_scope=isinstance(value, Template))


def _matches(kind: str, place: Place, names: Names) -> Expectation:
    pattern = compile_regexp(place)
    return Expectation(kind=kind, holds=lambda seen, _: pattern.search(seen.text()) is not None)


def _fixed(place: Place) -> str:
    text = place.text()
    if "{{" in text:
        raise place.fail("a template is not supported here", "write the text out")
    return text


def _compiled(place: Place, names: Names) -> Any:
    try:
        return compile_value(place.scalar(), names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error


def _rendered(value: Any, scope: Scope | None) -> str:
    return as_text(value if scope is None else resolve(value, scope))


_COMPILE: dict[str, Callable[[str, Place, Names], Expectation]] = {
    "statusCode": _status,
    "notStatusCode": _status,
    "contentType": _content_type,
    "hasProperty": _property,
    "notHasProperty": _property,
    "equals": _equals,
    "hasHeader": _has_header,
    "headerEquals": _header_equals,
    "matchesRegexp": _matches,
}
