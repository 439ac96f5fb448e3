"""How good a yardstick a baseline is: what it can see, and what is wrong with its runs."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.baseline_changes import mean_level
from perfgate.gate.baseline_refusals import level_gone, moments
from perfgate.gate.effects import as_costs, size_of
from perfgate.gate.level_shifts import Moment, level_shifts, without_change_points
from perfgate.gate.levels import baseline_levels, baseline_speeds
from perfgate.gate.naming import endpoint_name
from perfgate.gate.predict import ALARM_RATE, MIN_RUNS, predict
from perfgate.gate.stored import REQUIREMENT_FACTOR
from perfgate.gate.table import is_gating
from perfgate.gate.validity import too_old
from perfgate.model import Baseline, BaselineHealth, Metric, MetricHealth, Reason
from perfgate.stats.outliers import Outlier, outliers
from perfgate.stats.prediction import log_spread

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy

OUTLIER_RATE = 0.01
"""How often an outlier is named in a baseline of ordinary runs, over all metrics together."""

USEFUL_RUNS = 20


def examine(baseline: Baseline, policy: Policy, now: datetime) -> BaselineHealth:
    """Everything that can be said of a baseline by itself.

    Raises:
        UsageError: a time in it is not above 0.
    """
    runs = baseline.runs
    if not runs:
        return BaselineHealth(
            runs=0, days=0, age_days=0, metrics=(), findings=(_too_few(0),), judges_alone=False
        )
    series = moments(baseline)
    age = too_old(_instant(runs[-1].recorded_at), now)
    shifts = level_shifts(series, policy)
    shifted = {shift.metric for shift in shifts}
    metrics = _metrics(baseline, policy)
    too_wide = _too_wide(metrics, policy)
    days = len({_instant(run.recorded_at).astimezone(UTC).date() for run in runs})
    findings = [
        *((_too_few(len(runs)),) if len(runs) < MIN_RUNS else ()),
        *((age,) if age else ()),
        *(level_gone(shift) for shift in shifts[:1]),
        *_outlying(series, shifted),
        *(() if shifts else too_wide),
        *((_one_day(len(runs)),) if days == 1 and len(runs) > 1 else ()),
        *((missing,) if (missing := without_change_points()) else ()),
    ]
    return BaselineHealth(
        runs=len(runs),
        days=days,
        age_days=max(0, (now - _instant(runs[-1].recorded_at)).days),
        metrics=metrics,
        findings=tuple(findings),
        judges_alone=len(runs) >= MIN_RUNS and not age and not shifts and not too_wide,
    )


def _metrics(baseline: Baseline, policy: Policy) -> tuple[MetricHealth, ...]:
    levels, speeds = baseline_levels(baseline.runs), baseline_speeds(baseline)
    timed = [metric for metric in levels if metric.statistic != "errors"]
    alpha = ALARM_RATE / max(1, len(levels))
    found = []
    for metric in sorted(levels):
        level = mean_level(levels[metric], is_errors=metric not in timed)
        if metric not in timed:
            found.append(
                MetricHealth(
                    metric=metric,
                    runs=len(levels[metric]),
                    level=level or 0.0,
                    spread_ratio=None,
                    shift_ratio=policy.tolerance_of(metric),
                )
            )
            continue
        costs = as_costs(metric, levels[metric])
        predicted = predict(costs, alpha, policy, speeds[metric], _usual(speeds[metric]))
        found.append(
            MetricHealth(
                metric=metric,
                runs=len(levels[metric]),
                level=level or 0.0,
                spread_ratio=log_spread(levels[metric]) if len(levels[metric]) > 1 else None,
                shift_ratio=max(size_of(metric, predicted.shift), policy.tolerance_of(metric)),
                calibrated=predicted.gain is not None,
            )
        )
    return tuple(found)


def _usual(speeds: Sequence[int | None]) -> int | None:
    known = [speed for speed in speeds if speed]
    return round(float(np.median(known))) if known else None


def _outlying(series: Sequence[Moment], shifted: set[Metric]) -> Iterator[Reason]:
    """One finding a run that does not belong, by the metric in which it is farthest from the others.

    A metric whose level changed is left out: its runs are of two levels, not of one with outliers.
    """
    metrics = sorted({m for moment in series for m in moment.levels if m.statistic != "errors"} - shifted)
    worst: dict[int, tuple[Metric, Outlier]] = {}
    for metric in metrics:
        places = [place for place, moment in enumerate(series) if metric in moment.levels]
        logs = np.log([series[place].levels[metric] for place in places])
        for outlier in outliers(logs, OUTLIER_RATE / len(metrics)):
            place = places[outlier.index]
            if place not in worst or worst[place][1].distance < outlier.distance:
                worst[place] = (metric, outlier)
    for place in sorted(worst):
        yield _outlier(series[place], *worst[place])


def _outlier(moment: Moment, metric: Metric, outlier: Outlier) -> Reason:
    change = math.expm1(outlier.value - outlier.expected)
    far = f"{outlier.distance:.0f} standard deviations" if math.isfinite(outlier.distance) else "far"
    return Reason(
        code="outlier_run",
        text=f"the run of {moment.recorded_at} ({moment.sha[:10]}) does not belong to the others: "
        f"{endpoint_name(metric.endpoint)} {metric.statistic} is {change:+.1%} from them, {far} away",
        remedy="it widens what every check allows: if something disturbed that run, delete it from the file "
        "(its entry in runs) and commit that; add another: perfgate baseline update --runs 1 --reason TEXT",
    )


def _too_wide(metrics: Sequence[MetricHealth], policy: Policy) -> list[Reason]:
    """That larger changes could go unseen than may, said once; of too few runs that is said already."""
    allowed = {each.metric: policy.requirement_of(each.metric) * REQUIREMENT_FACTOR for each in metrics}
    wide = [
        each
        for each in metrics
        if each.runs >= MIN_RUNS
        and is_gating(each.metric, policy)
        and each.spread_ratio is not None
        and (each.shift_ratio or 0.0) > allowed[each.metric]
    ]
    if not wide:
        return []
    worst = max(wide, key=lambda each: (each.shift_ratio or 0.0) / allowed[each.metric])
    return [
        Reason(
            code="baseline_too_wide",
            text=f"{len(wide)} of {len(metrics)} metrics are too wide to pass by, the worst "
            f"{endpoint_name(worst.metric.endpoint)} {worst.metric.statistic}: a change under "
            f"{worst.shift_ratio:.0%} could go unseen, at most {allowed[worst.metric]:.0%} may",
            remedy="add runs, on a quieter machine if there is one; until then perfgate compare BASE HEAD",
        )
    ]


def _too_few(runs: int) -> Reason:
    return Reason(
        code="too_few_runs",
        text=f"{runs} run{'' if runs == 1 else 's'}: {MIN_RUNS - runs} more before it may judge alone "
        f"({USEFUL_RUNS} are better)",
        remedy=f"perfgate baseline update --runs {MIN_RUNS - runs} --reason TEXT; "
        "until then every check measures its commit side by side",
    )


def _one_day(runs: int) -> Reason:
    return Reason(
        code="one_day",
        text=f"all {runs} runs are of one day, so how far days differ is not in their spread: "
        "expect more alarms than promised on other days",
        remedy="add runs on other days: perfgate baseline update --runs 1 --reason TEXT",
    )


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
