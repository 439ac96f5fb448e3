import html
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from report_loads import LOADS, endpoint, summary

from perfgate.model import Outcome, Reason
from perfgate.report.loadmarkdown import MAX_CHARACTERS, render_load_markdown


def huge(text: str, endpoints: int) -> str:
    reasons = [Reason(code="x", text=text, remedy=text)] * 200
    names = [endpoint(f"{text}{i}", 9, 1.0, errors={f"{text}{i}": 1}) for i in range(endpoints)]
    load = summary(*names, workload_name=text, target=text, started_at=text, notes=(text,) * 50)
    return render_load_markdown(load, Outcome.INVALID, reasons, reasons)


def test_hostile_load_is_inert() -> None:
    text = render_load_markdown(*LOADS["hostile"]())
    assert re.search(r"<(?!/?(code|br)>)", text) is None
    assert re.search(r"[@#]\w", html.unescape(text)) is None
    assert "://" not in html.unescape(text)
    assert "www." not in text
    assert not {"\u202e", "\x1b"} & set(text)


@pytest.mark.parametrize("kind", LOADS)
def test_rows_have_the_cells_of_their_table(kind: str) -> None:
    tables = re.findall(r"(?:^\|.*\n)+", render_load_markdown(*LOADS[kind]()), re.MULTILINE)
    for table in tables:
        assert len({line.count("|") for line in table.splitlines()}) == 1


@pytest.mark.parametrize("character", ["@", "$", "a", "价"])
@pytest.mark.parametrize("endpoints", [0, 2, 400])
def test_load_always_fits_a_comment(character: str, endpoints: int) -> None:
    text = huge(character * 2000, endpoints)
    assert len(text) < MAX_CHARACTERS
    assert endpoints < 400 or re.search(r"^\d+ more rows in the terminal", text, re.MULTILINE)


@settings(max_examples=20, deadline=None)
@given(st.text(st.characters(exclude_categories=()), max_size=300), st.integers(0, 40))
def test_load_fits_and_can_be_encoded_whatever_the_names(text: str, endpoints: int) -> None:
    comment = huge(text * 5, endpoints)
    assert len(comment) < MAX_CHARACTERS
    assert comment.encode("utf-8")
