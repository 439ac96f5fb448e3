"""Minimum detectable effects are honest: a change of that size is found as often as promised."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.power import (
    critical_t,
    error_bound,
    minimum_detectable_effect,
    rounds_needed,
    two_stage_effect,
)
from perfgate.stats.signflip import max_t

ALPHA = 0.04


def noise(rng, rounds, metrics, heavy):
    return 0.015 * (
        rng.standard_t(4, (rounds, metrics)) / np.sqrt(2) if heavy else rng.normal(size=(rounds, metrics))
    )


def signflips(d):
    flags = np.ones(d.shape[1], dtype=bool)
    return max_t(d, clipped=flags, flips=10_000, rng=np.random.default_rng(0))


def effect(d, tolerance, alpha=ALPHA):
    flags, floor = np.ones(d.shape[1], dtype=bool), np.full(d.shape[1], tolerance)
    null_max = signflips(d).null_max
    return minimum_detectable_effect(d, clipped=flags, null_max=null_max, alpha=alpha, tolerance=floor)


@pytest.mark.parametrize("heavy", [False, True])
@pytest.mark.parametrize("tolerance", [0.002, 0.03])
def test_a_change_of_the_stated_size_is_found_four_times_in_five(heavy, tolerance):
    rng = np.random.default_rng(11)
    mde = np.median([effect(noise(rng, 13, 10, heavy), tolerance)[0] for _ in range(60)])
    found, simulations = 0, 250
    for _ in range(simulations):
        d = noise(rng, 13, 10, heavy)
        d[:, 0] += mde
        found += signflips(d).p_adjusted[0] <= ALPHA and hodges_lehmann(d[:, 0]).center >= tolerance
    assert 0.70 <= found / simulations <= 0.92


def two_stages(d, tolerance, confirm_rounds=13, power=0.8):
    flags = np.ones(d.shape[1], dtype=bool)
    return two_stage_effect(
        d,
        clipped=flags,
        null_max=signflips(d).null_max,
        screen_alpha=0.125,
        confirm_alpha=ALPHA,
        confirm_rounds=confirm_rounds,
        tolerance=np.full(d.shape[1], tolerance),
        power=power,
    )


@pytest.mark.parametrize("screened", [13, 26])
@pytest.mark.parametrize("tolerance", [0.002, 0.03])
def test_a_change_of_the_stated_size_passes_both_stages_four_times_in_five(screened, tolerance):
    rng = np.random.default_rng(12)
    mde = np.median([two_stages(noise(rng, screened, 10, False), tolerance)[0] for _ in range(40)])
    found, simulations = 0, 200
    for _ in range(simulations):
        screen, confirm = noise(rng, screened, 10, False), noise(rng, 13, 1, False)
        screen[:, 0] += mde
        confirm[:, 0] += mde
        suspected = signflips(screen).p_adjusted[0] <= 0.125
        if not suspected or hodges_lehmann(screen[:, 0]).center < tolerance / 2:
            continue
        confirmed = signflips(confirm).p_adjusted[0] <= ALPHA
        found += confirmed and hodges_lehmann(confirm[:, 0]).center >= tolerance
    assert 0.70 <= found / simulations <= 0.93


def test_fewer_fresh_rounds_see_less_and_more_power_asks_for_more():
    d = noise(np.random.default_rng(5), 26, 4, False)
    assert (two_stages(d, 0.03, confirm_rounds=13) > two_stages(d, 0.03, confirm_rounds=26)).all()
    assert (two_stages(d, 0.03, power=0.9) > two_stages(d, 0.03, power=0.8)).all()


@given(
    arrays(np.float64, (9, 3), elements=st.floats(-0.2, 0.2)), st.lists(st.booleans(), min_size=9, max_size=9)
)
def test_the_effect_is_blind_to_which_side_was_slower(d, swapped):
    signs = np.where(swapped, -1.0, 1.0)[:, None]
    np.testing.assert_allclose(effect(d * signs, 0.03), effect(d, 0.03), rtol=1e-9)
    np.testing.assert_allclose(two_stages(d * signs, 0.03), two_stages(d, 0.03), rtol=1e-9)


@given(st.floats(0.001, 0.1))
def test_the_effect_is_never_under_the_tolerance(tolerance):
    mde = effect(noise(np.random.default_rng(1), 13, 4, False), tolerance)
    assert (mde > tolerance).all()


def test_four_times_the_rounds_halve_the_effect():
    rng = np.random.default_rng(3)
    few, many = (np.mean([effect(noise(rng, n, 4, False), 0.0) for _ in range(30)]) for n in (40, 160))
    assert many == pytest.approx(few / 2, rel=0.1)


def test_a_metric_without_variation_is_left_to_the_caller():
    d = noise(np.random.default_rng(0), 13, 3, False)
    d[:, 1], d[:, 2] = 0, np.nan
    mde = effect(d, 0.03)
    assert np.isfinite(mde[0])
    assert np.isinf(mde[1:]).all()


def test_missing_rounds_make_the_effect_larger_not_smaller():
    rng, full, thin = np.random.default_rng(0), [], []
    for _ in range(100):
        d = noise(rng, 13, 2, False)
        full.append(effect(d, 0.0)[0])
        d[::2, 0] = np.nan
        thin.append(effect(d, 0.0)[0])
    assert np.mean(thin) == pytest.approx(np.mean(full) * np.sqrt(13 / 6), rel=0.15)


def test_too_few_rounds_to_reach_alpha_detect_nothing():
    rng = np.random.default_rng(0)
    assert np.isinf(effect(noise(rng, 4, 2, False), 0.03, alpha=0.05)).all()
    assert np.isfinite(effect(noise(rng, 5, 1, False), 0.03, alpha=0.05)).all()


@given(st.lists(st.integers(-5, 5), min_size=1, max_size=200), st.floats(0.01, 0.5))
def test_the_critical_value_is_the_smallest_that_rejects(values, alpha):
    null_max = np.array(values, dtype=float)
    rejecting = [v for v in null_max if (null_max >= v).mean() <= alpha * (1 + 1e-9)]
    assert critical_t(null_max, alpha) == (min(rejecting) if rejecting else math.inf)


@pytest.mark.parametrize(
    ("mde", "requirement", "rounds", "needed"),
    [(0.10, 0.05, 13, 52), (0.05, 0.05, 13, 13), (0.06, 0.05, 13, 19), (0.01, 0.05, 13, 1)],
)
def test_rounds_grow_with_the_square_of_the_missing_factor(mde, requirement, rounds, needed):
    assert rounds_needed(mde, requirement, rounds) == needed


@pytest.mark.parametrize(("requests", "bound"), [(3000, 0.001), (300, 0.01), (2, 1.0)])
def test_no_errors_in_n_requests_bound_the_ratio_at_three_in_n(requests, bound):
    assert error_bound(requests) == pytest.approx(bound)


def test_refuses_what_cannot_be_planned():
    for mde, requirement, rounds in (
        (math.inf, 0.05, 13),
        (math.nan, 0.05, 13),
        (0.1, 0, 13),
        (0.1, 0.05, 0),
    ):
        with pytest.raises(ValueError, match="cannot plan"):
            rounds_needed(mde, requirement, rounds)
    for fresh, tolerance in ((1, np.zeros(2)), (13, np.zeros(3))):
        with pytest.raises(ValueError, match="one tolerance per metric"):
            two_stage_effect(
                np.ones((5, 2)),
                clipped=np.ones(2, bool),
                null_max=np.ones(4),
                screen_alpha=0.125,
                confirm_alpha=0.04,
                confirm_rounds=fresh,
                tolerance=tolerance,
            )
    with pytest.raises(ValueError, match="no requests"):
        error_bound(0)
    d = np.ones((5, 2))
    with pytest.raises(ValueError, match="between 0 and 1"):
        effect(d, 0.03, alpha=1.0)
    with pytest.raises(ValueError, match="one tolerance per metric"):
        minimum_detectable_effect(
            d, clipped=np.ones(2, bool), null_max=np.ones(4), alpha=0.05, tolerance=np.zeros(3)
        )


@pytest.mark.parametrize("stages", [1, 2])
def test_two_levels_hide_more_than_the_noise_on_either_of_them(stages):
    """Seven rounds of thirteen stayed on one level, and say nothing of what the six others hide."""
    rng = np.random.default_rng(7)
    d = rng.normal(0, 0.003, (13, 4))
    quiet = two_stages(d, 0.03) if stages == 2 else effect(d, 0.03)
    d[:6, 0] += np.array([1.0, -1.0, 1.0, -1.0, -1.0, 1.0])
    jumping = two_stages(d, 0.03) if stages == 2 else effect(d, 0.03)
    assert (quiet < 0.05).all()
    assert jumping[0] > 0.3
    np.testing.assert_allclose(jumping[1:], quiet[1:], rtol=0.2)


def test_a_single_disturbed_round_hides_hardly_more():
    d = np.random.default_rng(7).normal(0, 0.003, (13, 4))
    d[4, 0] = 3.0
    assert effect(d, 0.03)[0] < 0.05
