"""One load that another project's tool puts on a running service, and what it came to."""

from __future__ import annotations

import datetime
import resource
import tempfile
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.model import DriverLoad, LoadSummary, Profile, Ramp, ToolOrder, ToolStopped
from perfgate.target.placement import can_pin, detect_cpus, plan_placement

if TYPE_CHECKING:
    from perfgate.model import Samples, Tool, ToolRun, Workload
    from perfgate.progress import Progress


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolJob:
    """What to run where; `vus` and `duration_ns`, where given, take the place of what the file says."""

    tool: Tool
    workload: Workload
    url: str
    vus: int | None
    duration_ns: int | None
    variables: Mapping[str, str] = field(repr=False)
    insecure: bool
    seed: int
    pin: bool

    @property
    def words(self) -> str:
        """The load, as far as it is known before it ends."""
        asked = [f"{self.vus} users"] if self.vus else []
        asked += [f"{self.duration_ns / 1e9:g} s"] if self.duration_ns else []
        return f"the load its {self.tool.name} file asks for" + (
            f", with {' for '.join(asked)}" if asked else ""
        )


def run_tool_load(job: ToolJob, progress: Progress) -> tuple[LoadSummary, Samples]:
    """Run the tool once, and say what came back; after Ctrl-C, as far as it came.

    Raises:
        MeasureError: as `Tool.run`.
        KeyboardInterrupt: the user stopped it before anything was measured.
    """
    started_at = datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    progress.phase(f"driving {job.url}: {job.words}")
    placement = plan_placement(detect_cpus(), pin=job.pin, supported=can_pin())
    total = max(1, round((job.duration_ns or 0) / 1e9))
    begun = time.monotonic()

    def tick(requests: int) -> None:
        progress.update(min(int(time.monotonic() - begun), total), total, f"{requests:,} requests")

    before_ns, behind_ns, interrupted = _children_ns(), time.time_ns() - time.monotonic_ns(), False
    with tempfile.TemporaryDirectory(prefix="perfgate-tool-") as folder:
        order = ToolOrder(
            url=job.url,
            folder=Path(folder),
            seed=job.seed,
            duration_ns=job.duration_ns,
            vus=job.vus,
            cpus=placement.driver_cpus if placement.pinned else (),
            variables=job.variables,
            insecure=job.insecure,
            on_tick=tick,
        )
        try:
            run = job.tool.run(order)
        except ToolStopped as stop:
            run, interrupted = stop.run, True
            if not len(run.samples.sent_ns):
                raise
    step_ns = time.time_ns() - time.monotonic_ns() - behind_ns
    # Over the whole run of the tool: its start costs CPU, and the load itself may be over in a moment.
    driver = _Driver(used_ns=_children_ns() - before_ns, wall_s=time.monotonic() - begun, step_ns=step_ns)
    return _summary(job, run, started_at, driver, interrupted=interrupted), run.samples


@dataclass(frozen=True, slots=True, kw_only=True)
class _Driver:
    used_ns: int
    wall_s: float
    step_ns: int


def _summary(
    job: ToolJob, run: ToolRun, started_at: str, driver: _Driver, *, interrupted: bool
) -> LoadSummary:
    import numpy as np

    from perfgate.measure.loadsummary import endpoint_loads
    from perfgate.stats.spread import spread

    samples, seconds = run.samples, max(run.duration_ns / 1e9, 1e-9)
    fine = samples.error == 0
    service_ns = samples.last_ns[fine] - samples.sent_ns[fine]
    requests, vus = len(samples.sent_ns), job.vus or 1
    return LoadSummary(
        workload_name=job.workload.name,
        workload_digest=job.workload.digest,
        target=job.url,
        started_at=started_at,
        profile=Profile(
            executor="constant-vus",
            vus=vus,
            start=vus,
            stages=(Ramp(duration_ns=max(run.duration_ns, 1), target=vus),),
        ),
        seed=job.seed,
        elapsed_s=seconds,
        requests=requests,
        dropped=0,
        endpoints=endpoint_loads(samples, np.zeros(requests, dtype=bool), service_ns, None),
        service=spread(service_ns),
        response=None,
        lateness=None,
        phases={},
        driver=DriverLoad(
            processes=1,
            cpu_ratio=driver.used_ns / 1e9 / driver.wall_s / max(len(detect_cpus()), 1),
            cpu_us_per_request=driver.used_ns / 1e3 / max(requests, 1),
            rows_bytes=0,
            clock_source=f"{job.tool.name}'s own clock",
            kernel_stamped_ratio=0.0,
            clock_step_ns=driver.step_ns,
        ),
        notes=(*job.workload.notes, *run.report.notes),
        interrupted=interrupted,
        load_words=job.words,
        tool=run.report,
    )


def _children_ns() -> int:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round((used.ru_utime + used.ru_stime) * 1e9)
