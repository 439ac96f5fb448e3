"""Files of earlier versions are read as if they had been written by this one."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter
from store_strategies import a_result

from perfgate.errors import UsageError
from perfgate.store import boundary
from perfgate.store.jsonfile import Document, Format, with_keys
from perfgate.store.schema import RESULT


@dataclass(frozen=True, slots=True, kw_only=True)
class Note:
    schema_version: int
    text: str
    author: str
    lines: int


def _second(document: Document) -> Document:
    return with_keys(document, author="unknown")


def _third(document: Document) -> Document:
    return with_keys(document, lines=document["text"].count("\n") + 1)


NOTE: Format[Note] = Format(
    name="note",
    version=3,
    adapter=TypeAdapter(boundary.dataclass_shape(Note, {(Note, "schema_version"): Literal[3]})),
    to_json=boundary.plain,
    remedy="write it anew",
    upgrades={1: _second, 2: _third},
)


def parsed(document: Any) -> Note:
    return NOTE.parse(json.dumps(document).encode(), where="n.json")


def test_every_earlier_version_is_brought_up_step_by_step() -> None:
    now = Note(schema_version=3, text="a\nb", author="unknown", lines=2)
    assert parsed({"schema_version": 1, "text": "a\nb"}) == now
    assert parsed({"schema_version": 2, "text": "a\nb", "author": "unknown"}) == now
    assert parsed({"schema_version": 3, "text": "a\nb", "author": "unknown", "lines": 2}) == now


@pytest.mark.parametrize(
    ("document", "says"),
    [
        ({"schema_version": 1, "text": "a", "author": "me"}, "version 1: author does not belong there yet"),
        ({"schema_version": 1, "text": 5}, "not a note of version 2: .*no attribute 'count'"),
        ({"schema_version": 1}, "not a note of version 2: 'text'"),
        ({"schema_version": 1, "text": "a", "colour": 1}, "colour: Extra inputs are not permitted"),
        ({"schema_version": 0, "text": "a"}, "schema_version: Input should be 3"),
        ({"schema_version": 4, "text": "a"}, "from a newer perfgate: schema_version 4, known is 3"),
    ],
)
def test_what_is_not_of_the_version_it_claims_is_refused(document: Document, says: str) -> None:
    with pytest.raises(UsageError, match=rf"n\.json: .*{says}") as caught:
        parsed(document)
    assert caught.value.hint


@given(
    st.dictionaries(st.sampled_from(["text", "author", "lines", "x"]), st.none() | st.text() | st.integers())
)
def test_whatever_an_earlier_file_holds_it_is_read_or_refused(keys: dict[str, Any]) -> None:
    try:
        assert parsed({"schema_version": 1} | keys).schema_version == 3
    except UsageError as error:
        refusal = error.message
    else:
        return
    assert refusal.isprintable()


def test_a_result_of_version_1_has_nothing_of_what_version_2_adds() -> None:
    """The file was written by the last perfgate of version 1."""
    old = Path(__file__).with_name("result-version-1.json").read_bytes()
    assert RESULT.parse(old, where="old.json") == a_result()
    with pytest.raises(UsageError, match=r"psi_some_ratio: Field required \(and 6 more\)"):
        RESULT.parse(old.replace(b'"schema_version": 1', b'"schema_version": 2'), where="new.json")


@pytest.mark.parametrize("early", ["rss_slope_bytes", "busy_ns", "unpaced_connections"])
def test_a_round_of_version_1_with_keys_of_version_2_is_refused(early: str) -> None:
    document = json.loads(Path(__file__).with_name("result-version-1.json").read_bytes())
    document["rounds"][0][early] = None
    with pytest.raises(UsageError, match=f"{early} does not belong there yet"):
        RESULT.parse(json.dumps(document).encode(), where="old.json")
