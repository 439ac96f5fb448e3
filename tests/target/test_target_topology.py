from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.target.topology import parse_cpu_list, thread_siblings


@pytest.mark.parametrize(
    ("text", "cpus"),
    [("0-1\n", {0, 1}), ("3", {3}), ("0,4\n", {0, 4}), ("0-1,8-9", {0, 1, 8, 9}), ("", set()), ("a", set())],
)
def test_lists_as_the_kernel_writes_them(text, cpus):
    assert parse_cpu_list(text) == cpus


@given(st.text(alphabet="0123456789-,x \n"))
def test_any_text_is_a_list_or_nothing(text):
    assert isinstance(parse_cpu_list(text[:12]), set)


def test_siblings_come_from_the_system_and_an_unknown_cpu_has_none(tmp_path: Path):
    for cpu, text in ((0, "0,2\n"), (2, "0,2\n"), (1, "\xff")):
        folder = tmp_path / f"cpu{cpu}" / "topology"
        folder.mkdir(parents=True)
        (folder / "thread_siblings_list").write_text(text, encoding="latin-1")
    assert thread_siblings({0, 1, 2, 7}, tmp_path) == {
        0: frozenset({2}),
        1: frozenset(),
        2: frozenset({0}),
        7: frozenset(),
    }
