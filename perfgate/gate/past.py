"""What became of one metric: its levels, the steps between them, and the creep since the last one."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.effects import change_of, d_of, sign
from perfgate.model import Metric, Past, Rise, Step
from perfgate.stats import changepoints, creep

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.gate.policy import Policy


def past_of(
    metric: Metric, values: Sequence[float | None], policy: Policy, *, max_p: float, alpha: float
) -> Past:
    """A metric's past from its value at each commit, None where it was not measured.

    Args:
        metric: whose values these are.
        values: in order of commits, in the metric's unit; at least one is not None.
        policy: states the tolerance that creep has to exceed.
        max_p: for the change points, of which there are none where the library is missing.
        alpha: for creep.
    """
    places = [place for place, value in enumerate(values) if value is not None]
    numbers = np.array([value for value in values if value is not None], dtype=np.float64)
    is_errors = metric.statistic == "errors"
    tolerance = policy.tolerance[metric.statistic]
    points = changepoints.change_points(numbers, max_p=max_p) if changepoints.is_available() else ()
    if is_errors:  # of an error ratio that is mostly 0 every blip is significant
        points = tuple(point for point in points if abs(point.after - point.before) >= tolerance)
    # Creep is looked for where it is worse, which of throughput is downwards.
    scale = numbers if is_errors else np.asarray(sign(metric) * np.log(numbers), dtype=np.float64)
    limit = d_of(metric, tolerance)
    starts = [point.index for point in points]
    found = creep.find_creep(scale, tolerance=limit, alpha=alpha, steps=starts)
    if found is not None:
        starts = list(creep.real_steps(scale, starts))
    steps = _steps(numbers, starts, {point.index: point.p for point in points}, is_errors=is_errors)
    against: list[float | None] = [None] * len(values)
    for place, value in zip(places, _against_before(numbers, starts, is_errors=is_errors), strict=True):
        against[place] = value
    return Past(
        metric=metric,
        values=tuple(values),
        changes=tuple(against),
        level=float(numbers[max(starts[-1] if starts else 0, found.last if found else 0) :].mean()),
        steps=tuple(
            Step(commit=places[s.commit], before=s.before, after=s.after, change=s.change, p=s.p)
            for s in steps
        ),
        creep=None
        if found is None
        else Rise(
            first=places[found.first],
            last=places[found.last],
            change=change_of(metric, found.rise),
            p=found.p,
        ),
    )


def _steps(
    numbers: NDArray[np.float64], starts: Sequence[int], p: Mapping[int, float], *, is_errors: bool
) -> list[Step]:
    edges = [0, *starts, numbers.size]
    means = [float(numbers[low:high].mean()) for low, high in pairwise(edges)]
    return [
        Step(
            commit=start,
            before=before,
            after=after,
            change=_change(before, after, is_errors=is_errors),
            p=p[start],
        )
        for start, before, after in zip(starts, means, means[1:], strict=False)
    ]


def _against_before(
    numbers: NDArray[np.float64], starts: Sequence[int], *, is_errors: bool
) -> list[float | None]:
    """Each value against the mean of those before it since the last step, a step against the whole level."""
    changes: list[float | None] = []
    level_start = 0
    for place, value in enumerate(numbers):
        before = numbers[level_start:place]
        changes.append(
            _change(float(before.mean()), float(value), is_errors=is_errors) if before.size else None
        )
        if place in starts:
            level_start = place
    return changes


def _change(before: float, after: float, *, is_errors: bool) -> float | None:
    if is_errors:
        return after - before
    return after / before - 1 if before else None
