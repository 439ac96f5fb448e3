"""How fast the service's CPUs are right now: the time that one fixed calculation takes on them."""

from __future__ import annotations

import hashlib
import os
import statistics
import time

_REPEATS = 3
_NUMBERS = 20_000
_BLOCK = bytes(range(256)) * 256
_HASHES = 16


def calibrate_ns(cpus: tuple[int, ...] | None) -> int:
    """Time the calculation: interpreted arithmetic and hashing, a few milliseconds, the median of three.

    Args:
        cpus: where it runs, on the calling thread, which is moved back afterwards; None for where it is.

    Raises:
        OSError: the CPUs cannot be had.
    """
    if cpus is None:
        return _timed_ns()
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, cpus)
    try:
        return _timed_ns()
    finally:
        os.sched_setaffinity(0, before)


def _timed_ns() -> int:
    times = []
    for _ in range(_REPEATS):
        begun = time.perf_counter_ns()
        _calculate()
        times.append(time.perf_counter_ns() - begun)
    return int(statistics.median(times))


def _calculate() -> str:
    """Never change it: the calibrations in committed baselines would mean something else."""
    total = 0
    for number in range(_NUMBERS):
        total += number * number % 7
    digest = hashlib.sha256(str(total).encode())
    for _ in range(_HASHES):
        digest.update(_BLOCK)
    return digest.hexdigest()
