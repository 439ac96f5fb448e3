"""Baselines: what several runs of a commit measured, and what can be said of them as a yardstick."""

from __future__ import annotations

from dataclasses import dataclass

from perfgate.model.concluded import Metric, Reason, Statistic
from perfgate.model.measured import Environment


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineValue:
    """The level of one metric over one run, in the metric's unit (see `perfgate.model.Metric`)."""

    endpoint: str
    statistic: Statistic
    value: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Accepted:
    """A metric whose level got worse with an update: the mean over the runs before and over those added.

    `after` is None where the metric is not measured any more.
    """

    endpoint: str
    statistic: Statistic
    before: float
    after: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineRun:
    """One run that went into a baseline: what it measured, who added it and why.

    `calibration_ns` is that of the run's result. `accepts` is what the update that added the run makes
    acceptable, said once, on the newest of the runs it added.
    """

    sha: str
    recorded_at: str
    author: str
    reason: str
    clock_source: str
    requests: int
    calibration_ns: int | None
    values: tuple[BaselineValue, ...]
    accepts: tuple[Accepted, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Baseline:
    """Runs of one workload in one environment class, the oldest first."""

    schema_version: int
    workload_name: str
    workload_digest: str
    latency_definition: str
    load_model: str
    environment: Environment
    runs: tuple[BaselineRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class MetricHealth:
    """How good a yardstick a baseline is for one metric.

    `level` is the mean over its runs (geometric for times), `spread_ratio` the standard deviation of their
    logarithms, `shift_ratio` the smallest rise that a run would be seen to have with 80 % power; None where
    there is no such thing. `calibrated` says that the speed of the CPUs is allowed for.
    """

    metric: Metric
    runs: int
    level: float
    spread_ratio: float | None
    shift_ratio: float | None
    calibrated: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class BaselineHealth:
    """What can be said of a baseline before anything is compared with it.

    `findings` are what is wrong with it, each with its remedy. `judges_alone` is False while it may only ask
    for a comparison side by side.
    """

    runs: int
    days: int
    age_days: int
    metrics: tuple[MetricHealth, ...]
    findings: tuple[Reason, ...]
    judges_alone: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelChange:
    """What an update does to the level of one metric; None where there is no level.

    `is_worse`: it rises by the tolerance or more. `is_shift`: up or down, by more than one more run of the
    earlier level explains.
    """

    metric: Metric
    before: float | None
    after: float | None
    change: float | None
    is_worse: bool
    is_shift: bool
