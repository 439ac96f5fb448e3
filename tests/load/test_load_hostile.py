"""One exchange with a server that means harm ends in time, in little memory, and under a name of its own."""

from __future__ import annotations

import contextlib
import gc
import gzip
import resource
import socket
import time
import tracemalloc
from collections.abc import Callable, Iterator

import pytest
from answers import CORPUS, Case, corpus, in_words
from load_servers import OK, LocalServer, answering, hanging, reset

from perfgate.load import clock, heard
from perfgate.load.address import Address, Timeouts
from perfgate.load.connection import Connection
from perfgate.model import Exchange, Request

MS = 1_000_000
SHORT_NS = 300 * MS
FOREVER_S = 15.0
CHUNKED = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"

Behave = Callable[[socket.socket, LocalServer], None]


def get(**changes) -> Request:
    return Request(**({"endpoint": 0, "method": "GET", "target": "/"} | changes))


@contextlib.contextmanager
def connected(server: LocalServer, *, timeout_ns: int = SHORT_NS) -> Iterator[Connection]:
    with contextlib.closing(Connection(Address(*server.address), Timeouts(timeout_ns))) as connection:
        yield connection


def endlessly(start: bytes, again: bytes, *, pause_s: float = 0) -> Behave:
    """Answer the first connection without end, and every other one as it should be."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        if server.connections > 1:
            answering()(peer, server)
        server.request(peer)
        peer.sendall(start)
        while not server.over.wait(pause_s):
            peer.sendall(again)

    return behave


ENDLESS = {
    "head": (endlessly(b"HTTP/1.1 200 OK\r\n", b"A: b\r\n" * 1000), {"headers too large"}),
    "one header": (endlessly(b"HTTP/1.1 200 OK\r\nA: ", b"x" * 9000), {"headers too large"}),
    "interim answers": (endlessly(b"", b"HTTP/1.1 100 -\r\n\r\n" * 500), {"too many interim answers"}),
    "chunk extension": (endlessly(CHUNKED, b"1;" + b"x" * 9000), {"bad chunk"}),
    "chunks": (endlessly(CHUNKED, b"1\r\nx\r\n" * 5000), {"timeout", "body too large"}),
    "one huge chunk": (endlessly(CHUNKED + b"3FFFFFF\r\n", b"x" * 65536), {"timeout", "bad chunk"}),
    "trailers": (endlessly(CHUNKED + b"0\r\n", b"A: b\r\n" * 1000), {"headers too large"}),
    "body": (endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x" * 65536), {"timeout", "body too large"}),
    "zeros": (endlessly(b"", b"\0" * 65536), {"garbage"}),
    "drip of a head": (endlessly(b"HTTP/1.1 200 OK\r\n", b"a", pause_s=0.01), {"timeout"}),
    "drip of interim answers": (endlessly(b"", b"HTTP/1.1 100 -\r\n\r\n", pause_s=0.01), {"timeout"}),
    "drip of chunks": (endlessly(CHUNKED, b"1\r\nx\r\n", pause_s=0.01), {"timeout"}),
    "drip of trailers": (endlessly(CHUNKED + b"0\r\n", b"A: b\r\n", pause_s=0.01), {"timeout"}),
    "drip until it closes": (endlessly(b"HTTP/1.1 200 OK\r\n\r\n", b"x", pause_s=0.01), {"timeout"}),
}


@pytest.mark.parametrize("name", ENDLESS)
def test_what_never_ends_is_given_up_in_time_and_in_bounded_memory(name):
    behave, errors = ENDLESS[name]
    with LocalServer(behave) as server, connected(server) as connection:
        tracemalloc.start()
        begun = time.monotonic()
        exchange = connection.exchange(get())
        elapsed = time.monotonic() - begun
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
        assert exchange.error in errors
        assert (exchange.status, exchange.response) == (0, None)
        assert elapsed < FOREVER_S / 3
        assert peak_bytes < 300 << 20
        assert connection.exchange(get(timeout_ns=10_000 * MS)).error == ""
        assert server.connections == 2


def by_name(peer: socket.socket, server: LocalServer) -> None:
    """Answer with the file of the corpus the request names, and close."""
    request = server.request(peer)
    peer.sendall((CORPUS / request.split()[1][1:].decode()).read_bytes())


def told(exchange: Exchange) -> str:
    return exchange.error if exchange.response is None else in_words(exchange.response)


def test_every_answer_of_the_corpus_comes_to_the_same_over_a_socket():
    with LocalServer(by_name) as server, connected(server, timeout_ns=10_000 * MS) as connection:
        for case in corpus():
            exchange = connection.exchange(get(method=case.method, target=f"/{case.name}"))
            connection.close()
            # What was sent beyond 64 KiB, and not read, makes the server's closing a reset.
            allowed = {case.outcome, "reset"} if len(case.data) > 60_000 else {case.outcome}
            assert told(exchange) in allowed, case.name
            assert is_a_failure(case) == (exchange.response is None)
        assert server.connections == len(corpus())


def is_a_failure(case: Case) -> bool:
    return not case.outcome[0].isdigit()


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_an_answer_that_was_there_before_its_request_is_not_taken_for_one(monkeypatch):
    """The look before sending can miss an answer that is just coming; here it misses all of them."""

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while request := server.request(peer):
            peer.sendall(OK)
            if request.startswith(b"GET /twice"):
                server.over.wait(0.05)
                peer.sendall(OK)
                server.over.wait()

    monkeypatch.setattr("perfgate.load.connection.is_fit", lambda *_: True)
    with LocalServer(behave) as server, connected(server, timeout_ns=10_000 * MS) as connection:
        for _ in range(20):
            assert connection.exchange(get()).error == ""
        assert connection.exchange(get(target="/twice")).error == ""
        time.sleep(0.2)
        unasked = connection.exchange(get())
        assert (unasked.error, unasked.status, unasked.response) == ("unasked-for answer", 0, None)
        assert connection.exchange(get()).error == ""
        assert server.connections == 2


def refuses_early(after: Callable[[socket.socket, LocalServer], None]) -> Behave:
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.recv(1000)
        peer.sendall(b"HTTP/1.1 413 Too Large\r\nContent-Length: 0\r\n\r\n")
        after(peer, server)

    return behave


def reads_on(peer: socket.socket, server: LocalServer) -> None:
    while peer.recv(1 << 20):
        pass


@pytest.mark.parametrize(
    ("after", "errors"),
    [
        (reads_on, {"status 413"}),
        (lambda peer, _: reset(peer), {"reset"}),
        (lambda peer, _: peer.close(), {"reset", "status 413"}),
        (lambda _, server: server.over.wait(), {"timeout"}),
    ],
    ids=["reads on", "resets", "closes", "stops reading"],
)
def test_an_answer_before_the_request_is_complete_is_counted_in_time(after, errors):
    with LocalServer(refuses_early(after)) as server, connected(server, timeout_ns=500 * MS) as connection:
        begun = time.monotonic()
        assert connection.exchange(get(method="POST", body=bytes(20_000_000))).error in errors
        assert time.monotonic() - begun < FOREVER_S


def test_a_compressed_bomb_stays_compressed():
    bomb = gzip.compress(bytes(50_000_000))
    head = b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(bomb)
    with (
        LocalServer(answering(head + bomb)) as server,
        connected(server, timeout_ns=10_000 * MS) as connection,
    ):
        tracemalloc.start()
        exchange = connection.exchange(get())
        _, peak_bytes = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert exchange.error == ""
    assert peak_bytes < 2_000_000


def test_all_answers_together_have_a_bound_and_give_back_what_they_took(monkeypatch):
    room = heard.Room(3 << 20)
    monkeypatch.setattr(heard, "room", room)

    def behave(peer: socket.socket, server: LocalServer) -> None:
        while request := server.request(peer):
            size = int(request.split()[1][1:])
            peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (size, bytes(size)))

    with LocalServer(behave) as server, connected(server, timeout_ns=10_000 * MS) as connection:
        errors = [connection.exchange(get(target=f"/{size << 20}")).error for size in (3, 6, 3, 2, 8, 1)]
    assert errors == ["", "answers too large together", "", "", "answers too large together", ""]
    assert room.left_bytes == 3 << 20


def test_a_host_nobody_can_reach_is_an_error_class():
    with contextlib.closing(Connection(Address("255.255.255.255", 80), Timeouts(SHORT_NS))) as connection:
        assert connection.exchange(get()).error in (
            "connect enetunreach",
            "connect eacces",
            "connect timeout",
        )


def test_a_socket_file_that_is_not_there_is_an_error_class(tmp_path):
    address = Address("", 0, unix_path=str(tmp_path / "none"))
    with contextlib.closing(Connection(address, Timeouts(SHORT_NS))) as connection:
        assert connection.exchange(get()).error == "connect enoent"


def test_running_out_of_descriptors_is_an_error_class_and_passes():
    limits = resource.getrlimit(resource.RLIMIT_NOFILE)
    with LocalServer(answering()) as server, connected(server, timeout_ns=10_000 * MS) as connection:
        resource.setrlimit(resource.RLIMIT_NOFILE, (3, limits[1]))
        try:
            errors = [connection.exchange(get()).error for _ in range(3)]
        finally:
            resource.setrlimit(resource.RLIMIT_NOFILE, limits)
        assert errors == ["connect emfile"] * 3
        assert connection.exchange(get()).error == ""


def leaves(peer: socket.socket, server: LocalServer) -> None:
    server.request(peer)
    reset(peer)


FAILING = {
    "hangs": hanging,
    "resets": leaves,
    "garbage": answering(b"garbage" * 9),
    "bad header": answering(b"HTTP/1.1 200 OK\r\n:\r\n\r\n"),
    "refuses": None,
}


@pytest.mark.parametrize("http2", [False, True], ids=["HTTP/1.1", "HTTP/2"])
@pytest.mark.parametrize("how", FAILING)
def test_a_failed_request_leaves_nothing_for_a_collector_that_is_off(how, http2):
    with LocalServer(FAILING[how] or hanging) as server:
        host, port = server.address
        connection = Connection(Address(host, port, http2=http2), Timeouts(5 * MS))
        if FAILING[how] is None:
            server.__exit__(None, None, None)
        gc.disable()
        gc.freeze()  # or all that is in memory would be looked through
        try:
            assert all(connection.exchange(get()).error for _ in range(20))
            assert gc.collect() < 20
        finally:
            gc.unfreeze()
            gc.enable()
            connection.close()
