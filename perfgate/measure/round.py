"""One round: start every side afresh, load them together, stop them, and say what they did."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.load.address import Address, Timeouts
from perfgate.load.engine import drive
from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.load.watching import Watcher
from perfgate.measure.counters import Counters
from perfgate.measure.growth import rss_slope_bytes
from perfgate.measure.health import why_dropped
from perfgate.measure.observed import series_of
from perfgate.measure.roundload import has_think
from perfgate.measure.summary import busy_ns, require_answers, summarise
from perfgate.measure.toolround import drive_tool
from perfgate.model import (
    ALL_ENDPOINTS,
    Health,
    Placement,
    Profile,
    Round,
    Samples,
    Scenario,
    ServiceSeries,
    Side,
    Stage,
    ToolReport,
    Workload,
)
from perfgate.target import calibration, noise, service

if TYPE_CHECKING:
    from perfgate.target.keeper import Keeper
    from perfgate.target.readings import Recorded


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One side of a session: a service to start each round, or (`spec` None) one that already runs."""

    side: Side
    spec: service.ServiceSpec | None
    address: Address | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """What is the same in every round of a run; the profile's time includes the warm-up."""

    targets: tuple[Target, ...]
    workload: Workload
    profile: Profile
    max_rate_rps: float
    warmup_ns: int
    timeouts: Timeouts
    seed: int
    placement: Placement
    logs: Path
    keeper: Keeper
    skip_think: bool = True
    tool_arguments: tuple[str, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)

    @property
    def has_pauses(self) -> bool:
        """Whether the workload has think times, and they are waited."""
        return has_think(self.workload) and not self.skip_think

    @property
    def is_paced(self) -> bool:
        """Whether anything but the answers says when the next request is sent; users' own code may."""
        return self.profile.is_open or self.max_rate_rps > 0 or not self.workload.scenarios or self.has_pauses


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class MeasuredRound:
    """One round of every side, in the order of `Session.targets`, with its requests.

    `calibration_ns` is how fast the service's CPUs were just after it, None where a side was compared with
    another: those were measured at the same time. `reports` are what a tool that sent the load said, a side.
    `objections` is what the load test itself says against the round. `series` are readings of the services
    meanwhile.
    """

    rounds: tuple[Round, ...]
    samples: tuple[Samples, ...]
    calibration_ns: int | None = None
    reports: tuple[ToolReport, ...] = ()
    objections: tuple[str, ...] = ()
    series: tuple[ServiceSeries, ...] = ()


def measure_round(session: Session, *, index: int, stage: Stage, focus: Sequence[str] = ()) -> MeasuredRound:
    """Measure one round; services are stopped again whatever happens.

    Args:
        session: what is the same in every round.
        index: the round's number in the run, from 0; base and head pair by it.
        stage: screening or confirmation.
        focus: endpoints that get all the load (with what their scenarios need); empty for all.

    Raises:
        MeasureError: a service does not start, dies, or answers nothing at all.
    """
    seed = random.Random(f"{session.seed}/{stage}/{index}").getrandbits(62)
    order = random.Random(seed).sample(range(len(session.targets)), len(session.targets))
    services: list[service.Service | None] = [None] * len(session.targets)
    try:
        for i in order:
            services[i] = _start(session, session.targets[i], index)
        for running in services:
            if running is not None:
                service.wait_ready(running)
        counters = Counters(services)
        try:
            sent = _send(session, services, counters, seed=seed, focus=focus, index=index)
        finally:
            recorded = counters.recorded()
        for running in services:
            if running is not None:
                service.check_alive(running, during=f"round {index + 1}")
    except BaseException:
        # No full grace on the way out: CI systems kill what does not end in seconds.
        service.stop_all([running for running in services if running is not None], at_once=True)
        raise
    service.stop_all([running for running in services if running is not None])
    measured = _measured(session, sent, counters, recorded, index=index, stage=stage, seed=seed)
    return replace(measured, calibration_ns=_calibrated(session))


def _calibrated(session: Session) -> int | None:
    """The speed of the service's CPUs, for a run that can only be compared with runs of other times."""
    if len(session.targets) > 1 or session.targets[0].spec is None:
        return None
    placement = session.placement
    with suppress(OSError):  # the CPUs were taken away meanwhile; a run can do without
        return calibration.calibrate_ns(placement.service_cpus if placement.pinned else None)
    return None


def _start(session: Session, target: Target, index: int) -> service.Service | None:
    if target.spec is None:
        return None
    return service.start(
        target.spec,
        side=target.side,
        cpus=session.placement.service_cpus if session.placement.pinned else None,
        log_path=session.logs / f"{target.side}-round-{index + 1:02}.log",
        keeper=session.keeper,
    )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Sent:
    """What the load of a round came to, and the CPU time of each service that goes with it."""

    outcome: LoadOutcome
    used_ns: tuple[int | None, ...]
    reports: tuple[ToolReport, ...] = ()


