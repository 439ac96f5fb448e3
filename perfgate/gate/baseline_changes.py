"""What an update of a baseline accepts: the level of every metric before and after."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.effects import sign
from perfgate.gate.predict import ALARM_RATE, predict
from perfgate.model import Accepted, LevelChange

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.model import Metric

Levels = Mapping["Metric", Sequence[float]]


def level_changes(before: Levels, after: Levels, policy: Policy) -> tuple[LevelChange, ...]:
    """Every metric of the earlier runs or of those added, with the mean levels of both.

    A level has shifted where the mean of the runs added lies beyond the two-sided 99 % prediction interval
    (over all metrics) of one more earlier run. That asks more than a test of the two means would: runs that
    follow each other share their hour, so that their mean varies as much as one run does.
    """
    both = [metric for metric in before if metric in after and metric.statistic != "errors"]
    alpha = ALARM_RATE / 2 / max(1, len(both))
    metrics = sorted({*before, *after})
    return tuple(_change(m, before.get(m, ()), after.get(m, ()), policy, alpha) for m in metrics)


def accepted(changes: Sequence[LevelChange]) -> tuple[Accepted, ...]:
    """What the reviewer of an update is asked to accept: what got worse or is not measured any more."""
    return tuple(
        Accepted(
            endpoint=change.metric.endpoint,
            statistic=change.metric.statistic,
            before=change.before,
            after=change.after,
        )
        for change in changes
        if change.before is not None and (change.after is None or change.is_worse)
    )


def _change(
    metric: Metric, before: Sequence[float], after: Sequence[float], policy: Policy, alpha: float
) -> LevelChange:
    is_errors = metric.statistic == "errors"
    first, second = mean_level(before, is_errors=is_errors), mean_level(after, is_errors=is_errors)
    if first is None or second is None:
        return LevelChange(
            metric=metric, before=first, after=second, change=None, is_worse=False, is_shift=False
        )
    change = second - first if is_errors else second / first - 1
    tolerance = policy.tolerance_of(metric)
    shifts = abs(change) >= tolerance and (is_errors or _is_beyond(second, before, policy, alpha))
    return LevelChange(
        metric=metric,
        before=first,
        after=second,
        change=change,
        is_worse=change * sign(metric) >= tolerance,
        is_shift=shifts,
    )


def _is_beyond(level: float, before: Sequence[float], policy: Policy, alpha: float) -> bool:
    predicted = predict(before, alpha, policy)
    return abs(math.log(level) - predicted.expected) > predicted.limit - predicted.expected


def mean_level(levels: Sequence[float], *, is_errors: bool) -> float | None:
    """The level over several runs: geometric for times, plain for error ratios; None for no run."""
    if not levels:
        return None
    return float(np.mean(levels)) if is_errors else math.exp(float(np.log(levels).mean()))
