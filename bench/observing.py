"""What reading memory, CPU time, threads and connections of the services costs a load: with it and without.

Two services that work for 100 µs an answer, a load of couples on both, in pairs of loads in random order: one
as it is measured in a round, one with nobody reading. A ratio is that of a pair; shown is the median over the
pairs with the interval that order statistics give it (95 %), and the results have the spread of one pair
too (1.4826 times the median absolute deviation). The CPU time is that of the reading thread, over the time
measured. No process is born meanwhile: looking for those, every 250 ms at most, is not in it.
Run: python -m bench.observing
"""

import math
import os
import random
import statistics
import sys
import tempfile
import threading
import time
from contextlib import ExitStack
from pathlib import Path

import click
import numpy as np
from scipy.stats import binom

from bench import children
from bench.machine import DRIVER_CPUS, SERVICE_CPUS, settle, write_results
from bench.table import show
from perfgate.load.address import Address, Timeouts
from perfgate.load.engine import drive
from perfgate.load.plan import LoadPlan
from perfgate.load.watching import Watcher
from perfgate.model import Profile, Ramp
from perfgate.target.observe import Watch
from perfgate.target.readings import UsageRecorder
from perfgate.workload.artillery import read_workload

CONNECTIONS = (1, 100)
_FIGURES = ("p50", "p99", "requests/s")
_LOAD = "scenarios: [{flow: [{get: {url: /100, name: work}}]}]\n"
_WARMUP_NS = 200_000_000


@click.command()
@click.option("--pairs", default=40, help="Pairs of loads with each number of connections.")
@click.option("--seconds", default=0.5, help="How long each load is measured.")
def main(pairs: int, seconds: float) -> None:
    described = settle()
    os.sched_setaffinity(0, DRIVER_CPUS)
    rows = []
    for connections in CONNECTIONS:
        with ExitStack() as stack:
            services = [_started(stack) for _ in range(2)]
            rows.append(_row(services, connections=connections, pairs=pairs, seconds=seconds))
        print(rows[-1], flush=True)
    print(f"{write_results('observing', described | {'pairs': pairs, 'cases': rows}).name} written")
    head = ("connections", *(f"{name} with/without" for name in _FIGURES), "reading, of a CPU", "")
    show("A load that is observed, against the same that is not", head, [_cells(row) for row in rows])


def _started(stack: ExitStack) -> tuple[Watch, int]:
    port = children.free_port()
    serve = [sys.executable, "-m", "bench.stamping_service", str(port)]
    running = stack.enter_context(children.child(serve, cpus=SERVICE_CPUS))
    children.await_port(port)
    return Watch(running.pid, "none has this marker"), port


def _row(
    services: list[tuple[Watch, int]], *, connections: int, pairs: int, seconds: float
) -> dict[str, object]:
    plan = _plan([port for _, port in services], connections, seconds)
    draw = random.Random(1)
    logs: dict[str, list[float]] = {name: [] for name in _FIGURES}
    shares = []
    _loaded(plan, None)
    for _ in range(pairs):
        found: dict[bool, list[float]] = {}
        for observed in draw.sample([True, False], 2):
            recorder = UsageRecorder(*zip(*services, strict=True)) if observed else None
            found[observed], cpu_ns = _loaded(plan, recorder)
            if observed:
                shares.append(cpu_ns / 1e9 / seconds)
        for name, ours, theirs in zip(_FIGURES, found[True], found[False], strict=True):
            logs[name].append(math.log(ours / theirs))
    return {
        "connections": connections,
        **{name: _ratio(values) for name, values in logs.items()},
        "reading_cpu_ratio": round(statistics.median(shares), 5),
    }


def _plan(ports: list[int], connections: int, seconds: float) -> LoadPlan:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "load.yml"
        path.write_text(_LOAD)
        workload = read_workload(path, has_target=True)
    duration_ns = _WARMUP_NS + round(seconds * 1e9)
    return LoadPlan(
        addresses=tuple(Address("127.0.0.1", port) for port in ports),
        scenarios=workload.scenarios,
        endpoints=workload.endpoints,
        profile=Profile(
            executor="constant-vus",
            vus=connections,
            start=connections,
            stages=(Ramp(duration_ns=duration_ns, target=connections),),
        ),
        timeouts=Timeouts(10**10, 0, 0),
        seed=1,
        warmup_ns=_WARMUP_NS,
    )


def _loaded(plan: LoadPlan, recorder: UsageRecorder | None) -> tuple[list[float], int]:
    """p50 and p99 of the service time and requests a second of one load, and what reading took of the CPU."""
    spent_ns = 0

    def end() -> None:
        nonlocal spent_ns
        spent_ns = _recorder_cpu_ns()

    watcher = Watcher(on_measuring=recorder.start, on_measured=end) if recorder else Watcher()
    try:
        outcome = drive(plan, watcher)
    finally:
        if recorder:
            recorder.stop()
    times_ns = np.concatenate([each.last_ns - each.sent_ns for each in outcome.samples])
    rate = len(times_ns) / (outcome.duration_ns / 1e9)
    return [float(np.quantile(times_ns, 0.5)), float(np.quantile(times_ns, 0.99)), rate], spent_ns


def _recorder_cpu_ns() -> int:
    thread = next(each for each in threading.enumerate() if each.name == "usage")
    assert thread.ident is not None
    return time.clock_gettime_ns(time.pthread_getcpuclockid(thread.ident))


def _ratio(logs: list[float]) -> dict[str, float]:
    ordered, middle = sorted(logs), statistics.median(logs)
    left_out = max(0, int(binom.ppf(0.025, len(logs), 0.5)) - 1)
    spread = 1.4826 * statistics.median(abs(each - middle) for each in logs)
    found = {"ratio": middle, "low": ordered[left_out], "high": ordered[-1 - left_out]}
    return {name: round(math.exp(value), 4) for name, value in found.items()} | {"spread": round(spread, 4)}


def _cells(row: dict[str, object]) -> tuple[str, ...]:
    texts = []
    for name in _FIGURES:
        found = row[name]
        assert isinstance(found, dict)
        texts.append(f"{found['ratio']:.4f} ({found['low']:.4f} to {found['high']:.4f})")
    return (str(row["connections"]), *texts, f"{100 * float(str(row['reading_cpu_ratio'])):.2f} %", "")


if __name__ == "__main__":
    main()
