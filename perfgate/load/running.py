"""The moving parts of one load that its threads share, and how they wait."""

from __future__ import annotations

import contextlib
import itertools
import threading
import time
from array import array
from dataclasses import dataclass, field

from perfgate.load.names import Names, error_classes
from perfgate.load.plan import LoadPlan


def _held() -> threading.Lock:
    lock = threading.Lock()
    lock.acquire()
    return lock


@dataclass(slots=True)
class Running:
    """One load under way. Times are of the monotonic clock, so that setting the wall clock moves nothing.

    `going_on` is held until the load is abandoned: to wait for it is to sleep until then (an Event would do,
    but it looks through all its sleepers to forget one, and there may be thousands).
    `arrivals_ns` (since the start) and `sides` are the schedule of the
    open model, `caps` the most users at once for each arrival (empty: no cap).
    """

    plan: LoadPlan
    start_ns: int
    wall_ahead_ns: int
    endpoints: Names
    errors: Names = field(default_factory=error_classes)
    couples: itertools.count[int] = field(default_factory=itertools.count)
    iterations: itertools.count[int] = field(default_factory=itertools.count)
    arrivals_ns: array[int] = field(default_factory=lambda: array("q"))
    sides: bytes = b""
    caps: array[int] = field(default_factory=lambda: array("l"))
    passes: itertools.count[int] = field(default_factory=itertools.count)
    next_arrival: itertools.count[int] = field(default_factory=itertools.count)
    busy: int = 0
    busy_lock: threading.Lock = field(default_factory=threading.Lock)
    is_over: bool = False
    going_on: threading.Lock = field(default_factory=_held)
    failures: list[BaseException] = field(default_factory=list)

    @property
    def end_ns(self) -> int:
        """When no pass may begin any more."""
        return self.start_ns + self.plan.profile.duration_ns

    @property
    def measure_from_ns(self) -> int:
        """When the warm-up ends."""
        return self.start_ns + self.plan.warmup_ns

    @property
    def measured_since_ns(self) -> int:
        """When measuring began by the wall clock, 0 if it did from the first request."""
        return self.measure_from_ns + self.wall_ahead_ns if self.plan.warmup_ns else 0

    def abandon(self) -> None:
        """End the load: nothing is sent or recorded any more. Several threads may do so at once."""
        self.is_over = True
        self._wake_the_next()

    def pause(self, duration_ns: int, until_ns: int) -> bool:
        """Wait for a while; False, without waiting, when the load is over or would be by then."""
        return self.sleep_until(time.monotonic_ns() + duration_ns, until_ns)

    def sleep_until(self, due_ns: int, until_ns: int) -> bool:
        """Wait for a moment; False, without waiting, when the load is over or it is not before `until_ns`."""
        if due_ns >= until_ns or self.is_over:
            return False
        while (left_ns := due_ns - time.monotonic_ns()) > 0:
            if self.going_on.acquire(timeout=left_ns / 1e9):
                self._wake_the_next()
                return False
        return not self.is_over

    def _wake_the_next(self) -> None:
        # Whoever abandons the load while a sleeper wakes releases for it too: once is enough.
        with contextlib.suppress(RuntimeError):
            self.going_on.release()

    def take_place(self, cap: int) -> bool:
        """Become one of the busy users, unless `cap` (0: no cap) are busy already."""
        with self.busy_lock:
            if cap and self.busy >= cap:
                return False
            self.busy += 1
            return True

    def leave_place(self) -> None:
        """Be busy no more."""
        with self.busy_lock:
            self.busy -= 1
