"""What was concluded: comparisons of metrics, and the verdict they add up to."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, get_args

from perfgate.model.measured import Commit


class Outcome(StrEnum):
    """What perfgate says, of a run as a whole or of one metric (only a metric can be `NOT_MEASURED`)."""

    PASS = "PASS"  # noqa: S105 - an outcome, not a password
    IMPROVED = "IMPROVED"
    REGRESSED = "REGRESSED"
    THRESHOLD_BREACHED = "THRESHOLD_BREACHED"
    INCONCLUSIVE = "INCONCLUSIVE"
    INVALID = "INVALID"
    NOT_MEASURED = "NOT_MEASURED"


Statistic = Literal["p50", "p95", "p99", "cpu", "errors"]
QUANTILES: tuple[Literal["p50", "p95", "p99"], ...] = ("p50", "p95", "p99")
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
ENDPOINT_STATISTICS: tuple[Statistic, ...] = (*QUANTILES, "errors")
"""What single endpoints have; every other statistic is of the whole service."""

Level = Literal["error", "warn", "off"]
"""What a regression does: fail the pull request, warn, or (off) not even be looked for."""

LEVELS: tuple[Level, ...] = get_args(Level)


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Metric:
    """An endpoint and a statistic of it; lower is better for all of them so far.

    p50, p95, p99: service time in nanoseconds. cpu: CPU nanoseconds per request. errors: ratio of failed
    requests; its change is a difference in ratio, every other change is relative (head / base - 1).
    """

    endpoint: str
    statistic: Statistic


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a verdict or a comparison is what it is: a stable code, the facts, and what to do."""

    code: str
    text: str
    remedy: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acceptance:
    """A slowdown that was decided on: a change of one metric up to `up_to` passes until `expires`, inclusive.

    `up_to` is in the unit of `Comparison.change`; `expires` and `date` (of the decision) are `YYYY-MM-DD`.
    """

    up_to: float
    reason: str
    expires: str
    author: str
    date: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One metric, both sides.

    `base` and `head` are medians over rounds in the metric's unit (the pooled ratio for errors). `change`
    and its interval `low`..`high` (at `confidence`) are ratios: 0.05 is 5 % slower, or 5 percentage points
    of errors. `p_adjusted` is adjusted over everything compared. `mde` is the smallest change that would
    have been found with 80 % power. Any of them is None where it does not exist. At `level` warn a metric
    never fails anybody. `accepted` is set where a confirmed regression passes because it was decided on.
    """

    metric: Metric
    outcome: Outcome
    rounds: int
    base: float | None
    head: float | None
    change: float | None
    low: float | None
    high: float | None
    confidence: float
    p_adjusted: float | None
    mde: float | None
    tolerance: float
    requirement: float
    reasons: tuple[Reason, ...] = ()
    level: Level = "error"
    accepted: Acceptance | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Verdict:
    """The answer to "did this change make it slower, fail more, or hold less?", with its evidence.

    `reasons` explain the outcome, worst first; `warnings` are doubts that did not change it.
    """

    outcome: Outcome
    base: Commit
    head: Commit
    workload_name: str
    comparisons: tuple[Comparison, ...]
    reasons: tuple[Reason, ...]
    warnings: tuple[Reason, ...]
    rounds_measured: int
    rounds_dropped: int
    requests: int
    elapsed_s: float
    reproduce: str
