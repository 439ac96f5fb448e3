"""Ports on this machine: a free one to give to a service, and which ones a service really listens on."""

from __future__ import annotations

import os
import random
import socket
from collections import deque
from collections.abc import Collection
from pathlib import Path

from perfgate.errors import MeasureError
from perfgate.target.watchdog import stat_fields

HOST = "127.0.0.1"
# Five digits, so that both sides' arguments have one length; below the range that outgoing connections draw
# their own ports from, so that the load itself cannot take a service's port.
_FIRST, _LAST = 10_000, 32_767
_ATTEMPTS = 200
_LISTEN = "0A"
# A service that has not bound its port yet, or shares it (SO_REUSEPORT), the next draw would not notice.
_GIVEN: deque[int] = deque(maxlen=64)


def free_port(avoid: Collection[int] = ()) -> int:
    """A loopback port nobody listens on at this moment, and none of the last 64 this process was given.

    Raises:
        MeasureError: no free port was found.
    """
    draw = random.SystemRandom()
    for _ in range(_ATTEMPTS):
        port = draw.randint(_FIRST, _LAST)
        if port not in avoid and port not in _GIVEN and _is_free(port):
            _GIVEN.append(port)
            return port
    raise MeasureError(
        f"no free port between {_FIRST} and {_LAST} on {HOST}", "see what listens there: ss -ltn"
    )


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
    return True


def listening_ports(pids: Collection[int]) -> frozenset[int]:
    """The TCP ports these processes listen on, on any address; empty where that cannot be seen."""
    sockets = {inode for pid in pids if stat_fields(pid) for inode in _socket_inodes(pid)}
    tables = {table for pid in pids for table in _tables(pid)}
    return frozenset(port for table in tables for inode, port in parse_listeners(table) if inode in sockets)


def parse_listeners(table: str) -> list[tuple[str, int]]:
    """The (inode, port) of every listening socket in the text of /proc/net/tcp or tcp6."""
    rows = (line.split() for line in table.splitlines()[1:])
    return [
        (row[9], int(row[1].rpartition(":")[2], 16)) for row in rows if len(row) > 9 and row[3] == _LISTEN
    ]


def _tables(pid: int) -> list[str]:
    found = []
    for name in ("tcp", "tcp6"):
        try:
            found.append(Path(f"/proc/{pid}/net/{name}").read_text())
        except OSError:
            continue
    return found


def _socket_inodes(pid: int) -> list[str]:
    found = []
    try:
        with os.scandir(f"/proc/{pid}/fd") as entries:
            for entry in entries:
                link = os.readlink(entry.path)  # noqa: PTH115 - a link to "socket:[7]" is no path
                if link.startswith("socket:["):
                    found.append(link[8:-1])
    except OSError:
        return found
    return found
