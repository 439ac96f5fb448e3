"""The wrapper on real sockets: later by what was asked, byte for byte the same, and gone with its service."""

from __future__ import annotations

import os
import random
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import psutil
import pytest

WRAPPER = str(Path(__file__).parents[2] / "perfgate" / "target" / "inject")
ECHO = """
import os, socket, sys, threading
def serve(c):
    with c:
        while data := c.recv(int(sys.argv[1])):
            c.sendall(data)
        c.sendall(b"|end")
s = socket.create_server(("127.0.0.1", int(os.environ["PORT"])), backlog=64)
while True:
    threading.Thread(target=serve, args=(s.accept()[0],), daemon=True).start()
"""
STREAM = """
import os, socket
s = socket.create_server(("127.0.0.1", int(os.environ["PORT"])))
while True:
    c = s.accept()[0]
    c.recv(100)
    sent = 0
    c.settimeout(1)
    try:
        while True:
            sent += c.send(b"x" * 65536)
    except TimeoutError:
        open("sent", "w").write(str(sent))
    except OSError:
        pass
"""


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def wrapper(
    mode: str, *command: str, cwd: Path, **added: str
) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    port = free_port()
    inherited = {k: v for k, v in os.environ.items() if k != "PERFGATE_SERVICE"}
    process = subprocess.Popen(
        [sys.executable, "-I", "-S", WRAPPER, mode, "--", *command],
        cwd=cwd, env=inherited | {"PORT": str(port)} | added, stderr=subprocess.PIPE, start_new_session=True,
    )  # fmt: skip
    try:
        yield process, port
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.communicate()


def connect(port: int) -> socket.socket:
    deadline = time.monotonic() + 10
    while True:
        try:
            connection = socket.create_connection(("127.0.0.1", port), timeout=10)
        except ConnectionRefusedError:
            assert time.monotonic() < deadline
            time.sleep(0.01)
        else:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            return connection


def echo(size: int = 65536) -> tuple[str, ...]:
    return (sys.executable, "-S", "-c", ECHO, str(size))


def read_all(connection: socket.socket) -> bytes:
    pieces = []
    while piece := connection.recv(65536):
        pieces.append(piece)
    return b"".join(pieces)


# Delays


@pytest.mark.parametrize(("mode", "least_s"), [("2ms", 0.002), ("400us", 0.0004)])
def test_every_answer_is_later_by_at_least_what_was_asked(tmp_path, mode, least_s):
    with wrapper(mode, *echo(), cwd=tmp_path) as (_, port), connect(port) as connection:
        for _ in range(50):
            begun = time.perf_counter()
            connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
            assert connection.recv(100) == b"GET / HTTP/1.1\r\n\r\n"
            assert time.perf_counter() - begun >= least_s


def test_a_share_of_a_slow_answer_is_added_to_it(tmp_path):
    slow = ECHO.replace("c.sendall(data)", "__import__('time').sleep(0.05); c.sendall(data)")
    command = (sys.executable, "-S", "-c", slow, "65536")
    with wrapper("100%", *command, cwd=tmp_path) as (_, port), connect(port) as connection:
        begun = time.perf_counter()
        connection.sendall(b"hello")
        assert connection.recv(100) == b"hello"
        assert time.perf_counter() - begun >= 0.1


def test_only_the_first_bytes_of_an_answer_wait(tmp_path):
    """Ten pieces of one answer are not ten answers."""
    pieces = ECHO.replace(
        "c.sendall(data)", "[(c.sendall(b'x'), __import__('time').sleep(0.002)) for _ in range(10)]"
    )
    command = (sys.executable, "-S", "-c", pieces, "65536")
    with wrapper("1s", *command, cwd=tmp_path) as (_, port), connect(port) as connection:
        begun = time.perf_counter()
        connection.sendall(b"hello")
        got = b""
        while len(got) < 10:
            got += connection.recv(100)
        assert 1 <= time.perf_counter() - begun < 1.9


def test_the_tail_alone_is_delayed(tmp_path):
    with wrapper("50ms@p99", *echo(), cwd=tmp_path) as (_, port), connect(port) as connection:
        delayed = 0
        for _ in range(400):
            begun = time.perf_counter()
            connection.sendall(b"GET /items/1 HTTP/1.1\r\n\r\n")
            connection.recv(100)
            delayed += time.perf_counter() - begun >= 0.05
        assert 2 <= delayed <= 80


# Transparency


@pytest.mark.parametrize("mode", ["0us", "1ms"])
def test_bytes_pass_unchanged_however_they_are_cut(tmp_path, mode):
    draw = random.Random(7)
    content = draw.randbytes(400_000)
    with wrapper(mode, *echo(1777), cwd=tmp_path) as (_, port), connect(port) as connection:

        def send() -> None:
            start = 0
            while start < len(content):
                end = start + draw.choice([1, 2, 13, 4096, 65536, 70_001])
                connection.sendall(content[start:end])
                start = end
            connection.shutdown(socket.SHUT_WR)

        sender = threading.Thread(target=send)
        sender.start()
        assert read_all(connection) == content + b"|end"
        sender.join()


