"""Running the load: threads of virtual users for a fixed time, in a closed or an open model.

`over` is set only to abandon the load (Ctrl-C): then sockets are shut down so that no thread waits for a
service that hangs. The regular end is a time after which no user sends another request; one that is under
way then is waited for, within its timeout, and counted. An arrival of the open model that is due before the
end is owed all the same: it is sent late, or counted as "not sent" when that would take a whole timeout.

Pacing and ending follow the monotonic clock, so that setting the wall clock cannot stretch or cut a load.
"""

from __future__ import annotations

import gc
import itertools
import random
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from perfgate.errors import MeasureError
from perfgate.load import clock
from perfgate.load.connection import Address, Connection
from perfgate.load.pacing import poisson_arrivals_ns
from perfgate.load.recorder import COLUMNS, ErrorClasses, Recorder, merge
from perfgate.load.user import VirtualUser

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from perfgate.model import Samples, Scenario


_MAX_FAREWELL_NS = 5_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to send where: `addresses` holds one a side.

    closed: each of `connections` users sends its next request after the last answer, to all sides in
    couples, all users together at most `rate_rps` (0: as fast as the answers come). open: passes begin by
    a seeded Poisson schedule of `rate_rps`, each on a random side.
    """

    addresses: tuple[Address, ...]
    scenarios: tuple[Scenario, ...]
    endpoints: tuple[str, ...]
    model: Literal["closed", "open"]
    connections: int
    rate_rps: float
    warmup_ns: int
    duration_ns: int
    timeout_ns: int
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadOutcome:
    """What came back, a `Samples` a side without the warm-up, and how the driver itself fared.

    `lateness_p99_ns` is how late the driver woke up for arrivals (open model only, else 0); the wait of an
    arrival for a user whose service is slow is not in it, or a slow service would look like a slow driver.
    `driver_cpu_ratio` is the driver's CPU time over elapsed time: near 1 the driver was the bottleneck.
    """

    samples: tuple[Samples, ...]
    duration_ns: int
    driver_cpu_ratio: float
    lateness_p99_ns: int
    clock_step_ns: int
    kernel_stamped_ratio: float


@dataclass(slots=True)
class _Run:
    """The moving parts of one load that its threads share; its times are of the monotonic clock."""

    plan: LoadPlan
    wall_ahead_ns: int
    start_ns: int
    measure_from_ns: int
    end_ns: int
    errors: ErrorClasses = field(default_factory=ErrorClasses)
    couples: itertools.count[int] = field(default_factory=itertools.count)
    arrivals: list[tuple[int, int]] = field(default_factory=list)
    next_arrival: itertools.count[int] = field(default_factory=itertools.count)
    lateness_ns: list[int] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    failures: list[BaseException] = field(default_factory=list)

    def sleep_until(self, due_ns: int) -> bool:
        """Wait for a moment; False, without waiting, when the load is over or would be by then."""
        if due_ns >= self.end_ns or self.over.is_set():
            return False
        while (left_ns := due_ns - time.monotonic_ns()) > 0:
            # Slices keep a long pause interruptible; Event.wait is too coarse for the last stretch.
            time.sleep(min(left_ns, 50_000_000) / 1e9)
            if self.over.is_set():
                return False
        return True

    def pause(self, duration_ns: int) -> bool:
        """Wait out think time; False when the load is over."""
        return self.sleep_until(time.monotonic_ns() + duration_ns)


def drive(
    plan: LoadPlan,
    *,
    on_measuring: Callable[[], None] = lambda: None,
    on_measured: Callable[[], None] = lambda: None,
) -> LoadOutcome:
    """Put the load on and return what came back.

    `on_measuring` is called when the warm-up ends and `on_measured` when the last request is in, to read
    counters of the service at those moments.

    Raises:
        MeasureError: a thread of the driver itself failed or could not be started.
    """
    start_ns = time.monotonic_ns()
    run = _Run(
        plan=plan,
        wall_ahead_ns=clock.wall_minus_monotonic_ns(),
        start_ns=start_ns,
        measure_from_ns=start_ns + plan.warmup_ns,
        end_ns=start_ns + plan.warmup_ns + plan.duration_ns,
    )
    seeds = random.Random(plan.seed)
    if plan.model == "open":
        run.arrivals = _schedule(plan, seeds)
    recorders = [Recorder(run.errors) for _ in range(plan.connections)]
    connections = [_connect(plan) for _ in range(plan.connections)]
    threads = [
        threading.Thread(
            target=_live, args=(run, recorder, mine, seeds.getrandbits(64)), name="virtual-user", daemon=True
        )
        for recorder, mine in zip(recorders, connections, strict=True)
    ]
    # The collector's pauses would fall into somebody's latency; a round makes no cycles worth collecting.
    collecting = gc.isenabled()
    gc.disable()
    try:
        _start(threads)
        _wait_for_warmup(run)
        on_measuring()
        cpu_before_ns, wall_before_ns = time.process_time_ns(), time.monotonic_ns()
        for thread in threads:
            thread.join()
        cpu_ns, wall_ns = time.process_time_ns() - cpu_before_ns, time.monotonic_ns() - wall_before_ns
        on_measured()
        step_ns = clock.wall_minus_monotonic_ns() - run.wall_ahead_ns
    finally:
        if collecting:
            gc.enable()
        _abandon(run, threads, connections)
    if run.failures:
        raise MeasureError(
            f"the load driver failed: {_in_one_line(run.failures[0])}",
            "run again with PERFGATE_DEBUG=1 and report this with the workload that caused it",
        ) from run.failures[0]
    samples = merge(
        recorders,
        errors=run.errors,
        endpoints=plan.endpoints,
        sides=len(plan.addresses),
        since_ns=run.measure_from_ns + run.wall_ahead_ns,
    )
    return LoadOutcome(
        samples=samples,
        duration_ns=wall_ns,
        driver_cpu_ratio=cpu_ns / max(wall_ns, 1),
        lateness_p99_ns=_lateness_p99_ns(run.lateness_ns),
        clock_step_ns=step_ns,
        kernel_stamped_ratio=_stamped_ratio(recorders),
    )


def _schedule(plan: LoadPlan, rng: random.Random) -> list[tuple[int, int]]:
    """Due time and side of every arrival: each side gets a random half, drawn apart from the times."""
    due = poisson_arrivals_ns(plan.rate_rps, plan.warmup_ns + plan.duration_ns, rng)
    sides = [index % len(plan.addresses) for index in range(len(due))]
    rng.shuffle(sides)
    return list(zip(due, sides, strict=True))


def _connect(plan: LoadPlan) -> list[Connection]:
    return [
        Connection(host, port, timeout_ns=plan.timeout_ns, authority=authority)
        for host, port, authority in (Address(*address) for address in plan.addresses)
    ]


def _start(threads: Sequence[threading.Thread]) -> None:
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise MeasureError(
            f"this machine does not start {len(threads)} threads: {error}",
            "use fewer connections, or allow more processes and memory (ulimit -u, ulimit -v, the cgroup)",
        ) from error


def _live(run: _Run, recorder: Recorder, connections: Sequence[Connection], seed: int) -> None:
    """The life of one thread; what it raises is kept for `drive` to report."""
    user = VirtualUser(
        connections=connections,
        scenarios=run.plan.scenarios,
        seed=seed,
        recorder=recorder,
        couples=run.couples,
        pause=run.pause,
        over=run.over,
        min_gap_ns=_min_gap_ns(run.plan),
    )
    try:
        if run.plan.model == "open":
            _take_arrivals(run, user)
        else:
            while time.monotonic_ns() < run.end_ns and not run.over.is_set() and user.walk_both():
                pass
    except BaseException as error:
        run.failures.append(error)
        run.over.set()
    finally:
        for connection in connections:
            connection.close()


def _min_gap_ns(plan: LoadPlan) -> int:
    if plan.model == "open" or not plan.rate_rps:
        return 0
    return round(plan.connections / plan.rate_rps * 1e9)


def _take_arrivals(run: _Run, user: VirtualUser) -> None:
    """Take the next arrival nobody has taken yet, wait until it is due, send it; late if all are busy."""
    give_up_ns = run.end_ns + run.plan.timeout_ns
    while not run.over.is_set():
        index = next(run.next_arrival)
        if index >= len(run.arrivals):
            return
        offset_ns, side = run.arrivals[index]
        due_ns = run.start_ns + offset_ns
        free_ns = time.monotonic_ns()
        if not run.sleep_until(due_ns):
            return
        now_ns = time.monotonic_ns()
        run.lateness_ns.append(now_ns - max(due_ns, free_ns))
        if now_ns < give_up_ns:
            user.walk_one(side, due_ns + run.wall_ahead_ns)
        else:
            user.miss(side, due_ns + run.wall_ahead_ns)


def _wait_for_warmup(run: _Run) -> None:
    while (left_ns := run.measure_from_ns - time.monotonic_ns()) > 0 and not run.over.is_set():
        time.sleep(min(left_ns, 50_000_000) / 1e9)


def _abandon(
    run: _Run, threads: Sequence[threading.Thread], connections: Sequence[Sequence[Connection]]
) -> None:
    """Leave no thread behind: after a regular end they are gone already, after Ctrl-C they are woken.

    A thread may open a socket just after it was woken, so we wake all that are left until none is.
    """
    run.over.set()
    give_up_ns = time.monotonic_ns() + _MAX_FAREWELL_NS
    left = [(thread, mine) for thread, mine in zip(threads, connections, strict=True) if thread.is_alive()]
    while left and time.monotonic_ns() < give_up_ns:
        for _, mine in left:
            for connection in mine:
                connection.abort()
        left[0][0].join(timeout=0.02)
        left = [(thread, mine) for thread, mine in left if thread.is_alive()]


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]


def _lateness_p99_ns(lateness_ns: Sequence[int]) -> int:
    import numpy as np

    return int(np.quantile(lateness_ns, 0.99)) if lateness_ns else 0


def _stamped_ratio(recorders: Sequence[Recorder]) -> float:
    requests = sum(len(r.rows) // COLUMNS for r in recorders)
    return sum(r.stamped for r in recorders) / requests if requests else 0.0
