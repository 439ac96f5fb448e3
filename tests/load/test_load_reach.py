"""How a load reaches its server: cookies, redirects, fresh connections, timeouts, other kinds of address."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from load_plans import GET, MS, errors_of, gets, iterations, load
from load_servers import OK, LocalServer, answering, hanging

from perfgate.load.address import Address, Timeouts
from perfgate.load.engine import drive
from perfgate.measure.address import Approach, locate, parse_pins
from perfgate.model import Request, Script


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with LocalServer(answering()) as running:
        yield running


def passes(count: int, users: int = 1):
    return iterations("shared-iterations", count, vus=users)


def path_of(request: bytes) -> bytes:
    return request.split(b" ")[1]


def logs_in(peer: socket.socket, server: LocalServer) -> None:
    """Sets a cookie at the first request without one."""
    while request := server.request(peer):
        known = b"Cookie: id=7" in request or b"cookie: id=7" in request
        setting = b"" if known else b"Set-Cookie: id=7; Path=/\r\n"
        peer.sendall(b"HTTP/1.1 200 OK\r\n%sContent-Length: 2\r\n\r\nok" % setting)


def test_a_pass_keeps_its_cookies_and_the_next_begins_without():
    with LocalServer(logs_in) as server:
        drive(load(server, passes(3), start=gets(3)))
        known = [b"id=7" in request for request in server.requests]
    assert known == [False, True, True] * 3


def forwards(peer: socket.socket, server: LocalServer) -> None:
    while request := server.request(peer):
        if path_of(request) == b"/":
            peer.sendall(b"HTTP/1.1 302 Found\r\nLocation: /next\r\nContent-Length: 0\r\n\r\n")
        else:
            server.over.wait(0.05)
            peer.sendall(OK)


def follows(seed: int) -> Script:
    yield replace(GET, redirects=5)


def test_a_redirect_is_followed_as_part_of_the_request():
    with LocalServer(forwards) as server:
        (samples,) = drive(load(server, passes(4), start=follows)).samples
        assert [path_of(request) for request in server.requests] == [b"/", b"/next"] * 4
    assert errors_of(samples) == {"": 4}
    assert set(samples.status) == {200}
    assert (samples.last_ns - samples.sent_ns >= 50 * MS).all()


def test_a_redirect_to_another_host_is_never_followed():
    away = b"HTTP/1.1 302 Found\r\nLocation: http://192.0.2.1/\r\nContent-Length: 0\r\n\r\n"
    with LocalServer(answering(away)) as server:
        (samples,) = drive(load(server, passes(2), start=follows)).samples
    assert errors_of(samples) == {"redirect elsewhere": 2}


@pytest.mark.parametrize(("reuse", "connections"), [(True, 1), (False, 6)])
def test_without_reuse_every_request_opens_a_connection_outside_its_time(reuse, connections, server):
    address = Address(*server.address, reuse=reuse)
    outcome = drive(load(None, passes(3), start=gets(2), addresses=(address,)))
    assert server.connections == len(outcome.openings_ns) == connections
    assert (outcome.openings_ns[:, 1] > 0).all()
    assert all((b"Connection: close" in request) is not reuse for request in server.requests)


def timing_out(server: LocalServer | None, timeouts: Timeouts, **changes) -> dict[str, int]:
    return errors_of(drive(load(server, passes(2), timeouts=timeouts, **changes)).samples[0])


def drips(peer: socket.socket, server: LocalServer) -> None:
    """Begins to answer at once, and takes its time."""
    while server.request(peer):
        for byte in OK:
            peer.sendall(bytes([byte]))
            server.over.wait(0.02)


def test_the_whole_answer_has_a_timeout():
    with LocalServer(drips) as server:
        assert timing_out(server, Timeouts(300 * MS)) == {"timeout": 2}


def test_the_first_byte_has_a_timeout_of_its_own():
    with LocalServer(hanging) as server:
        assert timing_out(server, Timeouts(60_000 * MS, waiting_ns=200 * MS)) == {"timeout": 2}
    with LocalServer(drips) as server:
        assert timing_out(server, Timeouts(60_000 * MS, waiting_ns=200 * MS)) == {"": 2}


def test_connecting_has_a_timeout_of_its_own():
    with socket.create_server(("127.0.0.1", 0), backlog=0) as listener:
        waiting = [socket.socket() for _ in range(4)]
        for each in waiting:
            each.setblocking(False)
            each.connect_ex(listener.getsockname())
        addresses = (Address(*listener.getsockname()),)
        timeouts = Timeouts(60_000 * MS, connect_ns=200 * MS)
        assert timing_out(None, timeouts, addresses=addresses) == {"connect timeout": 2}
        for each in waiting:
            each.close()


def test_a_unix_socket_is_driven_like_any_other(tmp_path: Path):
    path = str(tmp_path / "service.sock")
    listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    listener.bind(path)
    listener.listen(64)
    with LocalServer(answering(), listener=listener) as server:
        address = locate(f"unix:{path}", flag="--target", approach=Approach()).address
        (samples,) = drive(load(None, passes(10, 2), addresses=(address,))).samples
        assert len(server.requests) == 10
        assert b"Host: localhost\r\n" in server.requests[0]
    assert errors_of(samples) == {"": 10}
    assert np.all(samples.last_ns > samples.sent_ns)


def test_ipv6_loopback_is_driven_like_any_other():
    if not socket.has_ipv6:
        pytest.skip("no IPv6 here")
    try:
        listener = socket.create_server(("::1", 0), family=socket.AF_INET6)
    except OSError:
        pytest.skip("no ::1 here")
    with LocalServer(answering(), listener=listener) as server:
        port = server.address[1]
        address = locate(f"http://[::1]:{port}", flag="--target", approach=Approach()).address
        (samples,) = drive(load(None, passes(10, 2), addresses=(address,))).samples
        assert f"Host: [::1]:{port}\r\n".encode() in server.requests[0]
    assert errors_of(samples) == {"": 10}


def test_a_pinned_name_is_sent_as_the_host_and_looked_up_nowhere(server):
    port = server.address[1]
    pins = parse_pins([f"api.example.com:{port}:127.0.0.1"])
    located = locate(f"http://API.example.com:{port}", flag="--target", approach=Approach(pins=pins))
    (samples,) = drive(load(None, passes(3), addresses=(located.address,))).samples
    assert errors_of(samples) == {"": 3}
    assert f"Host: api.example.com:{port}\r\n".encode() in server.requests[0]
    assert located.dns_ns == 0


def test_a_request_may_bring_a_timeout_of_its_own():
    def start(seed: int) -> Script:
        yield Request(endpoint=0, method="GET", target="/", timeout_ns=100 * MS)

    with LocalServer(hanging) as server:
        assert timing_out(server, Timeouts(60_000 * MS), start=start) == {"timeout": 2}
