"""One number per metric for a whole run: what a stored baseline keeps, and what it is compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.table import Pair, build_table
from perfgate.model import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfgate.gate.policy import Policy
    from perfgate.model import Result


def run_levels(result: Result, policy: Policy) -> Mapping[Metric, float]:
    """The level of every measured metric over the valid screening rounds of one run.

    Geometric means over rounds for times (they vary by ratios), plain means for error ratios. Confirmation
    rounds ran another mix of requests and are left out.
    """
    rounds = [r for r in result.rounds if r.stage == "screen" and not r.dropped_because]
    table = build_table([Pair(base=r, head=r) for r in rounds], policy)
    levels = {}
    for column, metric in enumerate(table.metrics):
        values = table.head[:, column]
        values = values[np.isfinite(values)]
        if not values.size:
            continue
        is_errors = metric.statistic == "errors"
        levels[metric] = float(values.mean()) if is_errors else math.exp(float(np.log(values).mean()))
    return levels
