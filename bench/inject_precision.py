"""How exactly the wrapper of `perfgate calibrate --inject` delays answers: added delay against asked.

The service says in each answer when it sent it, so the way back is timed by itself, and with it the delay.
Each mode runs beside a second wrapper that delays nothing, request about: the median way back through that
one is the way, and its own scatter is what no wrapper could do anything about.
Run: python -m bench.inject_precision
"""

import os
import socket
import sys
import time
from contextlib import ExitStack
from typing import NamedTuple

import click
import numpy as np

from bench import children
from bench.machine import DRIVER_CPUS, ROOT, SERVICE_CPUS, settle, write_results
from bench.table import show
from perfgate.target.inject.mode import NOTHING, Injection, parse_injection
from perfgate.target.inject.wrapper import INNER_PORT

CASES = (("0us", 300), ("100us", 300), ("500us", 300), ("2ms", 300), ("5%", 4000), ("5%", 20_000))
"""Modes, each with the microseconds that the service works for an answer."""

_WARM_UP = 100
_WRAPPER = str(ROOT / "perfgate" / "target" / "inject")


class Trips(NamedTuple):
    """Per request: how long the answer took to be sent, and how long from there to the client."""

    took_ns: np.ndarray
    back_ns: np.ndarray


@click.command()
@click.option("--count", default=2_000, help="Requests of each case, and as many beside it.")
def main(count: int) -> None:
    described = settle()
    os.sched_setaffinity(0, DRIVER_CPUS)
    rows = []
    for mode, work_us in CASES:
        rows.append(_row(parse_injection(mode), work_us, count=max(200, count // (1 + work_us // 5000))))
        print(rows[-1], flush=True)
    print(f"{write_results('inject', described | {'cases': rows}).name} written")
    head = ("mode", "service µs", "asked µs", "off p1", "off p50", "off p99", "way p50", "way p99 − p50", "")
    show("Added delay less what was asked, µs", head, [_cells(row) for row in rows])


def _row(injection: Injection, work_us: int, *, count: int) -> dict[str, object]:
    with ExitStack() as stack:
        ports = [_wrapped(mode, stack) for mode in (injection.text, NOTHING)]
        delayed, plain = _exchange_all(ports, work_us=work_us, count=count)
    way_ns = np.median(plain.back_ns)
    asked_ns = injection.ratio * delayed.took_ns + injection.fixed_ns
    return {
        "mode": injection.text,
        "service_us": work_us,
        "requests": count,
        "asked_us": round(float(np.median(asked_ns)) / 1e3, 1),
        "off_us": _quantiles(delayed.back_ns - way_ns - asked_ns),
        "way_us": _quantiles(plain.back_ns),
    }


def _wrapped(mode: str, stack: ExitStack) -> int:
    port = children.free_port()
    serve = [sys.executable, "-m", "bench.stamping_service", INNER_PORT]
    command = [sys.executable, "-I", "-S", _WRAPPER, mode, "--", *serve]
    stack.enter_context(children.child(command, cpus=SERVICE_CPUS, env={"PORT": str(port)}))
    children.await_port(port)
    return port


def _exchange_all(ports: list[int], *, work_us: int, count: int) -> list[Trips]:
    """Requests to each port in turn, over one connection each."""
    connections = [socket.create_connection(("127.0.0.1", port)) for port in ports]
    request = b"GET /%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n" % work_us
    found: list[list[tuple[int, int]]] = [[] for _ in ports]
    for number in range(_WARM_UP + count):
        for connection, trips in zip(connections, found, strict=True):
            sent_ns = time.perf_counter_ns()
            connection.send(request)
            answer = connection.recv(4096)
            received_ns = time.perf_counter_ns()
            answered_ns = int(answer[-20:])
            if number >= _WARM_UP:
                trips.append((answered_ns - sent_ns, received_ns - answered_ns))
    for connection in connections:
        connection.close()
    return [Trips(*np.array(trips, dtype=np.int64).T) for trips in found]


def _quantiles(values_ns: np.ndarray) -> dict[str, float]:
    names = {"p1": 0.01, "p50": 0.5, "p90": 0.9, "p99": 0.99, "max": 1.0}
    return {name: round(float(np.quantile(values_ns, q)) / 1e3, 1) for name, q in names.items()}


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    off, way = row["off_us"], row["way_us"]
    assert isinstance(off, dict)
    assert isinstance(way, dict)
    numbers = (row["service_us"], row["asked_us"], off["p1"], off["p50"], off["p99"], way["p50"])
    return (str(row["mode"]), *map(str, numbers), f"{way['p99'] - way['p50']:.1f}", "")


if __name__ == "__main__":
    main()
