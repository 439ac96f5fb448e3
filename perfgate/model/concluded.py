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


Statistic = Literal["p50", "p95", "p99", "cpu", "throughput", "memory", "errors"]
QUANTILES: tuple[Literal["p50", "p95", "p99"], ...] = ("p50", "p95", "p99")
STATISTICS: tuple[Statistic, ...] = get_args(Statistic)
ENDPOINT_STATISTICS: tuple[Statistic, ...] = (*QUANTILES, "errors")
"""What single endpoints have; every other statistic is of the whole service."""

Level = Literal["error", "warn", "off"]
"""What a regression does: fail the pull request, warn, or (off) not even be looked for."""

LEVELS: tuple[Level, ...] = get_args(Level)
DIFFERENCES: frozenset[Statistic] = frozenset({"errors", "memory"})
"""Statistics whose change is head - base, because zero is an ordinary value of theirs."""

HIGHER_IS_BETTER: frozenset[Statistic] = frozenset({"throughput"})
CONDITIONAL: frozenset[Statistic] = frozenset({"throughput", "memory"})
"""Statistics that exist under some loads and services only; where they do not, nothing is missing."""


@dataclass(frozen=True, slots=True, kw_only=True, order=True)
class Metric:
    """An endpoint and a statistic of it.

    p50, p95, p99: service time in nanoseconds. cpu: CPU nanoseconds per request. throughput: requests a
    second that all connections together get answered by a saturated service. memory: bytes that the
    resident memory grows by per request. errors: ratio of failed requests. Changes of errors and memory are
    differences, every other change is relative (head / base - 1). Lower is better, but for throughput.
    """

    endpoint: str
    statistic: Statistic

    @property
    def better(self) -> Literal["lower", "higher"]:
        """The direction in which a change is an improvement."""
        return "higher" if self.statistic in HIGHER_IS_BETTER else "lower"

    @property
    def is_difference(self) -> bool:
        """Whether its change is head - base, not head / base - 1."""
        return self.statistic in DIFFERENCES


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
    of errors; for memory they are bytes per request. Of throughput -0.05 is the worse: `Metric.better`
    says which way. `p_adjusted` is adjusted over everything compared. `mde`, `tolerance` and `requirement`
    are sizes of a change for the worse; `mde` is the smallest that would have been found with 80 % power.
    Any of them is None where it does not exist. At `level` warn a metric never fails anybody. `accepted` is
    set where a confirmed regression passes because it was decided on.
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

    @property
    def is_worse(self) -> bool:
        """Whether the change is one for the worse, however small and uncertain; False where there is none."""
        if self.change is None:
            return False
        return self.change < 0 if self.metric.better == "higher" else self.change > 0


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
