"""`expect`: what an answer must be, and the error class of one that is not."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

from perfgate.workload.body import compiled
from perfgate.workload.expressionvalues import is_true
from perfgate.workload.fieldpath import leads_somewhere, parse_path
from perfgate.workload.place import Place
from perfgate.workload.regexp import compile_pattern, compile_regexp
from perfgate.workload.scope import Scope
from perfgate.workload.seen import UNREADABLE, Seen
from perfgate.workload.template import Names, Template, as_text, resolve

Holds = Callable[[Seen, Scope | None], bool]

_JSON_TYPES = ("application/json", "application/problem+json", "application/ld+json")
_CDN_HEADERS = ("cf-cache-status", "x-cache", "x-vercel-cache")


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
        fields = item.fields((*EXPECTATIONS, "description"))
        kinds = [kind for kind in fields if kind != "description"]
        if "description" in fields:
            fields["description"].text()
            if not {"jmespath", "jpath"} & set(kinds):
                raise fields["description"].fail("'description' belongs to jmespath", "remove it")
        if not kinds:
            raise item.fail("an expectation is empty", "write one, like statusCode: 200")
        found += [EXPECTATIONS[kind](kind, fields[kind], names) for kind in kinds]
    return tuple(sorted(found, key=lambda expectation: not speaks_of_status(expectation)))


def speaks_of_status(expectation: Expectation) -> bool:
    """Whether the expectation says which statuses are fine, so that the default does not apply."""
    return expectation.kind in ("statusCode", "notStatusCode")


def status_is(statuses: frozenset[int]) -> Expectation:
    """The expectation that the status is one of a few."""
    return Expectation(kind="statusCode", holds=lambda seen, _: seen.status in statuses, statuses=statuses)


def _status(kind: str, place: Place, names: Names) -> Expectation:
    items = place.one_or_more()
    values = [compiled(item, item.scalar(), names) for item in items]
    wanted = kind == "statusCode"
    if any(isinstance(value, Template) for value in values):
        return Expectation(
            kind=kind,
            holds=lambda seen, scope: (seen.status in _statuses(values, scope)) == wanted,
            needs_scope=True,
        )
    statuses = frozenset(
        replace(item, value=value).whole() for item, value in zip(items, values, strict=True)
    )
    if not all(100 <= status <= 999 for status in statuses):
        raise place.fail(f"{kind!r} must be HTTP statuses", "write numbers like 200, or a list of them")
    if wanted:
        return status_is(statuses)
    return Expectation(kind=kind, holds=lambda seen, _: seen.status not in statuses)


def _statuses(values: list[Any], scope: Scope | None) -> list[int]:
    rendered = [value if scope is None else resolve(value, scope) for value in values]
    flat = [item for value in rendered for item in (value if isinstance(value, list) else [value])]
    return [int(text) for text in map(as_text, flat) if text.isascii() and text.isdecimal() and len(text) < 5]


def _content_type(kind: str, place: Place, names: Names) -> Expectation:
    source = compiled(place, place.text(), names)

    def holds(seen: Seen, scope: Scope | None) -> bool:
        wanted, written = _rendered(source, scope).lower(), seen.header("content-type").lower()
        if wanted != "json":
            return written == wanted
        return any(name in written for name in _JSON_TYPES) and isinstance(seen.json(), dict | list)

    return Expectation(kind=kind, holds=holds, needs_scope=isinstance(source, Template))


def _property(kind: str, place: Place, names: Names) -> Expectation:
    source = compiled(place, place.text(), names)
    fixed_steps = None if isinstance(source, Template) else parse_path(source)
    if fixed_steps is None and not isinstance(source, Template):
        raise place.fail(f"{source!r} is not a property", "write it like items[0].id")
    wanted = kind == "hasProperty"

    def holds(seen: Seen, scope: Scope | None) -> bool:
        body, path = seen.json(), _rendered(source, scope)
        steps = fixed_steps or parse_path(path)
        if not isinstance(body, dict | list) or steps is None:
            return False
        return leads_somewhere(body, path, steps) == wanted

    return Expectation(kind=kind, holds=holds, needs_scope=isinstance(source, Template))


def _equals(kind: str, place: Place, names: Names) -> Expectation:
    items = place.items()
    values = [_compiled(item, names) for item in items]

    def holds(_: Seen, scope: Scope | None) -> bool:
        return len({_rendered(value, scope) for value in values}) == 1

    return Expectation(
        kind=kind, holds=holds, needs_scope=any(isinstance(value, Template) for value in values)
    )


def _has_header(kind: str, place: Place, names: Names) -> Expectation:
    name = compiled(place, place.text(), names)
    return Expectation(
        kind=kind,
        holds=lambda seen, scope: bool(seen.header(_rendered(name, scope).lower())),
        needs_scope=isinstance(name, Template),
    )


def _header_equals(kind: str, place: Place, names: Names) -> Expectation:
    items = place.items()
    if len(items) != 2:
        raise place.fail("'headerEquals' takes a header and its value", 'write a list, like [etag, "abc"]')
    name, value = compiled(items[0], items[0].text(), names), _compiled(items[1], names)

    def holds(seen: Seen, scope: Scope | None) -> bool:
        written = seen.header(_rendered(name, scope).lower())
        return bool(written) and written == _rendered(value, scope)

    return Expectation(
        kind=kind, holds=holds, needs_scope=isinstance(name, Template) or isinstance(value, Template)
    )


def _matches(kind: str, place: Place, names: Names) -> Expectation:
    source = compiled(place, place.text(), names)
    if not isinstance(source, Template):
        pattern = compile_regexp(replace(place, value=as_text(source)))
        return Expectation(kind=kind, holds=lambda seen, _: pattern.search(seen.text()) is not None)
    pattern_of = lru_cache(maxsize=256)(compile_pattern)
    return Expectation(
        kind=kind,
        holds=lambda seen, scope: pattern_of(_rendered(source, scope)).search(seen.text()) is not None,
        needs_scope=True,
    )


def _cdn_hit(kind: str, place: Place, names: Names) -> Expectation:
    begins = ("hit", "stale") if place.flag() else ("miss",)
    return Expectation(
        kind=kind,
        holds=lambda seen, _: any(seen.header(name).lower().startswith(begins) for name in _CDN_HEADERS),
    )


def _jmespath(kind: str, place: Place, names: Names) -> Expectation:
    try:
        import jmespath
    except ImportError as error:
        raise place.fail(
            "jmespath is not installed", "install it: pip install 'perfgate[html]', or use hasProperty"
        ) from error
    try:
        query = jmespath.compile(place.text())
    except jmespath.exceptions.JMESPathError as error:
        raise place.fail(
            f"not a JMESPath: {str(error).splitlines()[0]}", "write it like items[0].id"
        ) from error

    def holds(seen: Seen, _: Scope | None) -> bool:
        body = seen.json()
        if not isinstance(body, dict | list):
            return False
        try:
            return is_true(query.search(body))
        except jmespath.exceptions.JMESPathError:
            return False

    return Expectation(kind=kind, holds=holds)


def _compiled(place: Place, names: Names) -> Any:
    return compiled(place, place.scalar(), names)


def _rendered(value: Any, scope: Scope | None) -> str:
    return as_text(value if scope is None else resolve(value, scope))


EXPECTATIONS: dict[str, Callable[[str, Place, Names], Expectation]] = {
    "statusCode": _status,
    "notStatusCode": _status,
    "contentType": _content_type,
    "hasProperty": _property,
    "notHasProperty": _property,
    "equals": _equals,
    "hasHeader": _has_header,
    "headerEquals": _header_equals,
    "matchesRegexp": _matches,
    "cdnHit": _cdn_hit,
    "jmespath": _jmespath,
    "jpath": _jmespath,
}
"""What may be expected, by the words of Artillery's plugin."""
