"""One load on one running service, and what it came to."""

from __future__ import annotations

import datetime
import os
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from perfgate.load.clock import detect_clock_source
from perfgate.load.engine import LoadStopped, Watcher, drive, outcome
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.pool import ReadWorkload, drive_together
from perfgate.load.user import NOT_SENT
from perfgate.model import DriverLoad, EndpointLoad, LoadSummary, Samples, Spread, Workload
from perfgate.stats.spread import spread
from perfgate.target.placement import can_pin, detect_cpus, pin_driver, plan_placement

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadJob:
    """What to drive: `plan` with the scenarios of `workload`, which `read` reads again in other processes.

    `target` is what the user calls the service, `words` the load in words and `notes` what the reader of the
    report should know; `dns_ns` is how long finding the service's address took, 0 if that was not needed.
    With `pin` each process keeps to one CPU.
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
    summary = _summary(job, came, samples, started_at, clock_source)
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
    total = max(1, round(job.plan.profile.duration_ns / 1e9))

    def tick(requests: int) -> None:
        elapsed = time.monotonic() - begun
        progress.update(min(int(elapsed), total), total, f"{requests:,} requests")

    return Watcher(on_tick=tick)


def _summary(
    job: LoadJob, came: LoadOutcome, samples: Samples, started_at: str, clock_source: str
) -> LoadSummary:
    missed = _error_is(samples, NOT_SENT)
    requests = int((~missed).sum())
    succeeded = samples.error == 0
    service_ns = samples.last_ns[succeeded] - samples.sent_ns[succeeded]
    response_ns = samples.last_ns[succeeded] - samples.due_ns[succeeded]
    cpus = min(job.processes, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1)
    is_open = job.plan.profile.is_open
    return LoadSummary(
        workload_name=job.workload.name,
        workload_digest=job.workload.digest,
        target=job.target,
        started_at=started_at,
        profile=job.plan.profile,
        seed=job.plan.seed,
        elapsed_s=came.duration_ns / 1e9,
        requests=requests,
        dropped=int(missed.sum()),
        endpoints=_endpoints(samples, missed, service_ns, response_ns if is_open else None),
        service=spread(service_ns),
        response=spread(response_ns) if is_open else None,
        lateness=spread(came.lateness_ns) if is_open else None,
        phases=_phases(job, came, samples),
        driver=DriverLoad(
            processes=job.processes,
            cpu_ratio=came.driver_cpu_ratio / max(cpus, 1),
            cpu_us_per_request=came.driver_cpu_ns / 1e3 / max(requests, 1),
            rows_bytes=came.rows_bytes,
            clock_source=clock_source,
            kernel_stamped_ratio=came.kernel_stamped_ratio,
            clock_step_ns=came.clock_step_ns,
        ),
        notes=job.notes,
    )


def _error_is(samples: Samples, name: str) -> NDArray[np.bool_]:
    if name not in samples.errors:
        return np.zeros(len(samples.error), dtype=bool)
    return np.equal(samples.error, samples.errors.index(name))


def _endpoints(
    samples: Samples,
    missed: NDArray[np.bool_],
    service_ns: NDArray[np.int64],
    response_ns: NDArray[np.int64] | None,
) -> tuple[EndpointLoad, ...]:
    """What each endpoint did, in the workload's order; the times are those of requests without error."""
    endpoint_of_success = samples.endpoint[samples.error == 0]
    found = []
    for number, name in enumerate(samples.endpoints):
        mine = (samples.endpoint == number) & ~missed
        if not mine.any():
            continue
        errors, statuses = samples.error[mine], samples.status[mine]
        fine = endpoint_of_success == number
        found.append(
            EndpointLoad(
                name=name,
                requests=int(mine.sum()),
                errors={samples.errors[k]: n for k, n in _counts(errors[errors > 0])},
                statuses={str(k): n for k, n in _counts(statuses[statuses > 0])},
                bytes_received=int(samples.bytes_received[mine].sum()),
                service=spread(service_ns[fine]),
                response=spread(response_ns[fine]) if response_ns is not None else None,
            )
        )
    return tuple(found)


def _counts(values: NDArray[np.int32]) -> list[tuple[int, int]]:
    numbers, counts = np.unique(values, return_counts=True)
    return [(int(k), int(n)) for k, n in zip(numbers, counts, strict=True)]


def _phases(job: LoadJob, came: LoadOutcome, samples: Samples) -> Mapping[str, Spread]:
    """How the time of connections and requests divides; a phase nothing went through is left out."""
    answered = samples.status > 0
    columns = {
        "dns": came.openings_ns[:, 0],
        "connect": came.openings_ns[:, 1],
        "tls": came.openings_ns[:, 2],
        "sending": came.sending_ns[answered],
        "waiting": samples.first_ns[answered] - samples.sent_ns[answered],
        "receiving": samples.last_ns[answered] - samples.first_ns[answered],
    }
    if job.dns_ns:
        columns["dns"] = np.append(columns["dns"], job.dns_ns)
    found = {}
    for name, values in columns.items():
        happened = spread(values if name == "receiving" else values[values > 0])
        if happened is not None:
            found[name] = happened
    return found
