"""YAML files become plain values that know their place, or one clear refusal."""

import os
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from ruamel.yaml import YAML

from perfgate.errors import UsageError
from perfgate.yamlfile import load_yaml, nearest


@pytest.fixture
def write(tmp_path: Path):
    def _write(content: str | bytes) -> Path:
        path = tmp_path / "perfgate.yml"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return path

    return _write


def refused(path: Path) -> UsageError:
    with pytest.raises(UsageError) as caught:
        load_yaml(path)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    return caught.value


def test_values_are_plain_yaml_1_2(write):
    document = load_yaml(
        write("on: no\nn: 010\nx: 0x1F\nf: 1e3\nempty:\nday: 2024-01-01\nt: true\nlist: [1, 'a']\nq: '5'\n")
    )
    assert document.data == {
        "on": "no",
        "n": 10,
        "x": 31,
        "f": 1000.0,
        "empty": None,
        "day": "2024-01-01",
        "t": True,
        "list": [1, "a"],
        "q": "5",
    }
    assert all(type(key) is str for key in document.data)


def test_every_value_knows_its_line_and_column(write):
    path = write("# first\na: 1\nb:\n  - x\n  - {c: 2,\n     d: 3}\n")
    document = load_yaml(path)
    assert document.where("a") == f"{path}:2:1"
    assert document.where("b", 0) == f"{path}:4:5"
    assert document.where("b", 1, "d") == f"{path}:6:6"
    assert document.where("b", 1, "gone", "deeper") == f"{path}:5:5"
    assert document.where() == f"{path}:2:1"


def test_merged_keys_keep_the_place_they_were_written_at(write):
    path = write("base: &base\n  x: 1\n  y: 2\nuse:\n  <<: *base\n  y: 3\n")
    document = load_yaml(path)
    assert document.data["use"] == {"x": 1, "y": 3}
    assert document.where("use", "x") == f"{path}:2:3"
    assert document.where("use", "y") == f"{path}:6:3"


@pytest.mark.parametrize(
    ("content", "place", "what"),
    [
        ("a: 1\nb: [1\n", ":3:1", "not valid YAML"),
        ("a: 1\n\tb: 2\n", ":2:1", "not valid YAML"),
        ("a: 1\nb:\n  c: 1\n  c: 2\n", ":4:3", "duplicate key 'c'"),
        ("- a\n", ":1:1", "top level is a list"),
        ("plain\n", ":1:1", "top level is a single value"),
        ("", ":1:1", "empty"),
        ("# only a comment\n", ":1:1", "empty"),
        ("a: 1\n--- \nb: 2\n", ":2:1", "another document"),
        ("a: *nowhere\n", ":1:4", "undefined alias"),
        ("a: !!python/object/apply:os.system [x]\n", ":1:4", "not supported"),
        ("a: .nan\n", ":1:4", "not a number"),
        ("a: 1e999\n", ":1:4", "not a finite number"),
        ("a: " + "9" * 5000 + "\n", ":1:4", "not a number"),
        ('a: "\\ud800"\n', ":1:4", "surrogate"),
        ("1: a\n", ":1:1", "not text"),
        ("? [a]\n: 1\n", ":1:3", "key must be text"),
        ("%YAML 1.1\n---\na: yes\n", ":3:4", "not supported"),
        ("a: &a [*a]\n", ":1:4", "nested more than"),
        ("a: &a {<<: *a}\n", ":1:4", "nested more than"),
        (b"a: 1\nb: \xff\xfe\n", ":2:4", "not UTF-8"),
        (b"a: 1\nb: \x00\n", ":2:4", "not text"),
        ("a: 1".encode("utf-16"), ":1:1", "not UTF-8"),
    ],
)
def test_what_cannot_be_used_is_refused_where_it_stands(write, content, place, what):
    path = write(content)
    error = refused(path)
    assert error.message.startswith(f"{path}{place}: ")
    assert what in error.message


def test_an_anchor_may_be_used_twice(write):
    assert load_yaml(write("a: &x 1\nb: &x 2\nc: *x\n")).data == {"a": 1, "b": 2, "c": 2}


def test_aliases_cannot_blow_up_a_small_file(write):
    bomb = "a0: &a0 [1]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}, *a{i - 1}]\n" for i in range(1, 40))
    assert "too many values" in refused(write(bomb)).message
    merges = "a0: &a0 {x: 1}\n" + "".join(
        f"a{i}: &a{i} {{<<: [*a{i - 1}, *a{i - 1}]}}\n" for i in range(1, 40)
    )
    assert "too many values" in refused(write(merges)).message


def test_deep_nesting_is_refused(write):
    assert "nested too deeply" in refused(write("a: " + "[" * 900)).message


def test_files_that_cannot_be_read(write, tmp_path):
    assert "No such file" in refused(tmp_path / "gone.yml").message
    assert "not a file" in refused(tmp_path).message
    assert "larger than 1 MiB" in refused(write("a: " + "x" * (1 << 20))).message
    os.mkfifo(tmp_path / "pipe.yml")
    assert "not a file" in refused(tmp_path / "pipe.yml").message
    assert "line\\nbreak" in refused(tmp_path / "line\nbreak.yml").message


def test_an_unknown_key_names_the_nearest_valid_one(write):
    path = write("run:\n  warmpu: 3\n  zzzzzz: 1\n")
    document = load_yaml(path)
    error = document.unknown_key(("run", "warmpu"), {"warmup", "rounds"})
    assert error.message == f"{path}:2:3: unknown key 'warmpu', did you mean 'warmup'?"
    assert error.hint == "use one of: rounds, warmup"
    assert "mean" not in document.unknown_key(("run", "zzzzzz"), {"warmup"}).message


def test_nearest_ignores_case():
    assert nearest("statuscode", ["statusCode", "contentType"]) == "statusCode"
    assert nearest("q", ["statusCode"]) is None


scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**63), 2**63),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(st.characters(codec="utf-8"), max_size=20),
)
values = st.recursive(
    scalars,
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(
    data=st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), values, min_size=1, max_size=4)
)
def test_what_json_can_say_comes_back_the_same(tmp_path_factory, data: dict[str, Any]):
    import json

    path = tmp_path_factory.mktemp("yaml") / "x.yml"
    path.write_text(json.dumps(data), encoding="utf-8")
    document = load_yaml(path)
    assert document.data == data
    for key in data:
        assert document.where(key).startswith(f"{path}:1:")


@given(raw=st.binary(max_size=60) | st.text("a: b-[]{}&*!|>'\"%@`#\n\t,?<=", max_size=40).map(str.encode))
def test_any_bytes_load_or_are_refused(tmp_path_factory, raw: bytes):
    path = tmp_path_factory.mktemp("yaml") / "x.yml"
    path.write_bytes(raw)
    try:
        message = str(load_yaml(path).where())
    except UsageError as error:
        message = error.message
    assert message.startswith(f"{path}:1:") or str(path) in message
    assert "\n" not in message


def test_agrees_with_ruamel_on_an_ordinary_file(write):
    text = "a:\n  - b: 1.5\n    c: |\n      two\n      lines\n  - ~\nd: {e: [true, 'f']}\n"
    assert load_yaml(write(text)).data == YAML(typ="safe", pure=True).load(text)
