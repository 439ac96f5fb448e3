"""Reading the file to convert: JSON of any size a recording has, or YAML, as plain values."""

from __future__ import annotations

import datetime
import json
import stat
import warnings
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from perfgate.errors import UsageError
from perfgate.yamlfile import shown

MAX_JSON_BYTES = 512 << 20
MAX_YAML_BYTES = 16 << 20
_HINT = "convert takes HAR (JSON) and OpenAPI (JSON or YAML)"


def read_document(path: Path) -> dict[str, Any]:
    """The document in a file; keys are text, and dates the text they were written as.

    Aliases of YAML stay shared, so that a small file cannot become a large one.

    Raises:
        UsageError: missing, too large, not UTF-8, neither JSON nor YAML, or no mapping at its top.
    """
    name = shown(str(path))
    raw = _read(path, name)
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise UsageError(f"{name}: not UTF-8 text (byte {error.start})", _HINT) from error
    document = _json(text, name) if text.lstrip()[:1] in ("{", "[") else None
    if document is None:
        document = _yaml(text, len(raw), name)
    if not isinstance(document, dict):
        raise UsageError(f"{name}: no keys with values at its top", _HINT)
    return document


def _read(path: Path, name: str) -> bytes:
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            raise UsageError(f"{name}: not a file", "name a HAR or OpenAPI file")
        with path.open("rb") as stream:
            raw = stream.read(MAX_JSON_BYTES + 1)
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error)
        raise UsageError(
            f"{name}: cannot be read: {shown(reason)}", "check the path and its permissions"
        ) from error
    if len(raw) > MAX_JSON_BYTES:
        raise UsageError(f"{name}: larger than {MAX_JSON_BYTES >> 20} MiB", "record less at once")
    if not raw.strip():
        raise UsageError(f"{name}: the file is empty", _HINT)
    return raw


def _json(text: str, name: str) -> Any:
    """The value; None where this is no JSON, but may be YAML's flow style."""
    try:
        return json.loads(text)
    except RecursionError as error:
        raise UsageError(f"{name}: nested too deeply", _HINT) from error
    except ValueError as error:
        if (
            isinstance(error, json.JSONDecodeError)
            and len(text) <= MAX_YAML_BYTES
            and not name.endswith((".har", ".json"))
        ):
            return None
        where = f":{error.lineno}:{error.colno}" if isinstance(error, json.JSONDecodeError) else ""
        what = error.msg if isinstance(error, json.JSONDecodeError) else shown(str(error))
        raise UsageError(
            f"{name}{where}: not valid JSON: {what}", "was the file cut off? Export it again"
        ) from error


def _yaml(text: str, size: int, name: str) -> Any:
    if size > MAX_YAML_BYTES:
        raise UsageError(f"{name}: YAML larger than {MAX_YAML_BYTES >> 20} MiB", "convert it to JSON first")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return _plain(YAML(typ="safe").load(text), {})
    except MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        where = f":{mark.line + 1}:{mark.column + 1}" if mark else ""
        what = " ".join(filter(None, (error.problem, error.context)))
        raise UsageError(f"{name}{where}: not valid YAML: {shown(what)}", _HINT) from error
    except RecursionError as error:
        raise UsageError(f"{name}: nested too deeply", _HINT) from error
    except (
        YAMLError,
        ValueError,
        TypeError,
        OverflowError,
        AttributeError,
        AssertionError,
        KeyError,
    ) as error:
        raise UsageError(f"{name}: not valid YAML", _HINT) from error


def _plain(value: Any, seen: dict[int, Any]) -> Any:
    """The value with keys as text and dates as text; what is shared stays shared, also with itself."""
    if isinstance(value, dict):
        if id(value) not in seen:
            found: dict[str, Any] = {}
            seen[id(value)] = found
            found |= {_key(key): _plain(item, seen) for key, item in value.items()}
        return seen[id(value)]
    if isinstance(value, list):
        if id(value) not in seen:
            items: list[Any] = []
            seen[id(value)] = items
            items += [_plain(item, seen) for item in value]
        return seen[id(value)]
    if isinstance(value, datetime.datetime | datetime.date):
        return value.isoformat()
    return value if isinstance(value, str | int | float | bool) or value is None else str(value)


def _key(key: Any) -> str:
    if isinstance(key, bool):
        return "true" if key else "false"
    return key if isinstance(key, str) else str(key)
