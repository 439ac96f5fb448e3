"""perfgate in a process of its own that need not import anything first: it is forked off one that has.

Importing takes a perfgate longer than most of what tests ask of it, and hundreds are started. What tests look
at is real: the process's id, signals, exit code, pipes, folder, environment and CPUs, and how it ends, but
that the interpreter is not taken apart. (Children of the standard library's fork server
look for modules where pytest does, and skip what is registered for the exit.)
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
import signal
import socket
import struct
import subprocess
import sys
from collections.abc import Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import IO

_PRELOADED = (
    *("git", "perfgate.cli", "perfgate.config", "perfgate.gate.stored", "perfgate.load", "perfgate.measure"),
    *("perfgate.report.terminal", "perfgate.store", "perfgate.target", "perfgate.workload"),
)
_NUMBER = struct.Struct("i")


class Forked:
    """What tests use of a `subprocess.Popen` with text pipes for stdout and stderr."""

    def __init__(self, arguments: tuple[str, ...], cwd: Path, environ: Mapping[str, str]) -> None:
        (out, out_end), (err, err_end), (self._status, status_end) = os.pipe(), os.pipe(), os.pipe()
        self.args = ("perfgate", *arguments)
        self.stdout, self.stderr = os.fdopen(out), os.fdopen(err)
        self.returncode: int | None = None
        self._reads: list[Future[str]] = []
        order = [self.args, str(cwd), dict(environ), [*os.sched_getaffinity(0)]]
        ends = [out_end, err_end, status_end]
        socket.send_fds(_server(), [json.dumps(order).encode()], ends)
        for end in ends:
            os.close(end)
        self.pid = self._number()

    def _number(self) -> int:
        return int(_NUMBER.unpack(os.read(self._status, _NUMBER.size))[0])

    def send_signal(self, number: int) -> None:
        if self.poll() is None:
            os.kill(self.pid, number)

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
        if not self._reads:
            pool = ThreadPoolExecutor(2)
            self._reads = [pool.submit(_read, pipe) for pipe in (self.stdout, self.stderr)]
            pool.shutdown(wait=False)
        self.wait(timeout)
        out, err = (read.result(timeout) for read in self._reads)
        return out, err


def _read(pipe: IO[str]) -> str:
    with pipe:
        return pipe.read()


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
    """Fork for each order the perfgate, in which alone it returns, and before it who waits for its end."""
    while True:
        order, ends, _, _ = socket.recv_fds(control, 1 << 20, 3)
        if not order:
            os._exit(0)
        if os.fork() == 0:
            break
        for end in ends:
            os.close(end)
    control.close()
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    out, err, status = ends
    pid = os.fork()
    if pid == 0:
        os.close(status)
        _become(*json.loads(order), out, err)
        return
    os.close(out)
    os.close(err)
    os.write(status, _NUMBER.pack(pid))
    _, how = os.waitpid(pid, 0)
    os.write(status, _NUMBER.pack(os.waitstatus_to_exitcode(how)))
    os._exit(0)


def _become(
    argv: list[str], cwd: str, environ: dict[str, str], cpus: list[int], out_end: int, err_end: int
) -> None:
    """Put on what a process gets from whoever starts it."""
    for end, place in ((out_end, 1), (err_end, 2)):
        os.dup2(end, place)
        os.close(end)
    os.sched_setaffinity(0, cpus)
    os.chdir(cwd)
    os.environ.clear()
    os.environ.update(environ)
    sys.path[0] = cwd
    sys.argv = argv


def _preload() -> None:
    for name in _PRELOADED:
        package = importlib.import_module(name)
        for module in pkgutil.walk_packages(getattr(package, "__path__", ()), f"{name}."):
            if not module.name.endswith(".__main__"):
                importlib.import_module(module.name)
    gc.collect()
    gc.freeze()


def _end(codes: list[int]) -> None:
    """End before the interpreter takes apart all that was imported: that takes longer than most commands."""
    if codes:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(codes[0])


def _run() -> int:
    codes: list[int] = []
    atexit.register(_end, codes)  # the first to be registered is the last to be called
    interrupted = signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # whoever waited need not be waited for
    _preload()
    _serve(socket.socket(fileno=int(sys.argv[1])))
    signal.signal(signal.SIGINT, interrupted)
    codes.append(importlib.import_module("perfgate.cli.main").main())
    return codes[0]


if __name__ == "__main__":
    sys.exit(_run())
