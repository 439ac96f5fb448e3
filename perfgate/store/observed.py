"""What was read of a service over time: one `.observed.npz` of columns beside each results file."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfgate.errors import UsageError
from perfgate.model import ServiceSeries
from perfgate.store.atomic import write_atomically
from perfgate.store.columns import Kind, check, pack, unpack
from perfgate.store.files import read_bounded
from perfgate.store.names import shown

MAX_BYTES = 32 << 20
MAX_EXPANDED_BYTES = 256 << 20
"""Two months of rows: ten a second, 44 bytes each."""

COLUMNS: dict[str, Kind] = {
    "round": np.int32,
    "at_ns": np.int64,
    "cpu_ns": np.int64,
    "rss_bytes": np.int64,
    "threads": np.int64,
    "connections": np.int64,
}
_READINGS = tuple(name for name in COLUMNS if name != "round")
_REMEDY = "remove the file; the results file beside it stays usable without it"


def observed_path(result_path: Path) -> Path:
    """Where the series of a results file are, if there are any."""
    return result_path.with_suffix(".observed.npz")


def save_observed(result_path: Path, series: Sequence[ServiceSeries], *, within: Path) -> None:
    """Write the series of one side, a round each, beside its results file; nothing where nothing was read.

    Raises:
        MeasureError: as `write_atomically`.
    """
    kept = sorted((each for each in series if len(each.at_ns)), key=lambda each: each.round_index)
    if not kept:
        return
    arrays: dict[str, NDArray[Any]] = {
        name: np.concatenate([getattr(each, name) for each in kept]).astype(np.int64) for name in _READINGS
    }
    rounds = [each.round_index for each in kept]
    arrays["round"] = np.repeat(np.array(rounds, dtype=np.int32), [len(each.at_ns) for each in kept])
    write_atomically(observed_path(result_path), pack(arrays), within=within)


def load_observed(result_path: Path) -> tuple[ServiceSeries, ...]:
    """The series beside a results file, in the order of rounds; none where there is no such file.

    Raises:
        UsageError: torn, foreign, too large, a symbolic link, or columns that do not fit together.
    """
    path = observed_path(result_path)
    if not path.exists() and not path.is_symlink():
        return ()
    content = read_bounded(path, MAX_BYTES)
    try:
        columns = unpack(content, COLUMNS, max_expanded_bytes=MAX_EXPANDED_BYTES)
        check(columns, COLUMNS)
        _check_values(columns)
    except Exception as error:  # numpy, zipfile and zlib raise a dozen unrelated types on torn bytes
        raise UsageError(f"{shown(path)}: no series of perfgate: {shown(error)}", _REMEDY) from error
    return _by_round(columns)


def _check_values(columns: dict[str, NDArray[Any]]) -> None:
    if (np.diff(columns["round"]) < 0).any():
        raise ValueError("rounds are not in order")
    for name, column in columns.items():
        if len(column) and column.min() < (0 if name in ("round", "at_ns") else -1):
            raise ValueError(f"column {name} is negative")


def _by_round(columns: dict[str, NDArray[Any]]) -> tuple[ServiceSeries, ...]:
    numbers, starts = np.unique(columns["round"], return_index=True)
    ends = [*starts[1:], len(columns["round"])]
    return tuple(
        ServiceSeries(round_index=int(number), **{name: columns[name][start:end] for name in _READINGS})
        for number, start, end in zip(numbers, starts, ends, strict=True)
    )
