"""Which CPUs the driver and the services run on: apart, and both services on the same ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from perfgate.errors import MeasureError
from perfgate.model import Placement


def plan_placement(available: frozenset[int], *, pin: bool, supported: bool = True) -> Placement:
    """Give the driver the last CPU and both services all others (CPU 0 often serves interrupts).

    Args:
        available: the CPUs this process may use, not empty.
        pin: whether the user wants it.
        supported: whether this system lets a process choose its CPUs.
    """
    everywhere = tuple(sorted(available))
    note = ""
    if not pin:
        note = "not pinned, as asked: expect several times the noise"
    elif not supported:
        note = (
            "not pinned: this system does not let processes choose their CPUs; expect several times the noise"
        )
    elif len(everywhere) < 2:
        note = "not pinned: with one CPU the driver and the services take time from each other"
    if note:
        return Placement(driver_cpus=everywhere, service_cpus=everywhere, pinned=False, note=note)
    return Placement(driver_cpus=everywhere[-1:], service_cpus=everywhere[:-1], pinned=True)


def detect_cpus() -> frozenset[int]:
    """The CPUs this process may run on: what taskset, cpusets and containers have left of the machine."""
    if hasattr(os, "sched_getaffinity"):
        return frozenset(os.sched_getaffinity(0))
    return frozenset(range(os.cpu_count() or 1))


def can_pin() -> bool:
    """Whether this system lets a process choose its CPUs; some containers forbid it."""
    if not hasattr(os, "sched_setaffinity"):
        return False
    try:
        os.sched_setaffinity(0, os.sched_getaffinity(0))
    except OSError:
        return False
    return True


@contextmanager
def pin_driver(placement: Placement) -> Iterator[None]:
    """Keep every thread of this process, and those it starts, on the driver's CPUs; undone at the end.

    Does nothing for a placement that is not pinned.

    Raises:
        MeasureError: the CPUs cannot be had.
    """
    if not placement.pinned:
        yield
        return
    before = _places()
    own = os.sched_getaffinity(0)
    try:
        _move(before, placement.driver_cpus)
        yield
    finally:
        for thread in _threads():
            with suppress(OSError):
                os.sched_setaffinity(thread, before.get(thread, own))


def _places() -> dict[int, set[int]]:
    """The CPUs of every thread; one that ends meanwhile has none."""
    found = {}
    for thread in _threads():
        with suppress(ProcessLookupError):
            found[thread] = os.sched_getaffinity(thread)
    return found


def _move(threads: Collection[int], cpus: tuple[int, ...]) -> None:
    for thread in threads:
        try:
            os.sched_setaffinity(thread, cpus)
        except ProcessLookupError:
            continue
        except OSError as error:
            raise MeasureError(
                f"the driver cannot be placed on CPU {', '.join(map(str, cpus))}: {error.strerror}",
                "set placement.pin to false in perfgate.yml",
            ) from error


def _threads() -> list[int]:
    return [int(entry.name) for entry in Path("/proc/self/task").iterdir()]
