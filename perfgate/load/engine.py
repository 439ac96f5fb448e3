"""Running a load in this process: a thread for each virtual user, from the first request to the last answer.

The regular end is a time after which no pass begins; a request that is under way then is waited for, within
its timeout, and counted. An arrival of the open model that is due before the end is owed all the same: it
is sent late, or counted as "not sent" when that would take a whole timeout. A load is abandoned only by
Ctrl-C or a fault: then sockets are shut down, so that no thread waits for a service that hangs, and after
Ctrl-C what had finished is handed on with the exception.

Where to read on: `once` (before and after), `lives` (what a thread does), `user` (one pass), `together` (its
branches), `client` and `connection` (one request), `stream` (bytes and their times), `pacing` (when),
`recorder` and `raw` (what is kept), `pool` (several processes).
"""

from __future__ import annotations

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import partial
from typing import NamedTuple

from perfgate.errors import MeasureError
from perfgate.load import clock, pacing
from perfgate.load.address import Address
from perfgate.load.client import Client
from perfgate.load.connection import Connection
from perfgate.load.dial import context_for
from perfgate.load.interpreter import tuned_for
from perfgate.load.lives import live
from perfgate.load.names import Names
from perfgate.load.once import clean_up, prepared
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.raw import LoadStopped, RawLoad, outcome
from perfgate.load.recorder import Recorder, passes_of, rows_bytes
from perfgate.load.running import Running
from perfgate.load.schedule import schedule
from perfgate.load.shared import SharedConnections
from perfgate.load.spent import Spent
from perfgate.load.steering import SHAPED, Enlist, Life, LoadSteering
from perfgate.load.watching import Looking, Watcher

_log = logging.getLogger("perfgate.load")
_MAX_FAREWELL_NS = 5_000_000_000
_MOST_ENDPOINTS = 1000
_TICK_S = 0.25
LASTING = ("constant-vus", "ramping-vus")


def drive(plan: LoadPlan, watcher: Watcher | None = None) -> LoadOutcome:
    """Put the load on and return what came back.

    Raises:
        MeasureError: a thread of the driver itself failed or could not be started, or `before` failed.
        UsageError: a certificate file cannot be used.
        LoadStopped: Ctrl-C while it was measured; before that it is a plain KeyboardInterrupt.
    """
    plan = prepared(plan)
    raw = run_threads(plan, watcher or Watcher(), begin=time.monotonic_ns)
    return outcome(replace(raw, objections=(*raw.objections, *clean_up(plan))), plan)


def run_threads(plan: LoadPlan, watcher: Watcher, *, begin: Callable[[], int]) -> RawLoad:
    """Run this process's part of the load.

    `begin` is called once everything is prepared, and says when the load begins by the monotonic clock:
    drawing the arrivals of an hour takes seconds.

    Raises:
        MeasureError, UsageError, LoadStopped: as `drive`.
    """
    running = Running(
        plan=plan,
        start_ns=0,
        wall_ahead_ns=clock.wall_minus_monotonic_ns(),
        endpoints=Names(plan.endpoints, most=_MOST_ENDPOINTS if plan.users else len(plan.endpoints)),
    )
    if plan.profile.is_open:
        schedule(running)
    crew = _muster(running)
    if plan.conductor:
        plan.conductor.begin(_steering(running, crew))
    running.start_ns = begin()
    spent = Spent()
    try:
        with tuned_for(len(crew.threads), own_code_only=not plan.users):
            _work(running, crew, watcher, spent)
    except KeyboardInterrupt as stop:
        _abandon(running, crew)
        if spent.since is None:
            raise
        spent.end()
        raw = _raw(running, crew, spent)
        if plan.conductor:
            plan.conductor.end()
        raise LoadStopped(raw) from stop
    finally:
        _abandon(running, crew)
    raw = _raw(running, crew, spent)
    return replace(raw, objections=plan.conductor.end()) if plan.conductor else raw


def _raw(running: Running, crew: _Crew, spent: Spent) -> RawLoad:
    if running.failures:
        raise MeasureError(
            f"the load driver failed: {_in_one_line(running.failures[0])}",
            "run again with PERFGATE_DEBUG=1 and report this with the workload that caused it",
        ) from running.failures[0]
    return RawLoad(
        rows=[recorder.rows for recorder in crew.recorders],
        openings=[recorder.openings for recorder in crew.recorders],
        errors=running.errors.names(),
        endpoints=running.endpoints.names(),
        since_ns=running.measured_since_ns,
        wall_ns=spent.wall_ns,
        cpu_ns=spent.cpu_ns,
        requests=sum(recorder.count for recorder in crew.recorders),
        stamped=sum(recorder.stamped for recorder in crew.recorders),
        rows_bytes=rows_bytes(crew.recorders),
        clock_step_ns=clock.wall_minus_monotonic_ns() - running.wall_ahead_ns,
        passes=passes_of(crew.recorders),
    )


class _Crew(NamedTuple):
    """A thread, a recorder and the clients (one a side) of each virtual user."""

    threads: list[threading.Thread]
    recorders: list[Recorder]
    clients: list[list[Client]]

    def add(self, thread: threading.Thread, recorder: Recorder, clients: list[Client]) -> None:
        # Others zip the three lists while a shape adds to them, and count by the first.
        self.clients.append(clients)
        self.recorders.append(recorder)
        self.threads.append(thread)


