"""Slowdowns that were decided on: which regressions they let pass, and what a reviewer is told of each."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfgate.gate.effects import sign
from perfgate.gate.naming import name_of
from perfgate.model import (
    ALL_ENDPOINTS,
    ENDPOINT_STATISTICS,
    QUANTILES,
    STATISTICS,
    Acceptance,
    Comparison,
    Metric,
    Outcome,
    Reason,
    Statistic,
)
from perfgate.units import format_per_request, format_ratio

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy

MAX_DAYS = 366
"""An acceptance holds for a year at most: whoever decided must look again."""

_DROP = "remove it from accepted.yml"


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """Everything that was decided, and the day it is held against.

    `merged` are the metrics whose entry base has too: base has that slowdown already, so the entry says
    nothing of a further one.
    """

    entries: Mapping[Metric, Acceptance]
    today: datetime.date
    merged: frozenset[Metric] = frozenset()


def apply(comparisons: Iterable[Comparison], accepted: Accepted) -> tuple[Comparison, ...]:
    """The comparisons, with confirmed regressions that were decided on passing.

    What counts is the estimate of the change. An error class that base never had is covered like any other
    error: by the ratio of failed requests. An acceptance that does not cover says why.
    """
    return tuple(_applied(row, accepted) for row in comparisons)


def let_pass(comparisons: Iterable[Comparison]) -> tuple[Reason, ...]:
    """What the reader is told of every regression that passes because it was decided on."""
    return tuple(_told(row, row.accepted) for row in comparisons if row.accepted is not None)


def outdated(accepted: Accepted, endpoints: Collection[str] | None, policy: Policy) -> tuple[Reason, ...]:
    """The acceptances that speak of nothing: merged already, or of metrics that are not judged any more.

    `endpoints` is None where nobody knows yet which there are.
    """
    found = []
    for metric, entry in sorted(accepted.entries.items(), key=lambda pair: pair[0]):
        if metric in accepted.merged:
            text = f"the acceptance of {_entry(metric, entry)} is in base already and covers nothing more"
            found.append(Reason(code="acceptance_merged", text=text, remedy=_DROP))
        elif endpoints is not None and metric.endpoint not in (*endpoints, ALL_ENDPOINTS):
            text = f"the acceptance of {_entry(metric, entry)}: the workload has no such endpoint"
            found.append(Reason(code="acceptance_unknown", text=text, remedy=_DROP))
        elif metric.statistic not in statistics_of(metric.endpoint) or policy.level_of(metric) == "off":
            text = f"the acceptance of {_entry(metric, entry)}: this metric is not judged"
            found.append(Reason(code="acceptance_unknown", text=text, remedy=_DROP))
    return tuple(found)


def statistics_of(endpoint: str) -> tuple[Statistic, ...]:
    """What is judged of an endpoint; of `*` the means over endpoints and what only the service has."""
    if endpoint != ALL_ENDPOINTS:
        return ENDPOINT_STATISTICS
    return (*QUANTILES, *(name for name in STATISTICS if name not in ENDPOINT_STATISTICS))


def days_left(entry: Acceptance, today: datetime.date) -> int:
    """How many days an acceptance still holds after today; below 0 it has expired."""
    return (datetime.date.fromisoformat(entry.expires) - today).days


def size_text(statistic: Statistic, size: float) -> str:
    """A bound: `12 %`, `0.5 pp` (percentage points) for errors, `1.00 kB/request` for memory."""
    if statistic == "memory":
        return format_per_request(size)
    return f"{size * 100:.6g} {'pp' if statistic == 'errors' else '%'}"


def _applied(row: Comparison, accepted: Accepted) -> Comparison:
    entry = accepted.entries.get(row.metric)
    if entry is None or row.outcome is not Outcome.REGRESSED:
        return row
    refusal = _refusal(row, entry, accepted)
    if refusal is not None:
        return replace(row, reasons=(*row.reasons, refusal))
    # What fails in a new way stays said; that it was worse, and again, the acceptance says itself.
    kept: Sequence[Reason] = [reason for reason in row.reasons if reason.code == "new_error_class"]
    return replace(row, outcome=Outcome.PASS, accepted=entry, reasons=tuple(kept))


def _refusal(row: Comparison, entry: Acceptance, accepted: Accepted) -> Reason | None:
    """Why an acceptance does not cover a regression, or None if it does."""
    what, bound = _entry(row.metric, entry), size_text(row.metric.statistic, entry.up_to)
    again = "find the cause in the diff, or decide anew with perfgate accept"
    if row.metric in accepted.merged:
        return Reason(
            code="acceptance_merged",
            text=f"the acceptance of {what} is in base already: this is a further slowdown",
            remedy=again,
        )
    if days_left(entry, accepted.today) < 0:
        return Reason(
            code="acceptance_expired",
            text=f"the acceptance of {what} expired on {entry.expires}",
            remedy=again,
        )
    if days_left(entry, accepted.today) > MAX_DAYS:
        return Reason(
            code="acceptance_too_long",
            text=f"the acceptance of {what} until {entry.expires} is for longer than a year: none may be",
            remedy=again,
        )
    if row.change is None or row.change * sign(row.metric) > entry.up_to:
        return Reason(
            code="beyond_acceptance",
            text=f"{_change(row)} exceeds what was accepted: up to {bound}",
            remedy=again,
        )
    return None


def _told(row: Comparison, entry: Acceptance) -> Reason:
    bound = size_text(row.metric.statistic, entry.up_to)
    return Reason(
        code="accepted",
        text=f"accepted: {_change(row)} (up to {bound} until {entry.expires}: {entry.reason}, "
        f"by {entry.author})",
    )


def _entry(metric: Metric, entry: Acceptance) -> str:
    return f"{name_of(metric)} up to {size_text(metric.statistic, entry.up_to)}"


def _change(row: Comparison) -> str:
    if row.change is None:
        return name_of(row.metric)
    if row.metric.statistic == "memory":
        return f"{name_of(row.metric)} {format_per_request(row.change, signed=True)}"
    text = format_ratio(row.change, signed=True)
    return f"{name_of(row.metric)} {text.replace('%', 'pp') if row.metric.statistic == 'errors' else text}"
