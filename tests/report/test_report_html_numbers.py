"""The geometry of the plot and the alignment of lines keep what they are given, whatever it is."""

import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pages import forest_row

from perfgate.report.html import words
from perfgate.report.html.data import compact, points_for
from perfgate.report.html.forest import forest_of
from perfgate.report.html.frames import frame, rows, value_at
from perfgate.report.page.model import Curve

CHANGES = st.floats(min_value=-1e6, max_value=1e6, allow_nan=False)
LINES = st.lists(
    st.tuples(st.floats(0, 1e3).map(lambda x: round(x, 2)), st.none() | st.floats(-1e3, 1e3)),
    min_size=1,
    max_size=40,
    unique_by=lambda point: point[0],
).map(lambda points: sorted(points, key=lambda point: point[0]))


def curve(points) -> Curve:
    return Curve(x=tuple(x for x, _ in points), y=tuple(y for _, y in points))


@given(st.lists(st.tuples(CHANGES, CHANGES, CHANGES, st.floats(0, 300)), max_size=12))
def test_everything_lies_on_the_axis_in_its_order(changes) -> None:
    made = [
        forest_row(change=change, low=min(low, high), high=max(low, high), tolerance=tolerance)
        for change, low, high, tolerance in changes
    ]
    forest = forest_of(made)
    for strip in forest.strips:
        assert strip.change is not None
        assert strip.band is not None
        assert strip.interval is not None
        assert 0 <= strip.change <= 100
        assert strip.band[0] <= forest.zero <= strip.band[0] + strip.band[1] + 1e-9
        assert strip.interval[1] >= 0
        assert (strip.row.change > 0) == (strip.change > forest.zero) or abs(
            strip.change - forest.zero
        ) < 1e-3
    order = sorted(forest.strips, key=lambda strip: strip.row.change or 0.0)
    places = [strip.change or 0.0 for strip in order]
    assert places == sorted(places)


@given(st.lists(CHANGES, max_size=6))
def test_the_marks_of_the_axis_do_not_run_into_each_other_and_zero_is_one(changes) -> None:
    forest = forest_of([forest_row(change=change, low=change, high=change) for change in changes])
    places = [tick.place for tick in forest.ticks]
    assert all(after - before >= 7.4 for before, after in pairwise(places))
    assert "0" in [tick.text for tick in forest.ticks]
    assert 2 <= len(places) <= 15


def test_one_huge_change_does_not_hide_the_small_ones() -> None:
    forest = forest_of(
        [
            forest_row(change=900.0, low=850.0, high=950.0),
            forest_row(change=6.0, low=5.0, high=7.0),
        ]
    )
    huge, small = forest.strips
    assert small.change is not None
    assert huge.change is not None
    assert small.change - forest.zero > 5
    assert huge.change > 90


def test_one_wide_tolerance_does_not_hide_the_changes() -> None:
    forest = forest_of([forest_row(tolerance=500.0), forest_row(change=6.0, low=5.0, high=7.0)])
    wide, small = forest.strips
    assert wide.band is not None
    assert wide.band[1] > 80
    assert small.change is not None
    assert small.change - forest.zero > 5


def test_the_plot_says_how_its_axis_and_its_interval_are_read() -> None:
    even = forest_of([forest_row(change=6.0, confidence=0.95)])
    assert (even.even_up_to, even.interval) == (None, "95 % interval")
    wide = forest_of([forest_row(change=900.0, confidence=0.95), forest_row(confidence=0.9)])
    assert (wide.even_up_to, wide.interval) == (10.0, "interval")


def test_what_was_not_measured_has_no_mark() -> None:
    (strip,) = forest_of([forest_row(change=None, low=None, high=None, tolerance=None)]).strips
    assert (strip.change, strip.interval, strip.band) == (None, None, None)
    (strip,) = forest_of([forest_row(change=math.nan, low=-math.inf, high=1.0)]).strips
    assert (strip.change, strip.interval) == (None, None)


@given(LINES, LINES, st.integers(2, 50))
def test_lines_brought_together_keep_their_ends_and_their_length(one, other, most) -> None:
    found = frame({"base": curve(one), "head": curve(other)}, most, before=0.0, after=1.0)
    assert len(found["x"]) == len(found["base"]) == len(found["head"]) <= most
    ends = sorted(x for x, _ in one + other)
    assert found["x"][0] == pytest.approx(ends[0], rel=1e-3)
    assert found["x"][-1] == pytest.approx(ends[-1], rel=1e-3)
    assert all(value is None or math.isfinite(value) for value in found["base"] + found["head"])


@given(LINES)
def test_a_line_by_itself_stays_what_it_is(points) -> None:
    found = frame({"base": curve(points)}, 300)
    assert found["base"] == [None if y is None else pytest.approx(y, rel=1e-3) for _, y in points]


def test_between_two_points_a_line_is_interpolated_and_a_gap_stays_one() -> None:
    line = Curve(x=(0.0, 2.0, 4.0, 6.0), y=(0.0, 4.0, None, 8.0))
    assert value_at(1.0, line) == 2.0
    assert value_at(3.0, line) is None
    assert value_at(6.0, line) == 8.0
    assert (value_at(-1.0, line, 5.0, 7.0), value_at(9.0, line, 5.0, 7.0)) == (5.0, 7.0)


def test_a_table_has_the_first_and_the_last_point() -> None:
    found = frame({"base": Curve(x=tuple(map(float, range(100))), y=tuple(map(float, range(100))))}, 300)
    table = rows(found, 12)
    assert len(table) == 12
    assert table[0] == {"x": 0, "base": 0, "at": "0.0 s"}
    assert table[-1] == {"x": 99, "base": 99, "at": "99.0 s"}
    assert rows(frame({}, 300), 12) == []


def test_rows_of_different_times_read_differently() -> None:
    short = frame({"base": Curve(x=(0.05, 0.15, 0.25), y=(1.0, 2.0, 3.0))}, 300)
    assert [row["at"] for row in rows(short, 12)] == ["0.05 s", "0.15 s", "0.25 s"]


def test_axes_are_written_once() -> None:
    charts = {"shift": {"x": [1, 2], "change": [3, 4]}, "time": {"x": [1, 2]}, "ecdf": {"x": [5]}}
    data = compact({"endpoints": {"one": charts, "two": charts}})
    assert data["axes"] == [[1, 2], [5]]
    assert data["endpoints"]["two"]["shift"] == {"x": 0, "change": [3, 4]}


def test_more_endpoints_have_fewer_points_each() -> None:
    assert points_for(0) == points_for(1) == 300
    assert 300 > points_for(50) > points_for(200) >= 26


def test_no_number_parts_from_its_unit_and_a_sentence_is_one() -> None:
    assert words.sentence("changes of p50 ≥ 2.4 % would be <found>", ()) == (
        "Changes of p50 ≥\u00a02.4\u00a0% would be &lt;found&gt;."
    )
    assert words.sentence("GET /items is 5 ms slower!", ()) == "GET /items is 5\u00a0ms slower!"
    assert words.sentence("p50 is fine", ()) == "p50 is fine."


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("checkout p50 was worse", ("GET /", "checkout")),
        ("checkout: p50 was worse", ("checkout page",)),
        ("check-out p50 was worse", ()),
        ("perfgate compare BASE HEAD measures them side by side", ()),
    ],
)
def test_a_name_at_the_beginning_of_a_sentence_stays_as_it_is(text, names) -> None:
    assert words.sentence(text, names) == f"{text}."
