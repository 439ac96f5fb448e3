"""Archives of columns (`.npz`): packed, and unpacked within bounds, with nothing in them to be unpickled."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Collection, Mapping
from typing import Any

import numpy as np
from numpy.typing import NDArray

Kind = type[np.signedinteger[Any]]


def pack(arrays: Mapping[str, NDArray[Any]]) -> bytes:
    """The content of an archive with an array under each name."""
    target = io.BytesIO()
    np.savez_compressed(target, **arrays)  # type: ignore[arg-type]  # numpy's stub takes the names for its flag
    return target.getvalue()


def unpack(content: bytes, expected: Collection[str], *, max_expanded_bytes: int) -> dict[str, NDArray[Any]]:
    """The arrays of an archive.

    Raises:
        ValueError: it has other members than expected, or would expand to more.
        Exception: it is torn; numpy, zipfile and zlib have a dozen unrelated types for that.
    """
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        members = archive.infolist()
        if sorted(m.filename for m in members) != sorted(f"{name}.npy" for name in expected):
            raise ValueError("its members are not the columns of perfgate")
        if sum(m.file_size for m in members) > max_expanded_bytes:
            raise ValueError(f"it would expand to more than {_size_text(max_expanded_bytes)}")
    with np.load(io.BytesIO(content), allow_pickle=False) as arrays:
        return {name: arrays[name] for name in expected}


def check(columns: Mapping[str, NDArray[Any]], kinds: Mapping[str, Kind]) -> None:
    """Make sure that columns fit together: all of one length, each of its type.

    Raises:
        ValueError: naming the column that does not.
    """
    length = next(iter(columns.values())).shape
    for name, column in columns.items():
        if column.ndim != 1 or column.shape != length:
            raise ValueError(f"column {name} has another length")
        if column.dtype != kinds[name]:
            raise ValueError(f"column {name} has another type")


def _size_text(size: int) -> str:
    return f"{size >> 30} GiB" if size >= 1 << 30 else f"{size >> 20} MiB"
