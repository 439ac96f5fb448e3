"""What was measured: a commit in an environment, round by round."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perfgate.model.sides import Side, Stage
from perfgate.model.tool import ToolReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Commit:
    """The commit a result belongs to; `sha` is all 40 digits, or the URL's digest for a running service."""

    sha: str
    ref: str
    branch: str | None = None
    dirty: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """Where a result was measured: two results are of one class only if every identity field is equal."""

    cpu_model: str
    cores: int
    architecture: str
    kernel: str
    cgroup_cpu: str
    cgroup_memory: str
    interpreter: str
    class_id: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Placement:
    """Which CPUs the driver and the services ran on; `pinned` is False where nothing could be kept apart."""

    driver_cpus: tuple[int, ...]
    service_cpus: tuple[int, ...]
    pinned: bool
    note: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Health:
    """What could have spoilt a round, none of it read from the service's latency.

    `psi_some_ratio` is the share of time in which a runnable task waited for a CPU, `throttled_ratio` the
    share of time in which the control group was held back by its CPU limit, `service_cpu_ratio` the share of
    the services' CPUs that all services together used; each None where it cannot be seen.
    """

    steal_ratio: float
    driver_cpu_ratio: float
    lateness_p99_ns: int
    clock_step_ns: int
    kernel_stamped_ratio: float
    psi_some_ratio: float | None = None
    throttled_ratio: float | None = None
    service_cpu_ratio: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointRound:
    """One endpoint of one side in one round.

    `quantiles_ns` maps "p50", "p95", "p99" to the Harrell-Davis quantile of the service time of requests
    without error, and is empty when there were none. `errors` counts by error class, `statuses` by HTTP
    status. `histogram` is HdrHistogram V2, base64, in nanoseconds.
    """

    endpoint: str
    requests: int
    quantiles_ns: Mapping[str, float]
    errors: Mapping[str, int]
    statuses: Mapping[str, int]
    histogram: str

    @property
    def failed(self) -> int:
        """Requests that ended in any error class."""
        return sum(self.errors.values())


@dataclass(frozen=True, slots=True, kw_only=True)
class Round:
    """One side of one round: the statistical unit. Rounds of the two sides pair by `index`.

    `cpu_ns` is CPU time of the service's process tree while measured, None where it cannot be seen.
    `rss_slope_bytes` is how much its resident memory grew per request, None where it cannot be seen or there
    was too little to tell. `busy_ns` is the sum of the service times of answered requests, failed ones too.
    `unpaced_connections` is how many connections sent one request after another without a pause, None where
    anything paced them (a schedule, a bound on the rate, think time). `dropped_because` is empty for a valid
    round. `health` is None where nobody watched: another tool measured the round, and it was imported.
    """

    index: int
    stage: Stage
    seed: int
    duration_ns: int
    endpoints: tuple[EndpointRound, ...]
    cpu_ns: int | None
    rss_bytes: int | None
    health: Health | None
    dropped_because: str = ""
    rss_slope_bytes: float | None = None
    busy_ns: int | None = None
    unpaced_connections: int | None = None

    @property
    def answered(self) -> int:
        """Requests that got a whole answer, whatever the workload thinks of it."""
        return sum(sum(e.statuses.values()) for e in self.endpoints)


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything one commit did under one workload in one environment.

    Results of the two sides of one paired run share `run_id`. `restarts` is False when the service was
    already running (a URL stood in for the side). `calibration_ns` is how long a fixed calculation took on
    the service's CPUs between rounds (the median), None where it was not timed. `tool` is what another
    project's tool said that sent the load, None where perfgate did.
    """

    schema_version: int
    tool_version: str
    run_id: str
    side: Side
    started_at: str
    status: Literal["complete", "interrupted"]
    commit: Commit
    workload_name: str
    workload_digest: str
    load_model: str
    seed: int
    environment: Environment
    placement: Placement
    clock_source: str
    latency_definition: str
    restarts: bool
    rounds: tuple[Round, ...]
    notes: tuple[str, ...] = ()
    calibration_ns: int | None = None
    tool: ToolReport | None = None

    @property
    def is_imported(self) -> bool:
        """Whether another tool measured it: nothing is known of machine and driver, and a round is a run."""
        return any(each.health is None for each in self.rounds)


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to measure next: so many more screening rounds, or a confirmation, or (neither) nothing.

    `confirm_endpoints` names the endpoints to focus on; `ALL_ENDPOINTS` among them means no focus.
    """

    more_screen_rounds: int = 0
    confirm_endpoints: tuple[str, ...] = ()
