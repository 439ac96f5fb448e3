"""How far off the sending time of a request is: our clock around `send`, against the kernel's transmit stamp.

One paced connection, the driver on the last CPU, alone or beside a process that keeps that CPU busy. For each
request the kernel stamps the packet as it leaves (SO_TIMESTAMPING with TX_SOFTWARE), which is what a capture
would see. Reading that stamp takes a system call more, so its price in CPU is measured too.
Run: python -m bench.send_times
"""

import os
import select
import socket
import struct
import sys
import time
from contextlib import ExitStack
from functools import partial
from operator import call
from typing import NamedTuple

import click
import numpy as np

from bench import children
from bench.machine import DRIVER_CPUS, SERVICE_CPUS, settle, write_results

_TX, _RX, _SOFTWARE, _TSONLY, _ID = 1 << 1, 1 << 3, 1 << 4, 1 << 11, 1 << 7
_STAMPING = 37
_REQUEST = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\nUser-Agent: perfgate\r\n\r\n"


class Found(NamedTuple):
    """How long after our clock was read `send` returned and (if asked for) the packet left."""

    returned_ns: np.ndarray
    left_ns: np.ndarray
    cpu_us: float


def exchange_all(address: tuple[str, int], *, count: int, rate: float, transmit: bool) -> Found:
    """Send paced requests over one connection."""
    connection = socket.create_connection(address)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    flags = _RX | _SOFTWARE | (_TX | _TSONLY | _ID if transmit else 0)
    connection.setsockopt(socket.SOL_SOCKET, _STAMPING, flags)
    steps = (time.time_ns, partial(connection.send, _REQUEST), time.time_ns)
    stamp_in = struct.Struct("@qq").unpack_from
    after, left = [], []
    cpu = time.process_time_ns()
    due = time.monotonic()
    for _ in range(count):
        due += 1 / rate
        time.sleep(max(0.0, due - time.monotonic()))
        before_ns, _, after_ns = map(call, steps)
        if transmit:
            left.append(_transmit_stamp(connection, stamp_in) - before_ns)
        connection.recvmsg(4096, 128)
        after.append(after_ns - before_ns)
    cpu = time.process_time_ns() - cpu
    connection.close()
    return Found(np.array(after), np.array(left), cpu / count / 1e3)


def _transmit_stamp(connection: socket.socket, stamp_in) -> int:  # type: ignore[no-untyped-def]
    while True:
        try:
            _, ancillary, _, _ = connection.recvmsg(1, 256, socket.MSG_ERRQUEUE)
        except BlockingIOError:
            select.select([], [], [connection], 0.001)
            continue
        for _, kind, data in ancillary:
            if kind == _STAMPING:
                seconds, nanoseconds = stamp_in(data)
                return int(seconds * 1_000_000_000 + nanoseconds)


def _quantiles(values: np.ndarray) -> dict[str, float]:
    names = {"p1": 0.01, "p50": 0.5, "p90": 0.9, "p99": 0.99, "p99.9": 0.999, "max": 1.0}
    return {name: round(float(np.quantile(values, q)) / 1e3, 2) for name, q in names.items()}


@click.command()
@click.option("--count", default=10_000, help="Requests of each case.")
@click.option("--rate", default=500.0, help="Requests a second.")
def main(count: int, rate: float) -> None:
    described = settle()
    os.sched_setaffinity(0, DRIVER_CPUS)
    rows = []
    for busy in (False, True):
        for transmit in (False, True):
            with ExitStack() as stack:
                if busy:
                    spin = [sys.executable, "-c", "while True: pass"]
                    stack.enter_context(children.child(spin, cpus=DRIVER_CPUS))
                port = children.free_port()
                serve = [sys.executable, "-m", "bench.mixed_service", str(port)]
                stack.enter_context(children.child(serve, cpus=SERVICE_CPUS))
                children.await_port(port)
                rows.append(_row(port, count=count, rate=rate, transmit=transmit, busy=busy))
            print(rows[-1], flush=True)
    print(f"{write_results('send-times', described | {'cases': rows}).name} written")


def _row(port: int, *, count: int, rate: float, transmit: bool, busy: bool) -> dict[str, object]:
    found = exchange_all(("127.0.0.1", port), count=count, rate=rate, transmit=transmit)
    row: dict[str, object] = {
        "busy": busy,
        "transmit_stamps": transmit,
        "cpu_us_per_request": round(found.cpu_us, 1),
        "send_returned_after_us": _quantiles(found.returned_ns),
    }
    if transmit:
        row["left_after_us"] = _quantiles(found.left_ns)
        row["left_later_than_50_us"] = float((found.left_ns > 50_000).mean())
    return row


if __name__ == "__main__":
    main()