def _send(
    session: Session,
    services: Sequence[service.Service | None],
    counters: Counters,
    *,
    seed: int,
    focus: Sequence[str],
    index: int,
) -> _Sent:
    tool = session.workload.tool
    if tool is None:
        watcher = Watcher(on_measuring=counters.begin, on_measured=counters.end)
        outcome = drive(_plan(session, services, seed, focus), watcher)
        return _Sent(outcome=outcome, used_ns=tuple(map(counters.cpu_ns, range(len(services)))))
    addresses = _addresses(session, services)
    counters.begin()
    ran = drive_tool(session, tool, addresses, index=index, seed=seed, used_ns=counters.so_far_ns)
    counters.end()
    return _Sent(outcome=ran.load, used_ns=ran.cpu_ns, reports=ran.reports)


def _addresses(session: Session, services: Sequence[service.Service | None]) -> tuple[Address, ...]:
    addresses = []
    for target, running in zip(session.targets, services, strict=True):
        address = Address("127.0.0.1", running.port) if running is not None else target.address
        if address is None:
            raise ValueError(f"{target.side} has neither a service nor an address")
        addresses.append(address)
    return tuple(addresses)


def _plan(
    session: Session, services: Sequence[service.Service | None], seed: int, focus: Sequence[str]
) -> LoadPlan:
    return LoadPlan(
        addresses=_addresses(session, services),
        scenarios=focused(session.workload, focus),
        before=session.workload.before,
        after=session.workload.after,
        users=session.workload.users,
        conductor=session.workload.conductor,
        endpoints=session.workload.endpoints,
        profile=session.profile,
        max_rate_rps=session.max_rate_rps,
        skip_think=session.skip_think,
        warmup_ns=session.warmup_ns,
        timeouts=session.timeouts,
        seed=seed,
    )


def focused(workload: Workload, focus: Sequence[str]) -> tuple[Scenario, ...]:
    """The scenarios that reach the endpoints in focus; all of them without one."""
    if not focus or ALL_ENDPOINTS in focus:
        return workload.scenarios
    wanted = {number for number, name in enumerate(workload.endpoints) if name in focus}
    return tuple(s for s in workload.scenarios if s.endpoints & wanted) or workload.scenarios


def _measured(
    session: Session,
    sent: _Sent,
    counters: Counters,
    recorded: Sequence[Recorded],
    *,
    index: int,
    stage: Stage,
    seed: int,
) -> MeasuredRound:
    outcome, used_ns = sent.outcome, sent.used_ns
    for target, samples in zip(session.targets, outcome.samples, strict=True):
        require_answers(samples, target.side, index + 1, waits=session.has_pauses)
    health = _health(session, outcome, counters.noise, used_ns)
    rounds = tuple(
        Round(
            index=index,
            stage=stage,
            seed=seed,
            duration_ns=outcome.duration_ns,
            endpoints=summarise(samples),
            cpu_ns=used_ns[side],
            rss_bytes=counters.rss_bytes[side],
            health=health,
            dropped_because=why_dropped(health, open_model=session.profile.is_open),
            rss_slope_bytes=rss_slope_bytes(*recorded[side].memory, samples),
            busy_ns=busy_ns(samples),
            unpaced_connections=None if session.is_paced else session.profile.vus,
        )
        for side, samples in enumerate(outcome.samples)
    )
    return MeasuredRound(
        rounds=rounds,
        samples=outcome.samples,
        reports=sent.reports,
        objections=outcome.objections,
        series=tuple(series_of(each.usage, index) for each in recorded),
    )


def _health(
    session: Session, outcome: LoadOutcome, disturbance: noise.NoiseDelta, used_ns: Sequence[int | None]
) -> Health:
    seen_ns = [used for used in used_ns if used is not None]
    available_ns = outcome.duration_ns * len(session.placement.service_cpus)
    return Health(
        steal_ratio=disturbance.steal_ratio,
        driver_cpu_ratio=outcome.driver_cpu_ratio,
        lateness_p99_ns=outcome.lateness_p99_ns,
        clock_step_ns=outcome.clock_step_ns,
        kernel_stamped_ratio=outcome.kernel_stamped_ratio,
        psi_some_ratio=disturbance.psi_some_ratio,
        throttled_ratio=disturbance.throttled_ratio,
        service_cpu_ratio=sum(seen_ns) / available_ns if len(seen_ns) == len(used_ns) else None,
    )
