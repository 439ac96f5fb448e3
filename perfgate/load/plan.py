"""What a load is told and what it tells: the values that go into the engine and come out of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from perfgate.load.address import Address, Timeouts
from perfgate.model import Conductor, Passes, Profile, Scenario, UserKind

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfgate.model import Samples


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadPlan:
    """What to send where: `addresses` holds one a side.

    Closed model: each user sends its next request after the last answer, to all sides in couples. Open
    model: passes begin by the profile's schedule, each on a random side. Users that are code live once on
    each side, at the same time and with the same random numbers. All users together send at most
    `max_rate_rps` (0: no bound). With `skip_think` nobody waits think times. `before` is walked on each side
    before the first user begins and `after` when the last has ended; `given` is what `before` has left, a
    mapping a side. Requests sent within `warmup_ns` are not among the samples. Of several processes that
    share a load, this is number `part[0]` of `part[1]`. `conductor` has the hooks of the load test.
    """

    addresses: tuple[Address, ...]
    scenarios: tuple[Scenario, ...] = ()
    users: tuple[UserKind, ...] = ()
    before: Scenario | None = None
    after: Scenario | None = None
    given: tuple[Mapping[str, Any], ...] = ()
    endpoints: tuple[str, ...] = ()
    profile: Profile
    timeouts: Timeouts
    seed: int
    warmup_ns: int = 0
    max_rate_rps: float = 0.0
    skip_think: bool = False
    connections: int = 0
    """How many all users together have to a side at most; 0: each has its own."""

    part: tuple[int, int] = (0, 1)
    conductor: Conductor | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LoadOutcome:
    """What came back, a `Samples` a side without the warm-up, and how the driver itself fared.

    `lateness_ns` is how late the driver woke up for arrivals (empty in the closed model); the wait of an
    arrival for a user whose service is slow is not in it, or a slow service would look like a slow driver.
    `driver_cpu_ratio` is the driver's CPU time over elapsed time: near 1 the driver was the bottleneck.
    `kernel_stamped_ratio` is of the requests that anything came back for. `openings_ns` has a row (dns,
    connect, tls) for each new connection, `sending_ns` a value a request. `passes` are those of the whole
    load by scenario, with the warm-up. `objections` is what the load test itself says against the run.
    """

    samples: tuple[Samples, ...]
    duration_ns: int
    driver_cpu_ns: int
    driver_cpu_ratio: float
    lateness_ns: NDArray[np.int64]
    sending_ns: NDArray[np.int64]
    openings_ns: NDArray[np.int64]
    clock_step_ns: int
    kernel_stamped_ratio: float
    rows_bytes: int
    passes: Mapping[str, Passes] = field(default_factory=dict)
    objections: tuple[str, ...] = ()

    @property
    def lateness_p99_ns(self) -> int:
        """The lateness that 1 % of arrivals exceed; 0 in the closed model."""
        import numpy as np

        return int(np.quantile(self.lateness_ns, 0.99)) if len(self.lateness_ns) else 0
