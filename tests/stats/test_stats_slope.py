"""The median slope: equal to scipy's, unmoved by where the axes begin, and not decided by single steps."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from perfgate.stats.slope import theil_sen

whole = st.integers(-1000, 1000)
points = st.lists(st.tuples(whole, whole), min_size=3, max_size=30).filter(
    lambda p: len({x for x, _ in p}) > 1
)


def columns(pairs: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    both = np.array(pairs, dtype=np.float64)
    return both[:, 0], both[:, 1]


@given(points)
def test_it_is_the_estimate_of_theil_and_sen(pairs: list[tuple[int, int]]) -> None:
    x, y = columns(pairs)
    with np.errstate(invalid="ignore"):  # of scipy's interval, which has no room among many ties
        theirs = stats.theilslopes(y, x).slope
    assert theil_sen(x, y) == pytest.approx(theirs, abs=1e-9)


@given(points, whole, whole, st.integers(1, 50), st.integers(-50, 50))
def test_shifts_change_nothing_and_scales_scale(
    pairs: list[tuple[int, int]], right: int, up: int, wider: int, taller: int
) -> None:
    x, y = columns(pairs)
    slope = theil_sen(x, y)
    assert theil_sen(x + right, y + up) == pytest.approx(slope, abs=1e-9)
    assert theil_sen(x * wider, y * taller) == pytest.approx(slope * taller / wider, rel=1e-9, abs=1e-9)
    assert theil_sen(x, y + 3 * x) == pytest.approx(slope + 3, abs=1e-9)


def test_one_step_is_no_growth_and_steady_growth_is() -> None:
    x = np.arange(40.0)
    assert theil_sen(x, np.where(x < 15, 0.0, 1e6)) == 0.0
    assert theil_sen(x, np.floor(x / 4) * 4096) == pytest.approx(1024, rel=0.1)


@pytest.mark.parametrize(
    ("x", "y", "says"),
    [
        ([1.0, 2.0], [1.0], "one length"),
        ([1.0, np.nan], [1.0, 2.0], "finite"),
        ([3.0, 3.0], [1.0, 2.0], "differ in x"),
        ([], [], "differ in x"),
    ],
)
def test_what_has_no_slope_is_refused(x: list[float], y: list[float], says: str) -> None:
    with pytest.raises(ValueError, match=says):
        theil_sen(np.array(x), np.array(y))
