from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.stats.interval import hodges_lehmann, is_centered_above
from perfgate.stats.signflip import max_t
from perfgate.stats.tossed import found_ratio, is_heavy


def test_normal_noise_is_not_heavy_and_two_levels_are():
    rng = np.random.default_rng(2)
    d = rng.normal(0, 0.01, (50, 3))
    d[:20, 1] += rng.choice([-1.0, 1.0], 20)
    d[3, 2] = np.nan
    clipped = np.array([True, True, False])
    assert is_heavy(d, clipped).tolist() == [False, True, False]
    assert not is_heavy(np.zeros((5, 1)), np.array([True])).any()


def test_what_is_much_larger_than_the_noise_is_always_found_and_nothing_is_not():
    sizes = np.abs(np.random.default_rng(3).normal(0, 0.01, 13))
    found = [
        found_ratio(sizes, effect, rounds=13, critical_t=2.0, least=0.03) for effect in (0.0, 0.035, 0.5)
    ]
    assert found[0] == 0.0
    assert 0.5 < found[1] < 1.0
    assert found[2] == 1.0


def test_rounds_that_measured_nothing_find_nothing():
    """All rounds are of one size, so that nothing but their number differs."""
    d = np.full(13, 0.01)
    thin = d.copy()
    thin[::2] = np.nan
    whole, half = (found_ratio(each, 0.008, rounds=13, critical_t=2.0, least=0.003) for each in (d, thin))
    assert half < whole - 0.1
    assert found_ratio(np.full(13, np.nan), 1.0, rounds=13, critical_t=0.0, least=0.0) == 0.0


def test_a_change_between_two_levels_is_found_as_often_as_a_simulation_says():
    rng = np.random.default_rng(4)

    def rounds(count):
        return rng.normal(0, 0.003, count) + (rng.random(count) < 0.3) * rng.choice([-1.0, 1.0], count)

    def is_found(d):
        t = max_t(d[:, None], clipped=np.array([True]), flips=1, rng=rng).t[0]
        return t >= 1.9 and hodges_lehmann(d).center >= 0.03

    seen = np.mean([is_found(rounds(13) + 0.05) for _ in range(1000)])
    said = np.mean([found_ratio(rounds(13), 0.05, rounds=13, critical_t=1.9, least=0.03) for _ in range(100)])
    assert said == pytest.approx(seen, abs=0.08)


@given(
    st.lists(st.lists(st.floats(-1, 1), min_size=4, max_size=4), min_size=1, max_size=5),
    st.floats(-1, 1),
)
def test_pairs_are_counted_as_the_estimate_sorts_them(rows, least):
    """Where an even number of pairs has the limit between its middle two, either answer is right."""
    d = np.array(rows)
    for row, above in zip(d, is_centered_above(d, least), strict=True):
        averages = np.sort([(a + b) / 2 for i, a in enumerate(row) for b in row[i:]])
        if averages[4] >= least > averages[5] or averages[4] < least <= averages[5]:
            continue
        assert above == (hodges_lehmann(row).center >= least)
