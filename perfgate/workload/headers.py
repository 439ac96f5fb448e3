"""Request headers: defaults and a request's own, checked so that no value can break out of its line."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from perfgate.workload.body import compiled_key
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import (
    Names,
    Template,
    TemplateError,
    as_text,
    compile_value,
    resolve,
)

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
) -> tuple[tuple[str | Template, Any], ...]:
    """Headers by lower-case name, names and values text or a `Template`; a request's own win over defaults.

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
    merged: dict[Any, Any] = {
        **fallback,
        **_compiled(defaults, names),
        **settled,
        **_compiled(entries, names),
    }
    merged.setdefault(*USER_AGENT)
    return tuple(merged.items())


def is_token(name: str) -> bool:
    """Whether a text can name a header or a cookie."""
    return _NAME.fullmatch(name) is not None


def is_sendable(value: str) -> bool:
    """Whether a text can be the value of a header."""
    return _UNSENDABLE.search(value) is None


def render_headers(
    headers: tuple[tuple[str | Template, Any], ...], scope: Scope
) -> tuple[tuple[str, str], ...]:
    """The headers of this pass; a value that cannot be sent is trouble, and its characters become `?`.

    A name that a variable makes unfit is trouble too, and its header is left out.
    """
    rendered = []
    for written, compiled in headers:
        name = written if type(written) is str else as_text(resolve(written, scope)).lower()
        if not is_token(name) or name in _CONNECTION:
            scope.trouble("unsendable header name")
            continue
        value = as_text(resolve(compiled, scope))
        if not is_sendable(value):
            scope.trouble(f"unsendable header {name}")
            value = _UNSENDABLE.sub("?", value)
        rendered.append((name, value))
    return tuple(rendered)


def _compiled(entries: Mapping[str, Place], names: Names) -> dict[str | Template, Any]:
    found: dict[str | Template, Any] = {}
    for name, place in entries.items():
        key = compiled_key(place, name, names)
        if isinstance(key, Template):
            found[key] = _value("of a changing name", place, names)
            continue
        lower = key.lower()
        if lower in found:
            raise place.fail(f"the header {lower!r} is given twice", "keep one of them")
        found[lower] = _compile(lower, place, names)
    return found


def _compile(name: str, place: Place, names: Names) -> Any:
    if not is_token(name):
        raise place.fail(f"{name!r} cannot name a header", "use letters, digits and -")
    if name in _CONNECTION:
        raise place.fail(f"the header {name!r} belongs to the connection", "remove it: perfgate sets it")
    return _value(name, place, names)


def _value(name: str, place: Place, names: Names) -> Any:
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
