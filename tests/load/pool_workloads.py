"""Workloads that other processes read for themselves, so they live in a module of their own."""

from __future__ import annotations

import os
import signal
import time

from perfgate.errors import UsageError
from perfgate.model import Request, Scenario, Script, Workload


def one_get() -> Workload:
    def start(seed: int) -> Script:
        yield Request(endpoint=0, method="GET", target="/")

    scenario = Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start)
    return Workload(name="w", digest="d", endpoints=("/",), scenarios=(scenario,))


def cannot_be_read() -> Workload:
    raise UsageError("no such workload", "look elsewhere")


def breaks() -> Workload:
    raise SystemExit(7)


def dies() -> Workload:
    os.kill(os.getpid(), signal.SIGKILL)
    time.sleep(60)
    return one_get()


def sinks() -> Workload:
    """A load whose users break the driver in each process."""

    def start(seed: int) -> Script:
        yield Request(endpoint=0, method="GET", target="/")
        raise RecursionError("too deep")

    scenario = Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start)
    return Workload(name="w", digest="d", endpoints=("/",), scenarios=(scenario,))


def numbered() -> Workload:
    """Passes that send their own number."""

    def start_nth(seed: int, nth: int) -> Script:
        yield Request(endpoint=0, method="GET", target=f"/{nth}")

    def start(seed: int) -> Script:
        return start_nth(seed, 0)

    scenario = Scenario(name="s", weight=1.0, endpoints=frozenset({0}), start=start, start_nth=start_nth)
    return Workload(name="w", digest="d", endpoints=("/",), scenarios=(scenario,))
