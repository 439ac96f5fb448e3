"""A value for a JSON Schema: its own example, else the smallest valid one, the same every time."""

from __future__ import annotations

import random
from collections.abc import Mapping
from typing import Any

from perfgate.interchange.draft import Hole, LeftOutError
from perfgate.interchange.openapirefs import References
from perfgate.interchange.openapiscalars import number_of, text_of
from perfgate.interchange.secretnames import is_secret_name, secret_values
from perfgate.interchange.vault import Vault

MAX_DEPTH = 12
MAX_VALUES = 2000
MAX_STATED = 20_000
_DEEP_ENOUGH = 3
_ABSENT = object()


class Generator:
    """Values for one operation; secrets in them are holes that the vault knows."""

    def __init__(self, references: References, vault: Vault, seed: str) -> None:
        self._vault = vault
        self._references = references
        self._rng = random.Random(seed)
        self._values = 0

    def value(self, schema: Any, name: str = "", depth: int = 0) -> Any:
        """A value that the schema allows; `name` is what the field is called.

        Raises:
            LeftOutError: none can be made, with the field and why.
        """
        self._count(name, depth)
        schema = self._references.resolved(schema)
        if schema is False:
            raise LeftOutError(f"{_field(name)} may have no value at all")
        if not isinstance(schema, dict):
            return {} if schema is True or schema is None else self._odd(name)
        if _is_secret(schema, name):
            return Hole(self._vault.hole(f"\0{name}", name or "password", _field(name)))
        stated = stated_value(schema)
        if stated is not _ABSENT:
            return self._bounded(stated, name)
        return self._made(self._merged(schema, name, depth), name, depth)

    def example(self, holder: Mapping[str, Any], name: str) -> Any:
        """The value of a parameter or media type: its own example, or one for its schema.

        Raises:
            LeftOutError: neither is there, or no value can be made.
        """
        schema = self._references.resolved(holder.get("schema"))
        if _is_secret(described := _mapping(schema), name):
            return self.value(described, name)
        if "example" in holder:
            return self._bounded(holder["example"], name)
        examples = holder.get("examples")
        for each in examples.values() if isinstance(examples, dict) else ():
            found = self._references.resolved(each)
            if isinstance(found, dict) and "value" in found:
                return self._bounded(found["value"], name)
        if "schema" not in holder:
            raise LeftOutError(f"{_field(name)} has neither an example nor a schema")
        return self.value(schema, name)

    def _merged(self, schema: Mapping[str, Any], name: str, depth: int) -> Mapping[str, Any]:
        """The schema with its allOf, and the first of its oneOf or anyOf that a value can be made for."""
        self._count(name, depth)
        merged = {key: item for key, item in schema.items() if key not in ("allOf", "oneOf", "anyOf")}
        for part in _list(schema.get("allOf")):
            found = self._references.resolved(part)
            if isinstance(found, dict):
                _merge(merged, self._merged(found, name, depth + 1))
        for key in ("oneOf", "anyOf"):
            options = _list(schema.get(key))
            if options:
                _merge(merged, self._first_possible(merged, options, schema, name, depth))
        return merged

    def _first_possible(
        self, merged: Mapping[str, Any], options: list[Any], schema: Mapping[str, Any], name: str, depth: int
    ) -> Mapping[str, Any]:
        reasons = []
        for option in options:
            found = self._references.resolved(option)
            if not isinstance(found, dict) or found.get("type") == "null":
                continue
            try:
                candidate = dict(self._merged(found, name, depth + 1))
                trial = {**merged}
                _merge(trial, candidate)
                self._made(trial, name, depth + 1)
            except LeftOutError as error:
                reasons.append(str(error))
            else:
                return _discriminated(candidate, schema.get("discriminator"), option)
        raise LeftOutError(reasons[0] if reasons else f"{_field(name)} has no alternative with a value")

    def _made(self, schema: Mapping[str, Any], name: str, depth: int) -> Any:
        stated = stated_value(schema)
        if stated is not _ABSENT:
            return self._bounded(stated, name)
        match _type_of(schema):
            case "object":
                return self._object(schema, name, depth)
            case "array":
                return self._array(schema, name, depth)
            case "integer" | "number" as kind:
                return number_of(schema, whole=kind == "integer", name=_field(name))
            case "boolean":
                return True
            case "null":
                return None
            case "string" | "":
                return text_of(schema, name=_field(name), rng=self._rng)
            case other:
                raise LeftOutError(
                    f"{_field(name)} is of the type {str(other)[:40]!r}, which has no values here"
                )

    def _object(self, schema: Mapping[str, Any], name: str, depth: int) -> dict[str, Any]:
        properties = _mapping(schema.get("properties"))
        required = [key for key in _list(schema.get("required")) if isinstance(key, str)]
        found: dict[str, Any] = {}
        for key in required:
            part = self._references.resolved(properties.get(key, True))
            if isinstance(part, dict) and part.get("readOnly") is True:
                continue
            found[key] = self.value(part, key, depth + 1)
        fewest = schema.get("minProperties")
        for key in properties:
            if not isinstance(fewest, int) or len(found) >= fewest:
                break
            if key not in found:
                found[key] = self.value(properties[key], key, depth + 1)
        return found

    def _array(self, schema: Mapping[str, Any], name: str, depth: int) -> list[Any]:
        fewest = int(schema["minItems"]) if isinstance(schema.get("minItems"), int) else 0
        if fewest > 100:
            raise LeftOutError(f"{_field(name)} has at least {fewest} items")
        if schema.get("maxItems") == 0 or (not fewest and depth > _DEEP_ENOUGH):
            return []
        try:
            first = self.value(schema.get("items", True), name, depth + 1)
        except LeftOutError:
            if fewest:
                raise
            return []
        if fewest < 2 or not schema.get("uniqueItems"):
            return [first] * max(1, fewest)
        return self._different(schema, first, fewest, name)

    def _different(self, schema: Mapping[str, Any], first: Any, fewest: int, name: str) -> list[Any]:
        items = self._references.resolved(schema.get("items", {}))
        choices = _list(items.get("enum")) if isinstance(items, dict) else []
        if len(choices) >= fewest:
            return choices[:fewest]
        if isinstance(first, str) and not choices and not {"format", "pattern"} & set(items):
            return [f"{first}{number}" for number in range(fewest)]
        if isinstance(first, int) and not isinstance(first, bool) and not choices:
            step = items.get("multipleOf", 1)
            return [first + number * step for number in range(fewest)]
        raise LeftOutError(f"{_field(name)} has at least {fewest} items that differ")

    def _count(self, name: str, depth: int) -> None:
        self._values += 1
        if depth > MAX_DEPTH or self._values > MAX_VALUES:
            raise LeftOutError(f"{_field(name)} contains itself without end, or is too large")

    def _bounded(self, value: Any, name: str) -> Any:
        """The value, which aliases of YAML may have made enormous, or a part of itself.

        What is a secret by its look becomes a hole.
        """
        pending, left = [value], MAX_STATED
        while pending:
            each = pending.pop()
            left -= 1
            if isinstance(each, dict):
                pending += each.values()
            elif isinstance(each, list):
                pending += each
            if left < 0 or len(pending) > MAX_STATED:
                raise LeftOutError(f"the example of {_field(name)} is too large")
        if isinstance(value, str) and secret_values(value):
            return Hole(self._vault.hole(value, name or "token", _field(name)))
        return value

    def _odd(self, name: str) -> Any:
        raise LeftOutError(f"{_field(name)} has a schema that is none")


