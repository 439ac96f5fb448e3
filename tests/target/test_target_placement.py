from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.errors import MeasureError, UsageError
from perfgate.model import Placement
from perfgate.target.placement import Wanted, can_pin, detect_cpus, pin_driver, plan_placement

CPUS = st.frozensets(st.integers(0, 500), min_size=1, max_size=64)


@given(CPUS, st.booleans(), st.booleans())
def test_driver_and_services_are_apart_or_the_note_says_why(available, pin, supported):
    plan = plan_placement(available, pin=pin, supported=supported)
    driver, services = set(plan.driver_cpus), set(plan.service_cpus)
    assert driver | services == available
    assert driver
    assert services
    assert plan.pinned is (not driver & services)
    assert plan.pinned is (pin and supported and len(available) > 1)
    assert bool(plan.note) is not plan.pinned
    assert not plan.pinned or len(driver) == 1


@given(CPUS, st.data())
def test_the_driver_shares_a_core_with_the_services_only_where_cpus_are_few(available, data):
    ordered = sorted(available)
    size = data.draw(st.integers(1, 4))
    cores = [frozenset(ordered[i : i + size]) for i in range(0, len(ordered), size)]
    siblings = {cpu: core - {cpu} for core in cores for cpu in core}
    plan = plan_placement(available, pin=True, siblings=siblings)
    driver, services = set(plan.driver_cpus), set(plan.service_cpus)
    idle = available - driver - services
    assert len(available) == 1 or len(driver) == 1
    assert driver and services  # noqa: PT018 - both at once
    shared = {cpu for mine in driver for cpu in siblings[mine]} & services
    assert not (idle and shared)
    assert bool(idle) is ("kept idle" in plan.note)
    if shared and plan.pinned:
        assert len(services) - len(shared) < 2


def test_a_sibling_of_the_drivers_cpu_stays_idle_and_the_note_says_so():
    pairs = {0: frozenset({1}), 1: frozenset({0}), 2: frozenset({3}), 3: frozenset({2})}
    plan = plan_placement(frozenset(range(4)), pin=True, siblings=pairs)
    assert (plan.driver_cpus, plan.service_cpus) == ((3,), (0, 1))
    assert plan.note == "CPU 2 kept idle: it shares a core with the driver's CPU 3"
    few = plan_placement(frozenset({0, 2, 3}), pin=True, siblings=pairs)
    assert (few.driver_cpus, few.service_cpus, few.note) == ((0,), (2, 3), "")
    two = plan_placement(frozenset({0, 1}), pin=True, siblings=pairs)
    assert (two.driver_cpus, two.service_cpus) == ((1,), (0,))


@pytest.mark.parametrize(
    ("wanted", "driver", "services"),
    [
        (Wanted(driver=(0,)), (0,), (1, 2, 3)),
        (Wanted(services=(2, 3)), (0, 1), (2, 3)),
        (Wanted(driver=(1,), services=(0,)), (1,), (0,)),
    ],
)
def test_named_cpus_are_used_and_recorded(wanted, driver, services):
    plan = plan_placement(frozenset(range(4)), pin=True, wanted=wanted)
    assert (plan.driver_cpus, plan.service_cpus, plan.pinned) == (driver, services, True)
    assert "as perfgate.yml says" in plan.note


@pytest.mark.parametrize(
    ("wanted", "supported", "text", "hint"),
    [
        (Wanted(driver=(7,)), True, "placement.driver_cpus: CPU 7 cannot be used here", "CPU 0, 1"),
        (Wanted(services=(1, 9)), True, "placement.service_cpus: CPU 9 cannot", "CPU 0, 1"),
        (
            Wanted(driver=(0,), services=(0, 1)),
            True,
            "CPU 0 is given to the driver and to the",
            "one of them",
        ),
        (Wanted(driver=(0, 1)), True, "leaves no CPU for the services", "CPU 0, 1"),
        (Wanted(services=(0, 1)), True, "leaves no CPU for the driver", "CPU 0, 1"),
        (Wanted(driver=(0,)), False, "does not let processes choose theirs", "sched_setaffinity"),
    ],
)
def test_cpus_that_cannot_be_had_are_refused_by_name(wanted, supported, text, hint):
    with pytest.raises(UsageError) as caught:
        plan_placement(frozenset({0, 1}), pin=True, supported=supported, wanted=wanted)
    assert text in caught.value.message
    assert hint in caught.value.hint


def test_the_notes_name_the_reason():
    assert "as asked" in plan_placement(frozenset({0, 1}), pin=False).note
    assert "one CPU" in plan_placement(frozenset({3}), pin=True).note
    assert "does not let" in plan_placement(frozenset({0, 1}), pin=True, supported=False).note


def test_detection_is_what_the_kernel_allows():
    assert detect_cpus() == os.sched_getaffinity(0)
    assert can_pin()


def test_every_thread_is_placed_and_put_back():
    before = os.sched_getaffinity(0)
    cpu = max(before)
    inside, release, seen = threading.Event(), threading.Event(), []

    def work():
        inside.set()
        release.wait(10)

    other = threading.Thread(target=work)
    other.start()
    inside.wait(10)
    try:
        with pin_driver(Placement(driver_cpus=(cpu,), service_cpus=(0,), pinned=True)):
            seen = [os.sched_getaffinity(0), os.sched_getaffinity(other.native_id)]
        after = [os.sched_getaffinity(0), os.sched_getaffinity(other.native_id)]
    finally:
        release.set()
        other.join()
    assert seen == [{cpu}, {cpu}]
    assert after == [before, before]


def test_an_unpinned_placement_changes_nothing():
    before = os.sched_getaffinity(0)
    with pin_driver(Placement(driver_cpus=(9999,), service_cpus=(9999,), pinned=False)):
        assert os.sched_getaffinity(0) == before


def test_a_cpu_that_is_not_there_is_an_error_with_a_remedy():
    before = os.sched_getaffinity(0)
    with (
        pytest.raises(MeasureError, match="the driver cannot be placed on CPU 1000") as caught,
        pin_driver(Placement(driver_cpus=(1000,), service_cpus=(0,), pinned=True)),
    ):
        pytest.fail("must not get here")
    assert "placement.pin" in caught.value.hint
    assert os.sched_getaffinity(0) == before


def test_threads_that_end_while_the_driver_is_placed_are_no_error():
    placement = plan_placement(detect_cpus(), pin=True, supported=can_pin())
    over = threading.Event()

    def come_and_go() -> None:
        while not over.is_set():
            brief = [threading.Thread(target=int) for _ in range(20)]
            for thread in brief:
                thread.start()
            for thread in brief:
                thread.join()

    restless = threading.Thread(target=come_and_go)
    restless.start()
    try:
        for _ in range(300):
            with pin_driver(placement):
                pass
    finally:
        over.set()
        restless.join()