def test_a_big_body_sent_before_anything_is_read_does_not_lock_both_up(tmp_path):
    content = b"y" * 300_000
    with wrapper("0us", *echo(), cwd=tmp_path) as (_, port), connect(port) as connection:
        connection.sendall(content)
        connection.shutdown(socket.SHUT_WR)
        assert read_all(connection) == content + b"|end"


def test_it_never_reads_faster_than_it_can_write(tmp_path, eventually):
    """A client that does not read stops the service, as it would without the wrapper."""
    command = (sys.executable, "-S", "-c", STREAM)
    with wrapper("0us", *command, cwd=tmp_path) as (process, port), connect(port) as connection:
        connection.sendall(b"go")
        eventually(lambda: (tmp_path / "sent").exists() and (tmp_path / "sent").read_text())
        assert psutil.Process(process.pid).memory_info().rss < 100_000_000
        assert int((tmp_path / "sent").read_text()) < 50_000_000


def test_many_connections_at_once_each_get_their_own_answers(tmp_path):
    with wrapper("1ms", *echo(), cwd=tmp_path) as (_, port):
        connections = [connect(port) for _ in range(30)]
        for number, connection in enumerate(connections):
            connection.sendall(b"%03d" % number)
        assert [c.recv(3) for c in connections] == [b"%03d" % n for n in range(30)]
        for connection in connections:
            connection.close()


def test_a_reset_is_passed_on(tmp_path):
    reset = ECHO.replace(
        "c.sendall(data)",
        "c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b'\\x01\\0\\0\\0\\0\\0\\0\\0'); c.close(); return",
    )
    command = (sys.executable, "-S", "-c", reset, "65536")
    with wrapper("0us", *command, cwd=tmp_path) as (_, port), connect(port) as connection:
        connection.sendall(b"hello")
        with pytest.raises(ConnectionResetError):
            connection.recv(100)


# Life and death


def children_of(process: subprocess.Popen[bytes]) -> list[psutil.Process]:
    return psutil.Process(process.pid).children()


def test_a_killed_wrapper_leaves_no_service(tmp_path, eventually):
    with wrapper("0us", *echo(), cwd=tmp_path) as (process, port):
        connect(port).close()
        (child,) = children_of(process)
        process.kill()
        eventually(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


@pytest.mark.parametrize("code", ["import sys; sys.exit(7)", "import os; os.kill(os.getpid(), 11)"])
def test_it_ends_as_its_service_ended(tmp_path, code):
    with wrapper("0us", sys.executable, "-S", "-c", code, cwd=tmp_path) as (process, _):
        assert process.wait(10) == (7 if "exit" in code else -11)


def test_a_signal_reaches_the_service_and_its_answer_is_the_exit_status(tmp_path):
    # Fetched, not caught: a handler might run just before `accept`, which would then wait on.
    obeys = "import signal, threading, os\nsignal.pthread_sigmask(signal.SIG_BLOCK, [15])\n"
    obeys += "threading.Thread(target=lambda: (signal.sigwait([15]), os._exit(9)), daemon=True).start()"
    obeys += ECHO
    command = (sys.executable, "-S", "-c", obeys, "65536")
    with wrapper("0us", *command, cwd=tmp_path) as (process, port):
        connect(port).close()
        process.send_signal(signal.SIGTERM)
        assert process.wait(10) == 9


def test_what_perfgate_sends_to_the_whole_group_is_not_sent_a_second_time(tmp_path):
    """Two SIGTERM tell many servers to drop what they are doing."""
    with wrapper("0us", *echo(), cwd=tmp_path, PERFGATE_SERVICE="marker") as (process, port):
        connection = connect(port)
        process.send_signal(signal.SIGTERM)
        time.sleep(0.2)
        connection.sendall(b"still there")
        assert connection.recv(100) == b"still there"
        connection.close()
        os.killpg(process.pid, signal.SIGTERM)
        assert process.wait(10) == -signal.SIGTERM


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("5", "--", "true"), "'5' is not a delay"),
        (("5%",), "a command is missing"),
        (("5%", "true", "x"), "a command is missing"),
        ((), "usage: "),
    ],
)
def test_what_cannot_be_run_is_named(tmp_path, arguments, text):
    done = subprocess.run(
        [sys.executable, "-I", "-S", WRAPPER, *arguments],
        cwd=tmp_path, capture_output=True, text=True, check=False, env={"PORT": str(free_port())},
    )  # fmt: skip
    assert done.returncode == 2
    assert text in done.stderr
    assert "Traceback" not in done.stderr


def test_a_command_that_does_not_exist_is_named(tmp_path):
    with wrapper("0us", "no-such-program", cwd=tmp_path) as (process, _):
        assert process.wait(10) == 127
        assert process.stderr is not None
        assert b"no-such-program: No such file" in process.stderr.read()
