"""The Hodges-Lehmann interval covers what it says, and agrees with the signed-rank test it comes from."""

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import wilcoxon

from perfgate.stats.interval import hodges_lehmann, signed_rank_distribution

differences = arrays(np.float64, st.integers(1, 30), elements=st.floats(-1, 1))


@given(differences)
def test_the_centre_is_the_median_of_all_pairwise_means(d):
    means = [(a + b) / 2 for a, b in itertools.combinations_with_replacement(d, 2)]
    assert hodges_lehmann(d).center == pytest.approx(np.median(means))


@given(differences)
def test_swapping_base_and_head_mirrors_the_interval(d):
    forward, mirrored = hodges_lehmann(d), hodges_lehmann(-d)
    assert mirrored.center == pytest.approx(-forward.center)
    assert (mirrored.low, mirrored.high) == pytest.approx((-forward.high, -forward.low))


@given(differences, st.floats(1e-3, 1e3))
def test_a_factor_of_the_data_is_a_factor_of_the_interval(d, factor):
    here, there = hodges_lehmann(d), hodges_lehmann(d * factor)
    expected = (here.low * factor, here.center * factor, here.high * factor)
    assert (there.low, there.center, there.high) == pytest.approx(expected)


@given(differences, st.randoms(use_true_random=False))
def test_the_order_of_rounds_does_not_matter(d, random):
    shuffled = d.copy()
    random.shuffle(shuffled)
    assert hodges_lehmann(shuffled) == hodges_lehmann(d)


@given(differences, st.floats(-5, 5))
def test_a_shift_of_the_data_shifts_the_interval(d, shift):
    here, there = hodges_lehmann(d), hodges_lehmann(d + shift)
    expected = (here.low + shift, here.center + shift, here.high + shift)
    assert (there.low, there.center, there.high) == pytest.approx(expected)


@pytest.mark.parametrize("n", [5, 8, 13, 26])
@pytest.mark.parametrize("confidence", [0.90, 0.95])
def test_the_interval_ends_where_the_signed_rank_test_begins_to_reject(n, confidence):
    d = np.random.default_rng(n).normal(0.02, 0.05, n)
    found = hodges_lehmann(d, confidence)

    def p(center):
        return wilcoxon(d - center, method="exact").pvalue

    if not np.isfinite(found.low):
        assert 2 / 2**n > 1 - confidence
        return
    for end, outwards in ((found.low, -1e-9), (found.high, 1e-9)):
        assert p(end + outwards) <= 1 - confidence + 1e-12
        assert p(end - outwards) > 1 - confidence


def test_the_null_distribution_counts_every_choice_of_ranks():
    sums = [sum(kept) for size in range(8) for kept in itertools.combinations(range(1, 8), size)]
    np.testing.assert_allclose(signed_rank_distribution(7), np.bincount(sums) / 2**7)


@pytest.mark.parametrize(("rounds", "finite"), [(1, False), (4, False), (5, True), (13, True)])
def test_too_few_rounds_leave_the_interval_open(rounds, finite):
    found = hodges_lehmann(np.linspace(-1, 1, rounds), 0.90)
    assert np.isfinite([found.low, found.high]).all() == finite
    if not finite:
        assert (found.low, found.high) == (-np.inf, np.inf)


def test_rounds_without_a_measurement_are_left_out():
    d = np.array([0.01, np.nan, 0.02, 0.03, np.nan, 0.015, 0.025, 0.02])
    assert hodges_lehmann(d) == hodges_lehmann(d[~np.isnan(d)])


@pytest.mark.parametrize("n", [8, 13, 26, 61])
def test_a_ninety_percent_interval_covers_an_injected_effect_ninety_percent_of_the_time(n):
    rng = np.random.default_rng(n)
    simulations, effect = 400, 0.05
    covered = 0
    for _ in range(simulations):
        found = hodges_lehmann(effect + 0.02 * rng.standard_t(3, n))
        covered += found.low <= effect <= found.high
    error = np.sqrt(0.9 * 0.1 / simulations)
    assert 0.9 - 3 * error <= covered / simulations <= 0.95 + 3 * error


def test_more_rounds_narrow_the_interval_on_average():
    rng = np.random.default_rng(2)
    widths = []
    for rounds in (5, 8, 13, 26, 60, 80):
        found = [hodges_lehmann(rng.standard_t(3, rounds)) for _ in range(150)]
        widths.append(np.mean([one.high - one.low for one in found]))
    assert (np.diff(widths) < 0).all()


@pytest.mark.parametrize("confidence", [0.80, 0.90, 0.99])
def test_beyond_the_exact_distribution_the_interval_goes_on_smoothly(confidence):
    rng = np.random.default_rng(6)
    d = rng.normal(size=61)
    found, shorter = hodges_lehmann(d, confidence), hodges_lehmann(d[:60], confidence)
    assert found.high - found.low == pytest.approx(shorter.high - shorter.low, rel=0.1)


@pytest.mark.parametrize(
    ("d", "confidence", "what"),
    [
        (np.array([np.nan, np.nan]), 0.9, "no round"),
        (np.array([]), 0.9, "no round"),
        (np.array([1.0, -np.inf]), 0.9, "finite"),
        (np.zeros((3, 2)), 0.9, "one finite difference"),
        (np.zeros(3), 1.0, "between 0 and 1"),
    ],
)
def test_refuses_what_has_no_centre(d, confidence, what):
    with pytest.raises(ValueError, match=what):
        hodges_lehmann(d, confidence)
