"""The processes of one service, held by open files: what they use, at the cost of a few system calls."""

from __future__ import annotations

import os
import time
from contextlib import suppress
from typing import NamedTuple

from perfgate.target.observe import PAGE_BYTES, Watch, own_clock, reaped_ns, unaccounted
from perfgate.target.watchdog import parse_stat

# Position in /proc/PID/stat, counted from the state (proc(5), field 20).
_THREADS = 17
_STAT_BYTES = 1024


class Usage(NamedTuple):
    """What a tree has used and has; -1 for what cannot be told."""

    cpu_ns: int
    threads: int


class Members:
    """Open files of a tree's members: each stays with its process, whoever gets the id next."""

    def __init__(self, watch: Watch) -> None:
        self._watch = watch
        self._memory: dict[int, int] = {}
        self._stat: dict[int, int] = {}
        self._used: dict[int, tuple[int, int]] = {}

    def find(self) -> None:
        """Take in the processes born since the last look."""
        self._watch.refresh()
        # Memory first: verdicts are made from it, should descriptors run out.
        for name, files in (("statm", self._memory), ("stat", self._stat)):
            for pid in self._watch.pids:
                if pid not in files:
                    with suppress(OSError):
                        files[pid] = os.open(f"/proc/{pid}/{name}", os.O_RDONLY | os.O_CLOEXEC)

    def rss_bytes(self) -> int:
        """Resident memory of the tree now, pages that processes share counted in each; 0 if it is gone."""
        pages = 0
        for pid, file in tuple(self._memory.items()):
            try:
                pages += int(os.pread(file, 64, 0).split()[1])
            except (OSError, IndexError):
                os.close(self._memory.pop(pid))
        return pages * PAGE_BYTES

    def usage(self) -> Usage:
        """CPU time of the tree so far and its threads now; time of the dead that is nobody's makes it unknown."""
        used: dict[int, tuple[int, int]] = {}
        threads = 0
        for pid, file in tuple(self._stat.items()):
            try:
                # The clock goes by the id, so the file is read after it: it tells whether the process lived.
                own_ns = time.clock_gettime_ns(own_clock(pid))
                fields = parse_stat(os.pread(file, _STAT_BYTES, 0))
                threads_here, used_here = int(fields[_THREADS]), (own_ns, reaped_ns(fields))
            except (OSError, IndexError):
                os.close(self._stat.pop(pid))
                continue
            used[pid] = used_here
            threads += threads_here
        if not used:
            return Usage(-1, -1)
        if unaccounted(self._used, used):
            return Usage(-1, threads)
        self._used = used
        return Usage(sum(own + reaped for own, reaped in used.values()), threads)

    def close(self) -> None:
        """Let go of the processes."""
        for files in (self._memory, self._stat):
            for file in files.values():
                os.close(file)
            files.clear()
