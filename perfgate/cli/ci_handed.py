"""Reads the JSON that one step hands to another, through hands that nobody vouches for."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NoReturn, TypeVar

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from pydantic import BaseModel

    Shape = TypeVar("Shape", bound=BaseModel)


def document_of(content: bytes, shape: type[Shape], *, name: str, remedy: str) -> Shape:
    """What is in a file called `name`, of exactly that shape.

    Raises:
        UsageError: not JSON, a key twice, no number where one is said to be, or another shape.
    """
    from pydantic import ValidationError

    try:
        raw = json.loads(
            content.decode("utf-8"), object_pairs_hook=_unique_keys, parse_constant=_refuse_constant
        )
    except (ValueError, RecursionError) as error:
        raise refusal(name, f"not JSON: {error}", remedy) from error
    try:
        return shape.model_validate(raw, strict=True)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False, include_context=False)[0]
        place = ".".join(str(part)[:40] for part in first["loc"])
        raise refusal(name, f"{place or 'the document'}: {first['msg']}", remedy) from error


def text_of(part: dict[str, Any], *, name: str, remedy: str) -> str:
    """A document that stands within another, as a file of its own.

    Raises:
        UsageError: it is nested too deeply to be written.
    """
    try:
        return json.dumps(part)
    except RecursionError as error:
        raise refusal(name, "nested too deeply", remedy) from error


def refusal(name: str, problem: str, remedy: str) -> UsageError:
    """That a file is not what perfgate writes, in one clean line."""
    from perfgate.report.text import clean, shorten

    return UsageError(f"{name}: {shorten(clean(problem), 200)}", remedy)


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    keys = dict(pairs)
    if len(keys) != len(pairs):
        raise ValueError("a key stands there twice")
    return keys


def _refuse_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no number")
