"""Waiting until a moment to a few microseconds, and the delay each answer gets."""

from __future__ import annotations

import ctypes
import time

from perfgate.target.inject.mode import Injection
from perfgate.target.inject.tail import Tail, kind_of

_SPIN_NS = 150_000
_ALONE_NS = 30_000
"""So near the moment other threads have to wait: `sleep(0)` gives up the CPU, and it came back 13 to 22 µs
late at the median. Without it the last stretch ends 0 to 3 µs late (delays of 15 and 100 µs, and 5 % of
0.4 ms, twice each beside each other)."""
_SET_TIMER_SLACK = 29  # PR_SET_TIMERSLACK of prctl(2)


class Delayer:
    """Delays answers of all connections as one mode says."""

    def __init__(self, injection: Injection) -> None:
        self._injection = injection
        self._tail = Tail() if injection.is_tail_only else None
        self.is_idle = injection.is_nothing

    def kind_of(self, request: bytes) -> bytes:
        """What `hold` needs to know of a request, from its first bytes."""
        return kind_of(request) if self._tail is not None else b""

    def hold(self, kind: bytes, asked_ns: int, answered_ns: int) -> None:
        """Return when the answer is due that began at `answered_ns` to what was asked at `asked_ns`."""
        took_ns = answered_ns - asked_ns
        if self._tail is not None and not self._tail.is_slow(kind, took_ns):
            return
        wait_until(answered_ns + self._injection.delay_ns(took_ns))


def wait_until(due_ns: int) -> None:
    """Wait until the clock `time.perf_counter_ns` says `due_ns`: asleep at first, then looking at the clock.

    A sleeper wakes up late by what the machine pleases, hence the last 150 µs awake. `sleep(0)` lets other
    threads have the interpreter for most of that.
    """
    sleep_ns = due_ns - time.perf_counter_ns() - _SPIN_NS
    if sleep_ns > 0:
        time.sleep(sleep_ns / 1e9)
    while (left_ns := due_ns - time.perf_counter_ns()) > 0:
        if left_ns > _ALONE_NS:
            time.sleep(0)


def sleep_precisely() -> None:
    """Let this thread, and those it starts from now on, be woken without the usual 50 µs of slack.

    Processes started from here would inherit it, so the service has to be running by then.
    """
    try:
        ctypes.CDLL(None).prctl(_SET_TIMER_SLACK, ctypes.c_ulong(1), 0, 0, 0)
    except (OSError, AttributeError):
        return  # Not Linux: sleeps end later, and the last of the wait is awake in any case.
