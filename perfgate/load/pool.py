"""One load from several processes: each runs its share of the users, and the rows come back together.

A Python process uses one CPU at a time, whatever its threads; a second process is a second CPU. So each is
kept on one: threads on several would only take the interpreter from each other. Scenarios are closures and
cannot be sent to another process, so each worker reads the workload for itself.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import time
from collections.abc import Callable
from dataclasses import replace
from multiprocessing.connection import Connection as Pipe
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess
from types import FrameType

from perfgate.errors import MeasureError, PerfgateError
from perfgate.load.engine import run_threads
from perfgate.load.once import clean_up, prepared, require_portable
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.raw import LoadStopped, RawLoad, outcome
from perfgate.load.recorder import passes_together
from perfgate.load.undisturbed import STOP_SIGNALS, undisturbed
from perfgate.load.watching import Watcher
from perfgate.model import Workload

_HEAD_START_NS = 200_000_000
_READY_S = 120.0
_FAREWELL_S = 5.0
_LAST_WORDS_S = 8.0
_POLL_S = 0.25

ReadWorkload = Callable[[], Workload]
"""Reads the workload in a worker; picklable, such as a `functools.partial` of a module's function."""


def drive_together(
    plan: LoadPlan,
    read: ReadWorkload,
    *,
    processes: int,
    watcher: Watcher | None = None,
    pin: bool = True,
) -> LoadOutcome:
    """Put the load on from `processes` processes at once, and return what came back to all of them.

    Args:
        plan: the whole load; its scenarios and users are left to the workers, it has one side.
        read: gives each worker the workload.
        processes: how many, at least 1; no worker without a user is started.
        pin: keep each process on a CPU of its own, as far as they go.
        watcher: told as by `engine.drive`.

    Raises:
        MeasureError: a worker failed, died, or could not be started.
        LoadStopped: as by `engine.drive`.
    """
    watcher = watcher or Watcher()
    plan = prepared(plan)
    require_portable(plan)
    bare = replace(plan, scenarios=(), users=(), before=None, after=None, conductor=None)
    context = multiprocessing.get_context("spawn")
    parts = range(max(1, min(processes, plan.profile.vus)))
    workers: list[tuple[BaseProcess, Pipe]] = []
    try:
        for index in parts:
            ours, theirs = context.Pipe()
            part = replace(bare, part=(index, len(parts)))
            process = context.Process(target=_work, args=(part, read, theirs, pin), daemon=True)
            with undisturbed():
                process.start()
                workers.append((process, ours))
            theirs.close()
        _await_ready(workers)
        start_ns = time.monotonic_ns() + _HEAD_START_NS
        for _, pipe in workers:
            pipe.send(start_ns)
        _sleep_until(start_ns + plan.warmup_ns, workers)
        watcher.on_measuring()
        raws: dict[Pipe, RawLoad] = {}
        try:
            _collect(workers, watcher, raws)
        except KeyboardInterrupt as stop:
            _collect_rest(workers, raws)
            if not raws:
                raise
            raise LoadStopped(_together(list(raws.values()))) from stop
        watcher.on_measured()
    finally:
        _end(workers)
    raw = _together(list(raws.values()))
    return outcome(replace(raw, objections=(*raw.objections, *clean_up(plan))), plan)


def _work(plan: LoadPlan, read: ReadWorkload, pipe: Pipe, pin: bool) -> None:
    """The life of a worker: read, prepare, say so, wait for the start, load, send all of it back."""
    with contextlib.suppress(EOFError, BrokenPipeError, ConnectionResetError, KeyboardInterrupt):
        # Ctrl-C goes to the whole terminal; the parent decides what becomes of it and says so by SIGTERM.
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        signal.signal(signal.SIGTERM, _stop)
        signal.pthread_sigmask(signal.SIG_UNBLOCK, STOP_SIGNALS)
        _die_with(os.getppid())
        if pin:
            _stay_on_one_cpu(plan.part[0])
        pipe.send(_load(plan, read, pipe))
    # Nothing is left to do that a signal could hurry, only tracebacks it could cause.
    signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)


def _stop(number: int, frame: FrameType | None) -> None:
    raise KeyboardInterrupt


def _load(plan: LoadPlan, read: ReadWorkload, pipe: Pipe) -> RawLoad | tuple[str, str]:
    """What came back, or what went wrong and what to do about it."""
    try:
        workload = read()
        plan = replace(
            plan,
            scenarios=workload.scenarios,
            users=workload.users,
            endpoints=workload.endpoints,
            conductor=workload.conductor,
        )

        def begin() -> int:
            pipe.send(0)
            return int(pipe.recv())

        return _portable(run_threads(plan, Watcher(on_tick=pipe.send), begin=begin))
    except LoadStopped as stop:
        return _portable(stop.raw)
    except PerfgateError as error:
        return error.message, error.hint


def _portable(raw: RawLoad) -> RawLoad:
    return replace(
        raw,
        rows=[bytes(part) for part in raw.rows],
        openings=[bytes(part) for part in raw.openings],
    )


