"""Validity before verdict: what makes a run no evidence at all, and what is only worth a warning."""

from __future__ import annotations

import statistics
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.gate.naming import endpoint_name
from perfgate.gate.table import paired_rounds
from perfgate.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from datetime import datetime

    from perfgate.gate.policy import Policy
    from perfgate.model import Result


MAX_BASELINE_AGE_DAYS = 90
ODD_PRESSURE = 0.25
"""So much more waiting for CPUs than in the median round is said. No fixed limit would do: on a machine that
others kept busy, every round of 25 runs had 0.77 to 1.0, at one connection as at eight."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What has to be the same for two measurements to be comparable at all."""

    workload_digest: str
    load_model: str
    latency_definition: str
    clock_source: str
    environment_class: str


def conditions_of(result: Result) -> Conditions:
    """The conditions a result was measured under."""
    return Conditions(
        workload_digest=result.workload_digest,
        load_model=result.load_model,
        latency_definition=result.latency_definition,
        clock_source=result.clock_source,
        environment_class=result.environment.class_id,
    )


_DIFFERENCES = (
    ("workload_differs", "workload_digest", "with different workloads"),
    ("latency_differs", "latency_definition", "with different definitions of latency"),
    ("load_differs", "load_model", "under different loads"),
    ("clock_differs", "clock_source", "with different clocks"),
    ("environment_differs", "environment_class", "on different classes of machine"),
)


def comparable(base: Conditions, head: Conditions) -> tuple[Reason, ...]:
    """Why two measurements may not be compared at all; empty if they may."""
    return tuple(
        Reason(
            code=code,
            text=f"base and head were measured {what}: {getattr(base, field)} and {getattr(head, field)}",
            remedy="measure both together: perfgate compare BASE HEAD",
        )
        for code, field, what in _DIFFERENCES
        if getattr(base, field) != getattr(head, field)
    )


def too_old(recorded_at: datetime, now: datetime) -> Reason | None:
    """Why a baseline is too old to judge by; None if it is not."""
    age = (now - recorded_at).days
    if age <= MAX_BASELINE_AGE_DAYS:
        return None
    return Reason(
        code="baseline_too_old",
        text=f"the newest run of the baseline is {age} days old, at most {MAX_BASELINE_AGE_DAYS} are allowed",
        remedy="record fresh runs: perfgate baseline update --reason TEXT",
    )


def invalidity(base: Result, head: Result, policy: Policy) -> tuple[Reason, ...]:
    """Why a paired run is no evidence; empty if it is."""
    reasons = list(comparable(conditions_of(base), conditions_of(head)))
    for stage in ("screen", "confirm"):
        measured = sum(r.stage == stage for r in base.rounds)
        valid = len(paired_rounds(base, head, stage))
        reasons.extend(_too_disturbed(base, stage, measured, valid, policy))
    reasons.extend(_silent(base, policy))
    return tuple(reasons)


def invalidity_alone(result: Result, policy: Policy) -> tuple[Reason, ...]:
    """Why a run of one side is no evidence, for a baseline or for a comparison with one; empty if it is."""
    screen = [r for r in result.rounds if r.stage == "screen"]
    valid = sum(not r.dropped_because for r in screen)
    return (
        *_too_disturbed(result, "screen", len(screen), valid, policy),
        *_silent(result, policy),
        *failing_endpoints(result, policy),
    )


def _too_disturbed(result: Result, stage: str, measured: int, valid: int, policy: Policy) -> Iterator[Reason]:
    if measured and measured - valid > policy.max_dropped_ratio * measured:
        yield _dropped(result, measured - valid, measured)
    elif stage == "screen" and valid < (1 if result.is_imported else policy.min_rounds):
        yield Reason(
            code="too_few_rounds",
            text=f"only {valid} valid rounds were measured, a verdict needs {policy.min_rounds}",
            remedy="let the run finish, or raise measure.rounds",
        )


def _dropped(result: Result, dropped: int, measured: int) -> Reason:
    causes = sorted({r.dropped_because for r in result.rounds if r.dropped_because})
    return Reason(
        code="machine_too_noisy",
        text=f"{dropped} of {measured} rounds were disturbed: {'; '.join(causes[:3])}",
        remedy="use a quieter or larger machine, or run again when it is less busy; "
        "perfgate doctor shows the noise",
    )


def _counted(result: Result) -> Mapping[str, tuple[int, Counter[str]]]:
    """Requests and errors by class of each endpoint, over the valid rounds."""
    requests: Counter[str] = Counter()
    errors: dict[str, Counter[str]] = {}
    for found in (e for r in result.rounds if not r.dropped_because for e in r.endpoints):
        requests[found.endpoint] += found.requests
        errors.setdefault(found.endpoint, Counter()).update(found.errors)
    return {endpoint: (count, errors[endpoint]) for endpoint, count in requests.items()}


