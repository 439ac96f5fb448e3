"""Which CPUs the driver and the services run on: apart, and both services on the same ones."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from perfgate.errors import MeasureError, UsageError
from perfgate.model import Placement

_LEAST_SERVICE_CPUS = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The CPUs the user names; a set that is empty takes what the other leaves."""

    driver: tuple[int, ...] = ()
    services: tuple[int, ...] = ()

    @property
    def any(self) -> bool:
        """Whether any CPU is named."""
        return bool(self.driver or self.services)


def plan_placement(
    available: frozenset[int],
    *,
    pin: bool,
    supported: bool = True,
    siblings: Mapping[int, frozenset[int]] | None = None,
    wanted: Wanted | None = None,
) -> Placement:
    """Give the driver the last CPU that suits, and both services the others (CPU 0 often serves interrupts).

    Two hyper-threads of a core slow each other down, and the driver's work is not even: a sibling of its CPU
    stays idle as long as the services keep two CPUs.

    Args:
        available: the CPUs this process may use, not empty.
        pin: whether the user wants it.
        supported: whether this system lets a process choose its CPUs.
        siblings: for each CPU the others of its core; none where that is not known.
        wanted: the CPUs the user names.

    Raises:
        UsageError: CPUs are named that cannot be had, or that leave none for the other.
    """
    everywhere = tuple(sorted(available))
    if wanted is not None and wanted.any and pin:
        return _as_wanted(wanted, available, supported=supported)
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
    driver, idle = _own_core(everywhere, siblings or {})
    services = tuple(cpu for cpu in everywhere if cpu != driver and cpu not in idle)
    if idle:
        note = f"CPU {_listed(idle)} kept idle: it shares a core with the driver's CPU {driver}"
    return Placement(driver_cpus=(driver,), service_cpus=services, pinned=True, note=note)


def _own_core(
    everywhere: tuple[int, ...], siblings: Mapping[int, frozenset[int]]
) -> tuple[int, frozenset[int]]:
    """The driver's CPU, and its siblings that stay idle."""

    def shared(cpu: int) -> frozenset[int]:
        return siblings.get(cpu, frozenset()) & frozenset(everywhere)

    alone = [cpu for cpu in everywhere if not shared(cpu)]
    if alone and len(everywhere) > 2:
        return alone[-1], frozenset()
    driver = everywhere[-1]
    idle = shared(driver)
    return driver, idle if len(everywhere) - 1 - len(idle) >= _LEAST_SERVICE_CPUS else frozenset()


def _as_wanted(wanted: Wanted, available: frozenset[int], *, supported: bool) -> Placement:
    if not supported:
        raise UsageError(
            "placement names CPUs, but this system does not let processes choose theirs",
            "remove placement.driver_cpus and placement.service_cpus, or allow sched_setaffinity",
        )
    for key, cpus in (("driver_cpus", wanted.driver), ("service_cpus", wanted.services)):
        if missing := set(cpus) - available:
            raise UsageError(
                f"placement.{key}: CPU {_listed(missing)} cannot be used here",
                f"this process may use CPU {_listed(available)}",
            )
    driver = set(wanted.driver) or available - set(wanted.services)
    services = set(wanted.services) or available - set(wanted.driver)
    if both := driver & services:
        raise UsageError(
            f"placement: CPU {_listed(both)} is given to the driver and to the services",
            "give each CPU to one of them",
        )
    if not driver or not services:
        raise UsageError(
            f"placement leaves no CPU for {'the services' if driver else 'the driver'}",
            f"this process may use CPU {_listed(available)}: leave one, or set placement.pin to false",
        )
    note = (
        f"CPUs as perfgate.yml says: {_listed(driver)} for the driver, {_listed(services)} for the services"
    )
    return Placement(
        driver_cpus=tuple(sorted(driver)), service_cpus=tuple(sorted(services)), pinned=True, note=note
    )


def _listed(cpus: Collection[int]) -> str:
    return ", ".join(map(str, sorted(cpus)))


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
