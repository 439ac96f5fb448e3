"""What a service's process tree has used: CPU time to the nanosecond, and resident memory."""

from __future__ import annotations

import os
import threading
import time
from typing import TYPE_CHECKING

from perfgate.target.watchdog import has_marker, processes, stat_fields

if TYPE_CHECKING:
    from perfgate.target.service import Service

_TICK_NS = 1_000_000_000 // os.sysconf("SC_CLK_TCK")
PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")
# Positions in /proc/PID/stat, counted from the state (proc(5), fields 3 on).
_PARENT, _GROUP, _SESSION, _CHILD_USER, _CHILD_SYSTEM, _STARTED, _RSS = 1, 2, 3, 13, 14, 19, 21


def watch(service: Service) -> Watch:
    """Find the processes of a service; done outside the measured time, it looks at every process there is."""
    return Watch(service.group.pgid, service.group.marker)


class Watch:
    """The process tree of one service: its session, its group, their descendants, and whoever has its marker.

    Later calls look only at processes that are new since the call before. Several threads may make them.
    """

    def __init__(self, leader: int, marker: str) -> None:
        self._leader = leader
        self._marker = marker
        fields = stat_fields(leader)
        self._since = int(fields[_STARTED]) if fields else 0
        self._seen: set[int] = set()
        self._used: dict[int, tuple[int, int]] = {}
        self._lost = False
        self._looking = threading.Lock()
        self.pids: tuple[int, ...] = ()
        self.refresh()

    def refresh(self) -> None:
        """Take in processes born since the last look, leave out those that are gone."""
        # An older list must not come after a newer one: it would take out whoever was born between the two.
        with self._looking:
            current = set(processes())
            tree = {pid for pid in self.pids if pid in current}
            new = {pid: f for pid in current - self._seen if (f := stat_fields(pid)) is not None}
            members = {pid for pid, fields in new.items() if self._is_ours(pid, fields)}
            while members:
                tree |= members
                members = {pid for pid, f in new.items() if pid not in tree and int(f[_PARENT]) in tree}
            self._seen = current
            self.pids = tuple(sorted(tree))

    def cpu_ns(self) -> int | None:
        """CPU time of the tree so far: subtract two calls.

        Linux gives every process a clock of its own (`clock_getcpuclockid`), which also counts threads that
        have ended; a child that was waited for moves into its parent's account, in ticks of 10 ms. None where
        it cannot be seen, and from the call on that finds time of dead processes in nobody's account.
        """
        self.refresh()
        if not self._seen:
            return _portable(self._leader, "cpu")
        used = {pid: usage for pid in self.pids if (usage := _used(pid)) is not None}
        self._lost = self._lost or unaccounted(self._used, used)
        self._used = used
        return None if self._lost or not used else sum(own + reaped for own, reaped in used.values())

    def rss_bytes(self) -> int | None:
        """Resident memory of the tree now, pages that processes share counted in each; None if it is gone."""
        self.refresh()
        if not self._seen:
            return _portable(self._leader, "rss")
        fields = [f for pid in self.pids if (f := stat_fields(pid)) is not None]
        return sum(int(f[_RSS]) for f in fields) * PAGE_BYTES or None

    def _is_ours(self, pid: int, fields: list[bytes]) -> bool:
        if int(fields[_GROUP]) == self._leader or int(fields[_SESSION]) == self._leader:
            return True
        return int(fields[_STARTED]) >= self._since and has_marker(pid, self._marker)


def own_clock(pid: int) -> int:
    """The id of the clock that counts a process's CPU time, for `time.clock_gettime_ns`."""
    return (~pid << 3) | 2


def reaped_ns(fields: list[bytes]) -> int:
    """CPU time of the children a process has waited for, from its `stat_fields`."""
    return (int(fields[_CHILD_USER]) + int(fields[_CHILD_SYSTEM])) * _TICK_NS


def _used(pid: int) -> tuple[int, int] | None:
    """CPU time of a process itself, and of the children it has waited for."""
    fields = stat_fields(pid)
    try:
        own_ns = time.clock_gettime_ns(own_clock(pid))
    except OSError:
        return None
    return None if fields is None else (own_ns, reaped_ns(fields))


def unaccounted(before: dict[int, tuple[int, int]], after: dict[int, tuple[int, int]]) -> bool:
    """Whether time of processes that are gone has not turned up with the survivors (they were orphans)."""
    gone_ns = sum(sum(usage) for pid, usage in before.items() if pid not in after)
    stayed = [pid for pid in before if pid in after]
    gained_ns = sum(after[pid][1] - before[pid][1] for pid in stayed)
    rounding_ns = 2 * _TICK_NS * (len(stayed) + 1)
    return gone_ns > gained_ns + rounding_ns


def _portable(leader: int, what: str) -> int | None:
    """The same from psutil where there is no /proc: coarser, and without whoever left the tree."""
    import psutil

    try:
        root = psutil.Process(leader)
        tree = [root, *root.children(recursive=True)]
        if what == "rss":
            return sum(process.memory_info().rss for process in tree)
        times = [process.cpu_times() for process in tree]
    except psutil.Error:
        return None
    return round(sum(t.user + t.system for t in times) * 1e9)
