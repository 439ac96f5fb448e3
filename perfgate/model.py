"""The words of perfgate as types: what is sent, what came back, what was measured, what was concluded.

Everything here is frozen and knows nothing of files, sockets or the terminal. Units are in the names.
Arrays appear only in `Samples`, and numpy is imported only by whoever builds one.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import random

    import numpy as np
    from numpy.typing import NDArray

Side = Literal["base", "head"]
SIDES: tuple[Side, Side] = ("base", "head")
Stage = Literal["screen", "confirm"]

ALL_ENDPOINTS = "*"
"""The endpoint name of a metric that speaks of the whole service, such as CPU per request."""

LATENCY_DEFINITION = "service time: request sent to last byte received"
MIN_REQUESTS_FOR_P99 = 370
"""Below this many requests no distribution-free 95 % interval of the 99th percentile exists."""


# What is sent


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """One answer as a workload's checks see it; `headers` has lower-case names."""

    status: int
    headers: Mapping[str, str]
    body: bytes


def no_check(response: Response) -> str:
    """Judge an answer that nobody stated an expectation about: a status of 400 or more is an error."""
    return f"status {response.status}" if response.status >= 400 else ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One request to whichever side it is sent.

    `endpoint` indexes `Workload.endpoints`. `target` is the path with its query. `headers` leaves out
    Host, Content-Length and Connection, which belong to the connection. `judge` names the error class
    of a complete answer, or returns "" when the answer is what was asked for.
    """

    endpoint: int
    method: str
    target: str
    headers: tuple[tuple[str, str], ...] = ()
    body: bytes = b""
    timeout_ns: int | None = None
    judge: Callable[[Response], str] = no_check


@dataclass(frozen=True, slots=True, kw_only=True)
class Think:
    """A pause of the virtual user between two requests."""

    duration_ns: int


Script = Generator[Request | Think, Response | None, None]
"""One pass of one virtual user through a scenario.

It yields what to do next and is sent the answer: the `Response`, or None after a `Think` or when no whole
answer came back (refused, reset, timed out, garbage)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scenario:
    """A named, weighted flow; `start` begins one pass whose every random choice comes from `rng`."""

    name: str
    weight: float
    endpoints: frozenset[int]
    start: Callable[[random.Random], Script] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Workload:
    """What is sent: two runs may be compared only if their digests are equal.

    `target` is the URL written in the file, if any; `notes` says what the file asks for that a paired
    round does not replay (load phases, for one), so that nothing is silently ignored.
    """

    name: str
    digest: str
    endpoints: tuple[str, ...]
    scenarios: tuple[Scenario, ...]
    target: str | None = None
    notes: tuple[str, ...] = ()


# What came back


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Samples:
    """Requests of one side as columns of equal length; times are nanoseconds of one clock.

    `endpoint` and `error` index `endpoints` and `errors`; error 0 is always "" (no error). `first_ns` and
    `last_ns` are 0 where nothing came back. `couple` numbers the couple a request was part of, -1 if none.
    """

    endpoints: tuple[str, ...]
    errors: tuple[str, ...]
    endpoint: NDArray[np.int32]
    due_ns: NDArray[np.int64]
    sent_ns: NDArray[np.int64]
    first_ns: NDArray[np.int64]
    last_ns: NDArray[np.int64]
    status: NDArray[np.int32]
    error: NDArray[np.int32]
    bytes_received: NDArray[np.int64]
    couple: NDArray[np.int32]


# What was measured


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
    """What could have spoilt a round, none of it read from the service's latency."""

    steal_ratio: float
    driver_cpu_ratio: float
    lateness_p99_ns: int
    clock_step_ns: int
    kernel_stamped_ratio: float


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
    `dropped_because` is empty for a valid round.
    """

    index: int
    stage: Stage
    seed: int
    duration_ns: int
    endpoints: tuple[EndpointRound, ...]
    cpu_ns: int | None
    rss_bytes: int | None
    health: Health
    dropped_because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Everything one commit did under one workload in one environment.

    Results of the two sides of one paired run share `run_id`. `restarts` is False when the service was
    already running (a URL stood in for the side).
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


@dataclass(frozen=True, slots=True, kw_only=True)
class NextStep:
    """What to measure next: so many more screening rounds, or a confirmation, or (neither) nothing.

    `confirm_endpoints` names the endpoints to focus on; `ALL_ENDPOINTS` among them means no focus.
    """

    more_screen_rounds: int = 0
    confirm_endpoints: tuple[str, ...] = ()


# What was concluded


class Outcome(StrEnum):
    """What perfgate says, of a run as a whole or of one metric (only a metric can be `NOT_MEASURED`)."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    IMPROVED = "IMPROVED"
    REGRESSED = "REGRESSED"
    THRESHOLD_BREACHED = "THRESHOLD_BREACHED"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"
    NOT_MEASURED = "NOT_MEASURED"


Statistic = Literal["p50", "p95", "p99", "cpu", "errors"]
QUANTILES: tuple[Literal["p50", "p95", "p99"], ...] = ("p50", "p95", "p99")


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Metric:
    """An endpoint and a statistic of it; lower is better for all of them so far.

    p50, p95, p99: service time in nanoseconds. cpu: CPU nanoseconds per request. errors: ratio of failed
    requests; its change is a difference in ratio, every other change is relative (head / base - 1).
    """

    endpoint: str
    statistic: Statistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict or a comparison is what it is: a stable code, the facts, and what to do."""

    code: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric, both sides.

    `base` and `head` are medians over rounds in the metric's unit (the pooled ratio for errors). `change`
    and its interval `low`..`high` (at `confidence`) are ratios: 0.05 is 5 % slower, or 5 percentage points
    of errors. `p_adjusted` is adjusted over everything compared. `mde` is the smallest change that would
    have been found with 80 % power. Any of them is None where it does not exist.
    """

    metric: Metric
    outcome: Outcome
    rounds: int
    base: float | None
    head: float | None
    change: float | None
    low: float | None
    high: float | None
    confidence: float
    p_adjusted: float | None
    mde: float | None
    tolerance: float
    requirement: float
    reasons: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "did this change make it slower, fail more, or hold less?", with its evidence.

    `reasons` explain the outcome, worst first; `warnings` are doubts that did not change it.
    """

    outcome: Outcome
    base: Commit
    head: Commit
    workload_name: str
    comparisons: tuple[Comparison, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    rounds_measured: int
    rounds_dropped: int
    requests: int
    elapsed_s: float
    reproduce: str
