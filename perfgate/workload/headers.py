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
    defaults: Mapping[str, Place], own: Place | None, names: Names, content_type: str
) -> list[tuple[str, Any]]:
    """Headers by lower-case name, each value text or a `Template`; a request's own replace the defaults.

    Raises:
        UsageError: a header perfgate sets itself, or a name or value that cannot be sent.
    """
    merged: dict[str, Any] = {"content-type": content_type} if content_type else {}
    for entries in (defaults, own.entries() if own else {}):
        seen: set[str] = set()
        for name, place in entries.items():
            lower = name.lower()
            if lower in seen:
                raise place.fail(f"the header {lower!r} is given twice", "keep one of them")
            seen.add(lower)
            merged[lower] = _compile(lower, place, names)
    merged.setdefault(*USER_AGENT)
    return list(merged.items())


def render_headers(headers: list[tuple[str, Any]], scope: Scope) -> tuple[tuple[str, str], ...]:
    """The headers of this pass; a value that cannot be sent is trouble, and its characters become `?`."""
    rendered = []
    for name, compiled in headers:
        value = as_text(resolve(compiled, scope))
        if _UNSENDABLE.search(value):
            scope.trouble(f"unsendable header {name}")
            value = _UNSENDABLE.sub("?", value)
        rendered.append((name, value))
    return tuple(rendered)


def _compile(name: str, place: Place, names: Names) -> Any:
    if not _NAME.fullmatch(name):
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
    if _UNSENDABLE.search(text):
        raise place.fail(f"the header {name!r} holds a character that cannot be sent", "percent-encode it")
    return text
