"""Means over endpoints of stored runs, taken over the same endpoints on both sides.

What enters a mean depends on the policy, and that may have changed since a baseline was recorded.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from perfgate.gate.table import enters_mean
from perfgate.model import ALL_ENDPOINTS, QUANTILES, Metric

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy

Runs = Mapping[Metric, Sequence[float]]
Levels = Mapping[Metric, float]


def with_same_means(base: Runs, head: Levels, policy: Policy) -> tuple[Runs, Levels]:
    """Both sides with every mean that is not over the same endpoints taken anew, or left out.

    The geometric mean of a run is that of its endpoints' levels, so it can be had from them again.
    """
    runs, levels = dict(base), dict(head)
    for statistic in QUANTILES:
        mean = Metric(endpoint=ALL_ENDPOINTS, statistic=statistic)
        before, after = (_single(side, mean) for side in (base, head))
        entering = [metric for metric in before if metric in after and enters_mean(metric, mean, policy)]
        if mean not in base or before == after == entering:
            continue
        runs.pop(mean, None)
        levels.pop(mean, None)
        count = len(base[mean])
        if len(entering) >= 2 and all(len(base[metric]) == count for metric in entering):
            runs[mean] = [_geometric([base[metric][run] for metric in entering]) for run in range(count)]
            levels[mean] = _geometric([head[metric] for metric in entering])
    return runs, levels


def _single(side: Mapping[Metric, object], mean: Metric) -> list[Metric]:
    return sorted(m for m in side if m.statistic == mean.statistic and m.endpoint != ALL_ENDPOINTS)


def _geometric(values: Sequence[float]) -> float:
    return math.exp(sum(map(math.log, values)) / len(values))
