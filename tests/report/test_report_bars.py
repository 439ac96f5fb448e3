import dataclasses
import math

from hypothesis import HealthCheck, given, settings
from report_strategies import anything, verdicts
from report_verdicts import comparison, regression, whole_service
from rich.cells import cell_len

from perfgate.model import Outcome
from perfgate.report.bars import WIDTH, render_bars


def bar(row: str) -> str:
    return row[36:69]


def test_picture_shows_interval_band_and_direction() -> None:
    rows = [
        comparison("GET /a", "p50", change=0.06, low=0.045, high=0.075),
        comparison("GET /b", "p50", change=0.0, low=-0.015, high=0.015),
        comparison("GET /c", "p50", change=-0.06, low=-0.09, high=-0.03),
    ]
    worse, level, better = (bar(line) for line in render_bars(rows)[1:-1])
    zero = worse.index("│")
    assert worse.index("├") > zero
    assert better.index("┤") <= zero
    assert level.index("├") < level.index("●") < level.index("┤")
    assert worse.count("░") == 2 * (zero - worse.index("░"))


def test_worse_is_on_the_right_also_where_less_is_worse() -> None:
    lines = render_bars([c for c in whole_service().comparisons if c.outcome == Outcome.REGRESSED])
    heading, throughput, memory, legend = lines
    assert "throughput" in throughput
    assert "-6.1 %" in throughput
    assert bar(throughput).index("●") > heading.index("0") - 36
    assert "+1.02 kB" in memory
    assert "tolerated" in legend


def test_what_lies_beyond_the_axis_ends_in_an_arrow_and_does_not_squeeze_the_rest() -> None:
    far = comparison("GET /far", "p50", change=9.0, low=8.0, high=10.0)
    near = comparison("GET /near", "p50", change=0.1, low=0.06, high=0.14)
    _, first, second, _ = render_bars([far, near])
    assert bar(first).rstrip().endswith("▸")
    assert bar(second).count("─") >= 2


def test_what_has_no_change_has_no_line() -> None:
    assert render_bars([comparison("a", "p50", change=None), comparison("a", "p95", change=math.nan)]) == []
    assert render_bars([dataclasses.replace(comparison("a", "p50"), tolerance=math.nan)]) == []
    assert render_bars([]) == []
    assert len(render_bars(regression().comparisons)) == len(regression().comparisons) + 1


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(verdicts, anything)
def test_no_line_is_wider_than_promised_and_every_bar_has_its_point(v, name: str) -> None:
    lines = render_bars([*v.comparisons, comparison(name, "p50", change=0.1)])
    assert all(cell_len(line) <= WIDTH for line in lines)
    assert all("●" in line or "▸" in line or "◂" in line for line in lines[1:-1])
    assert all(line.isprintable() for line in lines)
