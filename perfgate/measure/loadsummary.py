"""From the requests of one load to what is said of it."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from perfgate.load.user import NOT_SENT
from perfgate.measure.summary import counts_of
from perfgate.model import DriverLoad, EndpointLoad, LoadSummary, Samples, Spread
from perfgate.stats.spread import spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.load.plan import LoadOutcome
    from perfgate.measure.loaded import LoadJob


def summarise(job: LoadJob, came: LoadOutcome, *, started_at: str, clock_source: str) -> LoadSummary:
    """What one load came to; its outcome has one side."""
    (samples,) = came.samples
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
        endpoints=endpoint_loads(samples, missed, service_ns, response_ns if is_open else None),
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
        passes=came.passes,
        notes=job.notes,
        objections=came.objections,
    )


def _error_is(samples: Samples, name: str) -> NDArray[np.bool_]:
    if name not in samples.errors:
        return np.zeros(len(samples.error), dtype=bool)
    return np.equal(samples.error, samples.errors.index(name))


def endpoint_loads(
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
                errors={samples.errors[k]: n for k, n in counts_of(errors[errors > 0])},
                statuses={str(k): n for k, n in counts_of(statuses[statuses > 0])},
                bytes_received=int(samples.bytes_received[mine].sum()),
                service=spread(service_ns[fine]),
                response=spread(response_ns[fine]) if response_ns is not None else None,
            )
        )
    return tuple(found)


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
