"""Finding a rate: half of what base can do, so that neither an idle nor a crowded service is measured.

Near saturation every small change reads large, with no gain in significance; on an idle service waiting
never shows. Base alone is asked, and head gets the same rate: a rate of its own would hide a slower head.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfgate.measure.round import MeasuredRound, Session, measure_round
from perfgate.measure.roundload import steady_profile
from perfgate.units import format_ratio

if TYPE_CHECKING:
    from perfgate.config.settings import LoadConfig
    from perfgate.model import Scenario, Script
    from perfgate.progress import Progress

AIM_RATIO = 0.5
LOW_RATIO, HIGH_RATIO = 0.4, 0.6
MOST_DRIVER_RATIO = 0.7
"""More of its one CPU and the driver's own waiting begins to show."""

PROBE_NS = 500_000_000
_LONGEST_PROBE_NS = 10_000_000_000
_ARRIVALS_TO_SEE = 30


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one unit of load (a pass in the open model, a request in the closed one) takes, in seconds.

    `service_s` is CPU time of the service, 0 where it cannot be seen. For `busy_s` a connection is taken,
    of which the service answers in `service_time_s`; the rest is think time and the driver's own work.
    """

    service_s: float
    busy_s: float
    service_time_s: float
    driver_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Used:
    """The rate that was reached, and what it used: of the services' CPUs (None: not seen) and so on."""

    rate: float
    cpu_ratio: float | None
    connections_ratio: float
    driver_ratio: float

    @property
    def most_ratio(self) -> float:
        """The use of what is shortest, the driver's scaled so that its limit is the aim of the others."""
        driver = self.driver_ratio * AIM_RATIO / MOST_DRIVER_RATIO
        return max(self.cpu_ratio or 0.0, self.connections_ratio, driver)


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibrated:
    """The rate of both services together, and how it was found, for the reader of the verdict."""

    rate: float
    note: str


def rate_for(cost: Cost, *, cpus: int, connections: int) -> float:
    """The rate at which half of the CPUs, and at most half of the connections, are busy (Little's law)."""
    limits = [AIM_RATIO * connections / cost.busy_s]
    if cost.service_s:
        limits.append(AIM_RATIO * cpus / cost.service_s)
    if cost.driver_s:
        limits.append(MOST_DRIVER_RATIO / cost.driver_s)
    return min(limits)


def corrected(rate: float, used: Used) -> float:
    """The rate after one look at what it really uses: left alone within 40 to 60 %.

    What was used goes with the rate that was reached, which is less than was asked for where base or the
    driver did not keep up.
    """
    if LOW_RATIO <= used.most_ratio <= HIGH_RATIO or used.most_ratio <= 0:
        return rate
    return used.rate * AIM_RATIO / used.most_ratio


def calibrate(session: Session, load: LoadConfig, progress: Progress) -> Calibrated:
    """Load base alone, one connection first and then at the rate that follows from it, and correct once.

    Raises:
        MeasureError: as `measure_round`.
    """
    progress.phase("finding the rate: half of what base can do")
    alone = replace(session, targets=session.targets[:1], seed=session.seed ^ 0x5EED)
    cpus = len(session.placement.service_cpus)
    cost = _probe(alone, load)
    first = rate_for(cost, cpus=cpus, connections=load.connections)
    used = _try(alone, load, first, cost, cpus)
    rate = corrected(first, used)
    if rate != first:
        used = _try(alone, load, rate, cost, cpus)
    unit = "passes" if load.model == "open" else "requests"
    whose = " over both sides; base alone" if len(session.targets) > 1 else "; the service"
    note = f"rate: {rate:.4g} {unit}/s{whose} used {_words(used)} at it"
    progress.note(note)
    return Calibrated(rate=rate, note=note)


