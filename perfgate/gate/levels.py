"""One number per metric for a whole run: what a stored baseline keeps, and what it is compared with."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from perfgate.errors import UsageError
from perfgate.gate.table import Pair, Table, build_table
from perfgate.model import Metric

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from perfgate.gate.policy import Policy
    from perfgate.model import Baseline, BaselineRun, Result


def run_levels(result: Result, policy: Policy) -> Mapping[Metric, float]:
    """The level of every measured metric over the valid screening rounds of one run.

    Geometric means over rounds for times and throughput (they vary by ratios), plain means for error ratios.
    Confirmation rounds ran another mix of requests and are left out. So is memory: growth is judged against
    that of a base beside it, for a service that leaks nothing may well grow at first.
    """
    table = _table(result, policy)
    levels = {}
    for column, metric in enumerate(table.metrics):
        if metric.statistic == "memory":
            continue
        values = table.head[:, column]
        values = values[np.isfinite(values)]
        if not values.size:
            continue
        is_errors = metric.statistic == "errors"
        levels[metric] = float(values.mean()) if is_errors else math.exp(float(np.log(values).mean()))
    return levels


def runs_of(result: Result, policy: Policy) -> tuple[Mapping[Metric, float], ...]:
    """The levels of every run that a result holds: itself, or each round of an imported one.

    What is imported is whole runs of another tool, so their spread is that between runs.
    """
    levels = run_levels(result, policy)
    if not result.is_imported:
        return (levels,)
    table = _table(result, policy)
    columns = [(table.metrics.index(metric), metric) for metric in levels]
    return tuple(
        {metric: float(row[column]) for column, metric in columns if np.isfinite(row[column])}
        for row in table.head
    )


def _table(result: Result, policy: Policy) -> Table:
    rounds = [r for r in result.rounds if r.stage == "screen" and not r.dropped_because]
    return build_table([Pair(base=r, head=r) for r in rounds], policy)


def baseline_levels(runs: Sequence[BaselineRun]) -> Mapping[Metric, Sequence[float]]:
    """Every metric of a baseline's runs with its level in each of them that measured it.

    Raises:
        UsageError: a time that is not above 0.
    """
    levels: dict[Metric, list[float]] = {}
    for run in runs:
        for metric, level in _values(run).items():
            levels.setdefault(metric, []).append(level)
    return levels


def baseline_speeds(baseline: Baseline) -> Mapping[Metric, Sequence[int | None]]:
    """The calibrations of the runs that measured each metric, in the order of `baseline_levels`."""
    speeds: dict[Metric, list[int | None]] = {}
    for run in baseline.runs:
        for metric in _values(run):
            speeds.setdefault(metric, []).append(run.calibration_ns)
    return speeds


def _values(run: BaselineRun) -> Mapping[Metric, float]:
    for value in run.values:
        if value.value <= 0 and value.statistic != "errors":
            raise UsageError(
                f"the baseline's run of {run.recorded_at} says that {value.endpoint!r} "
                f"{value.statistic} took no time at all",
                "restore the file from git, or record it anew with --reset",
            )
    return {Metric(endpoint=v.endpoint, statistic=v.statistic): v.value for v in run.values}
