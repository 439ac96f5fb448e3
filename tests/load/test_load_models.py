"""What each executor of k6 makes of a real server: how many passes, when, and by how many users at once."""

from __future__ import annotations

import socket
import threading
import time
from collections import Counter
from collections.abc import Iterator

import numpy as np
import pytest
from load_plans import (
    GET,
    MS,
    arrivals,
    errors_of,
    gets,
    iterations,
    load,
    profile,
    scenario,
    users,
)
from load_servers import OK, LocalServer, answering, slow

from perfgate.load import clock
from perfgate.load.engine import drive
from perfgate.load.raw import LoadStopped, outcome
from perfgate.load.watching import Watcher
from perfgate.model import Request, Samples, Scenario, Script, Think


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(answering()) as running:
        yield running


def at_once(samples: Samples, *, every_ms: int = 10) -> list[int]:
    """How many requests were under way at each of evenly spaced moments."""
    begins, ends = samples.sent_ns, samples.last_ns
    moments = range(int(begins.min()), int(ends.max()), every_ms * MS)
    return [int(((begins <= moment) & (moment < ends)).sum()) for moment in moments]


def test_shared_iterations_are_done_once_each_whoever_does_them(server):
    (samples,) = drive(load(server, iterations("shared-iterations", 57, vus=4))).samples
    assert len(samples.sent_ns) == len(server.requests) == 57
    assert server.connections <= 4


def test_shared_iterations_go_to_whoever_is_free():
    def behave(peer: socket.socket, server: LocalServer) -> None:
        # The first user to come is held up for as long as the others need for everything.
        held = server.connections == 1
        while server.request(peer):
            server.over.wait(0.5 if held else 0.01)
            peer.sendall(OK)

    with LocalServer(behave) as server:
        begun = time.monotonic()
        drive(load(server, iterations("shared-iterations", 40, vus=3)))
        assert time.monotonic() - begun < 2.0
        assert len(server.requests) == 40


def test_shared_iterations_end_with_their_time():
    with LocalServer(slow(0.1)) as server:
        (samples,) = drive(load(server, iterations("shared-iterations", 1000, vus=2, ms=500))).samples
    assert 4 <= len(samples.sent_ns) <= 10


def test_each_user_does_its_own_iterations():
    by_connection: Counter[int] = Counter()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            by_connection[id(peer)] += 1
            peer.sendall(OK)

    with LocalServer(behave) as server:
        (samples,) = drive(load(server, iterations("per-vu-iterations", 7, vus=5))).samples
    assert sorted(by_connection.values()) == [7] * 5
    assert len(samples.sent_ns) == 35


def test_so_many_users_are_busy_all_the_time():
    with LocalServer(slow(0.05)) as server:
        (samples,) = drive(load(server, users(6, 600))).samples
    busy = at_once(samples)
    assert max(busy) == 6
    assert np.median(busy) == 6
    assert server.connections == 6


