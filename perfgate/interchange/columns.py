"""The tables of an export, for CSV and Parquet: one row an endpoint a round, or one row a request."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfgate.interchange.figures import Exported
from perfgate.model import EndpointRound, Result, Round

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfgate.model import Samples

Kind = Literal["text", "whole", "decimal"]
Cell = str | int | float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Column:
    """A column's name, with its unit, and what its cells are."""

    name: str
    kind: Kind


def _columns(kind: Kind, *names: str) -> tuple[Column, ...]:
    return tuple(Column(name=name, kind=kind) for name in names)


ROUND_COLUMNS = (
    *_columns("text", "commit", "side", "run_id", "started_at", "workload"),
    *_columns("whole", "round"),
    *_columns("text", "stage", "dropped_because"),
    *_columns("whole", "round_duration_ns"),
    *_columns("text", "endpoint"),
    *_columns("whole", "requests", "failed"),
    *_columns("decimal", "p50_ns", "p95_ns", "p99_ns"),
    *_columns("whole", "service_cpu_ns", "service_rss_bytes"),
    *_columns("text", "latency_definition"),
)
"""One row for every endpoint of every round, dropped ones and confirmations too."""

REQUEST_COLUMNS = (
    *_columns("text", "commit", "side", "run_id"),
    *_columns("whole", "round"),
    *_columns("text", "endpoint"),
    *_columns("whole", "due_ns", "sent_ns", "first_ns", "last_ns", "service_time_ns", "status"),
    *_columns("text", "error"),
    *_columns("whole", "bytes_received", "couple"),
)
"""One row for every request; times are of one clock with no meaning outside the run."""


def round_rows(exported: Sequence[Exported]) -> Iterator[tuple[Cell, ...]]:
    """The rows of `ROUND_COLUMNS`."""
    for one in exported:
        for each in one.result.rounds:
            for endpoint in each.endpoints:
                yield _round_row(one.result, each, endpoint)


def _round_row(result: Result, each: Round, endpoint: EndpointRound) -> tuple[Cell, ...]:
    quantiles = endpoint.quantiles_ns
    return (
        result.commit.sha,
        result.side,
        result.run_id,
        result.started_at,
        result.workload_name,
        each.index,
        each.stage,
        each.dropped_because,
        each.duration_ns,
        endpoint.endpoint,
        endpoint.requests,
        endpoint.failed,
        quantiles.get("p50"),
        quantiles.get("p95"),
        quantiles.get("p99"),
        each.cpu_ns,
        each.rss_bytes,
        result.latency_definition,
    )


def request_rows(result: Result, rounds: NDArray[np.int32], samples: Samples) -> Iterator[tuple[Cell, ...]]:
    """The rows of `REQUEST_COLUMNS`; a request without an answer has no first, last and service time."""
    names, errors = samples.endpoints, samples.errors
    who = (result.commit.sha, result.side, result.run_id)
    numbers = zip(
        *(
            column.tolist()
            for column in (
                rounds,
                samples.endpoint,
                samples.due_ns,
                samples.sent_ns,
                samples.first_ns,
                samples.last_ns,
                samples.status,
                samples.error,
                samples.bytes_received,
                samples.couple,
            )
        ),
        strict=True,
    )
    for index, endpoint, due, sent, first, last, status, error, size, couple in numbers:
        yield (
            *who,
            index,
            names[endpoint],
            due,
            sent,
            first or None,
            last or None,
            last - sent if last else None,
            status,
            errors[error],
            size,
            couple if couple >= 0 else None,
        )
