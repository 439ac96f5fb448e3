"""What services use while they are loaded, over time: memory every 25 ms, the rest with every fourth reading.

A full walk over all processes takes milliseconds, most of them holding the interpreter's lock, which the
driver's threads need. So the members of a tree are looked for anew only when a process was born anywhere (the
last process id in /proc/loadavg says so), every 250 ms at most.
"""

from __future__ import annotations

import threading
import time
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from perfgate.target.connections import ConnectionCounter
from perfgate.target.members import Members
from perfgate.target.observe import Watch

INTERVAL_S = 0.025
READINGS_A_ROW = 4
_REFRESH_NS = 250_000_000
_LOADAVG = Path("/proc/loadavg")


class MemorySeries(NamedTuple):
    """Readings of one tree: wall-clock nanoseconds, and bytes resident then; of equal length."""

    at_ns: array[int]
    rss_bytes: array[int]


class UsageSeries(NamedTuple):
    """Rows of one tree, columns of equal length: as `model.ServiceSeries`, -1 for what was not to be had."""

    at_ns: array[int]
    cpu_ns: array[int]
    rss_bytes: array[int]
    threads: array[int]
    connections: array[int]


class Recorded(NamedTuple):
    """All that was read of one tree."""

    memory: MemorySeries
    usage: UsageSeries


class UsageRecorder:
    """A thread that reads what several trees use, from `start` to `stop`; a watch of None stands for no tree.

    It is a thread of the driver and runs where that runs. Where there is no /proc it reads nothing, and every
    series stays empty. `ports` are where the services listen, one for each watch.
    """

    def __init__(
        self,
        watches: Sequence[Watch | None],
        ports: Sequence[int | None],
        *,
        interval_s: float = INTERVAL_S,
    ) -> None:
        self._trees = [
            _Tree(watch, port) if watch and port is not None else None
            for watch, port in zip(watches, ports, strict=True)
        ]
        self._interval_s = interval_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record, name="usage", daemon=True)
        self._births = b""

    def start(self) -> None:
        """Begin to read."""
        if any(self._trees):
            self._thread.start()

    def stop(self) -> tuple[Recorded, ...]:
        """Stop reading, if anybody does, and return what was read: perhaps nothing of a tree."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        for tree in filter(None, self._trees):
            tree.close()
        return tuple(tree.recorded if tree else _nothing() for tree in self._trees)

    def _record(self) -> None:
        trees = [tree for tree in self._trees if tree]
        look_again_ns = readings = 0
        while trees and not self._over.wait(self._interval_s):
            now_ns = time.time_ns()
            if now_ns >= look_again_ns:
                look_again_ns = now_ns + _REFRESH_NS
                if self._anybody_born():
                    for tree in trees:
                        tree.members.find()
            for tree in trees:
                tree.read(everything=readings % READINGS_A_ROW == 0)
            readings += 1

    def _anybody_born(self) -> bool:
        try:
            births = _LOADAVG.read_bytes().split()[-1]
        except (OSError, IndexError):
            return True
        known, self._births = self._births, births
        return births != known


class _Tree:
    """One service's processes, its port, and what was read of them so far."""

    def __init__(self, watch: Watch, port: int) -> None:
        self.members = Members(watch)
        self.recorded = _nothing()
        self._connections = ConnectionCounter(port)

    def read(self, *, everything: bool) -> None:
        at_ns = time.time_ns()
        rss_bytes = self.members.rss_bytes()
        if not rss_bytes:
            return
        memory, usage = self.recorded
        memory.at_ns.append(at_ns)
        memory.rss_bytes.append(rss_bytes)
        if everything:
            cpu_ns, threads = self.members.usage()
            row = (at_ns, cpu_ns, rss_bytes, threads, self._connections.count())
            for column, value in zip(usage, row, strict=True):
                column.append(value)

    def close(self) -> None:
        self.members.close()
        self._connections.close()


def _nothing() -> Recorded:
    return Recorded(
        MemorySeries(array("q"), array("q")),
        UsageSeries(array("q"), array("q"), array("q"), array("q"), array("q")),
    )
