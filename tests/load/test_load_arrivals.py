"""Arrivals on a real server: when they come, what a bound on users makes of them, whose fault lateness is."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest
from load_plans import (
    MS,
    arrivals,
    errors_of,
    load,
    profile,
)
from load_servers import LocalServer, answering, slow

from perfgate.load.engine import drive
from perfgate.model import Samples


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(answering()) as running:
        yield running


def due_s(samples: Samples) -> np.ndarray:
    """When each pass was due, from the first on."""
    due = np.sort(samples.due_ns)
    return (due - due[0]) / 1e9


def test_even_arrivals_come_in_even_gaps_and_all_of_them(server):
    (samples,) = drive(load(server, arrivals(200, 500, arrivals="even"))).samples
    assert len(samples.due_ns) == 100
    assert np.allclose(np.diff(due_s(samples)), 1 / 200, atol=1e-6)


def test_poisson_arrivals_follow_from_the_seed(server):
    def due(seed: int) -> list[float]:
        (samples,) = drive(load(server, arrivals(200, 500), seed=seed)).samples
        return due_s(samples).tolist()

    first = due(3)
    assert first == due(3)
    assert first != due(4)
    assert 60 < len(first) < 140
    assert np.std(np.diff(first)) > 1 / 400


def test_a_ramp_of_arrivals_speeds_up_evenly(server):
    how = profile("ramping-arrival-rate", (1_000, 200), vus=16, arrivals="even")
    (samples,) = drive(load(server, how)).samples
    assert len(samples.due_ns) == 100
    # Of a rate that grows evenly from 0, a quarter comes in the first half.
    assert sum(due_s(samples) < 0.5) == 25


def test_nobody_arrives_in_a_pause(server):
    how = profile(
        "ramping-arrival-rate",
        (200, 100),
        (0, 0),
        (300, 0),
        (0, 100),
        (200, 100),
        vus=8,
        start=100,
        arrivals="even",
    )
    (samples,) = drive(load(server, how)).samples
    at = due_s(samples)
    assert len(at) == 40
    assert not ((at >= 0.2) & (at < 0.499)).any()


@pytest.mark.parametrize("vus", [3, 12])
def test_an_arrival_above_the_cap_is_not_sent_and_counted(vus):
    """Artillery's maxVusers, also where no more users than that exist."""
    how = arrivals(50, 1_000, vus=vus, arrivals="even", max_vus=3)
    with LocalServer(slow(0.2)) as server:
        (samples,) = drive(load(server, how)).samples
        sent = len(server.requests)
    errors = errors_of(samples)
    assert errors[""] == sent
    assert errors[""] + errors["not sent"] == 50
    # Three at a time for 200 ms each are 15 a second.
    assert 12 <= sent <= 18
    assert max(at_once_of_sent(samples)) == 3


def at_once_of_sent(samples: Samples) -> list[int]:
    sent = samples.error == 0
    begins, ends = samples.sent_ns[sent], samples.last_ns[sent]
    return [int(((begins <= moment) & (moment < ends)).sum()) for moment in begins]


def test_a_cap_that_is_never_reached_loses_nothing(server):
    how = arrivals(100, 500, vus=4, arrivals="even", max_vus=4)
    (samples,) = drive(load(server, how)).samples
    assert errors_of(samples) == {"": 50}


def test_without_a_cap_an_arrival_waits_for_a_free_user():
    with LocalServer(slow(0.05)) as server:
        (samples,) = drive(load(server, arrivals(40, 500, vus=1, arrivals="even"))).samples
    assert errors_of(samples) == {"": 20}
    waited_ns = np.sort(samples.sent_ns - samples.due_ns)
    assert waited_ns[-1] > 300 * MS


def test_what_the_warm_up_sent_is_in_no_figure(server):
    outcome = drive(load(server, arrivals(100, 1_000, arrivals="even"), warmup_ns=500 * MS))
    assert len(server.requests) == 100
    assert abs(len(outcome.samples[0].sent_ns) - 50) <= 2
    assert len(outcome.lateness_ns) == len(outcome.samples[0].sent_ns)
    assert outcome.duration_ns < 800 * MS


def test_lateness_is_the_drivers_and_no_part_of_a_slow_service():
    with LocalServer(slow(0.1)) as server:
        outcome = drive(load(server, arrivals(30, 600, vus=2, arrivals="even")))
    (samples,) = outcome.samples
    assert len(outcome.lateness_ns) == len(samples.sent_ns) == 18
    assert np.max(samples.sent_ns - samples.due_ns) > 200 * MS
    assert np.median(outcome.lateness_ns) < 30 * MS
