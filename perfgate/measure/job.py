"""A whole measurement: code checked out, services measured by the protocol, results written for each commit.

Whatever ends it early (an error, Ctrl-C), the finished rounds are stored as an interrupted result first.
"""

from __future__ import annotations

import datetime
import signal
import statistics
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import perfgate
from perfgate.errors import UsageError
from perfgate.load.address import Address, Timeouts
from perfgate.measure.acknowledged import waits_note
from perfgate.measure.budget import Goal, Preparation, Prepared, prepare
from perfgate.measure.checkout import Checkouts, exclusive
from perfgate.measure.history import Alike
from perfgate.measure.protocol import Decide, Recording, Stops, measure, never
from perfgate.measure.round import Session, Target
from perfgate.measure.roundload import describe_load, round_ns, steady_profile, think_notes
from perfgate.measure.toolreport import together
from perfgate.measure.toolround import clock_of, latency_of
from perfgate.model import (
    Commit,
    Environment,
    Result,
    Side,
    ToolReport,
    Workload,
)
from perfgate.store import results as store
from perfgate.store.atomic import require_writable
from perfgate.store.observed import save_observed
from perfgate.store.schema import SCHEMA_VERSION
from perfgate.target.environment import detect_environment
from perfgate.target.inject.spec import wrapped
from perfgate.target.keeper import Keeper
from perfgate.target.placement import Wanted, can_pin, detect_cpus, pin_driver, plan_placement
from perfgate.target.topology import thread_siblings

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.git import Repository
    from perfgate.model import Placement
    from perfgate.progress import Progress
    from perfgate.target.inject.mode import Injection
    from perfgate.target.service import ServiceSpec


@dataclass(frozen=True, slots=True, kw_only=True)
class Source:
    """Where a side comes from: a commit to check out, or (`address` set) a service that already runs.

    With an `injection` the service of a commit is started behind the wrapper that makes its answers later.
    """

    side: Side
    commit: Commit
    address: Address | None = None
    injection: Injection | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """What to measure. `repository` may be None only if every source has an address.

    Without a `goal` the rounds are as given here, whatever time the configuration allows. `is_one_of_many`
    runs keep their results without what is stored beside them, and without a line about each file.
    """

    config: Config
    repository: Repository | None
    workload: Workload
    sources: tuple[Source, ...]
    screen_rounds: int
    confirm_rounds: int
    decide: Decide
    stops: Stops = never
    run_id: str
    seed: int
    is_one_of_many: bool = False
    goal: Goal | None = None

    @property
    def folder(self) -> Path:
        """The directory of perfgate's own: in the repository, or beside perfgate.yml where there is none."""
        return (self.repository.toplevel if self.repository else self.config.root) / ".perfgate"


