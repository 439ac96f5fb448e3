"""Creep is found where a level rises bit by bit, hardly ever where nothing or a single step happened."""

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.stats.changepoints import change_points
from perfgate.stats.creep import Creep, find_creep, real_steps

TOLERANCE = math.log(1.03)
few_examples = settings(max_examples=30, deadline=None)


def steps_of(logs, max_p=0.001):
    return [point.index for point in change_points(np.exp(logs), max_p=max_p)]


def creep_of(logs, alpha=0.01, tolerance=TOLERANCE):
    return find_creep(logs, tolerance=tolerance, alpha=alpha, steps=steps_of(logs))


def ramp(size, first, last, each=0.01):
    """Logarithms of a level that rises by `each` from one commit to the next between two of them."""
    return math.log1p(each) * np.clip(np.arange(size) - first, 0, last - first)


def share(make, simulations=300, **options):
    rng = np.random.default_rng(7)
    return sum(creep_of(make(rng), **options) is not None for _ in range(simulations)) / simulations


@pytest.mark.parametrize("size", [8, 20])
def test_independent_noise_is_hardly_ever_creep(size):
    assert share(lambda rng: rng.normal(0, 0.05, size), simulations=600) <= 0.01


def test_a_random_effect_of_each_restart_with_heavy_tails_is_hardly_ever_creep():
    assert share(lambda rng: 0.03 * rng.standard_t(3, 15), simulations=600) <= 0.01


def test_a_single_step_is_rarely_called_creep():
    step = 0.05 * (np.arange(20) >= 9)
    assert share(lambda rng: step + rng.normal(0, 0.01, 20)) <= 0.08


def test_one_percent_a_commit_over_ten_commits_is_found():
    found = share(lambda rng: ramp(11, 0, 10) + rng.normal(0, 0.01, 11), alpha=0.01 / 15)
    assert found >= 0.9


def test_a_rise_at_the_end_of_a_long_level_is_found():
    found = share(lambda rng: ramp(30, 19, 29) + rng.normal(0, 0.01, 30), simulations=100, alpha=0.01 / 15)
    assert found >= 0.8


def test_the_range_and_the_size_are_those_of_the_rise():
    noise = np.random.default_rng(1).normal(0, 0.003, 25)
    creep = creep_of(ramp(25, 6, 16) + noise)
    assert creep is not None
    assert (creep.first, creep.last) == pytest.approx((6, 16), abs=2)
    assert creep.rise == pytest.approx(10 * math.log(1.01), abs=0.01)
    assert creep.p < 0.01


def test_a_rise_after_a_step_counts_from_the_step():
    noise = np.random.default_rng(2).normal(0, 0.003, 32)
    logs = ramp(32, 20, 31) + noise - 0.5 * (np.arange(32) >= 12)
    creep = creep_of(logs)
    assert creep is not None
    assert creep.first >= 18
    assert 12 in real_steps(logs, steps_of(logs))


def test_a_rise_within_tolerance_is_none():
    noise = np.random.default_rng(1).normal(0, 0.002, 25)
    assert creep_of(ramp(25, 6, 16) + noise) is not None
    assert creep_of(ramp(25, 6, 16) + noise, tolerance=0.15) is None


def test_a_rise_that_is_intolerable_at_every_commit_is_no_creep():
    assert creep_of(ramp(12, 0, 11, each=0.05)) is None
    assert creep_of(ramp(12, 0, 11, each=0.02)) is not None


def test_a_step_that_nobody_found_is_no_creep():
    noise = np.random.default_rng(4).normal(0, 0.002, 20)
    assert find_creep(0.05 * (np.arange(20) >= 9) + noise, tolerance=TOLERANCE, steps=()) is None


def test_getting_faster_is_no_creep():
    assert creep_of(-ramp(20, 0, 19)) is None


def test_seven_values_are_too_few():
    assert creep_of(ramp(8, 0, 7)) is not None
    assert creep_of(ramp(7, 0, 6)) is None


@given(st.floats(-20, 20), st.integers(0, 300))
@few_examples
def test_a_constant_series_has_none(level, size):
    assert find_creep(np.full(size, level), tolerance=0.0) is None


@given(st.integers(0, 2**32 - 1), st.floats(-5, 5), st.integers(8, 40))
@few_examples
def test_the_unit_changes_nothing(seed, log_factor, size):
    logs = ramp(size, 2, size - 2) + np.random.default_rng(seed).normal(0, 0.005, size)
    one, other = find_creep(logs, tolerance=0.03), find_creep(logs + log_factor, tolerance=0.03)
    assert (one is None) == (other is None)
    if one is not None and other is not None:
        assert (one.first, one.last) == (other.first, other.last)
        assert one.rise == pytest.approx(other.rise)


def test_only_the_newest_values_of_a_very_long_series_count_and_indices_are_of_all():
    logs = np.concatenate([np.zeros(400), ramp(100, 80, 95)]) + np.random.default_rng(1).normal(0, 0.002, 500)
    creep = find_creep(logs, tolerance=TOLERANCE)
    assert isinstance(creep, Creep)
    assert (creep.first, creep.last) == pytest.approx((480, 495), abs=2)


def test_a_step_found_in_a_steady_rise_is_not_real_and_one_in_levels_is():
    noise = np.random.default_rng(3).normal(0, 0.004, 30)
    assert real_steps(ramp(30, 0, 29) + noise, [15]) == ()
    assert real_steps(0.1 * (np.arange(30) >= 15) + noise, [15]) == (15,)


@pytest.mark.parametrize("values", [[[1.0]], [math.nan] * 9])
def test_what_makes_no_sense_is_refused(values):
    with pytest.raises(ValueError):
        find_creep(np.array(values), tolerance=0.03)
    with pytest.raises(ValueError):
        find_creep(np.ones(9), tolerance=0.03, alpha=0.0)
