"""Recording requests: a row of seven integers each while running, columns by side afterwards.

Every thread appends to an array of its own (56 bytes a request, no locks, no objects that outlive the
request); the arrays are merged once, when the load has stopped.
"""

from __future__ import annotations

import threading
from array import array
from typing import TYPE_CHECKING

from perfgate.model import Samples

if TYPE_CHECKING:
    from collections.abc import Sequence

    from perfgate.load.connection import Exchange

_MAX_ERROR_CLASSES = 200
COLUMNS = 7


class ErrorClasses:
    """Numbers for the error classes of a run, shared by its threads; number 0 is "no error".

    A workload can produce any text it likes, so past a bound everything new is counted as "other".
    """

    def __init__(self) -> None:
        self._numbers = {"": 0, "other": 1}
        self._lock = threading.Lock()

    def number(self, error: str) -> int:
        """The number of an error class, given out on first sight."""
        known = self._numbers.get(error)
        if known is not None:
            return known
        with self._lock:
            if len(self._numbers) >= _MAX_ERROR_CLASSES:
                return 1
            return self._numbers.setdefault(error, len(self._numbers))

    def names(self) -> tuple[str, ...]:
        """All error classes seen, by number."""
        return tuple(self._numbers)


class Recorder:
    """The requests of one thread."""

    __slots__ = ("_errors", "_rows", "stamped")

    def __init__(self, errors: ErrorClasses) -> None:
        self._errors = errors
        self._rows = array("q")
        self.stamped = 0

    def record(self, *, side: int, endpoint: int, couple: int, due_ns: int, exchange: Exchange) -> None:
        """Keep one request."""
        error = self._errors.number(exchange.error) if exchange.error else 0
        packed = endpoint << 33 | side << 32 | exchange.status << 16 | error
        self._rows.extend(
            (
                packed,
                due_ns,
                exchange.sent_ns,
                exchange.first_ns,
                exchange.last_ns,
                exchange.bytes_received,
                couple,
            )
        )
        self.stamped += exchange.stamped

    @property
    def rows(self) -> array[int]:
        """Seven integers a request, in the order they were recorded."""
        return self._rows


def merge(
    recorders: Sequence[Recorder],
    *,
    errors: ErrorClasses,
    endpoints: tuple[str, ...],
    sides: int,
    since_ns: int,
) -> tuple[Samples, ...]:
    """The columns of each side, in order of sending, without requests sent before `since_ns` (warm-up)."""
    import numpy as np

    parts = [np.frombuffer(r.rows, dtype=np.int64).reshape(-1, COLUMNS) for r in recorders if r.rows]
    rows = np.concatenate(parts) if parts else np.empty((0, COLUMNS), dtype=np.int64)
    rows = rows[rows[:, 2] >= since_ns]
    rows = rows[np.argsort(rows[:, 2], kind="stable")]
    packed = rows[:, 0]
    side_of = packed >> 32 & 1
    merged = []
    for side in range(sides):
        mine = rows[side_of == side]
        meta = mine[:, 0]
        merged.append(
            Samples(
                endpoints=endpoints,
                errors=errors.names(),
                endpoint=(meta >> 33).astype(np.int32),
                due_ns=mine[:, 1].copy(),
                sent_ns=mine[:, 2].copy(),
                first_ns=mine[:, 3].copy(),
                last_ns=mine[:, 4].copy(),
                status=(meta >> 16 & 0xFFFF).astype(np.int32),
                error=(meta & 0xFFFF).astype(np.int32),
                bytes_received=mine[:, 5].copy(),
                couple=mine[:, 6].astype(np.int32),
            )
        )
    return tuple(merged)