def run_job(job: Job, progress: Progress) -> tuple[Result, ...]:
    """Measure, store and return one result per source.

    Raises:
        UsageError: a commit or command cannot be used.
        MeasureError: something could not be built, started, measured or stored.
        KeyboardInterrupt: the user stopped it; what was measured is stored.
    """
    workload = job.workload
    if not (workload.scenarios or workload.users or workload.tool):
        raise UsageError(
            f"{workload.name!r} is the name of what another tool sent, and cannot be sent from here",
            "compare what is stored (--stored), or name a workload file",
        )
    recording = Recording()
    # Before the driver is pinned: on one CPU of its own the machine would look as if it had only that.
    facts = _Facts(
        started_at=datetime.datetime.now(datetime.UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        environment=detect_environment(),
        clock_source=clock_of(job.workload),
    )
    with exclusive(job.folder), Keeper() as keeper:
        require_writable(job.config.store)
        with _targets(job, keeper, progress) as targets, _placed(job) as placement:
            session = _session(job, targets, placement, keeper)
            prepared = prepare(_preparation(job, session, facts), session, progress)
            try:
                measure(
                    prepared.session,
                    recording,
                    screen_rounds=prepared.screen_rounds,
                    confirm_rounds=prepared.confirm_rounds,
                    decide=job.decide,
                    stops=job.stops,
                    progress=progress,
                    pace=prepared.pace,
                )
            finally:
                with _uninterrupted():
                    results = _results(job, prepared, recording, facts)
                    if recording.measured:
                        _save(job, results, recording, progress)
    return results


@dataclass(frozen=True, slots=True, kw_only=True)
class _Facts:
    started_at: str
    environment: Environment
    clock_source: str


@contextmanager
def _targets(job: Job, keeper: Keeper, progress: Progress) -> Iterator[tuple[Target, ...]]:
    """Every side ready to be started each round, or already running."""
    to_build = tuple(source for source in job.sources if source.address is None)
    service = job.config.service
    if not to_build or job.repository is None or service is None:
        yield tuple(Target(side=s.side, spec=None, address=s.address) for s in job.sources)
        return
    checkouts = Checkouts(
        repository=job.repository,
        folder=job.folder,
        inside=job.config.root.relative_to(job.repository.toplevel),
        service=service,
        keeper=keeper,
        progress=progress,
    )
    with checkouts.prepare(tuple(source.commit for source in to_build)) as specs:
        started = {s.side: _behind(s.injection, spec) for s, spec in zip(to_build, specs, strict=True)}
        yield tuple(
            Target(
                side=source.side,
                spec=started.get(source.side),
                address=source.address,
            )
            for source in job.sources
        )


def _behind(injection: Injection | None, spec: ServiceSpec) -> ServiceSpec:
    return wrapped(spec, injection) if injection is not None else spec


@contextmanager
def _placed(job: Job) -> Iterator[Placement]:
    """The driver on a CPU of its own while measuring, and everywhere again afterwards."""
    wished, cpus = job.config.placement, detect_cpus()
    wanted = Wanted(driver=wished.driver_cpus, services=wished.service_cpus)
    placement = plan_placement(
        cpus, pin=wished.pin, supported=can_pin(), siblings=thread_siblings(cpus), wanted=wanted
    )
    if any(source.address is not None for source in job.sources):
        # Pinning one side only, or the driver beside services that may be anywhere, would favour a side.
        note = "a service that runs already cannot be placed, so nothing was"
        placement = replace(plan_placement(cpus, pin=False), note=note)
    with pin_driver(placement):
        yield placement


def _session(job: Job, targets: tuple[Target, ...], placement: Placement, keeper: Keeper) -> Session:
    load, measuring = job.config.load, job.config.measure
    logs = job.folder / "logs"
    logs.mkdir(parents=True, exist_ok=True)
    return Session(
        targets=targets,
        workload=job.workload,
        profile=steady_profile(load, measuring.warmup_ns + round_ns(job.config, job.workload)),
        max_rate_rps=load.max_rate_rps or 0.0,
        warmup_ns=measuring.warmup_ns,
        timeouts=Timeouts(
            measuring.timeout_ns, measuring.connect_timeout_ns, measuring.first_byte_timeout_ns
        ),
        seed=job.seed,
        placement=placement,
        logs=logs,
        keeper=keeper,
        skip_think=load.think == "skip",
        variables=job.config.variables,
    )


def _preparation(job: Job, session: Session, facts: _Facts) -> Preparation:
    alike = Alike(
        workload_name=job.workload.name,
        workload_digest=job.workload.digest,
        load_model=describe_load(job.config, job.workload, sides=len(job.sources)),
        environment_class=facts.environment.class_id,
        restarts=all(source.address is None for source in job.sources),
        pinned=session.placement.pinned,
    )
    return Preparation(
        config=job.config,
        goal=job.goal,
        screen_rounds=job.screen_rounds,
        confirm_rounds=job.confirm_rounds,
        alike=alike,
    )


def _results(job: Job, prepared: Prepared, recording: Recording, facts: _Facts) -> tuple[Result, ...]:
    return tuple(
        Result(
            schema_version=SCHEMA_VERSION,
            tool_version=perfgate.__version__,
            run_id=job.run_id,
            side=source.side,
            started_at=facts.started_at,
            status="complete" if recording.complete else "interrupted",
            commit=source.commit,
            workload_name=job.workload.name,
            workload_digest=job.workload.digest,
            load_model=describe_load(job.config, job.workload, sides=len(job.sources)),
            seed=job.seed,
            environment=facts.environment,
            placement=prepared.session.placement,
            clock_source=facts.clock_source,
            latency_definition=latency_of(job.workload),
            restarts=source.address is None,
            rounds=tuple(measured.rounds[number] for measured in recording.measured),
            notes=(
                *job.workload.notes,
                *think_notes(job.config, job.workload),
                *prepared.notes,
                *_objections(recording),
                *waits_note(source.side, [measured.samples[number] for measured in recording.measured]),
                *(tool.notes if (tool := _report(recording, number)) is not None else ()),
            ),
            tool=_report(recording, number),
            calibration_ns=_usual_calibration_ns(recording),
        )
        for number, source in enumerate(job.sources)
    )


def _objections(recording: Recording) -> tuple[str, ...]:
    """What the load test said against the rounds: its own limits are for its own load, so it is told only."""
    counts = Counter(text for measured in recording.measured for text in measured.objections)
    total = len(recording.measured)
    return tuple(f"in {count} of {total} rounds {text}" for text, count in counts.items())


def _report(recording: Recording, side: int) -> ToolReport | None:
    """What the tool said in all rounds of a side; None where perfgate sent the load."""
    reports = [m.reports[side] for m in recording.measured if m.reports]
    return together(reports) if reports else None


def _usual_calibration_ns(recording: Recording) -> int | None:
    """The median over the valid rounds, as their levels are taken from them."""
    valid = [m.calibration_ns for m in recording.measured if not m.rounds[0].dropped_because]
    known = [each for each in valid if each is not None]
    return int(statistics.median(known)) if known else None


@contextmanager
def _uninterrupted() -> Iterator[None]:
    """Put off signals: CI systems send several, and the second must not tear what the first left."""
    held = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = signal.pthread_sigmask(signal.SIG_BLOCK, held)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _save(job: Job, results: tuple[Result, ...], recording: Recording, progress: Progress) -> None:
    for number, result in enumerate(results):
        if job.is_one_of_many:
            store.save(job.config.store, result)
            continue
        samples = tuple((m.rounds[number], m.samples[number]) for m in recording.measured)
        series = tuple(m.series[number] for m in recording.measured if m.series)
        save_observed(store.path_of(job.config.store, result), series, within=job.config.store)
        path = store.save(job.config.store, result, samples)
        progress.note(f"{result.side}: {path}")
