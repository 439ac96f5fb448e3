from __future__ import annotations

import os
import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.errors import MeasureError
from perfgate.model import Placement
from perfgate.target.placement import can_pin, detect_cpus, pin_driver, plan_placement

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
