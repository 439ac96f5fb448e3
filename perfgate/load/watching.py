"""Looking at a load from outside while it runs, and stopping it."""

from __future__ import annotations

import time
from array import array
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from perfgate.load.recorder import Recorder
from perfgate.load.running import Running

_LOOK_EVERY_NS = 2_000_000_000
"""As often as k6 looks at its thresholds."""


class Look(NamedTuple):
    """Rows that were recorded since the last look, the tables their numbers index, and the time measured."""

    rows: list[array[int]]
    errors: tuple[str, ...]
    endpoints: tuple[str, ...]
    since_ns: int
    elapsed_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Watcher:
    """Whoever wants to know how the load goes.

    `on_measuring` is called when the warm-up ends and `on_measured` when the last request is in, to read
    counters of the service at those moments; `on_tick` now and then, with the requests so far. `on_look`
    gets every few seconds what was recorded since the last time, and says whether to stop.
    """

    on_measuring: Callable[[], None] = lambda: None
    on_measured: Callable[[], None] = lambda: None
    on_tick: Callable[[int], None] = lambda _: None
    on_look: Callable[[Look], bool] | None = None


class Looking:
    """Shows a watcher every now and then what has been recorded since, and only that: a copy takes time."""

    def __init__(self, running: Running, recorders: Sequence[Recorder], watcher: Watcher) -> None:
        self._running, self._recorders, self._watcher = running, recorders, watcher
        self._seen = [0] * len(recorders)
        self._begun_ns = self._last_ns = time.monotonic_ns()

    def wants_stop(self) -> bool:
        """Show what is new, if it is time to; True if the watcher has seen enough."""
        now_ns = time.monotonic_ns()
        on_look = self._watcher.on_look
        if on_look is None or self._running.is_over or now_ns - self._last_ns < _LOOK_EVERY_NS:
            return False
        self._last_ns = now_ns
        # A shape adds users while the load runs.
        self._seen += [0] * (len(self._recorders) - len(self._seen))
        rows = [recorder.rows[seen:] for recorder, seen in zip(self._recorders, self._seen, strict=False)]
        self._seen = [seen + len(part) for seen, part in zip(self._seen, rows, strict=True)]
        running = self._running
        look = Look(
            rows=rows,
            errors=running.errors.names(),
            endpoints=running.endpoints.names(),
            since_ns=running.measured_since_ns,
            elapsed_ns=now_ns - self._begun_ns,
        )
        return on_look(look)
