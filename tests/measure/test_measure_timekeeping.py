"""How long the rest takes, and how many rounds still fit."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.measure.timekeeping import Pace, seconds_text


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


def test_the_last_rounds_count_and_before_them_what_was_expected() -> None:
    pace = Pace(round_s=2.0)
    assert pace.left_s(5) == 10
    for seconds in (9.0, 1.0, 1.0, 1.0, 1.0, 1.0):
        pace.took(seconds)
    assert pace.left_s(5) == 5


def test_nobody_knows_before_the_first_round() -> None:
    assert Pace().left_s(3) is None
    assert math.isinf(Pace().fitting())


def test_rounds_fit_until_the_deadline() -> None:
    clock = Clock()
    pace = Pace(round_s=2.0, deadline_s=110.0, clock=clock)
    assert pace.fitting() == 5
    clock.now = 107.0
    assert pace.fitting() == 1
    clock.now = 120.0
    assert pace.fitting() == 0


def test_without_a_deadline_any_number_fits() -> None:
    pace = Pace()
    pace.took(3.0)
    assert math.isinf(pace.fitting())


@given(st.floats(0.01, 100), st.floats(0, 1000))
def test_what_fits_is_over_in_time(round_s, left_s) -> None:
    pace = Pace(round_s=round_s, deadline_s=left_s, clock=lambda: 0.0)
    assert pace.fitting() * round_s <= left_s * (1 + 1e-6) + 1e-6


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0.42, "0.42 s"),
        (1.12, "1.1 s"),
        (9.96, "10 s"),
        (41.4, "41 s"),
        (125, "2 min 5 s"),
        (7300, "2 h 1 min"),
    ],
)
def test_times_are_written_as_people_say_them(seconds: float, text: str) -> None:
    assert seconds_text(seconds) == text
