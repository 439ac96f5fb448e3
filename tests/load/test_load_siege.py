"""A whole load against servers that mean harm: counted, over in time, and nobody left behind."""

from __future__ import annotations

import contextlib
import itertools
import socket
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from load_servers import OK, LocalServer, answering, hanging, reset

from perfgate.load import clock
from perfgate.load.address import Address, Timeouts
from perfgate.load.client import Client
from perfgate.load.connection import Connection
from perfgate.load.engine import drive
from perfgate.load.names import Names
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.running import Running
from perfgate.model import Profile, Ramp, Request, Scenario

MS = 1_000_000
FOREVER_S = 15.0
FIXED = Request(endpoint=0, method="GET", target="/", redirects=5)


def plan(address: tuple[str, int], *, users: int = 3, duration_ns: int = 200 * MS, **changes) -> LoadPlan:
    def start(seed: int):
        yield FIXED

    defaults = {
        "addresses": (Address(*address),),
        "scenarios": (Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start, fixed=(FIXED,)),),
        "endpoints": ("/",),
        "profile": Profile(
            executor="constant-vus",
            vus=users,
            start=users,
            stages=(Ramp(duration_ns=duration_ns, target=users),),
        ),
        "timeouts": Timeouts(100 * MS),
        "max_rate_rps": 500.0,
        "seed": 1,
    }
    return LoadPlan(**(defaults | changes))


def errors_of(outcome: LoadOutcome) -> set[str]:
    (samples,) = outcome.samples
    return {samples.errors[number] for number in samples.error}


def threads_and_sockets() -> tuple[int, int]:
    links = []
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            links.append(str(descriptor.readlink()))
    users = sum(thread.name == "virtual-user" for thread in threading.enumerate())
    return users, sum(link.startswith("socket:") for link in links)


@pytest.fixture(autouse=True)
def _nothing_is_left_behind() -> Iterator[None]:
    users, sockets = threads_and_sockets()
    yield
    users_after, sockets_after = threads_and_sockets()
    assert users_after == users
    assert sockets_after <= sockets  # garbage of an earlier test may go meanwhile


def leaves(peer: socket.socket, server: LocalServer) -> None:
    server.request(peer)
    reset(peer)


def closes_at_once(peer: socket.socket, server: LocalServer) -> None:
    peer.close()


def drips(peer: socket.socket, server: LocalServer) -> None:
    server.request(peer)
    while not server.over.wait(0.01):
        peer.sendall(b"HTTP/1.1 100 -\r\n\r\n")


def redirects_to(location: bytes):
    return answering(b"HTTP/1.1 302 -\r\nLocation: %s\r\nContent-Length: 0\r\n\r\n" % location)


