"""Memory of a tree over time: growth shows, workers count, and what has ended is left out."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import pytest

from perfgate.target import memory
from perfgate.target.memory import MemoryRecorder
from perfgate.target.observe import watch
from perfgate.target.service import stop, wait_ready

LISTEN = (
    "import os, socket, sys\n"
    "s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\n"
    "kept = []\n"
    "def answer():\n"
    "    c, _ = s.accept(); r = c.recv(1000)\n"
    "    {step}\n"
    "    c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n'); c.close()\n"
    "while True: answer()\n"
)


@pytest.fixture
def serve(start):
    def served(step: str):
        wait_ready(
            service := start("-", argv=(os.sys.executable, "-S", "-c", LISTEN.format(step=step), "{port}"))
        )
        return service

    return served


def recorded(service, seconds=0.2, meanwhile=lambda: None):
    recorder = MemoryRecorder([watch(service), None], interval_s=0.005)
    begun_ns = time.time_ns()
    recorder.start()
    time.sleep(seconds / 2)
    meanwhile()
    time.sleep(seconds / 2)
    series, nothing = recorder.stop()
    assert len(nothing.at_ns) == 0
    assert len(series.at_ns) == len(series.rss_bytes)
    assert list(series.at_ns) == sorted(series.at_ns)
    assert all(begun_ns <= at_ns <= time.time_ns() for at_ns in series.at_ns)
    return series.rss_bytes


def ask(service):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
        assert connection.recv(100)


def test_what_a_request_leaves_behind_is_seen(serve):
    service = serve("kept.append(b'x' * 8_000_000)")
    rss = recorded(service, meanwhile=lambda: ask(service))
    assert 7_500_000 <= rss[-1] - rss[0] <= 12_000_000


def test_a_worker_born_meanwhile_is_counted(serve, monkeypatch):
    monkeypatch.setattr(memory, "_REFRESH_NS", 10_000_000)
    service = serve("os.fork() or __import__('time').sleep(60) if b'fork' in r else None")

    def fork():
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(b"GET /fork HTTP/1.0\r\n\r\n")
            assert connection.recv(100)

    rss = recorded(service, seconds=0.6, meanwhile=fork)
    assert rss[-1] > 1.3 * rss[0]


def test_a_tree_that_ends_is_read_until_then(serve):
    service = serve("pass")
    rss = recorded(service, meanwhile=lambda: os.killpg(service.group.pgid, signal.SIGKILL))
    assert len(rss) < 30
    stop(service)


def test_no_file_stays_open_and_stopping_twice_is_the_same(serve):
    service = serve("pass")
    before = len(list(Path("/proc/self/fd").iterdir()))
    recorder = MemoryRecorder([watch(service)], interval_s=0.005)
    recorder.start()
    time.sleep(0.05)
    first = recorder.stop()
    assert first[0].rss_bytes
    assert recorder.stop() == first
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nobody_to_watch_starts_no_thread():
    recorder = MemoryRecorder([None, None])
    recorder.start()
    assert [len(series.at_ns) for series in recorder.stop()] == [0, 0]
