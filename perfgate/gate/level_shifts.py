"""Where the level of a series of runs changed for good: those before it are a yardstick no more."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfgate.stats.changepoints import INSTALL, MAX_P, change_points, is_available

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.model import Metric

from perfgate.model import Reason

MIN_SEGMENT = 3
"""So many runs make a level; fewer that stand apart are outliers."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A run as one point of a series: which commit, when, and its levels."""

    sha: str
    recorded_at: str
    levels: Mapping[Metric, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelShift:
    """The run where a metric's level became another one, and the two levels."""

    metric: Metric
    since: Moment
    before: float
    after: float
    change: float


def level_shifts(series: Sequence[Moment], policy: Policy) -> tuple[LevelShift, ...]:
    """The newest change point of each metric that is larger than its tolerance, the largest change first.

    Of a p of `MAX_P` over all metrics together (Bonferroni), and with `MIN_SEGMENT` runs on either side.
    Errors are left out: mostly there are none, and a level of nothing has no relative change. Nothing is
    found without the optional library; ask `without_change_points`.

    Args:
        series: the runs in order of time.
        policy: whose tolerance is the least change that counts.
    """
    if not is_available():
        return ()
    metrics = sorted({m for moment in series for m in moment.levels if m.statistic != "errors"})
    found = [shift for metric in metrics for shift in _newest(metric, series, policy, MAX_P / len(metrics))]
    return tuple(sorted(found, key=lambda shift: -abs(np.log(shift.after / shift.before))))


def without_change_points() -> Reason | None:
    """What a reader has to know where change points could not be looked for; None where they can."""
    if is_available():
        return None
    return Reason(
        code="change_points_not_checked",
        text="whether the level changed since the baseline was recorded was not checked: Apache Otava is not "
        "installed",
        remedy=INSTALL,
    )


def _newest(metric: Metric, series: Sequence[Moment], policy: Policy, max_p: float) -> list[LevelShift]:
    measured = [moment for moment in series if metric in moment.levels]
    values = np.array([moment.levels[metric] for moment in measured])
    points = change_points(values, max_p=max_p, min_magnitude=policy.tolerance_of(metric))
    bounds = [0, *(point.index for point in points), len(measured)]
    lasting = [
        point
        for number, point in enumerate(points, 1)
        if min(bounds[number] - bounds[number - 1], bounds[number + 1] - bounds[number]) >= MIN_SEGMENT
    ]
    return [
        LevelShift(
            metric=metric,
            since=measured[point.index],
            before=point.before,
            after=point.after,
            change=point.change,
        )
        for point in lasting[-1:]
    ]
