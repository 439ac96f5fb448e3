"""The compatibility page says what the tables of features and the code say, and nothing of this machine."""

import re
import tempfile

import pytest
from compatibility import PAGE, page


@pytest.fixture(scope="module", name="rendered")
def _rendered() -> str:
    return page()


def test_the_page_is_what_the_tables_say(rendered):
    assert PAGE.read_text() == rendered, "make compatibility rewrites docs/reference/compatibility.md"


def test_the_page_holds_no_path_of_this_machine(rendered):
    assert tempfile.gettempdir() not in rendered
    assert str(PAGE.parents[2]) not in rendered
    assert not re.search(r"/(tmp|home|work|root)/", rendered)


def test_what_is_refused_or_noted_says_why(rendered):
    rows = [
        line.strip("| ").split(" | ")
        for line in rendered.splitlines()
        if re.search(r".\| (no|noted) \|", line)
    ]
    assert len(rows) > 60
    assert [row for row in rows if len(row) < 3 or len(row[-1]) < 5] == []
