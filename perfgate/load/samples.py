"""From the rows of all threads to columns by side."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.load.recorder import COLUMNS
from perfgate.model import Samples

if TYPE_CHECKING:
    from numpy.typing import NDArray


def joined(parts: Sequence[object], *, since_ns: int) -> NDArray[np.int64]:
    """All rows in order of sending, without those sent before `since_ns` (the warm-up).

    Args:
        parts: buffers of rows (`Recorder.rows`, or their bytes from another process).
        since_ns: wall-clock nanoseconds.

    Returns:
        An array of requests × `COLUMNS`.
    """
    arrays = [_rows(part) for part in parts]
    rows = np.concatenate(arrays) if arrays else np.empty((0, COLUMNS), dtype=np.int64)
    if len(rows) and rows[:, 2].min() < since_ns:
        rows = rows[rows[:, 2] >= since_ns]
    return rows[np.argsort(rows[:, 2], kind="stable")]


def answers(parts: Sequence[object]) -> int:
    """How many requests something came back for, the warm-up's among them."""
    return sum(int((_rows(part)[:, 3] > 0).sum()) for part in parts)


def by_side(
    rows: NDArray[np.int64], *, errors: tuple[str, ...], endpoints: tuple[str, ...], sides: int
) -> tuple[Samples, ...]:
    """The columns of each side; they own their memory."""
    if sides == 1:
        return (_columns(rows, errors, endpoints),)
    side_of = rows[:, 0] >> 32 & 1
    return tuple(_columns(rows[side_of == side], errors, endpoints) for side in range(sides))


def renumbered(part: object, *, errors: Sequence[int], endpoints: Sequence[int]) -> bytes:
    """Rows whose numbers of error classes and endpoints are replaced by those the sequences hold for them."""
    rows = _rows(part).copy()
    packed = rows[:, 0]
    rows[:, 0] = (
        np.array([*endpoints, 0], dtype=np.int64)[packed >> 48] << 48
        | packed & 0xFFFF_FFFF_0000
        | np.array([*errors, 0], dtype=np.int64)[packed & 0xFFFF]
    )
    return bytes(rows.tobytes())


def lateness_ns(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """How late the driver woke up for each arrival: nothing in it is the service's doing. Cut at 4.3 s."""
    return (rows[:, 6].view(np.uint64) >> np.uint64(32)).astype(np.int64)


def sending_ns(rows: NDArray[np.int64]) -> NDArray[np.int64]:
    """How long handing each request to the kernel took. Cut at 4.3 s."""
    return rows[:, 6] & 0xFFFFFFFF


def _rows(part: object) -> NDArray[np.int64]:
    values: NDArray[np.int64] = np.frombuffer(part, dtype=np.int64)  # type: ignore[call-overload]  # a buffer
    return values.reshape(-1, COLUMNS)


def _columns(rows: NDArray[np.int64], errors: tuple[str, ...], endpoints: tuple[str, ...]) -> Samples:
    packed, mixed = rows[:, 0], rows[:, 5]
    return Samples(
        endpoints=endpoints,
        errors=errors,
        endpoint=(packed >> 48).astype(np.int32),
        due_ns=rows[:, 1].copy(),
        sent_ns=rows[:, 2].copy(),
        first_ns=rows[:, 3].copy(),
        last_ns=rows[:, 4].copy(),
        status=(packed >> 16 & 0xFFFF).astype(np.int32),
        error=(packed & 0xFFFF).astype(np.int32),
        bytes_received=mixed & 0xFFFFFFFF,
        couple=(mixed >> 32).astype(np.int32),
    )
