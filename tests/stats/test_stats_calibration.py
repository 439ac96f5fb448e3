"""Allowing for the machine's speed: used only where it helps, and alarming as rarely as without it."""

import math

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.calibration import MIN_GAIN, learn, shrunk_slope
from perfgate.stats.prediction import prediction_limit

rows = arrays(np.float64, (2, 12), elements=st.floats(-0.2, 0.2).map(lambda x: round(x, 9)))


def simulate(*, correlation: float, alpha: float, runs: int = 10, times: int = 2000) -> tuple[float, float]:
    """How often the calibration is used, and how often an unchanged run alarms."""
    rng = np.random.default_rng(round(100 * correlation) + runs)
    used = alarms = 0
    for _ in range(times):
        speed = rng.normal(0, 0.05, runs + 1)
        level = 0.7 * (correlation * speed + math.sqrt(1 - correlation**2) * rng.normal(0, 0.05, runs + 1))
        learned = learn(level[:runs], speed[:runs], alpha)
        used += learned is not None
        limit = learned.limit(speed[runs], alpha) if learned else prediction_limit(level[:runs], alpha)
        alarms += level[runs] > limit
    return used / times, alarms / times


@pytest.mark.parametrize("runs", [10, 20])
def test_an_unrelated_calibration_is_hardly_ever_used(runs: int) -> None:
    used, alarms = simulate(correlation=0.0, alpha=0.05, runs=runs)
    assert used < 0.02
    assert alarms == pytest.approx(0.05, abs=4 * math.sqrt(0.05 / 2000))


@pytest.mark.parametrize(("correlation", "most"), [(0.5, 0.065), (0.8, 0.075), (0.95, 0.065)])
def test_a_related_one_keeps_the_alarm_rate_near_nominal(correlation: float, most: float) -> None:
    """Choosing it by the same runs costs a little where it helps only sometimes."""
    used, alarms = simulate(correlation=correlation, alpha=0.05)
    assert used > (0.95 if correlation > 0.9 else 0.1)
    assert 0.035 < alarms < most


def test_a_strong_relation_narrows_the_prediction() -> None:
    rng = np.random.default_rng(2)
    speed = rng.normal(0, 0.05, 12)
    level = 0.8 * speed + rng.normal(0, 0.005, 12)
    learned = learn(level, speed, 0.01)
    assert learned is not None
    assert learned.gain > 0.6
    assert learned.slope == pytest.approx(0.8, abs=0.1)
    plain = prediction_limit(level, 0.01) - level.mean()
    assert learned.limit(0.0, 0.01) - learned.expected(0.0) < 0.4 * plain
    assert learned.expected(0.1) == pytest.approx(0.08, abs=0.02)
    assert learned.detectable_shift(0.0, 0.01, 0.8) < learned.detectable_shift(0.3, 0.01, 0.8)


@given(rows, st.floats(0.01, 100), st.floats(0.01, 100))
def test_units_change_nothing(values: np.ndarray, level_unit: float, speed_unit: float) -> None:
    levels, speeds = values
    assume(np.ptp(levels) > 1e-3 and np.ptp(speeds) > 1e-3)
    learned = learn(levels, speeds, 0.01)
    again = learn(levels + math.log(level_unit), speeds + math.log(speed_unit), 0.01)
    if learned is None or abs(learned.gain - MIN_GAIN) < 1e-6:
        return
    assert again is not None
    limit = learned.limit(float(speeds[0]), 0.01)
    moved = again.limit(float(speeds[0]) + math.log(speed_unit), 0.01)
    assert moved == pytest.approx(limit + math.log(level_unit), abs=1e-6)


@given(rows)
def test_a_slope_is_never_negative_nor_larger_than_that_of_least_squares(values: np.ndarray) -> None:
    levels, speeds = values
    assume(np.ptp(speeds) > 1e-3)
    slope = shrunk_slope(levels, speeds)
    assert 0 <= slope <= max(0.0, float(np.polyfit(speeds, levels, 1)[0])) + 1e-9


@given(rows)
def test_whenever_it_is_used_it_helps(values: np.ndarray) -> None:
    learned = learn(values[0], values[1], 0.01)
    assert learned is None or learned.gain >= MIN_GAIN


def test_without_anything_to_learn_from_it_is_not_used() -> None:
    levels = np.random.default_rng(0).normal(0, 0.02, 12)
    assert learn(levels, np.full(12, 14.5), 0.01) is None
    assert learn(levels, -levels, 0.01) is None
    assert learn(levels[:3], levels[:3], 0.01) is None
    with pytest.raises(ValueError, match="for every run"):
        learn(levels, levels[:5], 0.01)
    with pytest.raises(ValueError, match="finite"):
        learn(levels, np.full(12, np.nan), 0.01)