def _muster(running: Running) -> _Crew:
    plan = running.plan
    crew = _Crew([], [], [])
    if plan.profile.executor == SHAPED:
        return crew
    enlist = _recruiter(running, crew)
    for number, side in _places(plan):
        enlist(partial(_life, running, number, side))
    return crew


def _places(plan: LoadPlan) -> list[tuple[int, int]]:
    """The number of each thread's user and its side.

    A user that is code has a thread a side, since the code waits for each answer. Which side's begins first
    is random, for the first to ask finds the service at rest.
    """
    places = []
    for number in range(plan.part[0], plan.profile.vus, plan.part[1]):
        sides = list(range(len(plan.addresses))) if plan.users else [0]
        random.Random(f"{plan.seed}/order/{number}").shuffle(sides)
        places += [(number, side) for side in sides]
    return places


def _life(running: Running, number: int, side: int, recorder: Recorder, clients: list[Client]) -> Life:
    return partial(live, running, number, recorder, clients, side)


def _recruiter(running: Running, crew: _Crew) -> Enlist:
    """What adds one thread to the load; it takes the interpreter time to read certificates only once."""
    plan = running.plan
    dials = [_dialling(address, plan) for address in plan.addresses]
    shared = [_shared(make, running) for make in dials] if plan.connections else []

    def enlist(life_of: Callable[[Recorder, list[Client]], Life]) -> threading.Thread:
        recorder = Recorder(running.errors)
        connections: list[Connection | SharedConnections] = []
        connections += [pool.join() for pool in shared] or [make() for make in dials]
        clients = [
            Client(connection, secure=address.tls is not None)
            for connection, address in zip(connections, plan.addresses, strict=True)
        ]
        thread = threading.Thread(target=life_of(recorder, clients), name="virtual-user", daemon=True)
        crew.add(thread, recorder, clients)
        return thread

    return enlist


def _dialling(address: Address, plan: LoadPlan) -> Callable[[], Connection]:
    """What makes connections to a side; its certificates are read once."""
    return partial(
        Connection, address, plan.timeouts, context_for(address), transmit_stamps=plan.profile.is_open
    )


def _shared(make: Callable[[], Connection], running: Running) -> SharedConnections:
    """This part's connections to a side, for all its users."""
    plan = running.plan
    most = pacing.share(plan.connections, *plan.part) or 1
    return SharedConnections(make, most, give_up_ns=lambda: running.end_ns + plan.timeouts.total_ns)


def _steering(running: Running, crew: _Crew) -> LoadSteering:
    """The load in the hands of the test's own hooks; its thread comes first if it starts the users."""
    steering = LoadSteering(running, crew.recorders, _recruiter(running, crew))
    leader = threading.Thread(target=steering.lead, name="load-shape", daemon=True)
    crew.add(leader, steering.recorder, [])
    return steering


def _work(running: Running, crew: _Crew, watcher: Watcher, spent: Spent) -> None:
    """From the first thread's start to the last one's end."""
    plan = running.plan
    with clock.punctual_sleep():
        _start(list(crew.threads))
    running.sleep_until(running.measure_from_ns, running.end_ns)
    watcher.on_measuring()
    spent.begin()
    looking = Looking(running, crew.recorders, watcher)
    for thread in crew.threads:
        while thread.is_alive():
            thread.join(_TICK_S)
            watcher.on_tick(sum(recorder.count for recorder in crew.recorders))
            if looking.wants_stop():
                _abandon(running, crew)
            if plan.users and time.monotonic_ns() > running.give_up_ns + _MAX_FAREWELL_NS:
                _log.warning("a user was left behind: its code still waits for something")
                break
    if plan.profile.executor in LASTING:
        # Users whose next wait would pass the end are gone early; the load lasts as long as was asked.
        running.sleep_until(running.end_ns, running.end_ns + 1)
    spent.end()
    watcher.on_measured()


def _start(threads: Sequence[threading.Thread]) -> None:
    try:
        for thread in threads:
            thread.start()
    except RuntimeError as error:
        raise MeasureError(
            f"this machine does not start {len(threads)} threads: {error}",
            "use fewer connections, or allow more processes and memory (ulimit -u, ulimit -v, the cgroup)",
        ) from error


def _abandon(running: Running, crew: _Crew) -> None:
    """Leave no thread behind: after a regular end they are gone already, after Ctrl-C they are woken.

    A thread may open a socket just after it was woken, so we wake all that are left until none is.
    """
    running.abandon()
    give_up_ns = time.monotonic_ns() + _MAX_FAREWELL_NS
    while time.monotonic_ns() < give_up_ns:
        left = [(t, mine) for t, mine in zip(list(crew.threads), crew.clients, strict=False) if t.is_alive()]
        if not left:
            return
        for _, mine in left:
            for client in mine:
                client.abort()
        left[0][0].join(timeout=0.02)


def _in_one_line(error: BaseException) -> str:
    return " ".join(f"{type(error).__name__}: {error}".split())[:300]
