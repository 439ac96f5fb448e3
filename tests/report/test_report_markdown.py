import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_verdicts import EVERY, HOSTILE_NAME, comparison, hostile, passing, regression, unchanged, verdict

from perfgate.model import Commit, Outcome, Reason
from perfgate.report import markdown
from perfgate.report.inert import fenced, prose

NASTY = st.text(st.sampled_from("@#`|<>&*_[]()\\~$:/wW.GH-1a \n\u202e"), max_size=80)


def test_headline_leads_and_the_worst_row_follows() -> None:
    text = markdown.render(regression())
    assert text.startswith("### REGRESSED: GET /items p50 is 46.2 % slower")
    table = [line for line in text.splitlines() if line.startswith("| ")]
    assert "REGRESSED" in table[1]


def test_many_passes_are_folded_and_few_are_not() -> None:
    folded = markdown.render(regression())
    assert "<summary>8 metrics in which no change was found</summary>" in folded
    assert folded.index("**REGRESSED**") < folded.index("<details>") < folded.index("| PASS |")
    few = verdict(Outcome.PASS, *unchanged("GET /a"))
    assert "<details>" not in markdown.render(few)


def test_every_table_row_has_the_same_cells_whatever_the_names_hold() -> None:
    for line in markdown.render(hostile()).splitlines():
        if line.startswith("| "):
            assert line.count("|") == 9


def test_hostile_names_are_inert() -> None:
    text = markdown.render(hostile())
    body, _, command = text.partition("Reproduce:")
    assert "<script" not in body
    assert re.search(r"<(?!/?(code|details|summary|br)>)", body) is None
    assert re.search(r"[@#]\w", html.unescape(body)) is None
    assert "://" not in html.unescape(body)
    assert "www." not in body
    assert "\u202e" not in text
    assert "\x1b" not in text
    assert command.strip() == "````\nperfgate compare '```' main @octocat\n````"


@given(NASTY)
def test_prose_has_no_active_character_left_and_reads_the_same(text: str) -> None:
    safe = prose(text)
    without_entities = re.sub(r"&#\d+;", "", safe)
    assert re.search(r"[@#`|<>*_\[\]\\~$&]", without_entities) is None
    assert re.search(r"[@#][^\s\u200b]", html.unescape(safe)) is None
    assert re.match(r"[-+=]|\d+\.(\s|$)", safe) is None
    assert "\n" not in safe


@given(NASTY)
def test_a_code_block_cannot_be_closed_from_inside(text: str) -> None:
    fence, line, end = fenced(text).split("\n")
    assert fence == end == "`" * len(fence)
    assert fence not in line


def huge(text: str, metrics: int) -> str:
    reason = Reason(code="x", text=text, remedy=text)
    outcomes = [Outcome.REGRESSED, Outcome.PASS, Outcome.NOT_MEASURED]
    rows = [comparison(f"{text}{i}", "p50", outcomes[i % 3], reasons=(reason,)) for i in range(metrics)]
    commit = Commit(sha="1" * 40, ref=text)
    return markdown.render(
        verdict(
            Outcome.REGRESSED,
            *rows,
            reasons=(reason,) * 200,
            warnings=(reason,) * 200,
            base=commit,
            head=commit,
            workload_name=text,
            reproduce=text,
        )
    )


@pytest.mark.parametrize("character", ["@", "<", "a", "&", "价", "`"])
@pytest.mark.parametrize("metrics", [0, 3, 400])
def test_comment_always_fits(character: str, metrics: int) -> None:
    text = huge(character * 5000, metrics)
    assert len(text) < markdown.MAX_CHARACTERS
    assert metrics < 400 or re.search(r"^\d+ more metrics in the terminal", text, re.MULTILINE)


@settings(max_examples=25, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=300), st.integers(0, 60))
def test_comment_fits_and_can_be_encoded_whatever_the_names(text: str, metrics: int) -> None:
    comment = huge(text * 5, metrics)
    assert len(comment) < markdown.MAX_CHARACTERS
    assert comment.encode("utf-8")


def test_a_command_too_long_for_a_comment_is_owned_up_to() -> None:
    text = markdown.render(verdict(Outcome.PASS, reproduce="perfgate compare " + "x" * 50_000))
    assert "too long for a comment" in text
    assert "xxx" not in text


@pytest.mark.parametrize("kind", EVERY)
def test_a_details_block_is_always_closed(kind: str) -> None:
    text = markdown.render(EVERY[kind]())
    assert text.count("<details>") == text.count("</details>")


def test_warnings_are_told() -> None:
    assert "driver and services share all CPUs" in markdown.render(passing())


def test_hostile_name_is_still_readable() -> None:
    assert "&#60;script&#62;alert(1)" in prose(HOSTILE_NAME)
