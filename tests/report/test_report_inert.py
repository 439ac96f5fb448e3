import html
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from report_gfm import assert_inert
from report_strategies import nasty
from report_verdicts import HOSTILE_NAME

from perfgate.report.inert import code, fenced, link, prose, sha_code
from perfgate.report.text import clean

NASTY = st.text(st.sampled_from("@#`|<>&*_[]()\\~$:/wW.GH-1a \n\u202e"), max_size=80)


@given(NASTY)
def test_prose_has_no_active_character_left_and_reads_the_same(text: str) -> None:
    safe = prose(text)
    without_entities = re.sub(r"&#\d+;|</?span>", "", safe)
    assert re.search(r"[@#`|<>*_\[\]\\~$&]", without_entities) is None
    assert re.search(r"[@#][^\s\u200b]", html.unescape(safe)) is None
    assert re.match(r"[-+=]|\d+\.(\s|$)", safe) is None
    assert "\n" not in safe
    assert html.unescape(re.sub("</?span>", "", safe)).replace("\u200b", "") == clean(text)


@given(nasty)
def test_rendered_text_is_the_text_and_nothing_more(text: str) -> None:
    page = assert_inert(f"before {prose(text)} {code(text)} after")
    assert set(page.tags) <= {"p", "code", "span"}
    assert "".join(page.prose).replace("\u200b", "").split() == f"before {clean(text)} after".split()


def test_two_dollar_signs_are_no_formula() -> None:
    assert prose("$x$") == "<span>&#36;</span>x<span>&#36;</span>"


@pytest.mark.parametrize(
    "text",
    [
        "deadbeef",
        "a" * 40,
        "see 1234567",
        "user@" + "b" * 40,
        "user/repo@" + "c" * 40,
        "DEADBEEF",
        "x_deadbee",
    ],
)
def test_what_looks_like_a_commit_is_taken_apart(text: str) -> None:
    safe = html.unescape(prose(text))
    assert re.search(r"[0-9a-f]{7}", safe, re.IGNORECASE) is None
    assert safe.replace("\u200b", "") == text


@pytest.mark.parametrize("text", [":tada:", ":+1:", ":-1:", "a:b:c", "javascript:x", "mailto:a@b.example"])
def test_a_colon_begins_nothing(text: str) -> None:
    safe = html.unescape(prose(text))
    assert re.search(r":[^\s\u200b]", safe) is None
    assert safe.replace("\u200b", "") == text


def test_words_are_not_taken_apart() -> None:
    assert prose("GET /decade/facades 52000 12.5 ms 1h") == "GET /decade/facades 52000 12.5 ms 1h"


@given(NASTY)
def test_a_code_block_cannot_be_closed_from_inside(text: str) -> None:
    fence, line, end = fenced(text).split("\n")
    assert fence == end == "`" * len(fence)
    assert fence not in line


def test_a_code_block_of_several_lines_is_fenced_for_the_worst_of_them() -> None:
    assert fenced("a", "````", "b") == "`````\na\n````\nb\n`````"


def test_a_commit_is_shown_by_ten_digits_that_can_be_copied() -> None:
    assert sha_code("1a2b3c4d5e" * 4) == "<code>1a2b3c4d5e</code>"
    assert sha_code("<b>@x</b>") == "<code>&#60;b&#62;&#64;\u200bx&#60;/b&#62;</code>"


def test_a_link_is_written_for_a_plain_url_only() -> None:
    assert link("report", "https://x.example/a?b=c#d") == "[report](https://x.example/a?b=c#d)"
    assert link("report", "https://x.example/a b") == ""
    assert link("report", "https://x.example/a)") == ""


def test_hostile_name_is_still_readable() -> None:
    assert "&#60;script&#62;alert(1)" in prose(HOSTILE_NAME)
