"""The parameters of an operation, each with a value written the way its style says."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import quote

from perfgate.interchange.draft import MARKER, Hole, LeftOutError
from perfgate.interchange.openapirefs import References
from perfgate.interchange.openapivalues import Generator

_IGNORED_HEADERS = ("accept", "content-type")
_SEPARATORS = {
    "form": ",",
    "simple": ",",
    "spaceDelimited": "%20",
    "pipeDelimited": "|",
    "tabDelimited": "%09",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameters:
    """Values by place: `path` by name, `query` encoded in order; `notes` say the rest."""

    path: dict[str, str] = field(default_factory=dict)
    query: list[str] = field(default_factory=list)
    headers: dict[str, str] = field(default_factory=dict)
    cookies: dict[str, str] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)


def parameters_of(
    item: Mapping[str, Any], operation: Mapping[str, Any], references: References, generator: Generator
) -> Parameters:
    """Every required parameter, and each optional one that the document has an example or a default for.

    Raises:
        LeftOutError: a required parameter has no value.
    """
    found = Parameters()
    optional: list[str] = []
    made: list[str] = []
    for (name, place), each in _merged(item, operation, references).items():
        stated = _is_stated(each, references)
        if not (each.get("required") is True or place == "path" or stated):
            optional.append(name)
            continue
        if place == "header" and name.lower() in _IGNORED_HEADERS:
            continue
        value = _value(each, name, generator, references)
        if value is None and each.get("required") is not True:
            optional.append(name)
            continue
        _add(found, name, place, each, value)
        if not stated and place == "path":
            made.append(f"{name}={found.path[name]}")
    if optional:
        found.notes.append(f"optional parameters that are not sent: {', '.join(optional)}")
    if made:
        found.notes.append(f"made up: {', '.join(made)}; put in what your service has")
    return found


def _is_stated(each: Mapping[str, Any], references: References) -> bool:
    """Whether the document itself has a value for the parameter."""
    schema = references.resolved(each.get("schema"))
    described = schema if isinstance(schema, dict) else {}
    return not {"example", "examples"}.isdisjoint(each) or not {"example", "examples", "default"}.isdisjoint(
        described
    )


def _merged(
    item: Mapping[str, Any], operation: Mapping[str, Any], references: References
) -> dict[tuple[str, str], Mapping[str, Any]]:
    """The parameters of the path and of the operation, which win, by name and place."""
    merged: dict[tuple[str, str], Mapping[str, Any]] = {}
    for holder in (item, operation):
        listed = holder.get("parameters") or []
        if not isinstance(listed, list):
            raise LeftOutError("its parameters are no list")
        for raw in listed:
            each = references.resolved(raw)
            if not isinstance(each, dict) or not isinstance(each.get("name"), str):
                raise LeftOutError("one of its parameters has no name")
            merged[each["name"], str(each.get("in"))] = each
    return merged


def _value(each: Mapping[str, Any], name: str, generator: Generator, references: References) -> Any:
    content = each.get("content")
    if isinstance(content, dict) and content:
        media = references.resolved(next(iter(content.values())))
        value = generator.example(media if isinstance(media, dict) else {}, name)
        return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))
    # A schema of `true` allows anything, and nothing at all would be no value of a parameter.
    return generator.example({**each, "schema": {}} if each.get("schema") is True else each, name)


def _add(found: Parameters, name: str, place: str, each: Mapping[str, Any], value: Any) -> None:
    style = str(each.get("style") or {"query": "form", "cookie": "form"}.get(place, "simple"))
    explode = each.get("explode", style in ("form", "deepObject"))
    match place:
        case "path":
            found.path[name] = _path(name, style, value, explode=bool(explode))
        case "query":
            found.query.extend(_query(name, style, value, explode=bool(explode)))
        case "header":
            found.headers[name.lower()] = _plain(_joined(value, ",", encode=False), name)
        case "cookie":
            found.cookies[name] = _plain(_joined(value, ",", encode=True), name)
        case _:
            raise LeftOutError(f"the parameter {name[:80]!r} is in {place[:40]!r}, which is nowhere")


def _path(name: str, style: str, value: Any, *, explode: bool) -> str:
    if style == "label":
        return "." + _joined(value, "." if explode else ",", encode=True)
    if style == "matrix":
        return f";{_quoted(name)}={_joined(value, ',', encode=True)}"
    text = _joined(value, ",", encode=True)
    if not text:
        raise LeftOutError(f"the path parameter {name[:80]!r} is empty")
    return text


def _query(name: str, style: str, value: Any, *, explode: bool) -> list[str]:
    if isinstance(value, Mapping):
        if style == "deepObject":
            return [f"{_quoted(f'{name}[{key}]')}={_written(item)}" for key, item in value.items()]
        if explode:
            return [f"{_quoted(key)}={_written(item)}" for key, item in value.items()]
    elif isinstance(value, Sequence) and not isinstance(value, str) and explode:
        return [f"{_quoted(name)}={_written(item)}" for item in value]
    return [f"{_quoted(name)}={_joined(value, _SEPARATORS.get(style, ','), encode=True)}"]


def _joined(value: Any, separator: str, *, encode: bool) -> str:
    write = _written if encode else _text
    if isinstance(value, Mapping):
        return separator.join(f"{_quoted(key)}{separator}{write(item)}" for key, item in value.items())
    if isinstance(value, Sequence) and not isinstance(value, str):
        return separator.join(map(write, value))
    return write(value)


def _written(value: Any) -> str:
    return str(value) if isinstance(value, Hole) else _quoted(_text(value))


def _text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, separators=(",", ":"))


def _quoted(text: str) -> str:
    return quote(text, safe="-._~:@!$'()*,;", errors="replace")


def _plain(text: str, name: str) -> str:
    if (MARKER in text and "{{ $env." not in text) or not text.isprintable() or not text.isascii():
        raise LeftOutError(f"the value of {name[:80]!r} cannot stand in a header")
    return text