def stated_value(schema: Mapping[str, Any]) -> Any:
    """The value that a schema states itself, or a mark that it states none."""
    if "const" in schema:
        return schema["const"]
    if "example" in schema:
        return schema["example"]
    for key in ("examples", "enum"):
        if key == "enum" and "default" in schema:
            return schema["default"]
        if isinstance(schema.get(key), list) and schema[key]:
            return next((each for each in schema[key] if each is not None), None)
    return schema.get("default", _ABSENT)


def _is_secret(schema: Mapping[str, Any], name: str) -> bool:
    if schema.get("format") == "password":
        return True
    return bool(name) and is_secret_name(name) and _type_of(schema) in ("string", "") and "enum" not in schema


def _type_of(schema: Mapping[str, Any]) -> Any:
    kind = schema.get("type")
    if isinstance(kind, list):
        kind = next((each for each in kind if each != "null"), "null")
    if kind:
        return kind
    for key, implied in (
        ("properties", "object"),
        ("required", "object"),
        ("additionalProperties", "object"),
        ("items", "array"),
        ("minimum", "number"),
        ("maximum", "number"),
    ):
        if key in schema:
            return implied
    return ""


def _merge(into: dict[str, Any], other: Mapping[str, Any]) -> None:
    for key, value in other.items():
        if key == "properties" and isinstance(value, dict) and isinstance(into.get(key), dict):
            into[key] = {**into[key], **value}
        elif key == "required" and isinstance(value, list) and isinstance(into.get(key), list):
            into[key] = [*into[key], *(each for each in value if each not in into[key])]
        else:
            into[key] = value


def _discriminated(candidate: dict[str, Any], discriminator: Any, option: Any) -> dict[str, Any]:
    """The alternative with its discriminator saying which one it is."""
    key = discriminator.get("propertyName") if isinstance(discriminator, dict) else discriminator
    reference = option.get("$ref") if isinstance(option, dict) else None
    if not isinstance(key, str) or not isinstance(reference, str):
        return candidate
    mapping = discriminator.get("mapping") if isinstance(discriminator, dict) else None
    names = [name for name, to in mapping.items() if to == reference] if isinstance(mapping, dict) else []
    says = names[0] if names else reference.rsplit("/", 1)[-1]
    properties = _mapping(candidate.get("properties"))
    return {
        **candidate,
        "properties": {**properties, key: {"const": says}},
        "required": [*_list(candidate.get("required")), key],
    }


def _mapping(value: Any) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []


def _field(name: str) -> str:
    return f"the field {name[:80]!r}" if name else "the value"
