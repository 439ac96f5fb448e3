"""The sign-flip test: exact where it says so, blind to names and units, and quiet when nothing changed."""

import itertools

import numpy as np
import pytest
from hypothesis import assume, example, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from perfgate.stats.quantiles import harrell_davis
from perfgate.stats.signflip import clip, clip_limit, max_t

# Thousandths, so that ties between flips are common and rounding shows.
cells = st.integers(-60, 60).map(lambda thousandths: thousandths / 1000)


few_rounds = st.integers(2, 7)


def tables(rounds=few_rounds):
    shapes = st.tuples(rounds, st.integers(1, 4))
    return shapes.flatmap(lambda shape: arrays(np.float64, shape, elements=cells))


def run(d, clipped=None, flips=10_000, seed=1):
    flags = np.ones(d.shape[1], dtype=bool) if clipped is None else np.asarray(clipped)
    return max_t(d, clipped=flags, flips=flips, rng=np.random.default_rng(seed))


def heavy_tailed(rng, rounds, metrics):
    """Correlated, symmetric, with rounds of very different spread and a burst on one side now and then."""
    sides = rng.lognormal(0, 0.7, (2, rounds, 1)) * rng.standard_t(3, (2, rounds, metrics))
    sides += rng.lognormal(0, 1, (2, rounds, 1)) + (rng.random((2, rounds, 1)) < 0.05) * 8
    return 0.01 * (sides[0] - sides[1])


def brute_force(d, clipped):
    """Adjusted p by the textbook: t of every metric under every sign pattern, one at a time.

    Rounds that all agree have no variance and an infinite t whatever their size: such metrics tie. (A floor
    under the variance instead would let the metric with the larger unit win.)
    """
    y = clip(d, clipped)
    n = len(y)

    def t_statistics(signs):
        flipped = y * np.array(signs)[:, None]
        mean, variance = flipped.mean(axis=0), flipped.var(axis=0, ddof=1)
        vanished = variance < 1e-12 * mean**2
        t = mean / np.sqrt(np.where(vanished | (variance == 0), 1.0, variance) / n)
        return np.where(vanished, np.sign(mean) * 1e9, t)

    alive = (y != 0).any(axis=0)
    observed = t_statistics([1] * n)
    largest = np.array([t_statistics(s)[alive].max() for s in itertools.product((1, -1), repeat=n)])
    slack = 1e-6 * np.maximum(np.abs(observed), 1)
    p = (largest[:, None] >= observed - slack).mean(axis=0)
    return np.where(alive, p, 1.0)


@given(tables(), st.booleans())
@example(np.array([[0.0, -0.001, 0.002], [0.0, 0.001, 0.002]]), False)
@settings(max_examples=60)
def test_few_rounds_equal_brute_force_over_every_sign_pattern(d, clipping):
    clipped = np.full(d.shape[1], clipping)
    assume((clip(d, clipped) != 0).any())
    np.testing.assert_allclose(run(d, clipped).p_adjusted, brute_force(d, clipped), atol=1e-12)


def test_every_pattern_is_tried_as_long_as_the_flips_allow():
    d = np.random.default_rng(3).normal(0.5, 1, size=(6, 3))
    exact = run(d, flips=64)
    np.testing.assert_array_equal(exact.null_max, run(d, flips=10_000).null_max)
    assert run(d, flips=63).null_max.size == 63


def test_drawn_patterns_include_the_data_as_they_are():
    d = 0.05 + np.random.default_rng(3).normal(0, 0.001, size=(26, 2))
    found = run(d, flips=200)
    assert found.null_max[0] == pytest.approx(found.t.max())
    np.testing.assert_allclose(found.p_adjusted, 1 / 200)


def test_t_is_the_one_sample_t_statistic():
    d = np.random.default_rng(4).normal(0.3, 1, size=(13, 5))
    expected = d.mean(axis=0) / (d.std(axis=0, ddof=1) / np.sqrt(13))
    found = run(d, clipped=[False] * 5)
    np.testing.assert_allclose(found.t, expected)
    assert found.null_max[0] == pytest.approx(expected.max())


@pytest.mark.parametrize("value", [0.1, 0.3, 1 / 3, 0.7])
@pytest.mark.parametrize("rounds", [5, 11, 13])
def test_rounding_does_not_break_ties(value, rounds):
    """All rounds alike: only the data as they are, no other pattern, reach the statistic; and p is exact."""
    d = np.full((rounds, 1), value)
    d[1, 0] = -value
    assert run(d).p_adjusted[0] == pytest.approx((1 + rounds) / 2**rounds)


@given(tables(rounds=st.sampled_from([6, 16])), st.integers(0, 99))
@settings(max_examples=40)
def test_p_is_a_probability_and_never_zero(d, seed):
    found = run(d, flips=500, seed=seed)
    assert (found.p_adjusted > 0).all()
    assert (found.p_adjusted <= 1).all()
    assert np.isfinite(found.t).all()
    assert np.isfinite(found.null_max).all()


@given(tables(), st.permutations(range(4)), st.lists(st.booleans(), min_size=4, max_size=4))
def test_metrics_may_come_in_any_order(d, order, flags):
    order = [column for column in order if column < d.shape[1]]
    clipped = np.array(flags[: d.shape[1]])
    straight, permuted = run(d, clipped), run(d[:, order], clipped[order])
    np.testing.assert_allclose(permuted.p_adjusted, straight.p_adjusted[order])
    np.testing.assert_allclose(permuted.t, straight.t[order])


