"""Change points are those of Apache Otava, and do not depend on units, direction or chance."""

import math
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from otava_series import SINGLE_STEP, THREE_LEVELS, TIGERBEETLE, TIGERBEETLE_EXPECTED

from perfgate.stats import changepoints
from perfgate.stats.changepoints import ChangePointsUnavailableError, change_points, is_available

seeds = st.integers(0, 2**32 - 1)
few_examples = settings(max_examples=40, deadline=None)


def noisy_step(seed, size, index, step_sd):
    """A level of 100 with even noise of SD 1, higher by `step_sd` from `index` on."""
    noise = np.random.default_rng(seed).uniform(-math.sqrt(3), math.sqrt(3), size)
    return 100 + noise + step_sd * (np.arange(size) >= index)


def indices(values, **options):
    return [point.index for point in change_points(np.asarray(values, dtype=np.float64), **options)]


@pytest.mark.parametrize(("options", "expected"), TIGERBEETLE_EXPECTED.items())
def test_the_published_series_of_otava_has_the_published_change_points(options, expected):
    window, max_p, min_magnitude = options
    assert indices(TIGERBEETLE, window=window, max_p=max_p, min_magnitude=min_magnitude) == expected


def test_the_small_published_series_have_the_published_change_points():
    assert indices(SINGLE_STEP, window=10, max_p=0.0001) == [10]
    assert indices(THREE_LEVELS, max_p=0.01) == [5, 8]


@given(st.floats(1e-3, 1e9), st.integers(0, 120))
@few_examples
def test_a_constant_series_has_none(level, size):
    assert change_points(np.full(size, level)) == ()


@given(seeds, st.integers(40, 120), st.data())
@few_examples
def test_a_clear_step_is_found_at_exactly_its_index(seed, size, data):
    index = data.draw(st.integers(10, size - 10))
    values = noisy_step(seed, size, index, 10)
    found = {point.index: point for point in change_points(values)}
    assert index in found
    assert found[index].after - found[index].before == pytest.approx(10, abs=2)
    assert found[index].change == pytest.approx(found[index].after / found[index].before - 1)
    assert found[index].p < 0.001


@given(seeds, st.integers(4, 60), st.integers(-40, 40))
@few_examples
def test_the_unit_changes_nothing(seed, size, power):
    values = noisy_step(seed, size, size // 2, 4)
    found, scaled = change_points(values), change_points(values * 2.0**power)
    assert [(p.index, p.change, p.p) for p in scaled] == [(p.index, p.change, p.p) for p in found]


@given(seeds, st.integers(40, 90), st.data())
@few_examples
def test_the_reversed_series_has_the_mirrored_step(seed, size, data):
    index = data.draw(st.integers(10, size - 10))
    assert size - index in indices(noisy_step(seed, size, index, 10)[::-1])


@given(seeds)
@few_examples
def test_the_same_series_gives_the_same_and_stays_as_it_was(seed):
    values = noisy_step(seed, 50, 20, 3)
    before = values.copy()
    assert change_points(values) == change_points(values)
    assert np.array_equal(values, before)


def test_unchanged_series_rarely_have_one():
    rng = np.random.default_rng(1)
    assert sum(bool(change_points(rng.normal(100, 1, 20))) for _ in range(300)) <= 300 * 0.04


def test_a_small_change_is_left_out_when_only_large_ones_are_asked_for():
    values = noisy_step(1, 60, 30, 10)
    assert indices(values, min_magnitude=0.05) == [30]
    assert indices(values, min_magnitude=0.2) == []


def test_three_values_and_none_have_no_change_point():
    assert change_points(np.array([])) == ()
    assert change_points(np.array([1.0, 2.0, 2.0])) == ()


def test_a_rise_from_nothing_is_infinite():
    (point,) = change_points(np.array([0.0] * 10 + [0.5] * 10))
    assert (point.index, point.before, point.after, point.change) == (10, 0.0, 0.5, math.inf)


@pytest.mark.parametrize(
    ("values", "options"),
    [
        ([1.0, math.nan, 1.0, 1.0], {}),
        ([[1.0, 2.0]], {}),
        ([1.0] * 5, {"max_p": 0.0}),
        ([1.0] * 5, {"min_magnitude": -0.1}),
        ([1.0] * 5, {"window": 1}),
    ],
)
def test_what_makes_no_sense_is_refused(values, options):
    with pytest.raises(ValueError):
        change_points(np.array(values), **options)


def test_without_the_library_it_says_how_to_install_it(monkeypatch):
    assert is_available()
    monkeypatch.setattr(changepoints, "is_available", lambda: False)
    with pytest.raises(ChangePointsUnavailableError, match=r"pip install 'perfgate\[history\]'"):
        change_points(np.ones(20))


def test_the_library_is_not_loaded_before_it_is_needed():
    code = (
        "import sys, perfgate.stats.changepoints as c; "
        "c.is_available(); sys.exit('otava.analysis' in sys.modules)"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
