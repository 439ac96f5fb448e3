"""The wrapper as a process: starts the service on a port of its own, relays to it, and ends as it ends."""

from __future__ import annotations

import ctypes
import gc
import os
import resource
import signal
import socket
import struct
import subprocess
import sys
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NoReturn

from perfgate.errors import PerfgateError
from perfgate.target.inject.delay import Delayer, sleep_precisely
from perfgate.target.inject.mode import parse_injection
from perfgate.target.inject.relay import Relay
from perfgate.target.ports import HOST, free_port
from perfgate.target.watchdog import MARKER_NAME

INNER_PORT = "{inner_port}"
"""Stands in the words of the command for the port that the real service shall listen on."""

_SET_DEATH_SIGNAL = 1  # PR_SET_PDEATHSIG of prctl(2)
_PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGUSR1, signal.SIGUSR2)
_POLL_S = 0.005
_LOOK_S = 1.0
_LAST_ANSWERS_S = 0.25
_BACKLOG = 1024
_RESET = struct.pack("ii", 1, 0)
_NOT_FOUND, _NOT_EXECUTABLE, _USAGE = 127, 126, 2


def main(arguments: Sequence[str]) -> NoReturn:
    """Run `MODE -- COMMAND …`: the service's port is PORT, the exit status that of the command.

    In the command's words `{inner_port}` is the port it gets, which its PORT says too. The command stays in
    this process group. Signals are passed on, except where perfgate started this: it signals the whole group.
    """
    try:
        injection = parse_injection(arguments[0])
        outer = int(os.environ["PORT"])
        command = _command(arguments)
        inner = free_port(avoid=(outer,))
        door = _door(outer)
    except (IndexError, KeyError, ValueError, PerfgateError, OSError) as error:
        _fail(_USAGE, f"{error}; usage: PORT=8000 python -m perfgate.target.inject MODE -- COMMAND …")
    child = _start(command, inner)
    relays: list[threading.Thread] = []
    # Daemons: a connection that nobody closes must not keep the wrapper from ending with its service.
    arguments_of_accepting = (door, inner, Delayer(injection), relays)
    threading.Thread(target=_accept_all, args=arguments_of_accepting, daemon=True).start()
    status = _wait(child)
    door.close()
    _let_finish(relays)
    _end_like(status)


def _command(arguments: Sequence[str]) -> tuple[str, ...]:
    if len(arguments) < 3 or arguments[1] != "--":
        raise ValueError("a command is missing")
    return tuple(arguments[2:])


def _door(port: int) -> socket.socket:
    """The port, taken but not open: until the service listens, connections are refused as they would be."""
    door = socket.socket()
    door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    door.bind((HOST, port))
    return door


def _start(command: Sequence[str], port: int) -> subprocess.Popen[bytes]:
    """Start the service; the signals that `_wait` takes are held back from here on, not for the service."""
    parent = os.getpid()
    libc = ctypes.CDLL(None)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {*_PASSED_ON, signal.SIGCHLD})

    def prepare() -> None:
        libc.prctl(_SET_DEATH_SIGNAL, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)

    try:
        return subprocess.Popen(
            [word.replace(INNER_PORT, str(port)) for word in command],
            env={**os.environ, "PORT": str(port)},
            preexec_fn=prepare,  # noqa: PLW1509 - there are no threads yet
        )
    except FileNotFoundError as error:
        _fail(_NOT_FOUND, f"{command[0]}: {error.strerror}")
    except OSError as error:
        _fail(_NOT_EXECUTABLE, f"{command[0]}: {error.strerror}")


def _wait(child: subprocess.Popen[bytes]) -> int:
    """Pass signals on until the service has ended, and return its status.

    Signals are fetched, not caught: a handler could run just before a wait that it was to cut short.
    """
    is_group_signalled = MARKER_NAME in os.environ
    while (status := child.poll()) is None:
        found = signal.sigtimedwait({*_PASSED_ON, signal.SIGCHLD}, _LOOK_S)
        # Where perfgate signals the whole group, a second signal would mean "at once" to many servers.
        if found is not None and found.si_signo != signal.SIGCHLD and not is_group_signalled:
            child.send_signal(found.si_signo)
    return status


def _accept_all(door: socket.socket, port: int, delayer: Delayer, relays: list[threading.Thread]) -> None:
    sleep_precisely()
    gc.freeze()
    while not _listens(port):
        time.sleep(_POLL_S)
    try:
        door.listen(_BACKLOG)
        while True:
            client, _ = door.accept()
            thread = threading.Thread(target=_serve, args=(client, port, delayer), daemon=True)
            relays[:] = [other for other in relays if other.is_alive()]
            thread.start()
            relays.append(thread)
    except OSError:
        return  # The door was closed: the service has ended.


def _listens(port: int) -> bool:
    with socket.socket() as probe:
        return probe.connect_ex((HOST, port)) == 0


def _serve(client: socket.socket, port: int, delayer: Delayer) -> None:
    service = socket.socket()
    try:
        service.connect((HOST, port))
    except OSError:
        service.close()
        client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        client.close()
        return
    Relay(client, service, delayer).run()


def _let_finish(relays: Sequence[threading.Thread]) -> None:
    """Give what the service said last the time to arrive."""
    deadline = time.monotonic() + _LAST_ANSWERS_S
    for thread in list(relays):
        thread.join(max(0.0, deadline - time.monotonic()))


def _end_like(status: int) -> NoReturn:
    """Exit with the service's status, or die of the signal it died of."""
    sys.stdout.flush()
    sys.stderr.flush()
    if status < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with suppress(OSError, ValueError):
            signal.signal(-status, signal.SIG_DFL)
        os.kill(os.getpid(), -status)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        time.sleep(1)
    os._exit(status if status >= 0 else 128 - status)


def _fail(status: int, text: str) -> NoReturn:
    sys.stderr.write(f"perfgate's wrapper: {text}\n")
    sys.exit(status)
