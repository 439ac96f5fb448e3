import contextlib
import gc
import os
import signal
import socket
import sys
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from load_servers import OK, LocalServer, answering, hanging, reset

from perfgate.load import clock
from perfgate.load.address import Address, Timeouts
from perfgate.load.connection import Connection
from perfgate.model import Exchange, Request, Response

TIMEOUT_NS = 20_000_000_000
SHORT_NS = 300_000_000
FOREVER_S = 15.0

Connect = Callable[..., Connection]


def get(**changes) -> Request:
    return Request(**({"endpoint": 0, "method": "GET", "target": "/"} | changes))


@pytest.fixture
def connect():
    opened: list[Connection] = []

    def begin(server: LocalServer, *, timeout_ns: int = TIMEOUT_NS) -> Connection:
        host, port = server.address
        opened.append(Connection(Address(host, port), Timeouts(timeout_ns)))
        return opened[-1]

    yield begin
    for connection in opened:
        connection.close()


def nothing_came_back(exchange: Exchange) -> bool:
    return (exchange.first_ns, exchange.last_ns, exchange.status, exchange.bytes_received) == (0, 0, 0, 0)


def test_an_answer_comes_with_its_times_status_and_size(connect: Connect):
    with LocalServer(answering()) as server:
        address = server.address
        before_ns = clock.now_ns()
        exchange = connect(server).exchange(get(headers=(("x-a", "1"),)))
        after_ns = clock.now_ns()
    assert exchange.error == ""
    assert exchange.response == Response(status=200, headers={"content-length": "2"}, body=b"ok")
    assert (exchange.status, exchange.bytes_received) == (200, len(OK))
    assert before_ns <= exchange.sent_ns <= exchange.first_ns <= exchange.last_ns <= after_ns
    host, port = address
    assert server.requests == [f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nx-a: 1\r\n\r\n".encode()]


def test_one_connection_carries_many_requests(connect: Connect):
    with LocalServer(answering()) as server:
        connection = connect(server)
        assert all(connection.exchange(get()).error == "" for _ in range(50))
        assert server.connections == 1
        assert len(server.requests) == 50


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.0 200 OK\r\nContent-Length: 2\r\n\r\nok",
        b"HTTP/1.1 200 OK\r\n\r\nok",
    ],
    ids=["says close", "HTTP/1.0", "ends by closing"],
)
def test_a_server_that_closes_after_each_answer_is_connected_to_again(answer: bytes, connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(answer)

    with LocalServer(behave) as server:
        connection = connect(server)
        exchanges = [connection.exchange(get()) for _ in range(5)]
        assert [e.error for e in exchanges] == [""] * 5
        assert all(e.response is not None and e.response.body == b"ok" for e in exchanges)
        assert all(e.sent_ns <= e.first_ns <= e.last_ns for e in exchanges)
        assert server.connections == 5


@pytest.mark.parametrize("leave", [socket.socket.close, reset], ids=["closed", "reset"])
def test_an_idle_connection_that_the_server_gives_up_is_no_failed_request(leave, connect: Connect):
    left = threading.Event()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(OK)
        leave(peer)
        left.set()

    with LocalServer(behave) as server:
        connection = connect(server)
        for _ in range(3):
            assert connection.exchange(get()).error == ""
            assert left.wait(FOREVER_S)
            left.clear()
            time.sleep(0.05)
        assert server.connections == 3


def test_bytes_nobody_asked_for_do_not_answer_the_next_request(connect: Connect):
    sent = threading.Event()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(OK)
        peer.sendall(b"HTTP/1.1 500 Late\r\nContent-Length: 0\r\n\r\n")
        sent.set()
        server.over.wait()

    with LocalServer(behave) as server:
        connection = connect(server)
        first = connection.exchange(get())
        assert first.error in ("", "excess bytes")
        assert sent.wait(FOREVER_S)
        time.sleep(0.05)
        second = connection.exchange(get())
        assert second.status in (0, 200)
        assert server.connections == 2


def before_answering(leave: Callable[[socket.socket], None]):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        leave(peer)

    return behave


@pytest.mark.parametrize(
    ("leave", "error"),
    [
        (socket.socket.close, "closed early"),
        (lambda peer: peer.shutdown(socket.SHUT_WR), "closed early"),
        (reset, "reset"),
    ],
    ids=["closes", "half-closes", "resets"],
)
def test_a_server_that_leaves_instead_of_answering_is_counted_and_connected_to_again(
    leave, error: str, connect: Connect
):
    with LocalServer(before_answering(leave)) as server:
        connection = connect(server)
        for number in (1, 2):
            exchange = connection.exchange(get())
            assert exchange.error == error
            assert exchange.response is None
            assert nothing_came_back(exchange)
            assert server.connections == number


def test_a_half_closed_server_may_still_have_answered(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(OK)
        peer.shutdown(socket.SHUT_WR)
        server.over.wait()

    with LocalServer(behave) as server:
        connection = connect(server)
        assert connection.exchange(get()).error == ""
        time.sleep(0.05)
        assert connection.exchange(get()).error == ""
        assert server.connections == 2


@pytest.mark.parametrize(
    ("sent", "error"),
    [
        (b"SSH-2.0-OpenSSH_9.6\r\n", "garbage"),
        (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc", "garbage"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\n\r\nok", "excess bytes"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 3\r\n\r\nok", "closed early"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: many\r\n\r\nok", "bad content-length"),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n", "closed early"),
    ],
)
def test_what_is_no_answer_is_an_error_and_the_connection_is_not_used_again(
    sent: bytes, error: str, connect: Connect
):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(sent)

    with LocalServer(behave) as server:
        connection = connect(server)
        for number in (1, 2):
            exchange = connection.exchange(get())
            assert exchange.error == error
            assert (exchange.status, exchange.response) == (0, None)
            assert exchange.bytes_received == len(sent)
            assert 0 < exchange.sent_ns <= exchange.first_ns <= exchange.last_ns
            assert server.connections == number


def test_an_answer_in_pieces_begins_with_the_first_and_ends_with_the_last(connect: Connect):
    pieces = (b"HTTP/1.1 200 OK\r\nContent-", b"Length: 6\r\n\r\nab", b"cd", b"ef")

    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        for piece in pieces:
            peer.sendall(piece)
            time.sleep(0.15)

    with LocalServer(behave) as server:
        exchange = connect(server).exchange(get())
    assert exchange.response is not None
    assert exchange.response.body == b"abcdef"
    assert exchange.bytes_received == sum(map(len, pieces))
    assert exchange.last_ns - exchange.first_ns >= 100_000_000


def test_a_large_answer_and_a_large_request_arrive_whole(connect: Connect):
    body = os.urandom(5_000_000)
    head = f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with LocalServer(answering(head + body)) as server:
        exchange = connect(server).exchange(get(method="POST", body=body))
    assert exchange.error == ""
    assert exchange.response is not None
    assert exchange.response.body == body
    assert server.requests[0].endswith(b"Content-Length: 5000000\r\n\r\n" + body)


def test_nobody_listening_is_refused():
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    connection = Connection(Address("127.0.0.1", port), Timeouts(TIMEOUT_NS))
    for _ in range(3):
        exchange = connection.exchange(get())
        assert exchange.error == "connection refused"
        assert exchange.sent_ns > 0
        assert nothing_came_back(exchange)
    connection.close()


def test_a_name_that_stands_for_nobody_is_an_error_class():
    connection = Connection(Address("nobody.invalid", 80), Timeouts(TIMEOUT_NS))
    assert connection.exchange(get()).error.startswith("connect ")


def test_localhost_is_reached_by_whichever_address_listens():
    with LocalServer(answering()) as server:
        connection = Connection(Address("localhost", server.address[1]), Timeouts(TIMEOUT_NS))
        with contextlib.closing(connection):
            assert connection.exchange(get()).error == ""


def test_a_server_that_hangs_ends_in_a_timeout(connect: Connect):
    with LocalServer(hanging) as server:
        begun = time.monotonic()
        exchange = connect(server, timeout_ns=SHORT_NS).exchange(get())
        elapsed = time.monotonic() - begun
    assert exchange.error == "timeout"
    assert nothing_came_back(exchange)
    assert 0.25 <= elapsed < FOREVER_S


def test_a_drip_that_never_pauses_for_long_ends_in_a_timeout_too(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n")
        while not server.over.wait(0.02):
            peer.sendall(b"x")

    with LocalServer(behave) as server:
        begun = time.monotonic()
        exchange = connect(server, timeout_ns=SHORT_NS).exchange(get())
        elapsed = time.monotonic() - begun
    assert exchange.error == "timeout"
    assert exchange.bytes_received > 45
    assert 0.25 <= elapsed < FOREVER_S


def test_an_answer_whose_last_piece_comes_after_the_timeout_is_not_accepted(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        for piece in (OK[:10], OK[10:]):
            server.over.wait(0.4)
            peer.sendall(piece)
        server.over.wait()

    with LocalServer(behave) as server:
        exchange = connect(server, timeout_ns=500_000_000).exchange(get())
    assert (exchange.error, exchange.status, exchange.response) == ("timeout", 0, None)


@pytest.mark.parametrize("reads", [0, 16_384], ids=["nothing", "a little now and then"])
def test_a_server_that_does_not_take_a_large_request_ends_in_a_timeout(reads: int, connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        peer.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65_536)
        while not server.over.wait(0.01):
            if reads:
                peer.recv(reads)

    with LocalServer(behave) as server:
        begun = time.monotonic()
        exchange = connect(server, timeout_ns=SHORT_NS).exchange(get(method="POST", body=bytes(50_000_000)))
        elapsed = time.monotonic() - begun
    assert exchange.error == "timeout"
    assert nothing_came_back(exchange)
    assert elapsed < FOREVER_S


def test_a_listener_that_never_accepts_ends_in_a_timeout():
    with contextlib.ExitStack() as stack:
        address = full_listener(stack)
        connection = Connection(Address(*address), Timeouts(SHORT_NS))
        stack.callback(connection.close)
        assert connection.exchange(get()).error == "connect timeout"


def test_each_request_may_have_a_timeout_of_its_own(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        while request := server.request(peer):
            server.over.wait({b"/slow": 0.5, b"/never": FOREVER_S}.get(request.split()[1], 0))
            peer.sendall(OK)

    with LocalServer(behave) as server:
        patient = connect(server)
        assert patient.exchange(get()).error == ""
        begun = time.monotonic()
        assert patient.exchange(get(target="/never", timeout_ns=SHORT_NS)).error == "timeout"
        assert time.monotonic() - begun < FOREVER_S / 2
        hasty = connect(server, timeout_ns=300_000_000)
        assert hasty.exchange(get()).error == ""
        assert hasty.exchange(get(target="/slow", timeout_ns=TIMEOUT_NS)).error == ""
        assert server.connections == 2


def test_a_connection_opened_again_has_a_timeout_too(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        if server.connections == 1:
            peer.sendall(OK)
        else:
            server.over.wait(FOREVER_S)

    with LocalServer(behave) as server:
        connection = connect(server, timeout_ns=500_000_000)
        assert connection.exchange(get()).error == ""
        time.sleep(0.05)
        begun = time.monotonic()
        assert connection.exchange(get()).error == "timeout"
        assert time.monotonic() - begun < FOREVER_S / 2


def test_an_answer_that_ends_by_closing_is_not_over_before(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        peer.sendall(b"HTTP/1.1 200 OK\r\n\r\nok")
        server.over.wait(0.4)

    with LocalServer(behave) as server:
        exchange = connect(server).exchange(get())
    assert exchange.error == ""
    assert exchange.last_ns - exchange.first_ns > 100_000_000
    assert not exchange.stamped


def test_a_timeout_too_short_for_the_kernel_is_not_no_timeout(connect: Connect):
    with LocalServer(hanging) as server:
        connection = connect(server)
        exchange = connection.exchange(get(timeout_ns=1))
    assert exchange.error in ("timeout", "connect timeout", "connect einprogress")


def test_the_workload_judges_a_whole_answer(connect: Connect):
    with LocalServer(answering(b"HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n")) as server:
        connection = connect(server)
        assert connection.exchange(get()).error == "status 503"
        accepted = connection.exchange(get(judge=lambda response: ""))
        assert (accepted.error, accepted.status) == ("", 503)
        assert connection.exchange(get(judge=lambda response: "odd body")).error == "odd body"
        assert server.connections == 1


@pytest.mark.parametrize("value", ["a\r\nX-Smuggled: 1", "\u20ac", "\0"])
def test_a_request_that_cannot_be_sent_is_counted_and_sends_nothing(value: str, connect: Connect):
    with LocalServer(answering()) as server:
        connection = connect(server)
        exchange = connection.exchange(get(headers=(("x", value),)))
        assert exchange.error == "unsendable request"
        assert exchange.sent_ns > 0
        assert nothing_came_back(exchange)
        assert server.connections == 0
        assert connection.exchange(get()).error == ""


def test_a_request_that_cannot_be_sent_does_not_change_how_the_next_answer_is_read(connect: Connect):
    request = get()
    with LocalServer(answering()) as server:
        connection = connect(server)
        assert connection.exchange(request).error == ""
        assert connection.exchange(get(method="HEAD", target="")).error == "unsendable request"
        answer = connection.exchange(request).response
    assert answer is not None
    assert answer.body == b"ok"


def test_equal_looking_requests_made_afresh_are_each_sent_as_they_are(connect: Connect):
    with LocalServer(answering()) as server:
        connection = connect(server)
        for number in range(200):
            assert connection.exchange(get(target=f"/{number}")).error == ""
            gc.collect(0)
    assert [r.split()[1] for r in server.requests] == [f"/{n}".encode() for n in range(200)]


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_the_last_byte_is_stamped_by_the_kernel_within_the_exchange(connect: Connect):
    with LocalServer(answering()) as server:
        connection = connect(server)
        for _ in range(20):
            connection.exchange(get())
            time.sleep(0.005)
        stamped = 0
        for _ in range(50):
            before_ns = clock.now_ns()
            exchange = connection.exchange(get())
            after_ns = clock.now_ns()
            assert before_ns <= exchange.sent_ns <= exchange.first_ns <= exchange.last_ns <= after_ns
            stamped += exchange.stamped
    assert stamped >= 45


@pytest.mark.parametrize("ahead_ns", [3_600_000_000_000, -3_600_000_000_000], ids=["ahead", "behind"])
def test_stamps_of_a_clock_that_was_set_meanwhile_are_not_used(ahead_ns: int, connect: Connect, monkeypatch):
    """The one clock nobody lets a test set is replaced; everything else is real."""
    real_ns = clock.now_ns
    with LocalServer(answering()) as server:
        connection = connect(server)
        connection.exchange(get())
        monkeypatch.setattr(clock, "now_ns", lambda: real_ns() + ahead_ns)
        exchanges = [connection.exchange(get(target=f"/{number}")) for number in range(20)]
    assert {e.error for e in exchanges} == {""}
    assert not any(e.stamped for e in exchanges)
    assert all(e.sent_ns <= e.first_ns <= e.last_ns < e.sent_ns + 10_000_000_000 for e in exchanges)


@pytest.mark.parametrize("takes_it", [True, False], ids=["reading", "sending"])
def test_another_thread_can_abort_an_exchange(takes_it: bool, connect: Connect):
    with LocalServer(hanging if takes_it else lambda _, server: server.over.wait()) as server:
        connection = connect(server)
        exchanges: list[Exchange] = []
        request = get(method="POST", body=b"" if takes_it else bytes(50_000_000))
        thread = threading.Thread(target=lambda: exchanges.append(connection.exchange(request)))
        begun = time.monotonic()
        thread.start()
        time.sleep(0.2)
        connection.abort()
        thread.join(FOREVER_S)
        assert not thread.is_alive()
        assert time.monotonic() - begun < FOREVER_S
        assert exchanges[0].response is None
        assert exchanges[0].error in ("closed early", "aborted")
        assert connection.exchange(get()).error == "aborted"


def full_listener(stack: contextlib.ExitStack) -> tuple[str, int]:
    """The address of a listener whose backlog is full, so that connecting to it waits."""
    listener = stack.enter_context(socket.create_server(("127.0.0.1", 0), backlog=0))
    address = listener.getsockname()
    for _ in range(4):
        waiting = stack.enter_context(socket.socket())
        waiting.setblocking(False)
        waiting.connect_ex(address)
    time.sleep(0.05)
    return address


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="other kernels refuse instead of waiting")
def test_another_thread_can_abort_connecting():
    with contextlib.ExitStack() as stack:
        address = full_listener(stack)
        connection = Connection(Address(*address), Timeouts(TIMEOUT_NS))
        stack.callback(connection.close)
        exchanges: list[Exchange] = []
        thread = threading.Thread(target=lambda: exchanges.append(connection.exchange(get())))
        begun = time.monotonic()
        thread.start()
        time.sleep(0.2)
        assert thread.is_alive()
        connection.abort()
        thread.join(FOREVER_S)
        assert time.monotonic() - begun < FOREVER_S
        assert [e.error for e in exchanges] == ["aborted"]


@pytest.mark.skipif(not hasattr(signal, "pthread_kill"), reason="needs signals to a thread")
def test_a_signal_while_waiting_does_not_break_the_exchange(connect: Connect):
    answer_now = threading.Event()

    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        answer_now.wait()
        peer.sendall(OK)

    previous = signal.signal(signal.SIGUSR1, lambda *_: None)
    try:
        with LocalServer(behave) as server:
            connection = connect(server)
            exchanges: list[Exchange] = []
            thread = threading.Thread(target=lambda: exchanges.append(connection.exchange(get())))
            thread.start()
            for _ in range(5):
                time.sleep(0.05)
                signal.pthread_kill(thread.ident or 0, signal.SIGUSR1)
            answer_now.set()
            thread.join()
    finally:
        signal.signal(signal.SIGUSR1, previous)
    assert [e.error for e in exchanges] == [""]


@pytest.mark.skipif(not sys.platform.startswith("linux"), reason="counts /proc/self/fd")
def test_failing_requests_leave_no_descriptor_open(connect: Connect):
    def behave(peer: socket.socket, server: LocalServer) -> None:
        server.request(peer)
        reset(peer)

    with LocalServer(behave) as server:
        connection = connect(server)
        connection.exchange(get())
        before = open_sockets()
        for _ in range(100):
            connection.exchange(get())
        connection.close()
        time.sleep(0.05)
        assert open_sockets() <= before + 2


def open_sockets() -> int:
    found = 0
    for descriptor in Path("/proc/self/fd").iterdir():
        with contextlib.suppress(OSError):
            found += str(descriptor.readlink()).startswith("socket:")
    return found


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_transmit_stamps_nobody_reads_do_not_make_a_connection_look_broken():
    with LocalServer(answering()) as server:
        connection = Connection(Address(*server.address), Timeouts(TIMEOUT_NS), transmit_stamps=True)
        exchanges = []
        for number in range(30):
            body = bytes(100_000) if number % 3 == 0 else b""
            exchanges.append(connection.exchange(get(method="POST", body=body)))
            time.sleep(0.001)
        connection.close()
        assert [e.error for e in exchanges] == [""] * 30
        assert server.connections == 1
    assert all(e.sent_ns <= e.first_ns <= e.last_ns for e in exchanges)


@pytest.mark.skipif(clock.detect_clock_source() != clock.KERNEL_CLOCK, reason="no kernel stamps here")
def test_a_transmit_stamp_is_between_the_clock_before_and_after_sending():
    with LocalServer(answering()) as server, socket.create_connection(server.address) as client:
        assert clock.ask_for_stamps(client, transmit=True)
        stamps = []
        for _ in range(20):
            before_ns = time.time_ns()
            client.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
            client.recv(4096)
            stamps.append((before_ns, clock.transmit_stamp(client, before_ns), time.time_ns()))
        assert all(before <= stamp <= after for before, stamp, after in stamps[1:])
        assert clock.transmit_stamp(client, 0) == 0
