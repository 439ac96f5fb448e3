"""One load on one running service, and what it came to."""

from __future__ import annotations

import datetime
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfgate.load.clock import detect_clock_source
from perfgate.load.engine import drive
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.pool import ReadWorkload, drive_together
from perfgate.load.raw import LoadStopped, outcome
from perfgate.load.watching import Look, Watcher
from perfgate.target.placement import can_pin, detect_cpus, pin_driver, plan_placement

if TYPE_CHECKING:
    from perfgate.model import LoadSummary, Samples, Workload
    from perfgate.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadJob:
    """What to drive: `plan` with the scenarios of `workload`, which `read` reads again in other processes.

    `target` is what the user calls the service, `words` the load in words and `notes` what the reader of the
    report should know; `dns_ns` is how long finding the service's address took, 0 if that was not needed.
    With `pin` each process keeps to one CPU. `stops` gets the requests that ended since it was last asked,
    and the nanoseconds measured so far, and says whether to end the load now.
    """

    plan: LoadPlan
    workload: Workload
    read: ReadWorkload
    processes: int
    target: str
    words: str
    notes: tuple[str, ...]
    dns_ns: int
    pin: bool
    stops: Callable[[Samples, int], bool] | None = None


def run_load(job: LoadJob, progress: Progress) -> tuple[LoadSummary, Samples]:
    """Put the load on, and say what it came to, with its requests; after Ctrl-C, as far as it came.

    Raises:
        MeasureError: the driver itself failed.
        KeyboardInterrupt: the user stopped it before anything was measured.
    """
    started_at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    clock_source = detect_clock_source()
    interrupted = False
    try:
        came = _drive(job, _watcher(job, progress))
    except LoadStopped as stop:
        came = outcome(stop.raw, job.plan)
        if not len(came.samples[0].sent_ns):
            raise
        interrupted = True
    (samples,) = came.samples
    # Not before: with numpy in the process each request costs 0.6 µs more (14.1, 15.5, 17.2 µs became 14.6,
    # 16.2, 17.8 in three runs of each, one after the other).
    from perfgate.measure.loadsummary import summarise

    summary = summarise(job, came, started_at=started_at, clock_source=clock_source)
    return replace(summary, interrupted=interrupted), samples


def _drive(job: LoadJob, watcher: Watcher) -> LoadOutcome:
    placement = plan_placement(detect_cpus(), pin=job.pin, supported=can_pin())
    if job.processes > 1:
        return drive_together(
            job.plan, job.read, processes=job.processes, watcher=watcher, pin=placement.pinned
        )
    with pin_driver(placement):
        return drive(job.plan, watcher)


def _watcher(job: LoadJob, progress: Progress) -> Watcher:
    progress.phase(f"driving {job.target}: {job.words}")
    begun = time.monotonic()
    is_shaped = job.plan.profile.executor == "externally-controlled"
    total = max(1, round(job.plan.profile.duration_ns / 1e9))

    def tick(requests: int) -> None:
        elapsed = time.monotonic() - begun
        done = int(elapsed)
        # How long a shape of the file goes on nobody knows.
        progress.update(min(done, total), done if is_shaped else total, f"{requests:,} requests")

    return Watcher(on_tick=tick, on_look=_looking(job.stops) if job.stops else None)


def _looking(stops: Callable[[Samples, int], bool]) -> Callable[[Look], bool]:
    def look(look: Look) -> bool:
        from perfgate.load import samples

        rows = samples.joined(look.rows, since_ns=look.since_ns)
        (found,) = samples.by_side(rows, errors=look.errors, endpoints=look.endpoints, sides=1)
        return stops(found, look.elapsed_ns)

    return look
