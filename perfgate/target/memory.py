"""How the resident memory of services went while they were loaded: a reading every 25 ms, at little cost.

A full walk over all processes takes milliseconds, most of them holding the interpreter's lock, which the
driver's threads need. So the members of a tree are kept with an open file each, and looked for anew only when
a process was born anywhere (the last process id in /proc/loadavg says so), every 250 ms at most.
"""

from __future__ import annotations

import os
import threading
import time
from array import array
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from perfgate.target.observe import PAGE_BYTES, Watch

INTERVAL_S = 0.025
_REFRESH_NS = 250_000_000
_LOADAVG = Path("/proc/loadavg")


class MemorySeries(NamedTuple):
    """Readings of one tree: wall-clock nanoseconds, and bytes resident then; of equal length."""

    at_ns: array[int]
    rss_bytes: array[int]


class MemoryRecorder:
    """A thread that reads the memory of several trees from `start` to `stop`; None stands for no tree.

    It is a thread of the driver and runs where that runs. Until `stop` nobody else may use the watches.
    Where there is no /proc it reads nothing, and every series stays empty.
    """

    def __init__(self, watches: Sequence[Watch | None], *, interval_s: float = INTERVAL_S) -> None:
        self._trees = [_Tree(watch) if watch else None for watch in watches]
        self._interval_s = interval_s
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._record, name="memory", daemon=True)
        self._births = b""

    def start(self) -> None:
        """Begin to read."""
        if any(self._trees):
            self._thread.start()

    def stop(self) -> tuple[MemorySeries, ...]:
        """Stop reading, if anybody does, and return what was read: a series a tree, perhaps empty."""
        self._over.set()
        if self._thread.ident is not None:
            self._thread.join()
        for tree in filter(None, self._trees):
            tree.close()
        return tuple(tree.series if tree else _empty() for tree in self._trees)

    def _record(self) -> None:
        trees = [tree for tree in self._trees if tree]
        look_again_ns = 0
        while trees and not self._over.wait(self._interval_s):
            now_ns = time.time_ns()
            if now_ns >= look_again_ns:
                look_again_ns = now_ns + _REFRESH_NS
                if self._anybody_born():
                    for tree in trees:
                        tree.find_members()
            for tree in trees:
                tree.read()

    def _anybody_born(self) -> bool:
        try:
            births = _LOADAVG.read_bytes().split()[-1]
        except (OSError, IndexError):
            return True
        known, self._births = self._births, births
        return births != known


class _Tree:
    """Open files of a tree's members: each stays with its process, whoever gets the id next."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._files: dict[int, int] = {}
        self.series = _empty()

    def find_members(self) -> None:
        self._watch.refresh()
        for pid in self._watch.pids:
            if pid not in self._files:
                with suppress(OSError):
                    self._files[pid] = os.open(f"/proc/{pid}/statm", os.O_RDONLY | os.O_CLOEXEC)

    def read(self) -> None:
        at_ns, pages = time.time_ns(), 0
        for pid, file in tuple(self._files.items()):
            try:
                pages += int(os.pread(file, 64, 0).split()[1])
            except (OSError, IndexError):
                os.close(self._files.pop(pid))
        if pages:
            self.series.at_ns.append(at_ns)
            self.series.rss_bytes.append(pages * PAGE_BYTES)

    def close(self) -> None:
        for file in self._files.values():
            os.close(file)
        self._files.clear()


def _empty() -> MemorySeries:
    return MemorySeries(array("q"), array("q"))
