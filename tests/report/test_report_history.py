"""The history as text, picture and JSON: readable in any width, harmless with any name."""

import json
import struct
from dataclasses import replace
from pathlib import Path

import pytest
from report_committed import assert_committed

from perfgate.errors import MeasureError
from perfgate.model import (
    ALL_ENDPOINTS,
    Circle,
    History,
    Metric,
    Past,
    PastCommit,
    PastRun,
    Reason,
    Rise,
    Step,
)
from perfgate.report import history as report
from perfgate.report import historyjson, historyplot
from perfgate.report.text import clean

SCHEMA = Path(historyjson.__file__).parent / "history.schema.json"
HOSTILE = "GET \x1b[2J/$\\frac{$\u202e[red]/ж漢"


def make_commits(count: int) -> tuple[PastCommit, ...]:
    return tuple(
        PastCommit(
            sha=f"{number * 7919 + 0xA000000:010x}".ljust(40, "0"),
            at=f"2026-{number // 28 % 12 + 1:02}-{number % 28 + 1:02}T00:00:00+00:00",
            on_line=True,
            runs=(
                PastRun(
                    sha="",
                    run_id=f"run-{number}",
                    source="result",
                    measured_at="2026-01-01T00:00:00Z",
                    levels={},
                ),
            ),
        )
        for number in range(count)
    )


def past(
    endpoint="GET /items", statistic="p50", *, count=20, level=1e6, steps=(), creep=None, **changes
) -> Past:
    found = Past(
        metric=Metric(endpoint=endpoint, statistic=statistic),
        values=tuple(level * (1 + 0.001 * (number % 3)) for number in range(count)),
        changes=(None, *(0.001 for _ in range(count - 1))),
        level=level,
        steps=tuple(
            Step(commit=place, before=level, after=level * (1 + change), change=change, p=1e-6)
            for place, change in steps
        ),
        creep=creep,
    )
    return replace(found, **changes)


def make_history(*metrics: Past, **changes) -> History:
    count = max(len(each.values) for each in metrics)
    history = History(
        workload_name="shop",
        circle=circle(1, "closed model"),
        others=(),
        commits=make_commits(count),
        metrics=metrics,
        searched=True,
        fewest=4,
        max_p=0.001,
        alpha=0.01,
    )
    return replace(history, **changes)


def circle(number: int, load: str) -> Circle:
    return Circle(
        number=number,
        runs=20,
        commits=20,
        newest="2026-01-20T00:00:00Z",
        conditions={"load_model": load, "environment_class": "test-cpu-2x", "workload_digest": "d" * 64},
    )


def text_of(history: History, *, commits=False, limit=20, width=120) -> str:
    return report.render(history, commits=commits, limit=limit, width=width, install="pip install it")


def many() -> History:
    """Five endpoints, three quantiles each, with steps close to each other and creep."""
    metrics = [
        past(
            f"GET /endpoint/{n}",
            statistic,
            level=level,
            steps=((8, 0.2), (9, -0.1), (17, 0.3)) if n == 2 else (),
        )
        for n in range(5)
        for statistic, level in (("p50", 1e6), ("p95", 3e6), ("p99", 8e6))
    ]
    metrics[0] = replace(metrics[0], creep=Rise(first=5, last=15, change=0.1, p=1e-4))
    return make_history(*metrics, past("GET /endpoint/1", "errors", level=0.0))


def test_five_endpoints_fit_on_one_screen() -> None:
    assert len(text_of(many()).splitlines()) <= 32


@pytest.mark.parametrize("width", [60, 80, 100, 120, 200])
def test_no_line_of_the_summary_is_wider_than_the_terminal(width: int) -> None:
    table = [line for line in text_of(many(), width=width).splitlines() if line.startswith(" ")]
    assert max(len(line) for line in table) <= width


def test_at_80_columns_the_changes_are_whole_and_the_drawing_goes() -> None:
    history = many()
    text = text_of(history, width=80)
    assert f"▲ +30.0 % at {history.commits[17].sha[:10]} (" in text
    assert f"↗ +10.0 % creep, {history.commits[5].sha[:10]} to {history.commits[15].sha[:10]}" in text
    assert "▅" not in text


def test_the_newest_changes_come_first_and_the_rest_is_counted() -> None:
    history = make_history(past(steps=((2, 0.1), (5, 0.2), (9, -0.3), (12, 0.4), (15, 0.5))))
    changes = [line for line in text_of(history).splitlines() if " at " in line]
    assert [line.split(" %")[0].split()[-1] for line in changes] == ["+50.0", "+40.0", "-30.0"]
    assert "▼" in changes[2]
    assert "and 2 earlier" in text_of(history)


