"""How long a user waits between two tasks: Locust's wait times, drawn from the user's own random numbers."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Protocol
from weakref import WeakSet

if TYPE_CHECKING:
    from perfgate.model import Port


class Waiting(Protocol):
    """What a wait time may use of the user or task set it belongs to."""

    _paced_s: float
    """When the task before began, or will have begun, by the monotonic clock."""
    _port: Port


WaitTime = Callable[[Any], float]


def between(min_wait: float, max_wait: float) -> WaitTime:
    """Seconds drawn evenly from `min_wait` to `max_wait`."""
    width = max_wait - min_wait

    def wait_time(waiting: Waiting) -> float:
        return min_wait + waiting._port.rng.random() * width

    return wait_time


def constant(wait_time: float) -> WaitTime:
    """Always the same number of seconds."""

    def always(_: Any) -> float:
        return wait_time

    if wait_time == 0:
        _NO_WAITS.add(always)
    return always


_NO_WAITS: WeakSet[WaitTime] = WeakSet()


def is_no_wait(wait_time: Any) -> bool:
    """Whether a `wait_time` attribute is known never to wait."""
    return wait_time == 0 if isinstance(wait_time, int | float) else wait_time in _NO_WAITS


def constant_pacing(wait_time: float) -> WaitTime:
    """What is left of `wait_time` seconds since the last task began; nothing if that took longer."""

    def rest_of(waiting: Waiting) -> float:
        now_s = time.monotonic()
        waiting._paced_s = max(now_s, waiting._paced_s + wait_time)
        return waiting._paced_s - now_s

    return rest_of


def constant_throughput(task_runs_per_second: float) -> WaitTime:
    """As `constant_pacing`, for so many tasks a second of each user."""
    return constant_pacing(1 / _positive("constant_throughput", task_runs_per_second))


def poisson(rate: float) -> WaitTime:
    """Seconds drawn from an exponential distribution whose mean is `1 / rate`."""
    _positive("poisson", rate)

    def wait_time(waiting: Waiting) -> float:
        return waiting._port.rng.expovariate(rate)

    return wait_time


def wait_ns(wait_time: Any) -> int:
    """Nanoseconds to wait by a `wait_time` attribute: a number of seconds, or a method that returns one.

    Raises:
        ValueError: what it gives is no finite number.
    """
    seconds = wait_time() if callable(wait_time) else wait_time
    if not isinstance(seconds, int | float) or not math.isfinite(seconds):
        raise ValueError(f"a wait time of {seconds!r}: give seconds as a number")
    return max(round(seconds * 1e9), 0)


def _positive(name: str, rate: float) -> float:
    if rate <= 0:
        raise ValueError(f"{name}({rate}): the rate must be above 0")
    return rate
