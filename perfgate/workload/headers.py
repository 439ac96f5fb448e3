"""Request headers: defaults and a request's own, checked so that no value can break out of its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import Names, Template, TemplateError, as_text, compile_value, resolve

USER_AGENT = ("user-agent", "perfgate")

_NAME = re.compile(r"[!#$%&'*+\-.^_`|~0-9A-Za-z]+")
_UNSENDABLE = re.compile(r"[^\t\x20-\x7e\x80-\xff]")
_CONNECTION = ("host", "content-length", "connection", "transfer-encoding", "expect", "upgrade")


def compile_headers(
    defaults: Mapping[str, Place],
    own: Place | None,
    names: Names,
    *,
    fallback: Mapping[str, Any],
    settled: Mapping[str, Any],
) -> tuple[tuple[str, Any], ...]:
    """Headers by lower-case name, each value text or a `Template`; a request's own replace the defaults.

    `fallback` gives way to both. `settled` replaces the defaults, and excludes own headers of its names.

    Raises:
        UsageError: a header perfgate sets itself, or a name or value that cannot be sent.
    """
    entries = own.entries() if own else {}
    for name, place in entries.items():
        if name.lower() in settled:
            raise place.fail(
                f"the header {name.lower()!r} is given by another key of the request too", "keep one of them"
            )
    merged = {**fallback, **_compiled(defaults, names), **settled, **_compiled(entries, names)}
    merged.setdefault(*USER_AGENT)
    return tuple(merged.items())


def is_token(name: str) -> bool:
    """Whether a text can name a header or a cookie."""
    return _NAME.fullmatch(name) is not None


def is_sendable(value: str) -> bool:
    """Whether a text can be the value of a header."""
    return _UNSENDABLE.search(value) is None


def render_headers(headers: tuple[tuple[str, Any], ...], scope: Scope) -> tuple[tuple[str, str], ...]:
    """The headers of this pass; a value that cannot be sent is trouble, and its characters become `?`."""
    rendered = []
    for name, compiled in headers:
        value = as_text(resolve(compiled, scope))
        if not is_sendable(value):
            scope.trouble(f"unsendable header {name}")
            value = _UNSENDABLE.sub("?", value)
        rendered.append((name, value))
    return tuple(rendered)


def _compiled(entries: Mapping[str, Place], names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, place in entries.items():
        lower = name.lower()
        if lower in found:
            raise place.fail(f"the header {lower!r} is given twice", "keep one of them")
        found[lower] = _compile(lower, place, names)
    return found


def _compile(name: str, place: Place, names: Names) -> Any:
    if not is_token(name):
        raise place.fail(f"{name!r} cannot name a header", "use letters, digits and -")
    if name in _CONNECTION:
        raise place.fail(f"the header {name!r} belongs to the connection", "remove it: perfgate sets it")
    try:
        value = compile_value(place.scalar(), names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error
    if isinstance(value, Template):
        return value
    text = as_text(value)
    if not is_sendable(text):
        raise place.fail(f"the header {name!r} holds a character that cannot be sent", "percent-encode it")
    return text
