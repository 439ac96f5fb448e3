"""Sizes, changes and what the test sees of them, for metrics that get worse upwards and downwards."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.effects import change_of, d_of, differences, interval_of, size_of
from perfgate.model import STATISTICS, Metric, Statistic
from perfgate.stats.interval import Estimate

METRICS = [Metric(endpoint="*", statistic=statistic) for statistic in STATISTICS]
metrics = st.sampled_from(METRICS)
THROUGHPUT = Metric(endpoint="*", statistic="throughput")
values = st.floats(0.001, 1e6)


@given(metrics, st.floats(0, 0.99))
def test_a_size_and_its_d_say_the_same(metric: Metric, size: float) -> None:
    d = d_of(metric, size)
    assert d >= 0
    assert size_of(metric, d) == pytest.approx(size, abs=1e-12)
    assert abs(change_of(metric, d)) == pytest.approx(size, abs=1e-12)


@given(metrics, values, values)
def test_swapping_the_sides_mirrors_what_the_test_sees(metric: Metric, one: float, other: float) -> None:
    base, head = np.array([one]), np.array([other])
    forth, back = differences(metric, base, head), differences(metric, head, base)
    assert forth == pytest.approx(-back, abs=1e-9)


@given(metrics, values, values)
def test_the_change_is_the_one_people_would_compute(metric: Metric, one: float, other: float) -> None:
    [d] = differences(metric, np.array([one]), np.array([other]))
    expected = other - one if metric.is_difference else other / one - 1
    assert change_of(metric, d) == pytest.approx(expected, rel=1e-6, abs=1e-9)
    assert (d > 0) == ((other < one) if metric.better == "higher" else (other > one))


def test_less_throughput_is_worse_and_said_with_a_minus() -> None:
    assert change_of(THROUGHPUT, d_of(THROUGHPUT, 0.061)) == pytest.approx(-0.061)
    low, high = interval_of(THROUGHPUT, Estimate(center=0.06, low=0.04, high=0.08))
    assert low < change_of(THROUGHPUT, 0.06) < high < 0
    assert math.isinf(d_of(THROUGHPUT, 1.0))
    assert math.isinf(d_of(THROUGHPUT, math.inf))


@pytest.mark.parametrize("statistic", ["p50", "throughput", "memory"])
def test_an_open_interval_stays_open_on_both_ends(statistic: Statistic) -> None:
    metric = Metric(endpoint="*", statistic=statistic)
    opened = Estimate(center=0.1, low=-math.inf, high=math.inf)
    assert interval_of(metric, opened) == (-math.inf, math.inf)


def test_a_side_that_is_zero_has_no_ratio_but_a_difference() -> None:
    zero, one = np.array([0.0]), np.array([1.0])
    assert np.isnan(differences(THROUGHPUT, zero, one)).all()
    assert np.isnan(differences(THROUGHPUT, one, zero)).all()
    assert differences(Metric(endpoint="*", statistic="memory"), zero, one) == 1.0
