"""Users that share connections: never more than allowed, nobody starves, and no thread waits for ever."""

import threading
import time
from collections import Counter

from load_plans import MS, arrivals, errors_of, load, users
from load_servers import LocalServer, answering, hanging, slow

from perfgate.load.address import Address, Timeouts
from perfgate.load.connection import Connection
from perfgate.load.engine import drive
from perfgate.load.shared import SharedConnections
from perfgate.model import Request

SECOND_NS = 1_000_000_000
GET = Request(endpoint=0, method="GET", target="/")


def test_so_many_connections_and_no_more_carry_all_users():
    with LocalServer(slow(0.005)) as server:
        came = drive(load(server, users(8, 200), connections=2))
        assert server.connections == 2
    assert errors_of(came.samples[0]).keys() == {""}


def test_waiting_for_a_connection_is_no_service_time():
    with LocalServer(slow(0.02)) as server:
        came = drive(load(server, users(6, 300), connections=1))
    (samples,) = came.samples
    service_ms = sorted((samples.last_ns - samples.sent_ns) / 1e6)
    assert service_ms[len(service_ms) // 2] < 60, "six users that took turns would wait 120 ms"


def test_whoever_waits_longest_is_next():
    with LocalServer(answering()) as server:
        pool = SharedConnections(
            lambda: Connection(Address(*server.address), Timeouts(SECOND_NS)),
            1,
            give_up_ns=lambda: time.monotonic_ns() + 5 * SECOND_NS,
        )
        counts = Counter[int]()

        def user(number: int) -> None:
            mine = pool.join()
            end_ns = time.monotonic_ns() + 200 * MS
            while time.monotonic_ns() < end_ns:
                counts[number] += mine.exchange(GET).error == ""
            mine.close()

        threads = [threading.Thread(target=user, args=(number,)) for number in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert min(counts.values()) > 0.5 * max(counts.values())


def test_what_gets_no_connection_in_time_is_not_sent():
    with LocalServer(hanging) as server:
        plan = load(server, arrivals(100, 100, vus=4), connections=1, timeouts=Timeouts(150 * MS))
        began = time.monotonic()
        errors = errors_of(drive(plan).samples[0])
    assert time.monotonic() - began < 2
    assert errors.keys() == {"timeout", "not sent"}


def test_abort_wakes_those_who_wait():
    with LocalServer(hanging) as server:
        pool = SharedConnections(
            lambda: Connection(Address(*server.address), Timeouts(20 * SECOND_NS)),
            1,
            give_up_ns=lambda: time.monotonic_ns() + 20 * SECOND_NS,
        )
        errors: list[str] = []
        threads = [threading.Thread(target=lambda: errors.append(pool.exchange(GET).error)) for _ in range(3)]
        for thread in threads:
            thread.start()
        time.sleep(0.05)
        pool.abort()
        for thread in threads:
            thread.join(2)
        assert pool.exchange(GET).error == "aborted"
        pool.close()
    assert Counter(errors)["aborted"] >= 2, "the third had its request sent"
    assert len(errors) == 3
