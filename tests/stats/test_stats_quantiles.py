"""Harrell-Davis quantiles agree with scipy, at any size, and refuse what is not data."""

import time

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats.mstats import hdquantiles

from perfgate.stats.quantiles import harrell_davis, harrell_davis_counted, log_quantile_variance

PROBABILITIES = (0.001, 0.05, 0.5, 0.95, 0.99, 0.999)
times_ns = arrays(np.int64, st.integers(2, 400), elements=st.integers(1, 10**12))


@given(times_ns)
def test_equals_scipy(values):
    np.testing.assert_allclose(
        harrell_davis(values, PROBABILITIES), hdquantiles(values, PROBABILITIES), rtol=1e-9
    )


@given(
    arrays(np.float64, st.integers(2, 60), elements=st.floats(-1e6, 1e6)),
    st.lists(st.floats(1e-4, 1 - 1e-4), min_size=1, max_size=4),
)
def test_equals_scipy_for_any_values_and_probabilities(values, probabilities):
    scale = np.abs(values).max()
    np.testing.assert_allclose(
        harrell_davis(values, probabilities), hdquantiles(values, probabilities), rtol=1e-9, atol=1e-9 * scale
    )


@pytest.mark.parametrize("n", [5_000, 200_000])
def test_equals_scipy_where_most_order_statistics_carry_no_weight(n):
    values = np.random.default_rng(n).lognormal(15, 2, n)
    np.testing.assert_allclose(
        harrell_davis(values, PROBABILITIES), hdquantiles(values, PROBABILITIES), rtol=1e-9
    )


def test_a_million_samples_take_little_cpu_time():
    values = np.random.default_rng(1).lognormal(15, 0.5, 1_000_000)
    start = time.process_time()
    harrell_davis(values, (0.50, 0.95, 0.99))
    assert time.process_time() - start < 1.5


@given(times_ns, st.randoms(use_true_random=False))
def test_order_of_samples_does_not_matter_and_input_is_left_alone(values, random):
    shuffled = values.copy()
    random.shuffle(shuffled)
    before = shuffled.copy()
    np.testing.assert_array_equal(harrell_davis(values, (0.5, 0.9)), harrell_davis(shuffled, (0.5, 0.9)))
    np.testing.assert_array_equal(shuffled, before)


@given(times_ns)
def test_quantiles_rise_with_the_probability_and_stay_in_the_range(values):
    found = harrell_davis(values, PROBABILITIES)
    slack = 1e-12 * values.max()
    assert (np.diff(found) >= -slack).all()
    assert values.min() - slack <= found[0]
    assert found[-1] <= values.max() + slack


def test_one_sample_is_every_quantile():
    np.testing.assert_allclose(harrell_davis(np.array([42]), (0.5, 0.99)), [42.0, 42.0])


@pytest.mark.parametrize(
    ("values", "probability", "what"),
    [
        (np.array([]), 0.5, "with values"),
        (np.array([[1.0]]), 0.5, "one-dimensional"),
        (np.array([1.0, np.nan]), 0.5, "finite"),
        (np.array([1.0, np.inf]), 0.5, "finite"),
        (np.array([1.0, 2.0]), 0.0, "between 0 and 1"),
        (np.array([1.0, 2.0]), 1.0, "between 0 and 1"),
    ],
)
def test_refuses_what_has_no_quantile(values, probability, what):
    with pytest.raises(ValueError, match=what):
        harrell_davis(values, (probability,))


def test_the_variance_of_a_quantile_is_what_repeating_the_round_shows():
    rng = np.random.default_rng(7)
    probabilities = (0.5, 0.95)
    logs, variances = [], []
    for _ in range(300):
        values = rng.lognormal(0, 0.5, 400)
        logs.append(np.log(harrell_davis(values, probabilities)))
        variances.append(log_quantile_variance(values, probabilities))
    seen, said = np.std(logs, axis=0), np.sqrt(np.median(variances, axis=0))
    assert said == pytest.approx(seen, rel=0.2)


def test_a_time_of_nothing_has_no_logarithm():
    with pytest.raises(ValueError, match="above 0"):
        log_quantile_variance(np.array([0, 1, 2]), (0.5,))


@given(arrays(np.int64, st.integers(1, 400), elements=st.integers(1, 50)))
def test_counted_values_have_the_quantiles_of_the_values_one_by_one(values):
    distinct, counts = np.unique(values, return_counts=True)
    np.testing.assert_allclose(
        harrell_davis_counted(distinct, counts, PROBABILITIES),
        harrell_davis(values, PROBABILITIES),
        rtol=1e-9,
    )


def test_very_many_counted_values_have_them_too():
    values = np.random.default_rng(2).lognormal(15, 0.5, 300_000).astype(np.int64)
    distinct, counts = np.unique(values // 5000, return_counts=True)
    np.testing.assert_allclose(
        harrell_davis_counted(distinct, counts, PROBABILITIES),
        harrell_davis(np.repeat(distinct, counts), PROBABILITIES),
        rtol=1e-9,
    )


@pytest.mark.parametrize(
    ("values", "counts"), [([], []), ([1, 2], [1]), ([1, 2], [1, 0]), ([[1]], [[1]]), ([1], [-1])]
)
def test_columns_that_count_nothing_are_refused(values, counts):
    with pytest.raises(ValueError, match="how often"):
        harrell_davis_counted(np.array(values, np.int64), np.array(counts, np.int64), (0.5,))
