"""A load's two tables, endpoints and times, as rows of clean text; not shortened or escaped."""

from __future__ import annotations

from collections.abc import Iterable

from perfgate.model import MIN_REQUESTS_FOR_P99, EndpointLoad, LoadSummary, Spread
from perfgate.report import loadtotals
from perfgate.report.text import clean
from perfgate.report.words import NONE, is_number, value_text
from perfgate.units import format_duration_ns

ENDPOINT_HEADS = ("endpoint", "requests", "requests/s", "failed", "p50", "p95", "p99", "max")
TIME_HEADS = ("time", "count", "p50", "p95", "p99", "p99.9", "max")
_OPENING = ("dns", "connect", "tls")
ENOUGH = {
    "p95": MIN_REQUESTS_FOR_P99 // 5,
    "p99": MIN_REQUESTS_FOR_P99,
    "p99.9": MIN_REQUESTS_FOR_P99 * 10,
}
"""Requests a quantile needs: as many for one beyond it as `MIN_REQUESTS_FOR_P99` has."""


def endpoint_rows(summary: LoadSummary) -> list[tuple[str, ...]]:
    """The table by endpoint, in the workload's order, and all of them together where there are several."""
    rows = [_endpoint_row(clean(e.name) or "(no name)", e, summary) for e in summary.endpoints]
    if len(rows) > 1:
        together = EndpointLoad(
            name="",
            requests=summary.requests,
            errors=loadtotals.errors(summary),
            statuses={},
            bytes_received=0,
            service=summary.service,
            response=None,
        )
        rows.append(_endpoint_row("all endpoints", together, summary))
    return rows


def time_rows(summary: LoadSummary) -> list[tuple[str, ...]]:
    """All requests: service time, in the open model what waiting adds to it, then the phases."""
    found = {"service time": summary.service, "response time": None, "lateness": summary.lateness}
    if summary.profile.is_open:
        found["response time"] = summary.response
    named = {**found, **{clean(name): phase for name, phase in summary.phases.items()}}
    return [
        (name, f"{spread.count:,}", *_quantiles(spread, TIME_HEADS[2:]))
        for name, spread in named.items()
        if spread is not None
    ]


def legend(rows: Iterable[tuple[str, ...]], summary: LoadSummary) -> str:
    """What the tables' words mean, as far as they occur."""
    parts = [
        "times of endpoints are service time: request sent to last byte received, of requests without error"
    ]
    if summary.profile.is_open:
        parts.append("response time: the same from when the request was due")
        parts.append("lateness: how late the driver itself woke up for an arrival")
    opening = ", ".join(phase for phase in _OPENING if phase in summary.phases)
    if opening:
        parts.append(f"{opening}: of new connections, part of no other time")
    if any(NONE in row for row in rows):
        needs = ", ".join(f"{name} {requests:,}" for name, requests in ENOUGH.items())
        parts.append(f"where {NONE} stands there are too few requests: {needs.replace(' ', ' needs ', 1)}")
    return " · ".join(parts)


def rate_text(requests: int, summary: LoadSummary) -> str:
    """So many requests as a rate over the whole load, without a unit."""
    rate = loadtotals.per_second(requests, summary)
    if not is_number(rate):
        return NONE
    if rate < 0.995:
        return f"{rate:.3g}"
    return f"{rate:,.{0 if rate >= 99.95 else 1 if rate >= 9.995 else 2}f}"


def share_text(failed: int, requests: int) -> str:
    """How much failed; neither 0 % nor 100 % unless that is exactly so."""
    if failed < requests and failed / requests > 0.9994:
        return ">99.9 %"
    return value_text("errors", failed / requests) if requests else NONE


def _endpoint_row(name: str, endpoint: EndpointLoad, summary: LoadSummary) -> tuple[str, ...]:
    return (
        name,
        f"{endpoint.requests:,}",
        rate_text(endpoint.requests, summary),
        share_text(loadtotals.failed(endpoint), endpoint.requests),
        *_quantiles(endpoint.service, ENDPOINT_HEADS[4:]),
    )


def _quantiles(spread: Spread | None, heads: Iterable[str]) -> list[str]:
    return [NONE if spread is None else _quantile(spread, head) for head in heads]


def _quantile(spread: Spread, head: str) -> str:
    if head == "max":
        return format_duration_ns(spread.max_ns)
    if spread.count < ENOUGH.get(head, 1) or head not in spread.quantiles_ns:
        return NONE
    return format_duration_ns(spread.quantiles_ns[head])
