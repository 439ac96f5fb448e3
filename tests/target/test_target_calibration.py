"""The calibration runs where the service ran, and leaves the thread where it was."""

import os

import pytest

from perfgate.target.calibration import calibrate_ns


def test_it_takes_some_milliseconds_at_most() -> None:
    assert 10_000 < calibrate_ns(None) < 2_000_000_000


def test_the_thread_comes_back(monkeypatch: pytest.MonkeyPatch) -> None:
    before = os.sched_getaffinity(0)
    places = []
    real = os.sched_setaffinity
    monkeypatch.setattr(
        os, "sched_setaffinity", lambda who, cpus: places.append(set(cpus)) or real(who, cpus)
    )
    calibrate_ns((min(before),))
    assert places == [{min(before)}, before]
    assert os.sched_getaffinity(0) == before


def test_cpus_that_cannot_be_had_are_an_error_and_move_nothing() -> None:
    before = os.sched_getaffinity(0)
    with pytest.raises(OSError, match="Invalid argument"):
        calibrate_ns((1023,))
    assert os.sched_getaffinity(0) == before
