"""Holds requests and answers to GitHub's OpenAPI description, and makes answers that keep to it."""

import functools
import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from openapi_core import Config, OpenAPI
from openapi_core.testing import MockRequest, MockResponse

HOST = "https://api.github.com"
_VALUES = {"integer": 1, "number": 1, "boolean": False, "array": [], "string": "text"}
_FORMATS = {"date-time": "2026-01-02T03:04:05Z", "uri": f"{HOST}/thing", "email": "octocat@github.com"}


@functools.cache
def description() -> dict[str, Any]:
    """GitHub's description of the operations in describe.USED; requests may have no key it does not name."""
    found: dict[str, Any] = json.loads(Path(__file__).with_name("github_api.json").read_text())
    for operation in (one for path in found["paths"].values() for one in path.values()):
        if "requestBody" in operation:
            _close(operation["requestBody"]["content"]["application/json"]["schema"])
    _mean_null(found)
    return found


def _mean_null(node: Any) -> None:
    """GitHub writes `nullable` beside an `enum` and means that it may be null; OpenAPI wants null in it."""
    if isinstance(node, dict) and node.get("nullable") is True and isinstance(node.get("enum"), list):
        node["enum"].append(None)
    for inner in node.values() if isinstance(node, dict) else node if isinstance(node, list) else ():
        _mean_null(inner)


def _close(schema: dict[str, Any]) -> None:
    if "properties" in schema:
        schema["additionalProperties"] = False
    for inner in [*schema.get("properties", {}).values(), schema.get("items")]:
        if isinstance(inner, dict):
            _close(inner)


@functools.cache
def _openapi() -> OpenAPI:
    return OpenAPI.from_dict(description(), config=Config(spec_validator_cls=None))


def request_violations(method: str, path: str, *, query: Mapping[str, str], body: bytes) -> Iterator[str]:
    """What a request has that GitHub's description does not allow."""
    operation = _operation(method, path)
    if operation is None:
        yield f"{method} {path}: no such operation in the description"
        return
    for error in _openapi().iter_request_errors(_request(method, path, query, body)):
        yield f"{method} {path}: {error}: {error.__cause__ or ''}"
    for name in set(query) - {_resolved(one)["name"] for one in operation.get("parameters", [])}:
        yield f"{method} {path}: no parameter {name}"


def answer_violations(
    method: str, path: str, *, query: Mapping[str, str], body: bytes, status: int, answer: bytes
) -> Iterator[str]:
    """What an answer to a good request has that GitHub's description does not allow."""
    operation = _operation(method, path)
    if operation is None or str(status) not in operation["responses"]:
        if status < 300:
            yield f"{method} {path}: answer {status} is not in the description"
        return
    request = _request(method, path, query, body)
    for error in _openapi().iter_response_errors(request, MockResponse(answer, status_code=status)):
        yield f"{method} {path}: answer {status}: {error}: {error.__cause__ or ''}"


def _request(method: str, path: str, query: Mapping[str, str], body: bytes) -> MockRequest:
    return MockRequest(HOST, method, path, args=dict(query), data=body or None)


def _operation(method: str, path: str) -> dict[str, Any] | None:
    parts = path.split("/")
    for template, operations in description()["paths"].items():
        pattern = template.split("/")
        fits = len(parts) == len(pattern) and all(
            want.startswith("{") or want == part for want, part in zip(pattern, parts, strict=True)
        )
        if fits and method.lower() in operations:
            return operations[method.lower()]
    return None


def _resolved(node: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in node:
        _, _, kind, name = node["$ref"].split("/")
        node = description()["components"][kind][name]
    return node


def answer_of(schema: str, **values: Any) -> dict[str, Any]:
    """The smallest object that a component's schema accepts, with some values of its own."""
    made: dict[str, Any] = _smallest({"$ref": f"#/components/schemas/{schema}"})
    return made | values


def _smallest(reference: Mapping[str, Any]) -> Any:
    schema = _resolved(reference)
    if schema.get("nullable"):
        return None
    for choice in ("oneOf", "anyOf", "allOf"):
        if choice in schema:
            return _smallest(schema[choice][0])
    if schema.get("enum"):
        return schema["enum"][0]
    if schema.get("type") == "object" or "properties" in schema:
        wanted = schema.get("required", ())
        return {name: _smallest(schema["properties"][name]) for name in wanted}
    return _FORMATS.get(schema.get("format", ""), _VALUES.get(schema.get("type", ""), "text"))
