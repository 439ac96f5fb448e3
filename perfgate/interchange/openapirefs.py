"""An OpenAPI document and its references: local ones are followed, all others refused by name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import unquote

from perfgate.interchange.draft import LeftOutError

_MOST_HOPS = 50


class References:
    """Follows `$ref` inside one document."""

    def __init__(self, document: Mapping[str, Any]) -> None:
        self._document = document

    def resolved(self, value: Any) -> Any:
        """The value, or what its `$ref` leads to; keys beside a `$ref` win, as OpenAPI 3.1 has it.

        Raises:
            LeftOutError: the reference leads out of the document, nowhere, or back to itself.
        """
        beside: dict[str, Any] = {}
        for _ in range(_MOST_HOPS):
            if not isinstance(value, dict) or not isinstance(value.get("$ref"), str):
                return {**value, **beside} if beside and isinstance(value, dict) else value
            beside = {**{key: item for key, item in value.items() if key != "$ref"}, **beside}
            value = self._target(value["$ref"])
        raise LeftOutError("a $ref that leads back to itself")

    def _target(self, reference: str) -> Any:
        if not reference.startswith("#"):
            raise LeftOutError(
                f"$ref {reference[:200]!r} leads out of the document: bundle it into one first"
            )
        found: Any = self._document
        for step in reference[1:].split("/")[1:]:
            key = unquote(step).replace("~1", "/").replace("~0", "~")
            if isinstance(found, dict) and key in found:
                found = found[key]
            elif isinstance(found, list) and key.isdecimal() and int(key) < len(found):
                found = found[int(key)]
            else:
                raise LeftOutError(f"$ref {reference[:200]!r} leads nowhere")
        return found