def test_creep_comes_with_the_comparison_that_makes_sure() -> None:
    history = make_history(past(creep=Rise(first=5, last=15, change=0.1, p=1e-4)))
    first, last = (history.commits[place].sha[:10] for place in (5, 15))
    assert f"perfgate compare {first} {last}" in text_of(history)


def test_errors_that_never_happened_take_no_line_and_those_that_did_do() -> None:
    none = make_history(past(), past(statistic="errors", level=0.0))
    assert "no request failed" in text_of(none)
    assert " errors " not in text_of(none)
    assert " 1.0 % " in text_of(make_history(past(), past(statistic="errors", level=0.01)))


def test_a_commit_beside_the_line_has_a_star_and_a_word() -> None:
    history = make_history(past(count=3))
    commits = (history.commits[0], replace(history.commits[1], on_line=False), history.commits[2])
    text = text_of(replace(history, commits=commits), commits=True)
    assert f"{commits[1].sha[:10]}*" in text
    assert "* not on HEAD's first-parent line" in text


def test_what_is_not_shown_is_said() -> None:
    reason = Reason(code="left_out", text="3 runs: interrupted", remedy="run them again")
    text = text_of(
        make_history(past(), left_out=(reason,), others=(circle(2, "open model"),), searched=False)
    )
    assert "left out: 3 runs: interrupted (run them again)" in text
    assert "--group 2, 20 runs of 20 commits, newest 2026-01-20, load: open model" in text
    assert "change points were not looked for: pip install it" in text


def test_with_too_few_commits_it_says_that_changes_cannot_be_told() -> None:
    assert "too few commits" in text_of(make_history(past(count=3)))
    assert "too few commits" not in text_of(make_history(past(count=4)))


def test_hostile_names_are_harmless_everywhere(tmp_path: Path) -> None:
    history = make_history(
        past(HOSTILE, steps=((5, 0.1),)),
        workload_name=HOSTILE,
        circle=circle(1, HOSTILE),
        others=(circle(2, HOSTILE + "2"),),
        left_out=(Reason(code="left_out", text=HOSTILE),),
    )
    text = text_of(history, commits=True)
    assert "\x1b" not in text
    assert "\u202e" not in text
    assert clean(HOSTILE) in text
    historyplot.write_png(history, tmp_path / "plot.png", limit=20)
    assert json.loads(historyjson.render(history))["workload_name"] == HOSTILE


def size(path: Path) -> tuple[int, int]:
    data = path.read_bytes()
    assert data.startswith(b"\x89PNG")
    width, height = struct.unpack(">II", data[16:24])
    return width, height


@pytest.mark.parametrize("count", [1, 2, 3, 300])
def test_any_number_of_commits_can_be_shown(count: int, tmp_path: Path) -> None:
    history = make_history(past(count=count), past(ALL_ENDPOINTS, "cpu", count=count))
    text_of(history, commits=True)
    historyplot.write_png(history, tmp_path / "plot.png", limit=200)
    assert size(tmp_path / "plot.png")[0] < 1500


def test_the_picture_grows_with_the_endpoints_but_not_for_ever(tmp_path: Path) -> None:
    heights = []
    for endpoints in (1, 6, 30):
        metrics = [past(f"GET /{number}", count=3) for number in range(endpoints)]
        historyplot.write_png(make_history(*metrics), tmp_path / f"{endpoints}.png", limit=20)
        heights.append(size(tmp_path / f"{endpoints}.png")[1])
    assert heights[0] < heights[1] < heights[2] < 2600


def test_a_metric_without_any_value_among_the_newest_can_be_drawn(tmp_path: Path) -> None:
    gone = past(values=(1e6,) * 3 + (None,) * 17)
    history = make_history(gone, past("GET /search"), past(statistic="errors", level=0.3))
    historyplot.write_png(history, tmp_path / "plot.png", limit=10)
    assert "–" in text_of(history, limit=10)


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(MeasureError, match=r"cannot write the plot .*missing/plot\.png"):
        historyplot.write_png(make_history(past()), tmp_path / "missing" / "plot.png", limit=20)


def test_pyplot_and_its_windows_are_not_touched() -> None:
    assert "pyplot" not in Path(historyplot.__file__).read_text(encoding="utf-8")


def test_the_committed_schema_is_that_of_the_document() -> None:
    assert_committed(SCHEMA, historyjson.schema_text())


def test_the_document_has_the_commits_of_steps_and_creep_by_name() -> None:
    history = make_history(past(steps=((5, 0.1),), creep=Rise(first=6, last=12, change=0.05, p=1e-4)))
    (metric,) = json.loads(historyjson.render(history))["metrics"]
    assert metric["change_points"][0]["sha"] == history.commits[5].sha
    assert metric["creep"]["first_sha"] == history.commits[6].sha
    assert metric["creep"]["last_sha"] == history.commits[12].sha
    assert len(metric["values"]) == 20
