"""Recording requests while they run: one row of seven integers each, and a rare row for a new connection.

Every thread appends to arrays of its own: 56 bytes a request (the array keeps 6 % in reserve), no locks, no
objects that outlive the request. `samples` turns rows into columns once the load has stopped.
"""

from __future__ import annotations

import struct
from array import array
from typing import TYPE_CHECKING

from perfgate.load.names import Names
from perfgate.model import Exchange, Passes

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

COLUMNS = 7
"""endpoint, side, status, error · due · sent · first · last · couple, bytes · lateness, sending"""

OPENING_COLUMNS = 3
_MOST = (1 << 32) - 1
_pack = struct.Struct("<HHHHqqqqIiII").pack
"""A row as `samples` reads it, in 0.25 µs; extending the array by seven integers took three times that."""


class Recorder:
    """The requests of one thread."""

    __slots__ = ("_errors", "_keep", "openings", "passes", "rows", "stamped")

    def __init__(self, errors: Names) -> None:
        self._errors = errors
        self.rows = array("q")
        self._keep = self.rows.frombytes
        self.openings = array("q")
        self.stamped = 0
        self.passes: dict[str, list[int]] = {}

    def record(  # noqa: PLR0917 - once a request: naming seven arguments costs a tenth of the call
        self,
        exchange: Exchange,
        endpoint: int,
        error: str,
        side: int = 0,
        couple: int = -1,
        due_ns: int = 0,
        lateness_ns: int = 0,
    ) -> None:
        """Keep one request; `due_ns` 0 says it was due when it was sent, as in the closed model."""
        sent_ns, first_ns, last_ns, status, received, _, stamped, _, sending_ns, opening = exchange
        number = self._errors.number(error) if error else 0
        try:
            self._keep(
                _pack(
                    number,
                    status,
                    side,
                    endpoint,
                    due_ns or sent_ns,
                    sent_ns,
                    first_ns,
                    last_ns,
                    received,
                    couple,
                    sending_ns,
                    lateness_ns,
                )
            )
        except struct.error:
            # Something is out of its bounds: once more, cut to them.
            received, sending_ns, lateness_ns = _cut(received), _cut(sending_ns), _cut(lateness_ns)
            fitting = exchange._replace(
                bytes_received=received, sending_ns=sending_ns, stamped=False, opening=None
            )
            self.record(fitting, endpoint, error, side, couple, due_ns, lateness_ns)
        if stamped:
            self.stamped += 1
        if opening is not None:
            self.openings.extend(opening)

    def ended(self, scenario: str, *, completed: int = 0, failed: int = 0) -> None:
        """Count passes through a scenario that went to their ends, or ended before."""
        counts = self.passes.setdefault(scenario, [0, 0])
        counts[0] += completed
        counts[1] += failed

    @property
    def count(self) -> int:
        """How many requests were recorded."""
        return len(self.rows) // COLUMNS


def _cut(value: int) -> int:
    """What fits into half a number: up to 4.3 s or 4 GiB, and nothing below 0 (a clock set back)."""
    return min(max(value, 0), _MOST)


def passes_of(recorders: Sequence[Recorder]) -> dict[str, Passes]:
    """What became of the passes of all threads, by scenario."""
    return passes_together(
        {name: Passes(completed=counts[0], failed=counts[1]) for name, counts in recorder.passes.items()}
        for recorder in recorders
    )


def passes_together(parts: Iterable[Mapping[str, Passes]]) -> dict[str, Passes]:
    """The passes of several parts of a load."""
    found: dict[str, Passes] = {}
    for part in parts:
        for name, passes in part.items():
            known = found.get(name, Passes())
            found[name] = Passes(
                completed=known.completed + passes.completed, failed=known.failed + passes.failed
            )
    return found


def rows_bytes(recorders: Sequence[Recorder]) -> int:
    """The memory the rows take, with what the arrays keep in reserve."""
    return sum(r.rows.__sizeof__() + r.openings.__sizeof__() for r in recorders)
