"""The request body of an operation, in the first of its media types that a workload can send."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfgate.interchange.draft import MARKER, BodyKind, Hole, LeftOutError
from perfgate.interchange.openapirefs import References
from perfgate.interchange.openapivalues import Generator
from perfgate.interchange.scrub import Scrubber


def request_body_of(
    operation: Mapping[str, Any], references: References, generator: Generator, scrubber: Scrubber
) -> tuple[BodyKind, Any, str]:
    """The kind of body, the body, and the content type that has to be said.

    Raises:
        LeftOutError: no media type can be sent, or no value can be made.
    """
    body = references.resolved(operation.get("requestBody"))
    content = body.get("content") if isinstance(body, dict) else None
    if not isinstance(content, dict) or not content:
        return "", None, ""
    for kind, wanted in (
        ("json", _is_json),
        ("form", _is_form),
        ("formData", _is_multipart),
        ("body", _is_text),
    ):
        for media_type, media in content.items():
            if wanted(media_type.partition(";")[0].strip().lower()):
                described = _mapping(references.resolved(media))
                value = generator.example(described, "")
                if kind == "formData":
                    _refuse_files(value, _mapping(references.resolved(described.get("schema"))), references)
                return _written(kind, media_type, value, scrubber)
    if isinstance(body, dict) and body.get("required") is not True:
        return "", None, ""
    raise LeftOutError(f"its body is {', '.join(map(str, content))}, which cannot be made up")


def _written(kind: str, media_type: str, value: Any, scrubber: Scrubber) -> tuple[BodyKind, Any, str]:
    if kind == "json":
        found, clean = scrubber.json(value)
        plain = media_type.partition(";")[0].strip().lower() == "application/json"
        said = "application/json" if "*" in media_type else media_type
        return found, clean, "" if found == "json" and (plain or said == "application/json") else said
    if kind == "body":
        if not isinstance(value, str):
            raise LeftOutError(f"its body is {media_type}, and has no example in text")
        return "body", str(value) if isinstance(value, Hole) else scrubber.text(value), media_type
    if not isinstance(value, Mapping) or not value:
        raise LeftOutError("its form has no fields that have to be sent")
    form = {key: _field(key, item, scrubber) for key, item in value.items()}
    return ("form" if kind == "form" else "formData"), form, ""


def _refuse_files(value: Any, schema: Mapping[str, Any], references: References) -> None:
    for name, raw in _mapping(schema.get("properties")).items():
        part = _mapping(references.resolved(raw))
        is_file = part.get("format") == "binary" or part.get("type") == "file" or "contentMediaType" in part
        if is_file and name in _mapping(value):
            raise LeftOutError(f"it uploads a file ({name[:60]!r}): write it with formData and fromFile")


def _field(name: str, value: Any, scrubber: Scrubber) -> Any:
    if MARKER in name:
        raise LeftOutError(f"the field {name[:80]!r} would be taken for a template")
    if isinstance(value, Hole):
        return str(value)
    if isinstance(value, list):
        return [_field(name, item, scrubber) for item in value]
    if isinstance(value, Mapping) or value is None:
        raise LeftOutError(f"the field {name[:80]!r} of its form is no single value")
    return scrubber.value(name, value) if isinstance(value, str) else value


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _is_json(kind: str) -> bool:
    return kind in ("application/json", "text/json", "*/*", "application/*") or kind.endswith("+json")


def _is_form(kind: str) -> bool:
    return kind == "application/x-www-form-urlencoded"


def _is_multipart(kind: str) -> bool:
    return kind == "multipart/form-data"


def _is_text(kind: str) -> bool:
    return kind.startswith("text/") or kind.endswith(("xml", "yaml"))
