"""Phases become a profile of arrivals that is the same load."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.model import Profile, Ramp
from perfgate.workload.artillery import read_workload

S = 1_000_000_000


@pytest.fixture
def profile(flow):
    def _profile(phases: str) -> Profile:
        found = flow("- get: {url: /}", config=f"phases: {phases}").profile
        assert (found.executor, found.arrivals) == ("ramping-arrival-rate", "even")
        return found

    return _profile


def stage(seconds, target, max_vus=0):
    return Ramp(duration_ns=round(seconds * S), target=target, max_vus=max_vus)


def test_no_phases_no_profile(flow):
    assert flow("- get: {url: /}").profile is None


def test_a_constant_phase_stays_where_it_starts(profile):
    found = profile("[{duration: 60, arrivalRate: 10}]")
    assert (found.start, found.stages, found.vus) == (10.0, (stage(60, 10.0),), 0)
    assert found.graceful_stop_ns == 30 * S


def test_another_rate_is_a_jump(profile):
    found = profile("[{duration: 1min, arrivalRate: 10}, {duration: 30, arrivalRate: '20'}]")
    assert found.stages == (stage(60, 10.0), stage(0, 20.0), stage(30, 20.0))


def test_ramps_join_without_a_jump(profile):
    found = profile(
        "[{duration: 10, arrivalRate: 5, rampTo: 50}, {duration: 20, arrivalRate: 50},"
        " {duration: 5, rampTo: 8}]"
    )
    assert found.start == 5.0
    assert found.stages == (stage(10, 50.0), stage(20, 50.0), stage(0, 0.0), stage(5, 8.0))


def test_counts_pauses_and_no_arrivals(profile):
    found = profile("[{duration: 20, arrivalCount: 10}, {pause: 5}, {duration: 1, arrivalRate: 0}]")
    assert found.stages == (stage(20, 0.5), stage(0, 0.0), stage(5, 0.0), stage(1, 0.0))
    assert found.duration_ns == 26 * S


def test_the_users_at_once(profile):
    bounded = profile(
        "[{duration: 1, arrivalRate: 1, maxVusers: 3}, {pause: 1},"
        " {duration: 1, arrivalRate: 1, maxVusers: 7}]"
    )
    assert bounded.vus == 7
    assert [ramp.max_vus for ramp in bounded.stages] == [3, 0, 0, 7, 7]
    half = profile("[{duration: 1, arrivalRate: 1, maxVusers: 3}, {duration: 1, arrivalRate: 1}]")
    assert half.vus == 0
    assert [ramp.max_vus for ramp in half.stages] == [3, 0]


def test_no_users_at_once_is_a_pause(profile):
    found = profile("[{duration: 1, arrivalRate: 5, maxVusers: 0}]")
    assert (found.start, found.stages, found.vus) == (0.0, (stage(1, 0.0),), 0)


def arrivals(profile):
    """The area under the profile's rate."""
    rate, total = profile.start, 0.0
    for ramp in profile.stages:
        total += (rate + ramp.target) / 2 * ramp.duration_ns / S
        rate = ramp.target
    return total


rates = st.integers(0, 500)
phases = st.one_of(
    st.fixed_dictionaries({"duration": st.integers(1, 900), "arrivalRate": rates}),
    st.fixed_dictionaries({"duration": st.integers(1, 900), "arrivalRate": rates, "rampTo": rates}),
    st.fixed_dictionaries({"duration": st.integers(1, 900), "arrivalCount": rates}),
    st.fixed_dictionaries({"pause": st.integers(1, 900)}),
)


def users(phase):
    if "pause" in phase:
        return 0
    start = phase.get("arrivalRate", 0)
    return phase.get("arrivalCount", phase.get("duration") * (start + phase.get("rampTo", start)) / 2)


@given(st.lists(phases, min_size=1, max_size=6))
def test_as_many_users_arrive_in_the_same_time(folder, written):
    import json

    path = folder / "load.yml"
    path.write_text(
        json.dumps({"config": {"phases": written}, "scenarios": [{"flow": [{"get": {"url": "/"}}]}]})
    )
    found = read_workload(path).profile
    assert arrivals(found) == pytest.approx(sum(map(users, written)))
    assert found.duration_ns == S * sum(phase.get("duration", phase.get("pause")) for phase in written)
    assert all(ramp.target >= 0 and ramp.duration_ns >= 0 for ramp in found.stages)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("phases")