BEHAVIOURS = {
    "hangs": (hanging, {"timeout"}),
    "resets": (leaves, {"reset"}),
    "closes at once": (closes_at_once, {"closed early", "reset"}),
    "drips interim answers": (drips, {"timeout"}),
    "garbage": (answering(b"\0\1\2\3"), {"garbage"}),
    "says too little": (answering(b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhello"), {"timeout"}),
    "says too much": (answering(OK + OK), {"excess bytes"}),
    "upgrades": (answering(b"HTTP/1.1 101 Go\r\n\r\n"), {"unexpected upgrade"}),
    "204 with a body": (answering(b"HTTP/1.1 204 -\r\n\r\nbody"), {"excess bytes"}),
    "redirects in a circle": (redirects_to(b"/"), {"too many redirects"}),
    "redirects elsewhere": (redirects_to(b"http://evil.test/"), {"redirect elsewhere"}),
    "redirects nowhere": (redirects_to(b""), {"redirect without location"}),
}


@pytest.mark.parametrize("name", BEHAVIOURS)
def test_a_load_on_a_hostile_server_is_all_errors_and_over_in_time(name):
    behave, errors = BEHAVIOURS[name]
    with LocalServer(behave) as server:
        begun = time.monotonic()
        outcome = drive(plan(server.address))
        assert time.monotonic() - begun < FOREVER_S / 3
    found = errors_of(outcome)
    assert found <= errors
    assert found


def test_a_server_that_closes_whenever_it_likes_never_answers_falsely():
    def behave(peer: socket.socket, server: LocalServer) -> None:
        for _ in range(server.connections % 5):
            if not server.request(peer):
                return
            peer.sendall(OK)

    with LocalServer(behave) as server:
        outcome = drive(plan(server.address, timeouts=Timeouts(5_000 * MS)))
        answered = sum(request.startswith(b"GET") for request in server.requests)
    (samples,) = outcome.samples
    assert "" in errors_of(outcome) <= {"", "closed early", "reset"}
    assert int((samples.error == 0).sum()) <= answered


def test_thousands_of_connections_leave_no_descriptor_open():
    with LocalServer(answering()) as server:
        host, port = server.address
        address = Address(host, port, reuse=False)
        outcome = drive(plan((host, port), addresses=(address,), max_rate_rps=0.0, duration_ns=600 * MS))
    assert "" in errors_of(outcome) <= {"", "reset", "closed early"}
    assert len(outcome.openings_ns) >= len(outcome.samples[0].error) - 3
    assert len(outcome.openings_ns) > 100


def test_a_chain_of_slow_redirects_takes_no_longer_than_one_request():
    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            server.over.wait(0.2)
            peer.sendall(b"HTTP/1.1 302 -\r\nLocation: /\r\nContent-Length: 0\r\n\r\n")

    with LocalServer(behave) as server:
        client = Client(Connection(Address(*server.address), Timeouts(500 * MS)))
        begun = time.monotonic()
        exchange = client.exchange(Request(endpoint=0, method="GET", target="/", redirects=30))
        elapsed = time.monotonic() - begun
        client.close()
    assert (exchange.error, exchange.status, exchange.response) == ("timeout", 0, None)
    assert 0.3 < elapsed < FOREVER_S / 5
    assert len(server.requests) <= 3


def test_a_cookie_bomb_makes_no_request_too_large_for_ever():
    numbers = itertools.count()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            lines = b"".join(b"Set-Cookie: c%d=%s\r\n" % (next(numbers), b"x" * 3000) for _ in range(20))
            peer.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n" % lines)

    with LocalServer(behave) as server:
        client = Client(Connection(Address(*server.address), Timeouts(5_000 * MS)))
        assert {client.exchange(FIXED).error for _ in range(30)} == {""}
        client.close()
    assert max(map(len, server.requests)) < 500_000


def test_error_classes_have_a_bound_whatever_a_server_says():
    numbers = itertools.count()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while server.request(peer):
            peer.sendall(b"HTTP/1.1 %d -\r\nContent-Length: 0\r\n\r\n" % (400 + next(numbers) % 600))

    with LocalServer(behave) as server:
        outcome = drive(plan(server.address, users=1, max_rate_rps=0.0, duration_ns=500 * MS))
    assert len(outcome.samples[0].errors) <= 200
    assert "other" in errors_of(outcome)


def test_two_threads_may_abandon_a_load_at_once_and_every_sleeper_wakes():
    running = Running(
        plan=plan(("127.0.0.1", 1)),
        start_ns=time.monotonic_ns(),
        wall_ahead_ns=clock.wall_minus_monotonic_ns(),
        endpoints=Names(most=1),
    )
    forever_ns = time.monotonic_ns() + 60_000 * MS
    woken: list[bool] = []

    def sleep() -> None:
        woken.append(running.sleep_until(forever_ns, forever_ns + 1))

    sleepers = [threading.Thread(target=sleep) for _ in range(8)]
    for sleeper in sleepers:
        sleeper.start()
    running.abandon()
    running.is_over = False  # as the second thread has seen it, just before the first one went on
    running.abandon()
    for sleeper in sleepers:
        sleeper.join(FOREVER_S)
    assert woken == [False] * 8


def test_connections_are_aborted_at_any_moment_without_harm():
    """Another thread ends an exchange somewhere between opening, sending, reading and closing."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        if server.request(peer):
            peer.sendall(OK)

    with LocalServer(behave) as server:
        for number in range(60):
            connection = Connection(Address(*server.address), Timeouts(5_000 * MS))
            errors: list[str] = []

            def use(connection=connection, errors=errors) -> None:
                while not errors or errors[-1] != "aborted":
                    errors.append(connection.exchange(FIXED).error)
                connection.close()

            thread = threading.Thread(target=use)
            thread.start()
            time.sleep(number * 0.0001)
            connection.abort()
            thread.join(FOREVER_S)
            assert not thread.is_alive()
            assert set(errors) <= {"", "aborted", "closed early", "reset"}


def test_no_more_arrivals_are_under_way_than_their_cap_and_the_others_are_counted():
    lock, busy, most = threading.Lock(), 0, 0

    def behave(peer: socket.socket, server: LocalServer) -> None:
        nonlocal busy, most
        while server.request(peer):
            with lock:
                busy += 1
                most = max(most, busy)
            server.over.wait(0.05)
            with lock:
                busy -= 1
            peer.sendall(OK)

    ramp = Ramp(duration_ns=500 * MS, target=200, max_vus=3)
    profile = Profile(executor="constant-arrival-rate", vus=12, start=200, stages=(ramp,), arrivals="even")
    with LocalServer(behave) as server:
        outcome = drive(
            plan(server.address, profile=profile, max_rate_rps=0.0, timeouts=Timeouts(5_000 * MS))
        )
    assert most == 3
    assert errors_of(outcome) == {"", "not sent"}
    assert 90 <= len(outcome.samples[0].error) <= 110
