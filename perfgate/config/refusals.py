"""Saying of a file that its schema refuses what is wrong, where it stands and what to do."""

from __future__ import annotations

from typing import Any, get_args, get_origin

from pydantic import BaseModel, ValidationError

from perfgate.errors import UsageError
from perfgate.yamlfile import Document

_WRONG_TYPE = {
    "model_type": ("needs keys of its own", "write them below it, indented"),
    "dict_type": ("needs keys of its own", "write them below it, indented"),
    "list_type": ("is not a list", "write its items in [ ], or below it after dashes"),
    "string_type": ("is not text", "put it in quotes"),
}
_MOVED = {("gate", "cpu"): "gate.level.cpu"}
_KEY = "[key]"
"""What pydantic appends to the path of a key, as opposed to its value."""


def first_error(document: Document, error: ValidationError, root: type[BaseModel]) -> UsageError:
    """The error to raise about the first thing that `root` refuses in a file."""
    # An unknown key is often why another one is missing.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")[0]
    keys, context = details["loc"], details.get("ctx", {})
    if details["type"] == "extra_forbidden":
        if keys in _MOVED:
            return document.error(keys, f"unknown key {keys[-1]!r}", f"write {_MOVED[keys]}")
        return document.unknown_key(keys, _section_at(keys[:-1], root).model_fields)
    version = keys in (("version",), ("schema_version",))
    if version and isinstance(details["input"], int) and details["input"] > 1:
        return document.error(
            keys, f"{keys[0]} {details['input']} is newer than this perfgate knows", "upgrade perfgate"
        )
    if details["type"] == "missing":
        name = _dotted(keys)
        return document.error(
            keys[:-1], f"{name} is missing", f"add {name}{': 1' if name.endswith('version') else ''}"
        )
    if details["type"] == "perfgate":
        keys = (*keys, *context["keys"])
        return document.error(keys, f"{_dotted(keys)}: {context['what']}", context["hint"])
    what, hint = _WRONG_TYPE.get(
        details["type"], (f"cannot be used: {details['msg']}", "see the documentation")
    )
    return document.error(keys, f"{_dotted(keys)} {what}", hint)


def _dotted(keys: tuple[str | int, ...]) -> str:
    return ".".join(str(key) for key in keys if key != _KEY)


def _section_at(keys: tuple[str | int, ...], root: type[BaseModel]) -> type[BaseModel]:
    kind: Any = root
    for key in keys:
        # Below a mapping or a list of sections every key leads to the same kind of section.
        nested = get_origin(kind) in (dict, list)
        kind = get_args(kind)[-1] if nested else kind.model_fields[str(key)].annotation
    found: type[BaseModel] = kind
    return found
