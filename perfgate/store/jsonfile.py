"""A versioned JSON file format: strict when read, checked by its own reader before it is written."""

from __future__ import annotations

import json
import operator
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, NoReturn, TypeVar

from pydantic import TypeAdapter, ValidationError

from perfgate.errors import MeasureError, UsageError
from perfgate.store.names import shown

T = TypeVar("T")
Document = dict[str, Any]
MAX_BYTES = 64 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Format(Generic[T]):
    """One kind of file: `to_json` makes what the adapter reads; `remedy` is for files that cannot be used.

    `upgrades` maps a version N to the pure function that makes a document of version N + 1 of one of
    version N; the version itself is counted up here. Files of a version without such a step are refused.
    """

    name: str
    version: int
    adapter: TypeAdapter[T]
    to_json: Callable[[T], Document]
    remedy: str
    sort_keys: bool = False
    upgrades: Mapping[int, Callable[[Document], Document]] = field(default_factory=dict)

    def json_schema(self) -> dict[str, Any]:
        """The JSON Schema (draft 2020-12) of the file."""
        body = self.adapter.json_schema() | {"title": f"perfgate {self.name}, version {self.version}"}
        return {"$schema": "https://json-schema.org/draft/2020-12/schema"} | body

    def schema_text(self) -> str:
        """The JSON Schema as it is committed beside the code."""
        return json.dumps(self.json_schema(), indent=2) + "\n"

    def dump(self, value: T) -> bytes:
        """The content of the file; whatever this returns, `parse` reads.

        Raises:
            MeasureError: the value holds what the format does not allow, such as a number that is not finite.
        """
        document = self.to_json(value)
        try:
            text = json.dumps(
                document,
                ensure_ascii=False,
                allow_nan=False,
                indent=2,
                sort_keys=self.sort_keys,
                default=operator.index,  # numpy's whole numbers
            )
            content = text.encode() + b"\n"
            self.parse(content, where=f"this {self.name}")
        except UsageError as error:
            raise MeasureError(
                f"cannot store {error.message}", "shorten or correct the value named"
            ) from error
        except ValueError as error:
            raise MeasureError(
                f"cannot store this {self.name}: {shown(error)}",
                "correct the number or the name that caused it",
            ) from error
        return content

    def parse(self, content: bytes, *, where: object) -> T:
        """The value in a file's content; `where` names the file in errors, which are one line.

        Raises:
            UsageError: too large, not UTF-8, not JSON, a key twice, another version, or breaking any rule
                of the format.
        """
        place = shown(where)
        if len(content) > MAX_BYTES:
            raise UsageError(f"{place}: larger than {MAX_BYTES >> 20} MiB", self.remedy)
        try:
            text = content.decode("utf-8")
            raw = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_refuse_constant)
        except json.JSONDecodeError as error:
            raise UsageError(
                f"{place}:{error.lineno}:{error.colno}: not JSON: {error.msg}", self.remedy
            ) from error
        except (ValueError, RecursionError) as error:
            raise UsageError(f"{place}: not JSON: {shown(error)}", self.remedy) from error
        found = self._check_version(raw, place)
        if found in self.upgrades:
            text = self._upgraded(raw, found, place)
        try:
            return self.adapter.validate_json(text)
        except ValidationError as error:
            raise UsageError(f"{place}: {_first_problem(error)}", self.remedy) from error

    def _upgraded(self, document: Document, found: int, place: str) -> str:
        """A document of an earlier version as text of this version, step by step."""
        version = found
        try:
            while version < self.version:
                document = self.upgrades[version](document) | {"schema_version": version + 1}
                version += 1
            return json.dumps(document)
        except (AttributeError, KeyError, TypeError, ValueError, RecursionError) as error:
            raise UsageError(
                f"{place}: not a {self.name} of version {version}: {shown(error)}", self.remedy
            ) from error

    def _check_version(self, raw: object, place: str) -> int:
        found = raw.get("schema_version") if isinstance(raw, dict) else None
        if not isinstance(found, int) or isinstance(found, bool):
            raise UsageError(f"{place}: no perfgate {self.name}: it has no schema_version", self.remedy)
        if found > self.version:
            raise UsageError(
                f"{place}: from a newer perfgate: schema_version {shown(found)}, known is {self.version}",
                "upgrade perfgate: pip install --upgrade perfgate",
            )
        return found


def with_keys(document: Document, **values: object) -> Document:
    """The document with keys that its version did not know yet, for a step of `Format.upgrades`.

    Raises:
        ValueError: it has one of them, so it is not of the version it claims.
    """
    for key in values:
        if key in document:
            raise ValueError(f"{key} does not belong there yet")
    return document | values


def _unique_keys(pairs: list[tuple[str, Any]]) -> Document:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        twice = next(key for key, times in Counter(key for key, _ in pairs).items() if times > 1)
        raise ValueError(f"the key {twice!r} stands there twice")
    return keys


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number JSON knows")


def _first_problem(error: ValidationError) -> str:
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    key = ".".join(str(part) for part in first["loc"]) or "the file"
    more = f" (and {error.error_count() - 1} more)" if error.error_count() > 1 else ""
    return f"{shown(key)}: {shown(first['msg'])}{more}"
