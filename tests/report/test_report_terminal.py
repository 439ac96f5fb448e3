import re

import pytest
from report_verdicts import EVERY, comparison, regression, unchanged, verdict
from rich.cells import cell_len

from perfgate.model import Outcome, Reason
from perfgate.report import terminal

NUMBERS = ("1.20 ms", "1.75 ms", "+46.2 % [+44.1, +48.0]", "<0.0001", "≥ 2.4 %")


@pytest.mark.parametrize("width", [20, 30, 40, 60, 72, 80, 100, 132, 200])
@pytest.mark.parametrize("kind", EVERY)
def test_no_line_is_wider_than_asked_but_the_command(kind: str, width: int) -> None:
    lines = terminal.render(EVERY[kind](), width=width, color=False).splitlines()
    assert [x for x in lines if cell_len(x) > width and not x.startswith("reproduce: ")] == []
    assert [x for x in lines if x != x.rstrip()] == []


@pytest.mark.parametrize("width", [40, 60, 72, 80, 100])
def test_numbers_stay_whole_at_any_width(width: int) -> None:
    text = terminal.render(regression(), width=width, color=False)
    unwrapped = re.sub(r"\n +", " ", text)
    assert all(number in unwrapped for number in NUMBERS)


def test_names_are_shortened_before_numbers() -> None:
    long = verdict(Outcome.PASS, *unchanged("GET /api/v1/customers/{id}/orders/{order}/items/{item}/price"))
    text = terminal.render(long, width=80, color=False)
    assert re.search(r"^GET /\S*…\S*/price +p50 +1\.20 ms", text, re.MULTILINE)


def test_answer_comes_first_and_the_command_last() -> None:
    lines = terminal.render(regression(), width=100, color=False).splitlines()
    assert lines[0].startswith("REGRESSED: GET /items p50 is 46.2 % slower")
    assert lines[-1] == "reproduce: perfgate compare main slow-query --seed 7"


def test_markup_in_names_is_printed_and_never_obeyed() -> None:
    text = terminal.render(EVERY["hostile"](), width=200, color=True)
    assert "[red]GET[/red]" in text
    assert "[bold]x[/]" in text
    assert "\x1b[2J" not in text
    assert not {"\u202e", "\u2066", "\x07", "\x08"} & set(text)


def test_color_is_the_only_difference_color_makes() -> None:
    for kind, make in EVERY.items():
        colored = terminal.render(make(), width=80, color=True)
        plain = terminal.render(make(), width=80, color=False)
        assert "\x1b[" in colored
        assert "\x1b" not in plain
        stripped = re.sub(r"\x1b\[[0-9;]*m", "", colored)
        assert [x.rstrip() for x in stripped.splitlines()] == plain.splitlines(), kind


@pytest.mark.parametrize("color", [True, False])
def test_environment_changes_nothing(color: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    before = terminal.render(regression(), width=80, color=color)
    for name, value in {"COLUMNS": "20", "FORCE_COLOR": "1", "TERM": "dumb", "NO_COLOR": "1"}.items():
        monkeypatch.setenv(name, value)
    assert terminal.render(regression(), width=80, color=color) == before


def test_a_remedy_shared_by_neighbours_is_said_once() -> None:
    reasons = tuple(
        Reason(code="r", text=f"metric {i} is blurred", remedy="Measure longer.") for i in range(4)
    )
    text = terminal.render(verdict(Outcome.INCONCLUSIVE, reasons=reasons), width=80, color=False)
    assert text.count("→ Measure longer") == 1
    assert all(f"metric {i} is blurred" in text for i in range(4))


def test_many_reasons_are_counted_instead_of_listed() -> None:
    reasons = tuple(Reason(code="r", text=f"reason {i}") for i in range(40))
    text = terminal.render(verdict(Outcome.INVALID, reasons=reasons), width=80, color=False)
    assert "and 29 more like these in the JSON report" in text


def test_huge_names_cost_no_room() -> None:
    huge = verdict(
        Outcome.PASS, *[comparison("x" * 5000 + str(i), "p50") for i in range(3)], workload_name="w" * 9000
    )
    assert len(terminal.render(huge, width=100, color=False)) < 2500
