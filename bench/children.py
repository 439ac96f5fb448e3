"""Child processes of a benchmark: pinned, in their own group, measured by wait4, ended whatever happens."""

import ctypes
import os
import select
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psutil

from bench.machine import ROOT

_SET_DEATH_SIGNAL = 1
_libc = ctypes.CDLL(None)


@dataclass(frozen=True)
class Usage:
    """How a child ended and what it and its descendants took."""

    exit_code: int
    cpu_s: float
    rss_max_bytes: int
    timed_out: bool = False


class Child:
    """One running process; `child` ends it together with everything in its group."""

    def __init__(self, argv: list[str], *, cpus: frozenset[int], env: dict[str, str], **streams: Any) -> None:
        def prepare() -> None:
            _libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
            os.sched_setaffinity(0, cpus)

        self.process = subprocess.Popen(
            argv,
            cwd=ROOT,
            env=_without_proxies() | env,
            start_new_session=True,
            preexec_fn=prepare,  # noqa: PLW1509 - a benchmark starts no threads
            stdin=subprocess.DEVNULL,
            **streams,
        )
        self.pid = self.process.pid
        self.usage: Usage | None = None

    def wait(self, timeout: float, tick: Callable[[], None] | None = None, every: float = 0.25) -> Usage:
        """Wait for the end; what is still running after `timeout` seconds is killed."""
        deadline = time.monotonic() + timeout
        ended = os.pidfd_open(self.pid)
        try:
            while not select.select([ended], [], [], every if tick else timeout)[0]:
                if time.monotonic() > deadline:
                    self._kill()
                    return self._reap(timed_out=True)
                if tick:
                    tick()
        finally:
            os.close(ended)
        return self._reap()

    def end(self, how: signal.Signals = signal.SIGTERM, patience: float = 5.0) -> Usage:
        """Ask it to stop, wait, and kill what is left of its group."""
        if self.usage is None:
            with suppress(ProcessLookupError):
                os.killpg(self.pid, how)
            self.wait(patience)
        self._kill()
        assert self.usage is not None
        return self.usage

    def _reap(self, *, timed_out: bool = False) -> Usage:
        _, status, spent = os.wait4(self.pid, 0)
        self.process.returncode = os.waitstatus_to_exitcode(status)
        self.usage = Usage(
            exit_code=self.process.returncode,
            cpu_s=spent.ru_utime + spent.ru_stime,
            rss_max_bytes=spent.ru_maxrss * 1024,
            timed_out=timed_out,
        )
        return self.usage

    def _kill(self) -> None:
        with suppress(ProcessLookupError, PermissionError):
            os.killpg(self.pid, signal.SIGKILL)


@contextmanager
def child(
    argv: list[str], *, cpus: frozenset[int], env: dict[str, str] | None = None, log: Path | None = None,
    stdout: Any = None,
) -> Iterator[Child]:  # fmt: skip
    """A running process; `log` takes what it says on stderr, and on stdout unless that goes elsewhere."""
    with (log or Path(os.devnull)).open("wb") as said:
        running = Child(argv, cpus=cpus, env=env or {}, stdout=stdout or said, stderr=said)
        try:
            yield running
        finally:
            running.end()


def _without_proxies() -> dict[str, str]:
    """Nothing a benchmark starts has business beyond this machine."""
    return {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}


def tree(pid: int) -> list[psutil.Process]:
    """A process and its descendants as they are now."""
    try:
        top = psutil.Process(pid)
        return [top, *top.children(recursive=True)]
    except psutil.NoSuchProcess:
        return []


def cpu_seconds(pid: int) -> float:
    """CPU time of a tree, with those of its processes that have ended and been waited for."""
    total = 0.0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            times = process.cpu_times()
            total += times.user + times.system + times.children_user + times.children_system
    return total


def machine_busy_seconds() -> float:
    """CPU time of everything on this machine, with what its host took away."""
    times = psutil.cpu_times()
    return float(sum(times) - times.idle - times.iowait - times.guest - times.guest_nice)


def rss_bytes(pid: int) -> int:
    """Resident memory of a tree."""
    total = 0
    for process in tree(pid):
        with suppress(psutil.NoSuchProcess):
            total += process.memory_info().rss
    return total


def free_port() -> int:
    """A port of 127.0.0.1 nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def await_port(port: int, seconds: float = 10.0) -> None:
    """Return once somebody accepts connections there."""
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline:
        with suppress(OSError), socket.create_connection(("127.0.0.1", port), timeout=1.0):
            return
        time.sleep(0.02)
    raise SystemExit(f"nothing listens on 127.0.0.1:{port} after {seconds:.0f} s")
