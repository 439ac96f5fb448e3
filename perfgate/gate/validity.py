"""Validity before verdict: what makes a run no evidence at all, and what is only worth a warning."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.gate.table import paired_rounds
from perfgate.model import Reason

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from perfgate.gate.policy import Policy
    from perfgate.model import Result


MAX_BASELINE_AGE_DAYS = 90


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
    ("load_differs", "load_model", "under different loads"),
    ("latency_differs", "latency_definition", "with different definitions of latency"),
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
        if stage == "screen" and measured < policy.min_rounds:
            reasons.append(
                Reason(
                    code="too_few_rounds",
                    text=f"only {measured} rounds were measured, a verdict needs {policy.min_rounds}",
                    remedy="let the run finish, or raise measure.rounds",
                )
            )
        elif measured and measured - valid > policy.max_dropped_ratio * measured:
            reasons.append(_dropped(base, head, measured - valid, measured))
    reasons.extend(_broken_base(base, policy))
    return tuple(reasons)


def _dropped(base: Result, head: Result, dropped: int, measured: int) -> Reason:
    causes = sorted({r.dropped_because for side in (base, head) for r in side.rounds if r.dropped_because})
    return Reason(
        code="machine_too_noisy",
        text=f"{dropped} of {measured} rounds were disturbed: {'; '.join(causes[:3])}",
        remedy="use a quieter or larger machine, or run again when it is less busy; "
        "perfgate doctor shows the noise",
    )


def _broken_base(base: Result, policy: Policy) -> Iterator[Reason]:
    """A base that mostly fails is a broken workload or service, and nothing can be told from it."""
    requests: dict[str, int] = {}
    errors: dict[str, dict[str, int]] = {}
    for found in (e for r in base.rounds if not r.dropped_because for e in r.endpoints):
        requests[found.endpoint] = requests.get(found.endpoint, 0) + found.requests
        classes = errors.setdefault(found.endpoint, {})
        for name, count in found.errors.items():
            classes[name] = classes.get(name, 0) + count
    if not sum(requests.values()):
        yield Reason(
            code="no_requests",
            text="base answered no request at all",
            remedy="check the workload's paths and measure.round",
        )
    for endpoint, count in requests.items():
        failed = sum(errors[endpoint].values())
        if count and failed > policy.max_base_error_ratio * count:
            worst = max(errors[endpoint], key=lambda name: errors[endpoint][name])
            yield Reason(
                code="base_fails",
                text=f"base failed {failed} of {count} requests to {endpoint} (mostly: {worst})",
                remedy="the workload does not fit the service, or base is broken: "
                "try the request by hand against base",
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
    if not (base.placement.pinned and head.placement.pinned):
        yield Reason(
            code="not_pinned",
            text=f"driver and services shared CPUs: {base.placement.note or 'placement.pin is off'}",
            remedy="use a machine with two or more cores and leave placement.pin on",
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
    stamped = [r.health.kernel_stamped_ratio for r in (*base.rounds, *head.rounds)]
    if stamped and "kernel" in base.clock_source and min(stamped) < 0.5:
        yield Reason(
            code="few_kernel_stamps",
            text=f"in one round only {min(stamped):.0%} of the answers carried a kernel timestamp",
            remedy="latencies of the rest include the driver's own delays",
        )
    for text in dict.fromkeys((*base.notes, *head.notes)):
        yield Reason(code="note", text=text)
