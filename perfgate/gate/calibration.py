"""Runs whose truth is known (nothing changed, or a delay was injected), and what they say of the gate."""

from __future__ import annotations

import math
import statistics
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.effects import sign
from perfgate.gate.screen import flagged_metrics, run_test
from perfgate.gate.table import build_table, paired_rounds
from perfgate.model import (
    ALL_ENDPOINTS,
    BOUND_CONFIDENCE,
    QUANTILES,
    CalibratedMetric,
    Calibration,
    CalibrationRow,
    CalibrationRun,
    Injected,
    Metric,
    Outcome,
)
from perfgate.stats.binomial import lower_bound, runs_to_show, upper_bound

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.model import Comparison, Result, Verdict


def run_of(
    number: int, verdict: Verdict, results: tuple[Result, Result], policy: Policy, injected: Injected | None
) -> CalibrationRun:
    """What a calibration keeps of one run: its verdict, and the noise of each metric."""
    base, head = results
    pairs = paired_rounds(base, head, "screen")
    spreads: dict[Metric, float | None] = {}
    flagged: frozenset[Metric] = frozenset()
    if len(pairs) >= 2:
        screened = run_test(build_table(pairs, policy), policy, head.seed)
        spreads = {m: _spread(screened.table.d[:, i]) for i, m in enumerate(screened.table.metrics)}
        flagged = frozenset(flagged_metrics(screened, pairs, policy))
    rows = tuple(
        _row(row, spreads.get(row.metric), row.metric in flagged, injected) for row in verdict.comparisons
    )
    # A delay that made requests time out would be found as errors, which is not what was injected.
    regressed = {row.metric.statistic for row in rows if row.outcome is Outcome.REGRESSED}
    is_red = verdict.outcome is Outcome.REGRESSED and (injected is None or bool(regressed & {*QUANTILES}))
    return CalibrationRun(
        number=number,
        outcome=verdict.outcome,
        is_red=is_red,
        seconds=verdict.elapsed_s,
        rounds_measured=verdict.rounds_measured,
        rounds_dropped=verdict.rounds_dropped,
        rows=rows,
    )


def worst_row(run: CalibrationRun) -> CalibrationRow | None:
    """The metric that looked worst: what regressed first, then the smallest p."""
    candidates = [row for row in run.rows if row.p_adjusted is not None]
    return min(
        candidates,
        key=lambda row: (row.outcome is not Outcome.REGRESSED, row.p_adjusted, -_tolerances_worse(row)),
        default=None,
    )


def _tolerances_worse(row: CalibrationRow) -> float:
    return (row.change or 0.0) * sign(row.metric) / max(row.tolerance, 1e-9)


def summarise(runs: Sequence[CalibrationRun], *, asked: int, injected: Injected | None) -> Calibration:
    """All runs together; `asked` is how many were to be.

    Raises:
        ValueError: there is no run to speak of.
    """
    if not runs:
        raise ValueError("no run has ended, so there is nothing to summarise")
    judged = [run for run in runs if run.outcome is not Outcome.INVALID]
    red = sum(run.is_red for run in judged)
    return Calibration(
        injected=injected,
        asked=asked,
        runs=tuple(runs),
        outcomes=Counter(run.outcome for run in runs),
        judged=len(judged),
        red=red,
        lower=lower_bound(red, len(judged), BOUND_CONFIDENCE) if judged else 0.0,
        upper=upper_bound(red, len(judged), BOUND_CONFIDENCE) if judged else 1.0,
        runs_for_one_percent=runs_to_show(0.01, BOUND_CONFIDENCE),
        seconds=statistics.median(run.seconds for run in runs),
        metrics=_metrics(judged),
    )


def _metrics(runs: Sequence[CalibrationRun]) -> tuple[CalibratedMetric, ...]:
    found: dict[Metric, list[CalibrationRow]] = {}
    for run in runs:
        for row in run.rows:
            found.setdefault(row.metric, []).append(row)
    return tuple(_metric(metric, found[metric]) for metric in sorted(found))


def _metric(metric: Metric, rows: Sequence[CalibrationRow]) -> CalibratedMetric:
    spreads = [row.round_sd for row in rows if row.round_sd is not None]
    covered = [row.is_covered for row in rows if row.is_covered is not None]
    return CalibratedMetric(
        metric=metric,
        runs=len(rows),
        round_sd=math.sqrt(statistics.fmean(s**2 for s in spreads)) if spreads else None,
        mde=_median(row.mde for row in rows),
        tolerance=rows[-1].tolerance,
        requirement=rows[-1].requirement,
        met=sum(row.mde is not None and row.mde <= row.requirement for row in rows),
        flagged=sum(row.is_flagged for row in rows),
        red=sum(row.outcome is Outcome.REGRESSED for row in rows),
        change=_median(row.change for row in rows),
        low=_median(row.low for row in rows),
        high=_median(row.high for row in rows),
        injected=_median(row.injected for row in rows),
        covered=sum(covered),
        coverable=len(covered),
    )


def _row(
    row: Comparison, spread: float | None, is_flagged: bool, injected: Injected | None
) -> CalibrationRow:
    return CalibrationRow(
        metric=row.metric,
        outcome=row.outcome,
        is_flagged=is_flagged,
        round_sd=spread,
        change=row.change,
        low=row.low,
        high=row.high,
        p_adjusted=row.p_adjusted,
        mde=row.mde,
        tolerance=row.tolerance,
        requirement=row.requirement,
        injected=_true_change(row, injected),
    )


def _true_change(row: Comparison, injected: Injected | None) -> float | None:
    """What the injection makes of a metric, where that follows from it.

    The same delay of every answer moves every quantile by just that. A share of the service's own time
    does not: the way to and from the service, which is part of what is measured, does not grow with it.
    """
    is_quantile = row.metric.statistic in QUANTILES and row.metric.endpoint != ALL_ENDPOINTS
    if injected is None or injected.is_tail_only or injected.ratio or not is_quantile or not row.base:
        return None
    return injected.fixed_ns / row.base


def _spread(d: np.ndarray[tuple[int, ...], np.dtype[np.float64]]) -> float | None:
    measured = d[np.isfinite(d)]
    return float(measured.std(ddof=1)) if measured.size >= 2 else None


def _median(values: Iterable[float | None]) -> float | None:
    present = [value for value in values if value is not None]
    return statistics.median(present) if present else None
