"""Connections to a port as the kernel counts them: of both families, of that port alone, and not too often."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from perfgate.target import connections
from perfgate.target.connections import ConnectionCounter


@pytest.fixture
def counter(monkeypatch):
    monkeypatch.setattr(connections, "_REST_RATIO", 0)
    made = []

    def make(port):
        made.append(ConnectionCounter(port))
        return made[-1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def listen():
    made = []

    def make(host="127.0.0.1", family=socket.AF_INET, **options):
        made.append(socket.create_server((host, 0), family=family, backlog=600, **options))
        return made[-1].getsockname()[1]

    yield make
    for each in made:
        each.close()


@pytest.fixture
def connect():
    made = []

    def make(port, count=1, host="127.0.0.1"):
        made.extend(socket.create_connection((host, port), timeout=10) for _ in range(count))
        return made

    yield make
    for each in made:
        each.close()


def test_connections_come_and_go(counter, listen, connect, eventually):
    port, other = listen(), listen()
    counting = counter(port)
    assert counting.count() == 0
    connect(other, 3)
    opened = connect(port, 5)
    assert counting.count() == 5
    opened[-1].close()
    eventually(lambda: counting.count() == 4)


def test_more_than_fit_into_one_answer_are_counted(counter, listen, connect):
    port = listen()
    connect(port, 300)
    assert counter(port).count() == 300


def test_both_families_count(counter, listen, connect):
    try:
        port = listen("::", socket.AF_INET6, dualstack_ipv6=True)
    except (OSError, ValueError):
        pytest.skip("this system has no IPv6")
    connect(port, 2)
    connect(port, 3, "::1")
    assert counter(port).count() == 5


def test_where_nobody_listens_nothing_can_be_told_and_nothing_stays_open(counter, listen):
    port = listen()
    before = len(list(Path("/proc/self/fd").iterdir()))
    counting = counter(port + 1 if port < 65535 else port - 1)
    assert counting.count() == -1
    assert counting.count() == -1
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_it_rests_after_counting(listen):
    counting = ConnectionCounter(listen())
    assert [counting.count(), counting.count()] == [0, -1]
    counting.close()
    assert counting.count() == -1


@pytest.mark.parametrize("answer", [b"", b"\0" * 16, b"\1\0\0", b"\x24\0\0\0\2" + b"\0" * 31])
def test_a_kernel_that_does_not_tell_is_believed(counter, listen, monkeypatch, answer):
    monkeypatch.setattr(connections, "_PATIENCE_S", 0.05)
    monkeypatch.setattr(connections, "_question", lambda port, states: b"")
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_DGRAM)
    monkeypatch.setattr(socket, "socket", lambda *_: ours)
    theirs.send(answer)
    assert counter(1).count() == -1
    assert ours.fileno() == -1
    theirs.close()
