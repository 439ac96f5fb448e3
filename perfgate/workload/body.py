"""Request bodies: `json`, `form` and `body`, each compiled to a function of the pass or to fixed bytes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any
from urllib.parse import quote_plus

from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.template import (
    Names,
    Template,
    TemplateError,
    as_json,
    as_text,
    compile_key,
    compile_value,
    resolve,
)

KINDS = {"json": "application/json", "form": "application/x-www-form-urlencoded", "body": ""}
"""The keys that give a request a body, and the content type each brings along."""


def compile_body(kind: str, place: Place, names: Names) -> bytes | Template:
    """The bytes of a body, or a `Template` of them.

    Raises:
        UsageError: a value that cannot be this kind of body.
    """
    if kind == "form":
        return _encoded(compile_pairs(place, names, repeats=False))
    if kind == "body" and not isinstance(place.value, str):
        raise place.fail("'body' must be text", "use json for structured data")
    value = compiled(place, place.value, names)
    write: Callable[[Any], str] = as_json if kind == "json" else as_text
    if isinstance(value, Template):
        return Template(lambda scope: write(value.render(scope)).encode("utf-8", "replace"))
    return write(value).encode("utf-8", "replace")


def compile_pairs(place: Place, names: Names, *, repeats: bool = True) -> str | Template:
    """A mapping as `application/x-www-form-urlencoded` text.

    A list repeats its name, as in Artillery's queries, or is joined by commas, as in its forms.

    Raises:
        UsageError: not a mapping of single values or lists of them.
    """
    pairs: list[tuple[str | Template, list[Any]]] = [
        (
            compiled_key(entry, written, names),
            [compiled(item, item.scalar(), names) for item in entry.one_or_more()],
        )
        for written, entry in place.entries().items()
    ]

    def render(scope: Scope) -> str:
        found: list[tuple[str, str]] = []
        for name, values in pairs:
            key = as_text(resolve(name, scope))
            texts = [as_text(one) for value in values for one in _each(resolve(value, scope))]
            found += [(key, text) for text in (texts if repeats else [",".join(texts)])]
        return _join(found)

    varies = any(isinstance(part, Template) for name, values in pairs for part in (name, *values))
    return Template(render) if varies else render(Scope({}, 0))


def _each(value: Any) -> list[Any]:
    """The elements of a list that a variable holds: they repeat the name, as those of a written one do."""
    return value if isinstance(value, list) else [value]


def compiled(place: Place, value: Any, names: Names) -> Any:
    """`compile_value`, with the place named when it refuses.

    Raises:
        UsageError: a template that cannot work.
    """
    try:
        return compile_value(value, names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error


def compiled_key(place: Place, key: str, names: Names) -> str | Template:
    """`compile_key`, with the place named when it refuses.

    Raises:
        UsageError: a template that cannot work.
    """
    try:
        return compile_key(key, names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error


def _encoded(text: str | Template) -> bytes | Template:
    if isinstance(text, Template):
        return Template(lambda scope: _ascii(text, scope))
    return text.encode("ascii")


def _ascii(text: Template, scope: Scope) -> bytes:
    rendered: str = text.render(scope)
    return rendered.encode("ascii")


def _join(pairs: list[tuple[str, str]]) -> str:
    return "&".join(f"{_quoted(name)}={_quoted(value)}" for name, value in pairs)


def _quoted(text: str) -> str:
    return quote_plus(text, safe="*", errors="replace")
