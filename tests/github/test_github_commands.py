"""What is said to the runner: outputs, messages and the summary, whatever the values."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.errors import MeasureError
from perfgate.github.commands import append, notice, output_text

NAMES = st.from_regex(r"[a-z][a-z-]{0,9}", fullmatch=True)
HOSTILE = st.sampled_from(["EOF", "<<", "=", "x=1\ny<<EOF\n", "\n", "%0A", "::error::x", "\r\n", "perfgate_"])
VALUES = st.lists(HOSTILE | st.text(st.characters(exclude_categories=("Cs",)), max_size=20)).map("".join)


def read_by_the_runner(text):
    """GITHUB_OUTPUT as actions/runner reads it: NAME<<DELIMITER, lines, DELIMITER."""
    values, lines = {}, iter(text.split("\n"))
    for line in lines:
        if not line:
            continue
        name, delimiter = line.split("<<", 1)
        value = []
        for inner in lines:
            if inner == delimiter:
                break
            value.append(inner)
        values[name] = "\n".join(value)
    return values


def decoded(text):
    for code, character in (("%0A", "\n"), ("%0D", "\r"), ("%3A", ":"), ("%2C", ","), ("%25", "%")):
        text = text.replace(code, character)
    return text


@settings(deadline=None)
@given(st.dictionaries(NAMES, VALUES, max_size=5))
def test_every_output_is_read_as_it_was_given(values):
    assert read_by_the_runner(output_text(values)) == values


def test_a_delimiter_cannot_be_guessed():
    delimiters = {output_text({"x": "y"}).split("\n")[0] for _ in range(20)}
    assert len(delimiters) == 20


@pytest.mark.parametrize("name", ["", "a b", "a=b", "a\nb", "1a", "a<<b"])
def test_a_name_that_is_none_is_refused(name):
    with pytest.raises(ValueError, match="not the name of an output"):
        output_text({name: "x"})


def test_outputs_larger_than_a_job_may_set_are_refused():
    with pytest.raises(ValueError, match="larger than 1 MB"):
        output_text({"x": "y" * 1_000_001})


@pytest.mark.parametrize("level", ["notice", "warning", "error"])
@settings(deadline=None)
@given(message=VALUES, title=VALUES, file=VALUES, line=st.integers(0, 9999))
def test_a_message_is_one_line_and_read_as_it_was_given(level, message, title, file, line):
    text = notice(level, message, title=title, file=file, line=line)
    assert "\n" not in text
    assert "\r" not in text
    match = re.fullmatch(r"::(\w+)(?: ([^:]*))?::(.*)", text, re.DOTALL)
    given = dict(part.split("=", 1) for part in (match[2] or "").split(",") if part)
    assert (match[1], decoded(match[3])) == (level, message)
    assert {name: decoded(value) for name, value in given.items()} == {
        name: value
        for name, value in (("title", title), ("file", file), ("line", str(line) if line else ""))
        if value
    }


def test_a_message_without_a_place_has_no_properties():
    assert notice("notice", "100 % done") == "::notice::100 %25 done"


def test_text_is_added_to_what_is_there(tmp_path):
    path = tmp_path / "summary"
    path.write_text("before\n")
    append(path, "after ✓\n")
    assert path.read_text() == "before\nafter ✓\n"


@pytest.mark.parametrize("before", [0, 400_000, 999_980, 1_000_000, 1_100_000])
def test_a_summary_stays_below_githubs_limit_in_whole_lines(tmp_path, before):
    path = tmp_path / "summary"
    path.write_bytes(b"x" * before)
    append(path, "".join(f"line {number} of many €\n" for number in range(100_000)))
    content = path.read_bytes()
    assert len(content) <= max(before, 1_000_000)
    added = content[before:].decode()
    if before < 999_000:
        assert len(content) > 999_900
        assert re.search(r"\nline \d+ of many €\n\n\n\*The rest did not fit in this summary\.\*\n$", added)
    else:
        assert added == ""


def test_an_odd_character_does_not_stop_a_summary(tmp_path):
    append(tmp_path / "summary", "a\ud800b\n")
    assert (tmp_path / "summary").read_text() == "a?b\n"


def test_a_file_that_cannot_be_written_is_an_error(tmp_path):
    with pytest.raises(MeasureError, match="cannot be written"):
        append(tmp_path / "none" / "summary", "x")
