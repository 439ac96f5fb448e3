"""perfgate in a process of its own that need not import anything first: it is forked off one that has.

Importing takes a perfgate longer than most of what tests ask of it, and hundreds are started. What tests look
at is real: the process's id, signals, exit code, pipes, folder, environment and CPUs, and how it ends.
"""

from __future__ import annotations

import atexit
import functools
import gc
import importlib
import json
import os
import pkgutil
import select
import selectors
import signal
import socket
import struct
import subprocess
import sys
import threading
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import IO, Any

_PRELOADED = (
    *("git", "perfgate.cli", "perfgate.config", "perfgate.gate.stored", "perfgate.load", "perfgate.measure"),
    *("perfgate.report.terminal", "perfgate.store", "perfgate.target", "perfgate.workload"),
)
_LONGEST = 1 << 20
_NUMBER = struct.Struct("i")


class Forked:
    """What tests use of a `subprocess.Popen` with text pipes for stdout and stderr."""

    def __init__(self, arguments: tuple[str, ...], cwd: Path, environ: Mapping[str, str]) -> None:
        (out, out_end), (err, err_end), (self._status, status_end) = os.pipe(), os.pipe(), os.pipe()
        self.args = ("perfgate", *arguments)
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
        self.returncode: int | None = None
        self._said: dict[str, str] = {}
        self._readers: list[threading.Thread] = []
        order = {
            "argv": self.args,
            "cwd": str(cwd),
            "environ": dict(environ),
            "cpus": [*os.sched_getaffinity(0)],
        }
        ends = [out_end, err_end, status_end]
        socket.send_fds(_server(), [json.dumps(order).encode()], ends)
        for end in ends:
            os.close(end)
        self.pid = self._number()

    def _number(self) -> int:
        data = os.read(self._status, _NUMBER.size)
        assert data, "the process that forks perfgates has ended"
        return int(_NUMBER.unpack(data)[0])

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

    def kill(self) -> None:
        self.send_signal(signal.SIGKILL)

    def poll(self) -> int | None:
        if self.returncode is None and select.select([self._status], [], [], 0)[0]:
            self.wait()
        return self.returncode

    def wait(self, timeout: float | None = None) -> int:
        if self.returncode is None:
            if not select.select([self._status], [], [], timeout)[0]:
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
            self.returncode = self._number()
            os.close(self._status)
        return self.returncode

    def communicate(self, timeout: float | None = None) -> tuple[str, str]:
        """All that is left to read, and the end of the process."""
        if not self._readers:
            for name, pipe in (("out", self.stdout), ("err", self.stderr)):
                self._readers.append(threading.Thread(target=self._read, args=(name, pipe), daemon=True))
                self._readers[-1].start()
        self.wait(timeout)
        for reader in self._readers:
            reader.join(timeout)
            if reader.is_alive():
                raise subprocess.TimeoutExpired(self.args, timeout or 0.0)
        return self._said["out"], self._said["err"]

    def _read(self, name: str, pipe: IO[str]) -> None:
        with pipe:
            self._said[name] = pipe.read()

    def __enter__(self) -> Forked:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stdout.close()
        self.stderr.close()
        self.wait()


@functools.cache
def _server() -> socket.socket:
    """The process that forks, one a pytest worker, which ends with the worker at the latest."""
    ours, its = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    command = [sys.executable, __file__, str(its.fileno())]
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(command, pass_fds=[its.fileno()], stdin=quiet, stdout=quiet, cwd="/")
    its.close()

    def stop() -> None:
        ours.close()
        process.wait()

    atexit.register(stop)
    return ours


def _serve(control: socket.socket) -> None:
    """Fork once a message; returns in the children only, each as the perfgate that was ordered."""
    with selectors.DefaultSelector() as selector:
        selector.register(control, selectors.EVENT_READ)
        while True:
            for key, _ in selector.select():
                if key.data is not None:
                    _tell_end(key.fd, *key.data)
                    selector.unregister(key.fd)
                    continue
                message, ends, _, _ = socket.recv_fds(control, _LONGEST, 3)
                if not message:
                    os._exit(0)
                pid = os.fork()
                if pid == 0:
                    control.close()
                    for other in selector.get_map().values():
                        if other.data is not None:
                            os.close(other.fd)
                            os.close(other.data[1])
                    _become(json.loads(message), ends)
                    return
                out, err, status = ends
                os.close(out)
                os.close(err)
                os.write(status, _NUMBER.pack(pid))
                selector.register(os.pidfd_open(pid), selectors.EVENT_READ, (pid, status))


def _tell_end(pidfd: int, pid: int, status: int) -> None:
    _, how = os.waitpid(pid, 0)
    os.write(status, _NUMBER.pack(os.waitstatus_to_exitcode(how)))
    os.close(status)
    os.close(pidfd)


def _become(order: dict[str, Any], ends: list[int]) -> None:
    """Put on what a process gets from whoever starts it."""
    for end, place in zip(ends, (1, 2), strict=False):
        os.dup2(end, place)
    for end in ends:
        os.close(end)
    os.sched_setaffinity(0, order["cpus"])
    os.chdir(order["cwd"])
    os.environ.clear()
    os.environ.update(order["environ"])
    sys.path[0] = order["cwd"]
    sys.argv = order["argv"]


def _preload() -> None:
    for name in _PRELOADED:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _run() -> int:
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    _preload()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    signal.signal(signal.SIGINT, interrupted)
    return importlib.import_module("perfgate.cli.main").main()


if __name__ == "__main__":
    sys.exit(_run())
