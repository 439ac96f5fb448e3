"""Rosner's test names runs that do not belong, and none in ordinary runs more often than stated."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.outliers import outliers

runs = arrays(np.float64, st.integers(0, 25), elements=st.floats(-5, 5).map(lambda x: round(x, 6)))

# Rosner (1983), table 1, as printed in the NIST/SEMATECH e-Handbook, 1.3.5.17.3: three outliers of 54 values.
ROSNER = [
    -0.25, 0.68, 0.94, 1.15, 1.20, 1.26, 1.26, 1.34, 1.38, 1.43, 1.49, 1.49, 1.55, 1.56, 1.58, 1.65, 1.69,
    1.70, 1.76, 1.77, 1.81, 1.91, 1.94, 1.96, 1.99, 2.06, 2.09, 2.10, 2.14, 2.15, 2.23, 2.24, 2.26, 2.35,
    2.37, 2.40, 2.47, 2.54, 2.62, 2.64, 2.90, 2.92, 2.92, 2.93, 3.21, 3.26, 3.30, 3.59, 3.68, 4.30, 4.64,
    5.34, 5.42, 6.01,
]  # fmt: skip


def test_the_published_example() -> None:
    assert [o.value for o in outliers(np.array(ROSNER), 0.05)] == [6.01, 5.42, 5.34]


@pytest.mark.parametrize("size", [6, 10, 20])
@pytest.mark.parametrize("alpha", [0.05, 0.01])
def test_ordinary_runs_are_named_as_rarely_as_stated(size: int, alpha: float) -> None:
    rng = np.random.default_rng(size)
    named = np.mean([bool(outliers(rng.normal(size=size), alpha)) for _ in range(3000)])
    assert named <= 1.4 * alpha + 3 * math.sqrt(alpha / 3000)


@pytest.mark.parametrize(("size", "least"), [(6, 230), (10, 280), (20, 295)])
def test_a_run_that_stands_apart_is_named(size: int, least: int) -> None:
    rng = np.random.default_rng(3)
    found = 0
    for _ in range(300):
        values = rng.normal(0, 0.02, size)
        values[2] = 0.2
        found += [o.index for o in outliers(values, 0.01)] == [2]
    assert found > least


def test_two_that_hide_each_other_are_both_named() -> None:
    values = np.random.default_rng(5).normal(0, 0.01, 15)
    values[[3, 9]] = 0.2
    assert {o.index for o in outliers(values, 0.01)} == {3, 9}


@given(runs, st.floats(-20, 20), st.floats(0.01, 100))
def test_unit_scale_and_order_do_not_matter(values: np.ndarray, shift: float, scale: float) -> None:
    spread = float(np.ptp(values)) if values.size else 0.0
    if spread < 1e-3 or len(set(values.tolist())) < values.size:
        return  # ties may be broken either way
    found = {o.index for o in outliers(values, 0.05)}
    assert {o.index for o in outliers(values * scale + shift, 0.05)} == found
    assert {values.size - 1 - o.index for o in outliers(values[::-1], 0.05)} == found


@given(runs)
def test_at_most_a_fifth_is_named_and_described_by_the_others(values: np.ndarray) -> None:
    found = outliers(values, 0.05)
    assert len(found) <= max(1, values.size // 5)
    kept = np.delete(values, [o.index for o in found])
    for outlier in found:
        assert outlier.value == values[outlier.index]
        assert outlier.expected == pytest.approx(kept.mean())


def test_equal_runs_have_no_outlier_but_a_single_other_one_is() -> None:
    assert outliers(np.full(12, 13.8), 0.01) == ()
    (found,) = outliers(np.array([13.8] * 11 + [14.0]), 0.01)
    assert found.index == 11


def test_refuses_what_it_cannot_test() -> None:
    with pytest.raises(ValueError, match="finite"):
        outliers(np.array([1.0, math.nan] * 5), 0.01)
    with pytest.raises(ValueError, match="between 0 and 1"):
        outliers(np.zeros(10), 1.0)
