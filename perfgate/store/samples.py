"""The raw requests of a result: one `.npz` of columns, with nothing in it that needs unpickling."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfgate.errors import UsageError
from perfgate.model import Round, Samples
from perfgate.store.columns import Kind, check, pack, unpack
from perfgate.store.files import read_bounded
from perfgate.store.names import shown

MAX_BYTES = 1 << 30
MAX_EXPANDED_BYTES = 4 << 30

COLUMNS: dict[str, Kind] = {
    "endpoint": np.int32,
    "due_ns": np.int64,
    "sent_ns": np.int64,
    "first_ns": np.int64,
    "last_ns": np.int64,
    "status": np.int32,
    "error": np.int32,
    "bytes_received": np.int64,
    "couple": np.int32,
}
TABLES = ("endpoints", "errors")
_REMEDY = "remove the file; the results file beside it stays usable without it"


def dump_samples(samples: Sequence[tuple[Round, Samples]]) -> bytes:
    """The content of the `.npz`: the columns of all rounds one after another, and `round`, their index.

    Rounds may number their endpoints and error classes differently; here they share one table of each,
    stored as the bytes of a JSON list.
    """
    parts = [part for _, part in samples]
    endpoints = tuple(dict.fromkeys(name for part in parts for name in part.endpoints))
    errors = tuple(dict.fromkeys(["", *(name for part in parts for name in part.errors)]))
    arrays: dict[str, NDArray[Any]] = {
        name: _joined([getattr(part, name) for part in parts], kind) for name, kind in COLUMNS.items()
    }
    arrays["endpoint"] = _joined([_renumbered(p.endpoint, p.endpoints, endpoints) for p in parts], np.int32)
    arrays["error"] = _joined([_renumbered(p.error, p.errors, errors) for p in parts], np.int32)
    arrays["round"] = _joined([np.full(len(p.due_ns), r.index) for r, p in samples], np.int32)
    for name, table in (("endpoints", endpoints), ("errors", errors)):
        arrays[name] = np.frombuffer(json.dumps(table).encode(), dtype=np.uint8)
    return pack(arrays)


def samples_path(result_path: Path) -> Path:
    """Where the raw samples of a results file are, if they were kept."""
    return result_path.with_suffix(".npz")


def load_samples(path: Path) -> tuple[NDArray[np.int32], Samples]:
    """The round each request was part of, and the requests, beside the results file (or in the `.npz`) named.

    Raises:
        UsageError: missing, torn, foreign, or columns that do not fit together.
    """
    path = samples_path(path)
    content = read_bounded(path, MAX_BYTES)
    try:
        expected = {*COLUMNS, *TABLES, "round"}
        arrays = unpack(content, expected, max_expanded_bytes=MAX_EXPANDED_BYTES)
        tables = {name: _table(arrays[name]) for name in TABLES}
        columns = {name: arrays[name] for name in COLUMNS}
        _check({"round": arrays["round"]} | columns, tables)
    except Exception as error:  # numpy, zipfile and zlib raise a dozen unrelated types on torn bytes
        raise UsageError(f"{shown(path)}: no perfgate samples: {shown(error)}", _REMEDY) from error
    return arrays["round"], Samples(**tables, **columns)  # type: ignore[arg-type]  # checked just above


def _joined(parts: list[NDArray[Any]], kind: Kind) -> NDArray[Any]:
    joined: NDArray[Any] = np.concatenate([np.empty(0, dtype=kind), *parts]).astype(kind)
    return joined


def _renumbered(column: NDArray[np.int32], names: tuple[str, ...], shared: tuple[str, ...]) -> NDArray[Any]:
    numbers = {name: number for number, name in enumerate(shared)}
    return np.array([numbers[name] for name in names], dtype=np.int32)[column]


def _table(stored: NDArray[Any]) -> tuple[str, ...]:
    names = json.loads(stored.tobytes())
    if not isinstance(names, list) or not all(isinstance(name, str) for name in names):
        raise ValueError("a table of names is not a list of text")
    return tuple(names)


def _check(columns: dict[str, NDArray[Any]], tables: dict[str, tuple[str, ...]]) -> None:
    check(columns, COLUMNS | {"round": np.int32})
    for name, table in (("endpoint", tables["endpoints"]), ("error", tables["errors"])):
        if len(columns["round"]) and not 0 <= columns[name].min() <= columns[name].max() < len(table):
            raise ValueError(f"column {name} names what its table does not have")
    if tables["errors"][:1] != ("",):
        raise ValueError('error class 0 is not ""')
