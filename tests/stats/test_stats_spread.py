"""Spreads are exact order statistics: as numpy's inverted_cdf, and as the definition says."""

import tracemalloc
from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.spread import spread

SHARES = {
    "p50": Fraction(50, 100),
    "p90": Fraction(90, 100),
    "p95": Fraction(95, 100),
    "p99": Fraction(99, 100),
    "p99.9": Fraction(999, 1000),
}
times_ns = arrays(np.int64, st.integers(1, 3000), elements=st.integers(-(10**6), 10**12))


@given(times_ns)
def test_quantiles_equal_numpy(values):
    found = spread(values)
    for name, share in SHARES.items():
        assert found.quantiles_ns[name] == np.quantile(values, float(share), method="inverted_cdf"), name
    assert (found.min_ns, found.max_ns, found.count) == (values.min(), values.max(), len(values))
    assert found.mean_ns == sum(map(int, values)) / len(values)


@given(st.integers(1, 200_000))
def test_at_least_the_share_lies_at_or_below_and_one_fewer_would_not_do(count):
    found = spread(np.arange(1, count + 1))
    for name, share in SHARES.items():
        rank = found.quantiles_ns[name]
        assert rank >= share * count > rank - 1, name


@given(times_ns)
def test_order_does_not_matter_and_the_input_is_left_alone(values):
    before = values.copy()
    assert spread(values) == spread(values[::-1])
    np.testing.assert_array_equal(values, before)


def test_a_column_of_a_table_will_do():
    rows = np.arange(20).reshape(10, 2)
    assert spread(rows[:, 1]).max_ns == 19
    assert spread(rows[:, 1]).quantiles_ns["p50"] == 9


def test_no_values_have_no_spread():
    assert spread(np.empty(0, dtype=np.int64)) is None


def test_one_value_is_all_of_it():
    found = spread(np.array([42]))
    assert set(found.quantiles_ns.values()) == {42}
    assert (found.count, found.mean_ns, found.min_ns, found.max_ns) == (1, 42.0, 42, 42)


def test_a_table_is_refused():
    with pytest.raises(ValueError, match="one-dimensional"):
        spread(np.zeros((2, 2), dtype=np.int64))


def test_many_values_are_copied_once():
    values = np.random.default_rng(1).integers(0, 10**9, 1_000_000)
    tracemalloc.start()
    try:
        spread(values)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < 1.1 * values.nbytes
