"""A tree over time: what it does shows, workers count, what has ended does not, and no file stays open."""

from __future__ import annotations

import os
import signal
import socket
import time
from pathlib import Path

import psutil
import pytest

from perfgate.target import connections, readings
from perfgate.target.observe import watch
from perfgate.target.readings import READINGS_A_ROW, UsageRecorder
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
    reading = UsageRecorder([watch(service), None], [service.port, None], interval_s=0.005)
    begun_ns = time.time_ns()
    reading.start()
    time.sleep(seconds / 2)
    meanwhile()
    time.sleep(seconds / 2)
    (series, usage), nothing = reading.stop()
    assert not any(map(len, (*nothing.memory, *nothing.usage)))
    assert len(series.at_ns) == len(series.rss_bytes)
    assert {len(column) for column in usage} == {-(-len(series.at_ns) // READINGS_A_ROW)}
    assert list(usage.at_ns) == list(series.at_ns)[::READINGS_A_ROW]
    assert list(series.at_ns) == sorted(series.at_ns)
    assert all(begun_ns <= at_ns <= time.time_ns() for at_ns in series.at_ns)
    return series.rss_bytes, usage


def ask(service, path=""):
    with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
        connection.sendall(b"GET /%s HTTP/1.0\r\n\r\n" % path.encode())
        assert connection.recv(100)


def first(column, at_least):
    """The row in which it is so much for the first time."""
    return next(row for row, value in enumerate(column) if value >= at_least)


def test_what_a_service_does_is_seen_in_order(serve, monkeypatch):
    monkeypatch.setattr(connections, "_REST_RATIO", 0)
    service = serve(
        "import threading, time\n"
        "    while b'burn' in r and time.process_time() < 0.3: pass\n"
        "    if b'threads' in r:\n"
        "        for _ in range(5): threading.Thread(target=time.sleep, args=(60,), daemon=True).start()\n"
        "    if b'grow' in r: kept.append(b'x' * 8_000_000)"
    )
    held = []

    def do_one_after_the_other():
        for path in ("burn", "threads", "grow"):
            ask(service, path)
            time.sleep(0.06)
        held.extend(socket.create_connection(("127.0.0.1", service.port), timeout=10) for _ in range(20))

    _, usage = recorded(service, meanwhile=do_one_after_the_other)
    for connection in held:
        connection.close()
    rows = (
        first(usage.cpu_ns, 290_000_000),
        first(usage.threads, usage.threads[0] + 5),
        first(usage.rss_bytes, usage.rss_bytes[0] + 7_500_000),
        first(usage.connections, 20),
    )
    assert rows == tuple(sorted(rows))
    assert rows[0] > 0
    assert rows[-1] > rows[0]
    assert usage.cpu_ns[-1] < 600_000_000
    assert usage.threads[0] == 1
    assert usage.threads[-1] == 6
    assert max(usage.connections) == 20
    assert list(usage.cpu_ns) == sorted(usage.cpu_ns)


def test_what_a_request_leaves_behind_is_seen(serve):
    service = serve("kept.append(b'x' * 8_000_000)")
    rss, _ = recorded(service, meanwhile=lambda: ask(service))
    assert 7_500_000 <= rss[-1] - rss[0] <= 12_000_000


def test_a_worker_born_meanwhile_is_counted(serve, monkeypatch):
    monkeypatch.setattr(readings, "_REFRESH_NS", 10_000_000)
    service = serve("os.fork() or __import__('time').sleep(60) if b'fork' in r else None")
    rss, usage = recorded(service, seconds=0.6, meanwhile=lambda: ask(service, "fork"))
    assert rss[-1] > 1.3 * rss[0]
    assert (usage.threads[0], usage.threads[-1]) == (1, 2)


def test_time_that_died_with_a_worker_nobody_waited_for_makes_cpu_time_unknown(start, eventually):
    wait_ready(service := start("careless"))
    watched = watch(service)
    (worker,) = set(watched.pids) - {service.group.pgid}
    eventually(lambda: sum(psutil.Process(worker).cpu_times()[:2]) > 0.15)

    def kill():
        os.kill(worker, signal.SIGKILL)
        eventually(lambda: not psutil.pid_exists(worker))

    _, usage = recorded(service, meanwhile=kill)
    assert usage.cpu_ns[0] > 100_000_000
    assert usage.cpu_ns[-1] == -1
    assert usage.threads[-1] == 1
    assert usage.rss_bytes[-1] > 0


def test_connections_are_unknown_where_the_kernel_is_not_asked(serve, monkeypatch):
    monkeypatch.delattr(socket, "AF_NETLINK")
    _, usage = recorded(serve("pass"))
    assert set(usage.connections) == {-1}
    assert min(usage.cpu_ns) > 0


def test_a_tree_that_ends_is_read_until_then(serve):
    service = serve("pass")
    rss, usage = recorded(service, meanwhile=lambda: os.killpg(service.group.pgid, signal.SIGKILL))
    assert len(rss) < 30
    assert len(usage.at_ns) < 9
    stop(service)


def test_no_file_stays_open_and_stopping_twice_is_the_same(serve):
    service = serve("pass")
    before = len(list(Path("/proc/self/fd").iterdir()))
    reading = UsageRecorder([watch(service)], [service.port], interval_s=0.005)
    reading.start()
    time.sleep(0.05)
    held = [str(each.resolve()) for each in Path("/proc/self/fd").iterdir()]
    assert sum(f"/proc/{service.group.pgid}/" in name for name in held) == 2
    found = reading.stop()
    assert found[0].memory.rss_bytes
    assert found[0].usage.connections[0] == 0
    assert reading.stop() == found
    assert len(list(Path("/proc/self/fd").iterdir())) == before


def test_nobody_to_watch_starts_no_thread():
    reading = UsageRecorder([None, None], [None, None])
    reading.start()
    assert not any(len(column) for each in reading.stop() for series in each for column in series)