def _die_with(parent: int) -> None:
    """Have the kernel end this process when its parent dies, whatever kills that."""
    import ctypes

    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL(None).prctl(1, signal.SIGKILL, 0, 0, 0)
    if os.getppid() != parent:
        os._exit(1)


def _stay_on_one_cpu(index: int) -> None:
    """Take the CPUs from the last one down, as the driver does when it is alone."""
    if hasattr(os, "sched_setaffinity"):
        cpus = sorted(os.sched_getaffinity(0), reverse=True)
        with contextlib.suppress(OSError):
            os.sched_setaffinity(0, {cpus[index % len(cpus)]})


def _await_ready(workers: list[tuple[BaseProcess, Pipe]]) -> None:
    give_up = time.monotonic() + _READY_S
    for _, pipe in workers:
        if not pipe.poll(max(0.0, give_up - time.monotonic())):
            raise MeasureError("a driver process did not start in time", "give the machine less other work")
        _received(pipe)


def _sleep_until(due_ns: int, workers: list[tuple[BaseProcess, Pipe]]) -> None:
    while (left_ns := due_ns - time.monotonic_ns()) > 0:
        # A worker that fails speaks up early.
        if wait([pipe for _, pipe in workers], timeout=min(left_ns / 1e9, _POLL_S)):
            return


def _collect(workers: list[tuple[BaseProcess, Pipe]], watcher: Watcher, raws: dict[Pipe, RawLoad]) -> None:
    """Wait for what every worker has recorded, and keep it in `raws`."""
    requests: dict[Pipe, int] = {}
    while left := [pipe for _, pipe in workers if pipe not in raws]:
        for pipe in wait(left, timeout=_POLL_S):
            assert isinstance(pipe, Pipe)  # noqa: S101 - wait returns what it was given
            message = _received(pipe)
            if isinstance(message, RawLoad):
                raws[pipe] = message
            requests[pipe] = message.requests if isinstance(message, RawLoad) else message
        watcher.on_tick(sum(requests.values()))


def _collect_rest(workers: list[tuple[BaseProcess, Pipe]], raws: dict[Pipe, RawLoad]) -> None:
    """Stop the workers, and keep what they have recorded so far; one that has nothing to say is left out."""
    left = [(process, pipe) for process, pipe in workers if pipe not in raws]
    for process, _ in left:
        process.terminate()
    give_up = time.monotonic() + _LAST_WORDS_S
    for _, pipe in left:
        with contextlib.suppress(MeasureError):
            while pipe not in raws and pipe.poll(max(0.0, give_up - time.monotonic())):
                message = _received(pipe)
                if isinstance(message, RawLoad):
                    raws[pipe] = message


def _received(pipe: Pipe) -> RawLoad | int:
    """What a worker says: that it is ready (0), how many requests it has sent, or all it has recorded."""
    try:
        message: RawLoad | int | tuple[str, str] = pipe.recv()
    except (EOFError, OSError) as error:
        raise MeasureError(
            "a driver process died", "see whether the machine ran out of memory (dmesg)"
        ) from error
    if isinstance(message, tuple):
        raise MeasureError(*message)
    return message


def _end(workers: list[tuple[BaseProcess, Pipe]]) -> None:
    """Leave no process behind: after a regular end they are ending already."""
    for process, pipe in workers:
        pipe.close()
        if process.exitcode is None:
            process.join(0.05)
        if process.is_alive():
            process.terminate()
    for process, _ in workers:
        process.join(_FAREWELL_S)
        if process.is_alive():
            process.kill()
            process.join()


def _together(raws: list[RawLoad]) -> RawLoad:
    """The rows of all workers, their error classes and endpoints numbered alike."""
    errors = tuple(dict.fromkeys(name for raw in raws for name in raw.errors))
    endpoints = tuple(dict.fromkeys(name for raw in raws for name in raw.endpoints))
    return RawLoad(
        rows=[part for raw in raws for part in _renumbered(raw, errors, endpoints)],
        openings=[part for raw in raws for part in raw.openings],
        errors=errors,
        endpoints=endpoints,
        since_ns=max(raw.since_ns for raw in raws),
        wall_ns=max(raw.wall_ns for raw in raws),
        cpu_ns=sum(raw.cpu_ns for raw in raws),
        requests=sum(raw.requests for raw in raws),
        stamped=sum(raw.stamped for raw in raws),
        rows_bytes=sum(raw.rows_bytes for raw in raws),
        clock_step_ns=max((raw.clock_step_ns for raw in raws), key=abs),
        passes=passes_together(raw.passes for raw in raws),
        objections=tuple(dict.fromkeys(text for raw in raws for text in raw.objections)),
    )


def _renumbered(raw: RawLoad, errors: tuple[str, ...], endpoints: tuple[str, ...]) -> list[bytes]:
    from perfgate.load.samples import renumbered

    return [
        renumbered(
            part,
            errors=[errors.index(name) for name in raw.errors],
            endpoints=[endpoints.index(name) for name in raw.endpoints],
        )
        for part in raw.rows
    ]
