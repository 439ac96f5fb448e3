"""What one load came to: a service driven alone, without anything to compare it with."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from perfgate.model.ensured import Passes
from perfgate.model.profile import Profile
from perfgate.model.tool import ToolReport


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """A distribution of times in nanoseconds: exact order statistics of `count` requests, not estimates.

    `quantiles_ns` maps "p50", "p90", "p95", "p99" and "p99.9".
    """

    count: int
    mean_ns: float
    min_ns: int
    max_ns: int
    quantiles_ns: Mapping[str, int]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointLoad:
    """What one endpoint did; the spreads are of requests without error, None when there were none."""

    name: str
    requests: int
    errors: Mapping[str, int]
    statuses: Mapping[str, int]
    bytes_received: int
    service: Spread | None
    response: Spread | None


@dataclass(frozen=True, slots=True, kw_only=True)
class DriverLoad:
    """How the driver itself fared.

    `cpu_ratio` is of the CPUs it may use, so near 1 it was the bottleneck. `rows_bytes` is what keeping the
    requests took while it ran.
    """

    processes: int
    cpu_ratio: float
    cpu_us_per_request: float
    rows_bytes: int
    clock_source: str
    kernel_stamped_ratio: float
    clock_step_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadSummary:
    """Everything `perfgate run FILE` has to say.

    `dropped` counts arrivals of the open model that no user was free to take in time; they are not among
    the requests. `lateness` is how late the driver woke up for arrivals, None in the closed model, where
    nothing is due; an arrival's wait for a free user is in no figure but the response time. `phases` maps
    dns, connect, tls (of new connections), sending, waiting and receiving to their spreads; a phase that
    never happened is left out. `passes` are those of the whole load, with the warm-up, by scenario.
    `interrupted` says that the user stopped it, and all this is of a part. `objections` is what the file
    itself says against the run. Where another project's tool sent the load, `tool` is its report, and
    `load_words` say what is known of the load instead of the profile.
    """

    workload_name: str
    workload_digest: str
    target: str
    started_at: str
    profile: Profile
    seed: int
    elapsed_s: float
    requests: int
    dropped: int
    endpoints: tuple[EndpointLoad, ...]
    service: Spread | None
    response: Spread | None
    lateness: Spread | None
    phases: Mapping[str, Spread]
    driver: DriverLoad
    passes: Mapping[str, Passes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    interrupted: bool = False
    objections: tuple[str, ...] = ()
    load_words: str = ""
    tool: ToolReport | None = None
