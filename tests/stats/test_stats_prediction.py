"""The stored-baseline limit alarms as often as it says, and finds what it says it can find."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.prediction import detectable_shift, prediction_limit

baselines = arrays(np.float64, st.integers(2, 30), elements=st.floats(-1, 1))


def exceeds(k, alpha, shift, simulations=20_000):
    """How often a new run lies above the limit of a baseline of k runs with unit spread."""
    runs = np.random.default_rng(k).normal(size=(simulations, k + 1))
    limits = np.array([prediction_limit(row[:k], alpha) for row in runs])
    return float((runs[:, k] + shift > limits).mean())


@pytest.mark.parametrize(("k", "alpha"), [(3, 0.05), (10, 0.01), (20, 0.01)])
def test_an_unchanged_run_alarms_as_often_as_stated(k, alpha):
    assert exceeds(k, alpha, shift=0.0) == pytest.approx(alpha, abs=4 * np.sqrt(alpha / 20_000))


@pytest.mark.parametrize("k", [5, 20])
def test_a_rise_of_the_detectable_size_is_found_with_the_stated_power(k):
    unit = np.linspace(-1, 1, k)
    shift = detectable_shift(unit / unit.std(ddof=1), alpha=0.01, power=0.8)
    assert exceeds(k, 0.01, shift) == pytest.approx(0.8, abs=0.015)


def test_known_value_of_the_limit():
    """K = 3, m = 2, s = 1, t(2, 0.95) = 2.919986."""
    assert prediction_limit(np.array([1.0, 2.0, 3.0]), 0.05) == pytest.approx(2 + 2.919986 * np.sqrt(4 / 3))


@given(baselines, st.floats(-20, 20))
def test_the_unit_of_the_metric_only_moves_the_limit(runs, log_factor):
    moved = prediction_limit(runs + log_factor, 0.01)
    assert moved == pytest.approx(prediction_limit(runs, 0.01) + log_factor, abs=1e-9)


@given(baselines)
def test_the_limit_is_over_the_mean_and_rises_as_alarms_get_rarer(runs):
    assert runs.mean() - 1e-12 <= prediction_limit(runs, 0.05) <= prediction_limit(runs, 0.01) + 1e-12


def test_more_runs_see_smaller_shifts():
    shifts = []
    for k in (2, 5, 10, 20, 50):
        unit = np.linspace(-1, 1, k)
        shifts.append(detectable_shift(0.02 * unit / unit.std(ddof=1), 0.01, 0.8))
    assert (np.diff(shifts) < 0).all()
    assert 0.06 < shifts[3] < 0.08


@pytest.mark.parametrize(
    ("runs", "alpha", "what"),
    [
        (np.array([]), 0.01, "two runs"),
        (np.array([1.0]), 0.01, "two runs"),
        (np.zeros((3, 2)), 0.01, "two runs"),
        (np.array([1.0, -np.inf]), 0.01, "finite"),
        (np.array([1.0, 2.0]), 0.0, "between 0 and 1"),
    ],
)
def test_refuses_what_is_no_baseline(runs, alpha, what):
    with pytest.raises(ValueError, match=what):
        prediction_limit(runs, alpha)
    with pytest.raises(ValueError, match=what):
        detectable_shift(runs, alpha, 0.8)


def test_refuses_a_power_no_better_than_chance():
    with pytest.raises(ValueError, match="between alpha and 1"):
        detectable_shift(np.array([1.0, 2.0]), 0.05, 0.05)


@given(baselines, st.randoms(use_true_random=False))
def test_the_order_of_runs_does_not_matter(runs, random):
    shuffled = runs.tolist()
    random.shuffle(shuffled)
    assert prediction_limit(np.array(shuffled), 0.01) == pytest.approx(prediction_limit(runs, 0.01), abs=1e-9)


@given(baselines, st.floats(0.01, 100))
def test_a_wider_baseline_has_a_limit_as_much_farther_from_its_mean(runs, factor):
    reach = prediction_limit(runs, 0.01) - runs.mean()
    assert prediction_limit(runs * factor, 0.01) - (runs * factor).mean() == pytest.approx(
        factor * reach, rel=1e-6, abs=1e-9
    )


@pytest.mark.parametrize("alpha", [0.05, 0.01, 0.0005])
def test_more_runs_never_widen_the_limit_on_average(alpha):
    rng = np.random.default_rng(11)
    draws = rng.normal(size=(2000, 30))
    reach = [
        np.mean([prediction_limit(row[:k], alpha) - row[:k].mean() for row in draws])
        for k in (2, 3, 5, 10, 30)
    ]
    assert (np.diff(reach) < 0).all()


def test_the_confidence_interval_of_the_mean_would_alarm_on_a_fifth():
    """Why the limit is for a new run: bounds of the mean get narrower with K, the next run does not."""
    rng = np.random.default_rng(13)
    runs = rng.normal(size=(4000, 21))
    k = 20
    reach = 2.539 * runs[:, :k].std(axis=1, ddof=1) / np.sqrt(k)  # t(19, 0.99)
    assert (runs[:, k] > runs[:, :k].mean(axis=1) + reach).mean() > 0.19


@pytest.mark.parametrize(("sd", "seen"), [(0.02, 0.075), (0.05, 0.19)])
def test_what_twenty_runs_can_see(sd, seen):
    """About 3.5 times the spread of the runs; as a logarithm 0.07 and 0.17."""
    unit = np.linspace(-1, 1, 20)
    runs = sd * unit / unit.std(ddof=1)
    assert np.expm1(detectable_shift(runs, 0.01, 0.8)) == pytest.approx(seen, abs=0.01)
