"""A Swagger 2.0 document in the shape of OpenAPI 3.0; `#/definitions/…` still lead where they did."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from perfgate.interchange.openapirefs import References

METHODS = ("get", "head", "post", "put", "patch", "delete", "options", "trace")
_SCHEMA_KEYS = (
    *("type", "format", "items", "default", "enum", "pattern", "multipleOf", "minimum", "maximum"),
    *(
        "exclusiveMinimum",
        "exclusiveMaximum",
        "minLength",
        "maxLength",
        "minItems",
        "maxItems",
        "uniqueItems",
    ),
)
_STYLES = {"ssv": "spaceDelimited", "pipes": "pipeDelimited", "tsv": "tabDelimited"}


def upgraded(document: Mapping[str, Any]) -> dict[str, Any]:
    """The document with servers, security schemes, parameters and bodies as OpenAPI 3.0 has them.

    Raises:
        LeftOutError: a reference among the parameters leads nowhere.
    """
    references = References(document)
    paths = document.get("paths")
    return {
        **document,
        "openapi": "3.0.0",
        "servers": _servers(document),
        "components": {"securitySchemes": document.get("securityDefinitions") or {}},
        "paths": {
            path: _item(references.resolved(item), document, references)
            for path, item in (paths.items() if isinstance(paths, dict) else ())
        },
    }


def _servers(document: Mapping[str, Any]) -> list[dict[str, str]]:
    host, base = document.get("host"), document.get("basePath")
    schemes = document.get("schemes")
    scheme = schemes[0] if isinstance(schemes, list) and schemes else "https"
    path = str(base or "").rstrip("/")
    return [{"url": f"{scheme}://{host}{path}"}] if isinstance(host, str) and host else [{"url": path or "/"}]


def _item(item: Any, document: Mapping[str, Any], references: References) -> Any:
    if not isinstance(item, dict):
        return item
    shared = _resolved(item, references)
    return {
        **item,
        "parameters": [_parameter(each) for each in shared if each.get("in") not in ("body", "formData")],
        **{
            method: _operation(item[method], shared, document, references)
            for method in METHODS
            if isinstance(item.get(method), dict)
        },
    }


def _operation(
    operation: Mapping[str, Any],
    shared: list[dict[str, Any]],
    document: Mapping[str, Any],
    references: References,
) -> dict[str, Any]:
    own = _resolved(operation, references)
    fields = [each for each in (*shared, *own) if each.get("in") == "formData"]
    bodies = [each for each in (*shared, *own) if each.get("in") == "body"]
    consumes = operation.get("consumes") or document.get("consumes")
    consumes = [str(each) for each in consumes] if isinstance(consumes, list) and consumes else []
    upgraded_operation = {
        **operation,
        "parameters": [_parameter(each) for each in own if each.get("in") not in ("body", "formData")],
    }
    if bodies:
        media = {"schema": bodies[-1].get("schema", True)}
        kinds = consumes or ["application/json"]
        upgraded_operation["requestBody"] = {"required": True, "content": dict.fromkeys(kinds, media)}
    elif fields:
        upgraded_operation["requestBody"] = _form(fields, consumes)
    return upgraded_operation


def _form(fields: list[dict[str, Any]], consumes: list[str]) -> dict[str, Any]:
    is_multipart = "multipart/form-data" in consumes or any(each.get("type") == "file" for each in fields)
    kind = "multipart/form-data" if is_multipart else "application/x-www-form-urlencoded"
    required = [str(each.get("name")) for each in fields if each.get("required") is True]
    schema = {
        "type": "object",
        "properties": {str(each.get("name")): _schema(each) for each in fields},
        "required": required or [str(fields[0].get("name"))],
    }
    return {"required": True, "content": {kind: {"schema": schema}}}


def _resolved(holder: Mapping[str, Any], references: References) -> list[dict[str, Any]]:
    listed = holder.get("parameters")
    found = [references.resolved(each) for each in listed] if isinstance(listed, list) else []
    return [each for each in found if isinstance(each, dict)]


def _parameter(each: Mapping[str, Any]) -> dict[str, Any]:
    written = str(each.get("collectionFormat") or "csv")
    found = {key: each[key] for key in ("name", "in", "required", "example") if key in each}
    if "x-example" in each:
        found["example"] = each["x-example"]
    if each.get("type") == "array":
        found["explode"] = written == "multi"
        if written in _STYLES:
            found["style"] = _STYLES[written]
    return {**found, "schema": _schema(each)}


def _schema(each: Mapping[str, Any]) -> dict[str, Any]:
    return {key: each[key] for key in _SCHEMA_KEYS if key in each}
