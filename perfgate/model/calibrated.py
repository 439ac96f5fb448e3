"""What a calibration found: many runs whose truth is known, one by one and together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from perfgate.model.concluded import Metric, Outcome

BOUND_CONFIDENCE = 0.95
"""Of the bounds of rates, one-sided."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Injected:
    """What was done to head: `ratio` of each answer's own time and `fixed_ns`, of slow answers or of all."""

    text: str
    ratio: float
    fixed_ns: int
    is_tail_only: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRow:
    """One metric of one run.

    `round_sd` is the standard deviation of one screening round's log(head / base), for errors of the
    difference. `injected` is the true change where it is known. The rest is as in `Comparison`.
    """

    metric: Metric
    outcome: Outcome
    is_flagged: bool
    round_sd: float | None
    change: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    mde: float | None
    tolerance: float
    requirement: float
    injected: float | None

    @property
    def is_covered(self) -> bool | None:
        """Whether the interval holds the injected change; None where either is not known."""
        if self.injected is None or self.low is None or self.high is None:
            return None
        return self.low <= self.injected <= self.high


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibrationRun:
    """One complete paired run; `is_red` is what a false alarm is, or a find."""

    number: int
    outcome: Outcome
    is_red: bool
    seconds: float
    rounds_measured: int
    rounds_dropped: int
    rows: tuple[CalibrationRow, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class CalibratedMetric:
    """One metric over the runs that measured it: medians, and in how many runs what happened.

    `round_sd` is pooled (root mean square). `met` counts the runs whose MDE was within the requirement.
    `covered` of `coverable` intervals held the injected change.
    """

    metric: Metric
    runs: int
    round_sd: float | None
    mde: float | None
    tolerance: float
    requirement: float
    met: int
    flagged: int
    red: int
    change: float | None
    low: float | None
    high: float | None
    injected: float | None
    covered: int
    coverable: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """All runs together.

    `judged` runs are those that were not INVALID; `red` of them were called a regression. `lower` and
    `upper` bound the rate of that, each at `BOUND_CONFIDENCE`; 0 and 1 where nothing was judged. So many runs
    without a single one would be needed to show a rate of at most 1 %: `runs_for_one_percent`.
    """

    injected: Injected | None
    asked: int
    runs: tuple[CalibrationRun, ...]
    outcomes: Mapping[Outcome, int]
    judged: int
    red: int
    lower: float
    upper: float
    runs_for_one_percent: int
    seconds: float
    metrics: tuple[CalibratedMetric, ...]
