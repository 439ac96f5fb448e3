"""Bounds of a rate: known values, and the promise that they hold whatever the rate is."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perfgate.stats.binomial import lower_bound, runs_to_show, upper_bound


@st.composite
def counts(draw):
    runs = draw(st.integers(1, 400))
    return draw(st.integers(0, runs)), runs


CONFIDENCES = st.floats(0.5, 0.999)


@pytest.mark.parametrize(
    ("found", "runs", "bound"),
    # 1 - 0.05**(1/n) where there are none; the others from R: binom.test(x, n, alternative = "less").
    [(0, 10, 0.2588656), (0, 299, 0.0099691), (1, 20, 0.2161062), (5, 10, 0.7775589), (10, 10, 1.0)],
)
def test_known_upper_bounds(found, runs, bound):
    assert upper_bound(found, runs) == pytest.approx(bound, abs=1e-6)


def test_all_found_leaves_a_lower_bound():
    assert lower_bound(10, 10) == pytest.approx(0.05 ** (1 / 10))
    assert lower_bound(0, 10) == 0.0


@given(counts(), CONFIDENCES)
def test_at_the_bound_so_few_cases_are_exactly_as_rare_as_was_asked(count, confidence):
    found, runs = count
    if found < runs:
        seldom = stats.binom.cdf(found, runs, upper_bound(found, runs, confidence))
        assert seldom == pytest.approx(1 - confidence, abs=1e-6)


@given(counts(), CONFIDENCES)
def test_the_observed_rate_lies_between_the_bounds(count, confidence):
    found, runs = count
    assert 0 <= lower_bound(found, runs, confidence) <= found / runs + 1e-9
    assert found / runs - 1e-9 <= upper_bound(found, runs, confidence) <= 1


@given(st.integers(1, 200), CONFIDENCES)
def test_more_cases_never_lower_the_bound(runs, confidence):
    bounds = [upper_bound(found, runs, confidence) for found in range(min(runs, 20) + 1)]
    assert bounds == sorted(bounds)


@pytest.mark.parametrize(("rate", "runs"), [(0.01, 299), (0.05, 59), (0.5, 5)])
def test_runs_a_claim_takes(rate, runs):
    assert runs_to_show(rate) == runs


@given(st.floats(0.001, 0.999), CONFIDENCES)
def test_so_many_runs_show_the_rate_and_one_fewer_does_not(rate, confidence):
    runs = runs_to_show(rate, confidence)
    assert upper_bound(0, runs, confidence) <= rate + 1e-9
    if runs > 1:
        assert upper_bound(0, runs - 1, confidence) > rate - 1e-9


@pytest.mark.parametrize(("found", "runs"), [(0, 0), (-1, 10), (11, 10)])
def test_counts_that_cannot_be_are_refused(found, runs):
    with pytest.raises(ValueError, match=f"{found} of {runs}"):
        upper_bound(found, runs)


@pytest.mark.parametrize("confidence", [0.0, 1.0, math.nan])
def test_a_confidence_that_cannot_be_is_refused(confidence):
    with pytest.raises(ValueError, match="confidence"):
        upper_bound(0, 10, confidence)
    with pytest.raises(ValueError, match="confidence"):
        runs_to_show(0.01, confidence)
