"""Judging one run by runs measured at other times: a prediction, because the runs were not side by side.

Between runs a machine moves by more than any change worth finding, so the question is not whether the
mean moved but whether one more unchanged run could have come out like this.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from perfgate.gate.effects import as_costs, change_of, d_of, in_words, interval_of, sign, size_of
from perfgate.gate.naming import endpoint_name, name_of
from perfgate.gate.predict import ALARM_RATE, ASSUMED_RUN_SD, MIN_RUNS, Prediction, Speeds, predict
from perfgate.gate.rows import unmeasured_comparison
from perfgate.gate.storedmeans import with_same_means
from perfgate.model import CONDITIONAL, Comparison, Metric, Outcome, Reason
from perfgate.stats.interval import Estimate

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy

REQUIREMENT_FACTOR = 3.0
"""Stored runs see less than a paired run: this many times the requirement may go unseen."""

_NOT_CALIBRATED = Speeds(base={}, head=None)


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredJudgement:
    """What stored runs say of a new one.

    `alarms` are the metrics worse than their prediction limit, and by at least the tolerance. `too_few` is
    True when there were not enough runs for that to mean a regression by itself. `warnings` are what metrics
    at level `warn` show beside that.
    """

    comparisons: tuple[Comparison, ...]
    alarms: tuple[Metric, ...]
    runs: int
    too_few: bool
    warnings: tuple[Reason, ...] = ()


def judge_stored(
    base: Mapping[Metric, Sequence[float]],
    head: Mapping[Metric, float],
    policy: Policy,
    speeds: Speeds = _NOT_CALIBRATED,
) -> StoredJudgement:
    """Compare the levels of one run with those of earlier runs, metric by metric.

    The alarm rate is 1 % over all latency and CPU metrics together (Bonferroni). Errors alarm above
    everything stored, by the tolerance: no rate is promised for a service whose error ratio varies. With
    fewer than `MIN_RUNS` runs of a metric its spread between runs is taken to be `ASSUMED_RUN_SD`. The speed
    of the CPUs is allowed for where the stored runs show that it helps (`stats.calibration`). Metrics at
    level `off` are left out, also where runs of them are stored; those at `warn` never alarm.
    """
    base, head = with_same_means(base, head, policy)
    wanted = sorted(metric for metric in base if policy.level_of(metric) != "off")
    metrics = [metric for metric in wanted if base[metric] and metric in head]
    runs = min((len(base[metric]) for metric in metrics), default=0)
    alpha = ALARM_RATE / max(1, len(metrics))
    rows = []
    for metric in metrics:
        if metric.statistic == "errors":
            rows.append(_error_row(metric, base[metric], head[metric], policy))
            continue
        costs = as_costs(metric, base[metric])
        predicted = predict(costs, alpha, policy, speeds.base.get(metric, ()), speeds.head)
        rows.append(_row(metric, len(base[metric]), predicted, head[metric], policy))
    rows += [_missing(metric, policy) for metric in wanted if metric not in head]
    warnings = tuple(_worse_at_warn(row) for row in rows if row.level == "warn" and _alarmed(row))
    rows = [_harmless(row) if row.level == "warn" else row for row in rows]
    return StoredJudgement(
        comparisons=tuple(rows),
        alarms=tuple(row.metric for row in rows if _alarmed(row)),
        runs=runs,
        too_few=runs < MIN_RUNS,
        warnings=warnings,
    )


def _alarmed(row: Comparison) -> bool:
    return row.outcome is Outcome.REGRESSED


def _harmless(row: Comparison) -> Comparison:
    """The row of a metric at level `warn`: neither an alarm nor an open question of it decides anything."""
    if row.outcome not in (Outcome.REGRESSED, Outcome.INCONCLUSIVE):
        return row
    outcome = Outcome.NOT_MEASURED if row.head is None else Outcome.PASS
    return replace(row, outcome=outcome, reasons=())


def _worse_at_warn(row: Comparison) -> Reason:
    return Reason(
        code="worse_at_level_warn",
        text=f"{name_of(row.metric)} looks worse by {in_words(row.metric, abs(row.change or 0.0))}",
        remedy="measure both commits side by side: perfgate compare BASE HEAD",
    )


def undecided(judged: StoredJudgement) -> StoredJudgement:
    """The same without the last word: what alarmed is open, because so few runs may not decide."""
    rows = tuple(
        replace(row, outcome=Outcome.INCONCLUSIVE) if row.outcome is Outcome.REGRESSED else row
        for row in judged.comparisons
    )
    return replace(judged, comparisons=rows)


def too_few_runs(runs: int) -> Reason:
    """Why so few runs may not decide by themselves."""
    return Reason(
        code="too_few_runs",
        text=f"only {runs} stored run{'' if runs == 1 else 's'} to compare with: the spread "
        f"between runs is not known and was taken as {ASSUMED_RUN_SD:.0%}",
        remedy=f"{MIN_RUNS} runs may judge by themselves",
    )


def _row(metric: Metric, runs: int, predicted: Prediction, level: float, policy: Policy) -> Comparison:
    value = sign(metric) * math.log(level)
    tolerance = d_of(metric, policy.tolerance_of(metric))
    requirement = policy.requirement_of(metric) * REQUIREMENT_FACTOR
    half = predicted.half_width(policy.confidence)
    change = value - predicted.expected
    low, high = interval_of(metric, Estimate(center=change, low=change - half, high=change + half))
    outcome = Outcome.PASS
    reasons: tuple[Reason, ...] = ()
    if value > predicted.limit and change >= tolerance:
        outcome = Outcome.REGRESSED
        reasons = (_alarm(metric, change, runs),)
    elif predicted.shift > d_of(metric, requirement):
        outcome = Outcome.INCONCLUSIVE
        reasons = (_too_wide(metric, predicted.shift, requirement, runs),)
    if predicted.gain is not None:
        reasons += (_calibrated(metric, predicted.gain),)
    return Comparison(
        metric=metric,
        outcome=outcome,
        rounds=runs,
        base=math.exp(sign(metric) * predicted.expected),
        head=level,
        change=change_of(metric, change),
        low=low,
        high=high,
        confidence=policy.confidence,
        p_adjusted=None,
        mde=size_of(metric, max(predicted.shift, tolerance)),
        tolerance=policy.tolerance_of(metric),
        requirement=requirement,
        reasons=reasons,
        level=policy.level_of(metric),
    )


def _error_row(metric: Metric, runs: Sequence[float], level: float, policy: Policy) -> Comparison:
    """Errors alarm above everything the earlier runs showed, by the tolerance."""
    worst = max(runs)
    failed = level - worst >= policy.tolerance_of(metric)
    center = sum(runs) / len(runs)
    return Comparison(
        metric=metric,
        outcome=Outcome.REGRESSED if failed else Outcome.PASS,
        rounds=len(runs),
        base=center,
        head=level,
        change=level - center,
        low=None,
        high=None,
        confidence=policy.confidence,
        p_adjusted=None,
        mde=policy.tolerance_of(metric),
        tolerance=policy.tolerance_of(metric),
        requirement=math.inf,
        reasons=(_error_alarm(metric, level, worst),) if failed else (),
        level=policy.level_of(metric),
    )


def _alarm(metric: Metric, change: float, runs: int) -> Reason:
    return Reason(
        code="above_prediction",
        text=f"{endpoint_name(metric.endpoint)} {metric.statistic} is {abs(change_of(metric, change)):.1%} "
        f"{'above' if metric.better == 'lower' else 'below'} "
        f"{'its stored run' if runs == 1 else f'the {runs} stored runs'}, more than another run explains",
        remedy="measure both commits side by side: perfgate compare BASE HEAD",
    )


def _error_alarm(metric: Metric, level: float, worst: float) -> Reason:
    return Reason(
        code="above_prediction",
        text=f"{endpoint_name(metric.endpoint)} fails {level:.2%} of its requests, at most "
        f"{worst:.2%} in any stored run",
        remedy="measure both commits side by side: perfgate compare BASE HEAD",
    )


def _too_wide(metric: Metric, shift: float, requirement: float, runs: int) -> Reason:
    remedy = "measure both commits side by side: perfgate compare BASE HEAD"
    if runs < MIN_RUNS:
        remedy = f"store {MIN_RUNS} or more runs, or {remedy}"
    return Reason(
        code="baseline_too_wide",
        text=f"{endpoint_name(metric.endpoint)} {metric.statistic}: against {runs} stored "
        f"run{'s' if runs > 1 else ''} a change under {size_of(metric, shift):.0%} could "
        f"have gone unseen, at most {requirement:.0%} may",
        remedy=remedy,
    )


def _calibrated(metric: Metric, gain: float) -> Reason:
    return Reason(
        code="calibrated",
        text=f"{endpoint_name(metric.endpoint)} {metric.statistic} follows the speed of the CPUs, which was "
        f"allowed for: the prediction is {gain:.0%} narrower for it",
    )


def _missing(metric: Metric, policy: Policy) -> Comparison:
    reason = Reason(
        code="not_measured",
        text=f"{endpoint_name(metric.endpoint)} {metric.statistic} has stored runs but no data from head",
        remedy="see whether head answers that endpoint, and lengthen measure.round",
    )
    row = unmeasured_comparison(metric, reason, policy)
    return row if metric.statistic in CONDITIONAL else replace(row, outcome=Outcome.INCONCLUSIVE)