def test_users_follow_the_ramp_up_and_down():
    up_and_down = profile("ramping-vus", (800, 8), (400, 8), (800, 0), vus=8)
    with LocalServer(slow(0.02)) as server:
        (samples,) = drive(load(server, up_and_down)).samples
    busy = at_once(samples)
    assert max(busy) == 8
    # Where the ramp says 2, 4, 8, 4 and 2 users; the first is there after 50 ms.
    for moment_ms, wanted in ((200, 2), (400, 4), (1000, 8), (1600, 4), (1800, 2)):
        around = busy[(moment_ms - 50) // 10 - 8 : (moment_ms - 50) // 10 + 8]
        assert wanted - 1.6 <= np.mean(around) <= wanted + 1.6, (moment_ms, around)


@pytest.mark.parametrize(("grace_ms", "finish"), [(0, False), (2_000, True), (150, False)])
def test_passes_under_way_may_finish_within_the_graceful_stop_and_not_beyond(grace_ms, finish, server):
    begun = time.monotonic()
    how = users(3, 300, graceful_stop_ns=grace_ms * MS)
    drive(load(server, how, start=gets(4, think_ms=200)))
    elapsed_ms = (time.monotonic() - begun) * 1000
    # Passes take 600 ms: the first is under way at the end, and none begins after it.
    assert len(server.requests) == 12 if finish else len(server.requests) in {6, 9}
    assert elapsed_ms < (1_500 if finish else 300 + grace_ms + 700)


def test_no_pass_begins_after_the_end_even_if_it_begins_with_a_pause(server):
    thinks_first = Scenario(
        name="s",
        weight=1,
        endpoints=frozenset({0}),
        start=lambda seed: iter(()),
        fixed=(Think(duration_ns=100 * MS), GET, GET),
    )
    how = users(2, 350, graceful_stop_ns=3_000 * MS)
    begun = time.monotonic()
    drive(load(server, how, scenarios=(thinks_first,)))
    # Passes begin at 0, 100, 200 and 300 ms.
    assert len(server.requests) in {12, 16}
    assert time.monotonic() - begun < 1.5


def test_a_user_that_a_ramp_takes_away_finishes_its_pass_first(server):
    down = profile("ramping-vus", (200, 2), (0, 1), (600, 1), vus=2, start=2, graceful_stop_ns=5_000 * MS)
    drive(load(server, down, start=gets(3, think_ms=150)))
    assert len(server.requests) % 3 == 0
    assert len(server.requests) >= 9


def test_think_time_is_kept_and_in_no_latency(server):
    (samples,) = drive(
        load(server, iterations("shared-iterations", 3, vus=1), start=gets(2, think_ms=120))
    ).samples
    gaps_ns = samples.sent_ns[1:] - samples.last_ns[:-1]
    assert (gaps_ns[0::2] >= 120 * MS).all()
    assert (gaps_ns[1::2] < 60 * MS).all()
    assert (samples.last_ns - samples.sent_ns < 100 * MS).all()


def test_a_bound_on_the_rate_holds(server):
    drive(load(server, users(4, 1_000), max_rate_rps=60.0))
    assert 40 <= len(server.requests) <= 64


def random_paths(seed: int) -> Script:
    yield Request(endpoint=0, method="GET", target=f"/{seed % 1000}")
    yield Think(duration_ns=seed % 3 * MS)


@pytest.mark.parametrize(
    "how", [iterations("shared-iterations", 60, vus=5), arrivals(200, 300, vus=9, arrivals="even")]
)
def test_a_seed_repeats_the_requests_whichever_user_sends_them(how):
    def sent(seed: int) -> list[bytes]:
        kinds = (
            scenario(random_paths, weight=2),
            scenario(lambda seed: iter_of(f"/other/{seed % 7}"), weight=1),
        )
        with LocalServer(answering()) as server:
            drive(load(server, how, scenarios=kinds, seed=seed))
            return sorted(request.split(b"\r\n")[0] for request in server.requests)

    first = sent(11)
    assert len(first) == 60
    assert first == sent(11)
    assert first != sent(12)
    assert 8 < sum(b"/other/" in line for line in first) < 34


def iter_of(path: str) -> Script:
    yield Request(endpoint=0, method="GET", target=path)


def test_no_thread_is_left(server):
    drive(load(server, arrivals(100, 100)))
    assert not [thread for thread in threading.enumerate() if thread.name == "virtual-user"]


@pytest.mark.parametrize("how", [users(3, 60_000), arrivals(100, 60_000, arrivals="even")])
def test_ctrl_c_hands_on_what_was_measured_by_then(how, server):
    def interrupt_soon(requests: int) -> None:
        if requests > 20:
            raise KeyboardInterrupt

    plan = load(server, how, warmup_ns=100 * MS)
    begun = time.monotonic()
    with pytest.raises(LoadStopped) as stopped:
        drive(plan, Watcher(on_tick=interrupt_soon))
    came = outcome(stopped.value.raw, plan)
    assert time.monotonic() - begun < 5
    assert 10 < len(came.samples[0].sent_ns) < len(server.requests)
    assert set(errors_of(came.samples[0])) == {""}
    assert 0 < came.duration_ns < 5_000 * MS


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_what_was_never_answered_is_no_answer_without_a_stamp():
    """A service that goes away in the middle leaves the answers it gave as they were."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer) and len(server.requests) <= 100:
            peer.sendall(OK)

    # The kernel begins to stamp a moment after it was asked to: the first few answers may come before.
    with LocalServer(behave) as server:
        outcome = drive(load(server, iterations("shared-iterations", 500, vus=1)))
    assert errors_of(outcome.samples[0])[""] == 100
    assert outcome.kernel_stamped_ratio > 0.8
