"""Baselines of runs with levels of one's choice."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta

import numpy as np
from gate_results import make_pair

from perfgate.gate.levels import run_levels
from perfgate.gate.policy import Policy
from perfgate.model import Baseline, BaselineRun, BaselineValue, Metric, Result

P50 = Metric(endpoint="GET /items", statistic="p50")
ERRORS = Metric(endpoint="GET /items", statistic="errors")
BEGIN = datetime(2026, 1, 1, 12, tzinfo=UTC)
NOW = datetime(2026, 2, 1, tzinfo=UTC)


def day(number: int) -> str:
    return (BEGIN + timedelta(days=number)).strftime("%Y-%m-%dT%H:%M:%SZ")


def ordinary(count: int, *, sd: float = 0.02, level: float = 1e6, seed: int = 1) -> list[float]:
    return (level * np.exp(np.random.default_rng(seed).normal(0, sd, count))).tolist()


def baseline_of(
    levels: Mapping[Metric, Sequence[float]],
    *,
    speeds: Sequence[int | None] = (),
    days: Sequence[str] = (),
    like: Result | None = None,
) -> Baseline:
    """One run for each level, a day apart, under the conditions of a result."""
    result = like or make_pair()[1]
    count = len(next(iter(levels.values())))
    return Baseline(
        schema_version=2,
        workload_name=result.workload_name,
        workload_digest=result.workload_digest,
        latency_definition=result.latency_definition,
        load_model=result.load_model,
        environment=result.environment,
        runs=tuple(
            BaselineRun(
                sha=f"{number:040x}",
                recorded_at=days[number] if days else day(number),
                author="Zoë",
                reason="first",
                clock_source=result.clock_source,
                requests=1000,
                calibration_ns=speeds[number] if speeds else None,
                values=tuple(
                    BaselineValue(endpoint=m.endpoint, statistic=m.statistic, value=values[number])
                    for m, values in levels.items()
                ),
            )
            for number in range(count)
        ),
    )


def like(result: Result, *, runs: int = 12, sd: float = 0.01) -> Baseline:
    """A baseline of runs about the levels of a result."""
    rng = np.random.default_rng(4)
    levels = {
        metric: [level * float(np.exp(rng.normal(0, sd))) for _ in range(runs)]
        for metric, level in run_levels(result, Policy()).items()
    }
    return baseline_of(levels, like=result)
