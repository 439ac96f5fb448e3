import dataclasses
import re

import pytest
from report_loads import LOADS, MS, OPEN, closed, endpoint, opened, spread, summary
from rich.cells import cell_len

from perfgate.model import Outcome
from perfgate.report.load import render_load


def shown(load_summary, *, width=100, outcome=Outcome.PASS) -> str:
    return render_load(load_summary, outcome, (), (), width=width)


def row(text: str, name: str) -> list[str]:
    return re.split(r" {2,}", next(line for line in text.splitlines() if line.startswith(f"{name} ")))


@pytest.mark.parametrize("width", [20, 30, 40, 60, 72, 80, 100, 132, 200])
@pytest.mark.parametrize("kind", LOADS)
def test_no_line_is_wider_than_asked(kind: str, width: int) -> None:
    lines = render_load(*LOADS[kind](), width=width).splitlines()
    assert [x for x in lines if cell_len(x) > width] == []
    assert [x for x in lines if x != x.rstrip()] == []


@pytest.mark.parametrize("width", range(30, 102, 3))
def test_no_number_parts_from_its_unit(width: int) -> None:
    text = render_load(*closed(), width=width)
    for number in ("118,432", "32.2 ms", "<0.01 %", "1.92 ms", "272 MB", "2 min"):
        assert number in text


@pytest.mark.parametrize("width", [72, 80, 100])
def test_names_are_shortened_before_numbers(width: int) -> None:
    long = endpoint("GET /api/v1/customers/{id}/orders/{order}/items/{item}/price", 90_000, 1.0)
    line = next(x for x in shown(summary(long), width=width).splitlines() if x.startswith("GET /"))
    assert re.search(
        r"^GET /\S*…\S*price +90,000 +750 +0\.0 % +1\.00 ms +2\.90 ms +7\.40 ms +31\.0 ms$", line
    )


def test_markup_in_names_is_printed_and_never_obeyed() -> None:
    text = render_load(*LOADS["hostile"](), width=200, color=True)
    assert "[red]GET[/red]" in text
    assert "[bold]tls" in text
    assert "\x1b[2J" not in text
    assert not {"\u202e", "\u2066", "\x07", "\x08"} & set(text)


def test_color_is_the_only_difference_color_makes() -> None:
    for kind, make in LOADS.items():
        colored = render_load(*make(), width=80, color=True)
        stripped = re.sub(r"\x1b\[[0-9;]*m", "", colored)
        assert [x.rstrip() for x in stripped.splitlines()] == render_load(*make(), width=80).splitlines(), (
            kind
        )


def test_huge_names_cost_no_room() -> None:
    names = [endpoint("x" * 5000 + str(i), 9, 1.0, errors={"e" * 5000 + str(i): 1}) for i in range(3)]
    text = shown(summary(*names, workload_name="w" * 9000, target="t" * 9000, started_at="s" * 900))
    assert len(text) < 3500


def test_a_p99_needs_370_requests_and_a_p999_ten_times_as_many() -> None:
    assert row(shown(summary(endpoint("GET /", 369, 1.0))), "GET /")[-2] == "–"
    assert row(shown(summary(endpoint("GET /", 370, 1.0))), "GET /")[-2] == "7.40 ms"
    few = summary(endpoint("GET /", 3_699, 1.0))
    assert row(shown(few), "service time")[-2:] == ["–", "31.0 ms"]
    enough = summary(endpoint("GET /", 3_700, 1.0))
    assert row(shown(enough), "service time")[-2:] == ["31.0 ms", "31.0 ms"]


def test_only_a_closed_model_owns_up_to_coordinated_omission() -> None:
    assert "coordinated omission" in " ".join(render_load(*closed(), width=100).split())
    assert "coordinated" not in render_load(*opened(), width=100)


def test_only_an_open_model_has_response_times_and_lateness() -> None:
    own = spread(500, 1.0)
    due = summary(endpoint("GET /", 500, 1.0), profile=OPEN, response=own, lateness=own)
    assert {"response time", "lateness"} < {line[:13].rstrip() for line in shown(due).splitlines()}
    assert "response time" not in shown(summary(endpoint("GET /", 500, 1.0), response=own))


def test_endpoints_keep_the_order_of_the_workload_and_the_sum_comes_last() -> None:
    text = render_load(*closed(), width=100)
    table = text.split("\n\n")[1].splitlines()
    order = [line.split("  ")[0] for line in table[1:]]
    assert order == ["GET /items", "GET /items/{id}", "POST /items", "all endpoints"]
    assert "all endpoints" not in shown(summary(endpoint("GET /", 5, 1.0)))


def test_most_frequent_error_comes_first_and_very_many_are_counted() -> None:
    errors = {f"check {i}": i for i in range(1, 31)}
    lines = shown(summary(endpoint("GET /", 900, 1.0, errors=errors))).splitlines()
    begin = lines.index("errors:")
    assert lines[begin + 1] == "  30 × check 30: GET /"
    assert lines[begin + 11] == "  and 20 more error classes in the JSON report"


@pytest.mark.parametrize(
    ("failed", "said", "cell"),
    [
        (0, "none failed", "0.0 %"),
        (1, "<0.01 % failed", "<0.01 %"),
        (99_999, ">99.9 % failed", ">99.9 %"),
        (100_000, "all failed", "100 %"),
    ],
)
def test_neither_none_nor_all_is_said_of_almost(failed: int, said: str, cell: str) -> None:
    text = shown(summary(endpoint("GET /", 100_000, 1.0, errors={"timeout": failed})), width=200)
    assert text.splitlines()[0].endswith(f"{said}.")
    assert row(text, "GET /")[3] == cell


def test_a_clock_that_was_set_is_told_and_its_usual_drift_is_not() -> None:
    usual = summary(endpoint("GET /", 5, 1.0))
    stepped = dataclasses.replace(usual, driver=dataclasses.replace(usual.driver, clock_step_ns=-3 * MS))
    assert "wall clock moved by 3.00 ms" in " ".join(shown(stepped).split())
    assert "moved" not in shown(usual)


def test_notes_are_shown() -> None:
    assert "! hooks are not replayed" in shown(summary(notes=("hooks are not replayed",)))