@given(tables(), st.permutations(range(7)))
def test_rounds_may_come_in_any_order(d, order):
    straight, permuted = run(d), run(d[[row for row in order if row < len(d)]])
    np.testing.assert_allclose(permuted.p_adjusted, straight.p_adjusted)
    np.testing.assert_allclose(permuted.t, straight.t, atol=1e-9)


@given(tables(), st.floats(1e-6, 1e6))
def test_the_unit_of_a_metric_does_not_matter(d, factor):
    np.testing.assert_allclose(run(d * factor).p_adjusted, run(d).p_adjusted)


def test_a_machine_twice_as_slow_for_both_sides_changes_nothing():
    rng = np.random.default_rng(8)
    samples = rng.lognormal(15, 0.5, (2, 13, 300))

    def p(scale):
        logs = np.log([[harrell_davis(one * scale, (0.5, 0.95)) for one in side] for side in samples])
        return run(logs[1] - logs[0]).p_adjusted

    np.testing.assert_allclose(p(2.0), p(1.0))


@given(tables())
def test_swapping_base_and_head_mirrors_the_test(d):
    forward, mirrored = run(d), run(-d)
    np.testing.assert_allclose(mirrored.t, -forward.t, atol=1e-9)
    np.testing.assert_allclose(np.sort(mirrored.null_max), np.sort(forward.null_max), atol=1e-6)


@given(tables(), st.sampled_from([0.0, np.nan]))
def test_a_metric_without_data_gets_p_1_and_does_not_touch_the_others(d, empty):
    with_empty = run(np.hstack([d, np.full((len(d), 1), empty)]))
    assert with_empty.p_adjusted[-1] == 1
    assert with_empty.t[-1] == 0
    np.testing.assert_array_equal(with_empty.p_adjusted[:-1], run(d).p_adjusted)


def test_no_data_at_all_is_no_evidence():
    found = run(np.full((13, 3), np.nan))
    np.testing.assert_array_equal(found.p_adjusted, 1)
    np.testing.assert_array_equal(found.t, 0)
    np.testing.assert_array_equal(found.null_max, 0)


def test_a_round_without_a_measurement_says_nothing_but_the_others_still_count():
    d = np.full((10, 2), 0.05) + np.random.default_rng(0).normal(0, 0.001, (10, 2))
    d[3, 0] = np.nan
    found = run(d)
    assert found.p_adjusted[0] == pytest.approx(2 / 1024)
    assert found.p_adjusted[1] == pytest.approx(1 / 1024)


def test_one_disturbed_round_does_not_hide_twelve_slow_ones():
    d = 0.05 + np.random.default_rng(0).normal(0, 0.005, (13, 1))
    d[4] = -3.0
    assert run(d, clipped=[True]).p_adjusted[0] < 0.01
    assert run(d, clipped=[False]).p_adjusted[0] > 0.4


def test_errors_in_a_few_rounds_survive_because_they_are_not_clipped():
    d = np.zeros((13, 1))
    d[[1, 4, 5, 8, 11], 0] = 0.01
    assert run(d, clipped=[False]).p_adjusted[0] == pytest.approx(1 / 32)


def test_clipping_that_would_erase_a_column_is_left_out():
    d = np.zeros((13, 1))
    d[[1, 4, 5, 8, 11], 0] = 0.01
    np.testing.assert_array_equal(clip(d, np.array([True])), d)


@given(arrays(np.float64, (8, 3), elements=st.one_of(cells, st.just(np.nan))))
def test_clip_limits_each_column_at_the_median_of_what_was_measured(d):
    for limit, column in zip(clip_limit(d, np.ones(3, dtype=bool)), d.T, strict=True):
        sizes = np.abs(column[~np.isnan(column)])
        median = np.median(sizes) if sizes.size else 0
        assert limit == (1.4826 * median if median > 0 else np.inf)


def test_clip_limits_at_the_scaled_median_size_of_the_measured_rounds():
    d = np.array([[0.01], [-0.02], [0.03], [-5.0], [np.nan], [0.015]])
    limited = clip(d, np.array([True]))[:, 0]
    np.testing.assert_allclose(limited, [0.01, -0.02, 1.4826 * 0.02, -1.4826 * 0.02, 0, 0.015])


def test_false_alarms_keep_to_five_percent_on_correlated_heavy_tailed_rounds():
    rng = np.random.default_rng(5)
    simulations = 400
    alarms = sum(
        run(heavy_tailed(rng, 13, 16), flips=2000, seed=i).p_adjusted.min() <= 0.05
        for i in range(simulations)
    )
    allowed = 0.05 + 3 * np.sqrt(0.05 * 0.95 / simulations)
    assert 0.02 < alarms / simulations <= allowed


@pytest.mark.parametrize(
    ("d", "flags", "flips", "what"),
    [
        (np.zeros((1, 2)), 2, 100, "two rounds"),
        (np.zeros(4), 2, 100, "rounds × metrics"),
        (np.zeros((4, 2)), 3, 100, "one flag per metric"),
        (np.array([[1.0], [np.inf]]), 1, 100, "infinite"),
        (np.zeros((4, 2)), 2, 0, "one flip"),
    ],
)
def test_refuses_what_it_cannot_judge(d, flags, flips, what):
    with pytest.raises(ValueError, match=what):
        max_t(d, clipped=np.ones(flags, dtype=bool), flips=flips, rng=np.random.default_rng(0))
