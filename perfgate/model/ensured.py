"""What a load test's own file demands of the figures of its run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

Counted = Literal[
    "requests",
    "request_rate",
    "responses",
    "bytes",
    "codes",
    "errors",
    "first_byte",
    "total",
    "users",
    "apdex",
    "ranked",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One metric of a run, `name` as the file calls it.

    `detail` is what of it is meant: a statistic of times (`p95`, `max`; the figure is in milliseconds), a
    status, a fate of users (`created`, `completed`, `failed`, `skipped`), a rank of apdex. `errors` are the
    error classes that count; one that ends in a space stands for all that begin so. Only `endpoints` count,
    or all if that is None, and only answers of `status_class` (2 for 2xx), or all if that is 0.
    """

    name: str
    of: Counted
    detail: str = ""
    errors: tuple[str, ...] = ()
    endpoints: tuple[str, ...] | None = None
    status_class: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Demand:
    """One condition, `source` as the file has it; where it is not `strict` it is told and fails nobody.

    `holds` judges the values of its figures by their names.
    """

    source: str
    strict: bool
    figures: tuple[Figure, ...]
    holds: Callable[[Mapping[str, float]], bool] = field(repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensured:
    """Every demand of a file; `apdex_ms` is the time an answer may take to satisfy, None if nobody asked."""

    demands: tuple[Demand, ...] = ()
    apdex_ms: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Passes:
    """What became of the passes through one scenario; those the end of the load cut off are not among them.

    A pass has failed that ended before its last step.
    """

    completed: int = 0
    failed: int = 0
