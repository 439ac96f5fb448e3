from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading

import psutil
import pytest

from perfgate.target import observe
from perfgate.target.observe import watch
from perfgate.target.service import stop, wait_ready
from perfgate.target.watchdog import MARKER_NAME, processes


def burn(service, times=1):
    for _ in range(times):
        with socket.create_connection(("127.0.0.1", service.port), timeout=10) as connection:
            connection.sendall(b"GET /burn HTTP/1.1\r\n\r\n")
            assert connection.recv(100)


def test_cpu_time_of_a_request_is_seen(start):
    wait_ready(service := start("ok"))
    watched = watch(service)
    before = watched.cpu_ns()
    burn(service)
    spent = watched.cpu_ns() - before
    assert 200_000_000 <= spent < 260_000_000


def test_an_idle_service_spends_nothing(start):
    wait_ready(service := start("ok"))
    watched = watch(service)
    assert watched.cpu_ns() == watched.cpu_ns()


def test_workers_and_daemons_are_part_of_the_tree(start, carriers, all_up):
    wait_ready(service := start("stubborn-tree", grace_ns=0))
    all_up(service.log_path, 9)
    watched = watch(service)
    assert set(watched.pids) == {process.pid for process in carriers(service.group.marker)}
    before = watched.cpu_ns()
    burn(service, 2)
    assert 400_000_000 <= watched.cpu_ns() - before < 520_000_000


def test_a_child_born_and_reaped_in_between_is_counted(start):
    script = (
        "import os, socket, sys\n"
        "s = socket.socket(); s.bind(('127.0.0.1', int(sys.argv[1]))); s.listen()\n"
        "while True:\n"
        "    c, _ = s.accept(); r = c.recv(1000)\n"
        "    if b'burn' in r and os.fork() == 0:\n"
        "        import time\n"
        "        while time.process_time() < 0.3: pass\n"
        "        os._exit(0)\n"
        "    if b'burn' in r: os.wait()\n"
        "    c.sendall(b'HTTP/1.0 200 OK\\r\\n\\r\\n'); c.close()\n"
    )
    wait_ready(service := start("-", argv=(os.sys.executable, "-S", "-c", script, "{port}")))
    watched = watch(service)
    before = watched.cpu_ns()
    burn(service)
    assert 280_000_000 <= watched.cpu_ns() - before < 400_000_000


def test_time_that_died_with_a_worker_nobody_waited_for_makes_the_answer_unknown(start, eventually):
    wait_ready(service := start("careless"))
    watched = watch(service)
    (worker,) = set(watched.pids) - {service.group.pgid}
    eventually(lambda: sum(psutil.Process(worker).cpu_times()[:2]) > 0.15)
    assert watched.cpu_ns() > 100_000_000
    os.kill(worker, signal.SIGKILL)
    eventually(lambda: not psutil.pid_exists(worker))
    assert watched.cpu_ns() is None
    assert watched.cpu_ns() is None


def test_memory_is_resident_bytes_of_the_whole_tree(start, all_up):
    wait_ready(one := start("ok"))
    wait_ready(three := start("workers"))
    all_up(three.log_path, 3)
    single, tree = watch(one).rss_bytes(), watch(three).rss_bytes()
    assert 2 * 2**20 < single < 60 * 2**20
    assert tree > 1.5 * single


def test_a_service_that_is_gone_has_neither(start):
    wait_ready(service := start("ok"))
    watched = watch(service)
    stop(service)
    assert watched.cpu_ns() is None
    assert watched.rss_bytes() is None


def test_without_proc_psutil_answers(start, monkeypatch):
    wait_ready(service := start("ok"))
    monkeypatch.setattr(observe, "processes", lambda: iter(()))
    watched = watch(service)
    burn(service)
    assert watched.cpu_ns() >= 190_000_000
    assert watched.rss_bytes() > 2**20
    os.killpg(service.group.pgid, signal.SIGKILL)
    stop(service)
    assert watched.cpu_ns() is None


@pytest.mark.parametrize(
    ("before", "after", "lost"),
    [
        ({1: (5, 0), 2: (300_000_000, 0)}, {1: (5, 300_000_000)}, False),
        ({1: (5, 0), 2: (300_000_000, 0)}, {1: (5, 0)}, True),
        ({1: (5, 0), 2: (1_000_000, 0)}, {1: (5, 0)}, False),
        ({1: (5, 0), 2: (1, 300_000_000)}, {1: (5, 0)}, True),
        ({}, {1: (5, 0)}, False),
    ],
)
def test_lost_time_is_told_from_time_a_parent_took_over(before, after, lost):
    assert observe.unaccounted(before, after) is lost


def test_a_look_that_began_before_a_birth_and_ends_after_another_look_loses_nobody(start, monkeypatch):
    """The recorder's thread and the one that drives a tool look at the same time."""
    wait_ready(service := start("ok"))
    watched = watch(service)
    listed, go_on = threading.Event(), threading.Event()

    def list_and_dawdle():
        found = list(processes())
        if not listed.is_set():
            listed.set()
            go_on.wait(0.1)
        return found

    monkeypatch.setattr(observe, "processes", list_and_dawdle)
    dawdler = threading.Thread(target=watched.refresh)
    dawdler.start()
    assert listed.wait(10)
    with subprocess.Popen(["sleep", "60"], env={MARKER_NAME: service.group.marker}) as born:
        watched.refresh()
        go_on.set()
        dawdler.join()
        found = watched.pids
        born.kill()
    assert born.pid in found