def with_rate(session: Session, load: LoadConfig, rate: float) -> Session:
    """The session at a rate: of arrivals in the open model, of requests at most in the closed one."""
    if load.model == "open":
        profile = steady_profile(replace(load, rate_rps=rate), session.profile.duration_ns)
        return replace(session, profile=profile)
    return replace(session, max_rate_rps=rate)


def _words(used: Used) -> str:
    parts = [
        f"{format_ratio(used.connections_ratio)} of the connections",
        f"{format_ratio(used.driver_ratio)} of the driver",
    ]
    if used.cpu_ratio is not None:
        parts.insert(0, f"{format_ratio(used.cpu_ratio)} of its CPUs")
    listed = ", ".join(parts)
    if LOW_RATIO <= used.most_ratio <= HIGH_RATIO:
        return listed
    return f"{listed} (the aim was {AIM_RATIO:.0%} of the scarcest: is the machine busy?)"


def _probe(alone: Session, load: LoadConfig) -> Cost:
    """One connection, the next request after the last answer: what each costs where nothing waits."""
    one = replace(load, model="closed", connections=1, rate_rps=None)
    begun: list[int] = []
    scenarios = tuple(_counted(s, begun.append) for s in alone.workload.scenarios)
    probe = replace(
        _of_length(alone, one, PROBE_NS),
        workload=replace(alone.workload, scenarios=scenarios),
        max_rate_rps=0.0,
    )
    measured = measure_round(probe, index=0, stage="screen")
    times = _Times(measured)
    units = times.requests
    if load.model == "open":
        units = max(1, sum(at_ns >= times.first_sent_ns for at_ns in begun))
    return Cost(
        service_s=times.cpu_s / units,
        busy_s=times.elapsed_s / units if load.model == "open" else times.service_s / units,
        service_time_s=times.service_s / units,
        driver_s=times.driver_ratio * times.elapsed_s / units,
    )


def _try(alone: Session, load: LoadConfig, rate: float, cost: Cost, cpus: int) -> Used:
    """What the rate uses, from evenly spaced arrivals: chance is no help here."""
    enough_ns = min(round(_ARRIVALS_TO_SEE / rate * 1e9), _LONGEST_PROBE_NS)
    even = replace(load, rate_rps=rate if load.model == "open" else None, arrivals="even")
    length_ns = max(PROBE_NS, enough_ns)
    session = with_rate(_of_length(alone, even, length_ns), even, rate)
    times = _Times(measure_round(session, index=1, stage="screen"))
    reached = rate * length_ns / 1e9 if load.model == "open" else times.requests
    idle_s = (cost.busy_s - cost.service_time_s) * reached / times.elapsed_s
    return Used(
        rate=reached / times.elapsed_s,
        cpu_ratio=times.cpu_s / times.elapsed_s / cpus if times.cpu_s else None,
        connections_ratio=(times.service_s / times.elapsed_s + idle_s) / load.connections,
        driver_ratio=times.driver_ratio,
    )


class _Times:
    """A round of one side in seconds."""

    def __init__(self, measured: MeasuredRound) -> None:
        (one,), (samples,) = measured.rounds, measured.samples
        answered = samples.last_ns > 0
        self.elapsed_s = one.duration_ns / 1e9
        self.cpu_s = (one.cpu_ns or 0) / 1e9
        self.requests = len(samples.sent_ns)
        self.service_s = max(float((samples.last_ns - samples.sent_ns)[answered].sum()) / 1e9, 1e-9)
        self.first_sent_ns = int(samples.sent_ns.min())
        self.driver_ratio = one.health.driver_cpu_ratio if one.health else 0.0


def _of_length(session: Session, load: LoadConfig, measured_ns: int) -> Session:
    return replace(session, profile=steady_profile(load, session.warmup_ns + measured_ns))


def _counted(scenario: Scenario, count: Callable[[int], None]) -> Scenario:
    """The scenario, saying of each pass when it begins by the wall clock."""

    def start(seed: int) -> Script:
        count(time.time_ns())
        return scenario.start(seed)

    return replace(scenario, start=start, fixed=())
