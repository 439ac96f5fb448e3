"""The figures of one result for an export: the gate's levels, with intervals over rounds."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfgate.interchange.figures import Exported, Figure
    from perfgate.model import Metric, Reason, Result

CONFIDENCE = 0.95


def exported(result: Result) -> tuple[Exported, tuple[Reason, ...]]:
    """What the writers need of a result, and which metrics have too little data for a level, with why."""
    from perfgate.gate.policy import Policy
    from perfgate.gate.table import Pair, build_table
    from perfgate.interchange.figures import UNITS, Exported, valid_rounds

    table = build_table([Pair(base=r, head=r) for r in valid_rounds(result)], Policy())
    found = (
        _figure(metric, table.head[:, column])
        for column, metric in enumerate(table.metrics)
        if metric.statistic in UNITS
    )
    figures = tuple(figure for figure in found if figure is not None)
    content = Exported(result=result, figures=figures, max_ns=_largest_ns(result))
    return content, tuple(reason for _, reason in table.unmeasured)


def _figure(metric: Metric, values: NDArray[np.float64]) -> Figure | None:
    """The geometric mean over rounds (of error ratios the plain one) with its t interval."""
    import numpy as np

    from perfgate.interchange.figures import Figure

    values = values[np.isfinite(values)]
    is_errors = metric.statistic == "errors"
    if not values.size or (not is_errors and (values <= 0).any()):
        return None
    scale = values if is_errors else np.log(values)
    middle, low, high = float(scale.mean()), None, None
    if len(scale) > 1:
        from scipy.stats import t

        half = float(t.ppf(0.5 + CONFIDENCE / 2, len(scale) - 1) * scale.std(ddof=1) / math.sqrt(len(scale)))
        low, high = middle - half, middle + half
    if is_errors:
        bounds = [None if bound is None else min(max(bound, 0.0), 1.0) for bound in (low, high)]
        return Figure(metric=metric, value=middle, low=bounds[0], high=bounds[1], rounds=len(scale))
    return Figure(
        metric=metric,
        value=math.exp(middle),
        low=None if low is None else math.exp(low),
        high=None if high is None else math.exp(high),
        rounds=len(scale),
    )


def _largest_ns(result: Result) -> dict[tuple[int, str], int]:
    from perfgate.store.histogram import decode

    return {
        (each.index, endpoint.endpoint): decode(endpoint.histogram).percentile(100)
        for each in result.rounds
        for endpoint in each.endpoints
        if endpoint.histogram
    }
