"""A level that changed for good, told from ordinary runs and from single odd ones."""

import numpy as np
import pytest
from gate_baselines import P50

from perfgate.gate.level_shifts import Moment, level_shifts
from perfgate.gate.policy import Policy
from perfgate.model import Metric


def series(*levels: float, metric: Metric = P50) -> list[Moment]:
    return [
        Moment(sha=f"{n:040x}", recorded_at=f"day {n}", levels={metric: level})
        for n, level in enumerate(levels)
    ]


def around(level: float, count: int, seed: int = 1) -> list[float]:
    return (level * np.exp(np.random.default_rng(seed).normal(0, 0.01, count))).tolist()


def test_the_run_where_it_changed_is_named() -> None:
    (shift,) = level_shifts(series(*around(1e6, 8), *around(1.2e6, 5, 2)), Policy())
    assert shift.metric == P50
    assert shift.since.recorded_at == "day 8"
    assert shift.change == pytest.approx(0.2, abs=0.02)


def test_the_newest_change_counts_and_the_largest_comes_first() -> None:
    other = Metric(endpoint="GET /other", statistic="p95")
    small = series(*around(1e6, 6), *around(1.5e6, 6, 2), *around(2.2e6, 6, 3))
    large = series(*around(1e6, 9, 4), *around(5e6, 9, 5), metric=other)
    both = [
        Moment(sha=a.sha, recorded_at=a.recorded_at, levels={**a.levels, **b.levels})
        for a, b in zip(small, large, strict=True)
    ]
    assert [(s.metric, s.since.recorded_at) for s in level_shifts(both, Policy())] == [
        (other, "day 9"),
        (P50, "day 12"),
    ]


@pytest.mark.parametrize("place", [0, 5, 12])
def test_one_odd_run_is_no_level(place: int) -> None:
    levels = around(1e6, 13)
    levels[place] *= 1.5
    assert level_shifts(series(*levels), Policy()) == ()


def test_a_change_within_the_tolerance_is_none() -> None:
    levels = [*around(1e6, 10), *around(1.06e6, 10, 2)]
    assert level_shifts(series(*levels), Policy())
    assert level_shifts(series(*levels), Policy(tolerance={"p50": 0.10})) == ()


def test_ordinary_runs_show_one_rarely() -> None:
    rng = np.random.default_rng(6)
    found = sum(bool(level_shifts(series(*np.exp(rng.normal(0, 0.03, 20))), Policy())) for _ in range(150))
    assert found <= 6


def test_nothing_measured_is_nothing_found() -> None:
    assert level_shifts([], Policy()) == ()
    errors = Metric(endpoint="GET /items", statistic="errors")
    assert level_shifts(series(*[0.0] * 8, *[0.5] * 8, metric=errors), Policy()) == ()