def _silent(result: Result, policy: Policy) -> Iterator[Reason]:
    """Base mostly fails: the workload does not fit the service, or it is broken, and nothing can be told."""
    counted = _counted(result)
    requests = sum(count for count, _ in counted.values())
    errors: Counter[str] = sum((classes for _, classes in counted.values()), Counter())
    if not requests:
        yield Reason(
            code="no_requests",
            text=f"{result.side} answered no request at all",
            remedy="check the workload's paths and measure.round",
        )
    elif errors.total() > policy.max_base_error_ratio * requests:
        yield Reason(
            code="base_fails",
            text=f"{result.side} failed {errors.total()} of {requests} requests "
            f"(mostly: {errors.most_common(1)[0][0]})",
            remedy="the workload does not fit the service, or the service is broken: "
            "send its requests by hand",
        )


def failing_endpoints(result: Result, policy: Policy) -> tuple[Reason, ...]:
    """Endpoints that mostly fail: of those nothing can be told, whatever the others say."""
    return tuple(
        Reason(
            code="endpoint_fails",
            text=f"{result.side} failed {errors.total()} of {count} requests to {endpoint_name(endpoint)} "
            f"(mostly: {errors.most_common(1)[0][0]})",
            remedy="if the endpoint is new there is nothing to compare it with yet; "
            "otherwise the workload or the service is broken there",
        )
        for endpoint, (count, errors) in _counted(result).items()
        if errors.total() > policy.max_base_error_ratio * count
    )


def _uneven_pressure(result: Result) -> Iterator[Reason]:
    """Rounds in which tasks waited for a CPU far longer than in most, so something else wanted it too.

    There is no limit for the pressure itself: two services that share a CPU make each other wait whenever
    both have something to do. Only rounds beside the others of the run can look odd.
    """
    seen = [r.health.psi_some_ratio for r in result.rounds if r.health and not r.dropped_because]
    waited = [ratio for ratio in seen if ratio is not None]
    if not waited:
        return
    usual = statistics.median(waited)
    odd = [ratio for ratio in waited if ratio > usual + ODD_PRESSURE]
    if odd:
        yield Reason(
            code="uneven_pressure",
            text=f"in {len(odd)} of {len(waited)} rounds tasks waited for a CPU up to {max(odd):.0%} of the "
            f"time, in the median round {usual:.0%}: something else ran on this machine",
            remedy="end other programs while measuring; perfgate doctor shows the noise",
        )


def doubts(base: Result, head: Result) -> tuple[Reason, ...]:
    """What a reader should know although it does not change the verdict."""
    return tuple(_doubts(base, head))


def _doubts(base: Result, head: Result) -> Iterator[Reason]:
    dropped = [r for r in base.rounds if r.dropped_because]
    if dropped:
        yield Reason(
            code="rounds_dropped",
            text=f"{len(dropped)} of {len(base.rounds)} rounds were dropped: {dropped[0].dropped_because}",
        )
    if base.is_imported or head.is_imported:
        yield _nobody_watched(head if head.is_imported else base)
        yield from _notes(base, head)
        return
    if not (base.placement.pinned and head.placement.pinned):
        yield Reason(
            code="not_pinned",
            text=f"driver and services shared CPUs: {base.placement.note or 'placement.pin is off'}",
            remedy="let perfgate start the services, on two or more CPUs it may choose among, "
            "and leave placement.pin on",
        )
    if not (base.restarts and head.restarts):
        yield Reason(
            code="no_restarts",
            text="a service that was already running was measured without restarts: rounds then share one "
            "process, so the difference between two processes of the same build looks like a change; "
            "a regression must be 5 percentage points above its tolerance here, and the promise of at "
            "most 1 % false alarms does not hold",
            remedy="let perfgate start both sides (service.command) for a trustworthy verdict",
        )
    stamped = [r.health.kernel_stamped_ratio for r in (*base.rounds, *head.rounds) if r.health]
    if stamped and "kernel" in base.clock_source and min(stamped) < 0.5:
        yield Reason(
            code="few_kernel_stamps",
            text=f"in one round only {min(stamped):.0%} of the answers carried a kernel timestamp",
            remedy="latencies of the rest include the driver's own delays",
        )
    yield from _uneven_pressure(head)
    yield from _notes(base, head)


def _notes(base: Result, head: Result) -> Iterator[Reason]:
    for text in dict.fromkeys((*base.notes, *head.notes)):
        yield Reason(code="note", text=text)


def _nobody_watched(imported: Result) -> Reason:
    return Reason(
        code="imported",
        text=f"the results were imported ({imported.latency_definition}): whether anything disturbed the "
        "machine, what load there was and whether services were restarted is not known, so the promise of "
        "at most 1 % false alarms does not hold",
        remedy="for a verdict that can be trusted let perfgate measure both: perfgate compare BASE HEAD",
    )
