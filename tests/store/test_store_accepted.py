"""The file of accepted slowdowns: what is written is read, and what is wrong is named."""

from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.errors import MeasureError, UsageError
from perfgate.model import STATISTICS, Acceptance, Metric
from perfgate.store.accepted import dump_accepted, load_accepted, parse_accepted, save_accepted

PRINTABLE = st.characters(exclude_categories=["C", "Z"]) | st.just(" ")
LINES = st.text(PRINTABLE, min_size=1, max_size=20).map(lambda text: text if text.strip() else "x")
DAYS = st.dates().map(str)
ENTRIES = st.builds(
    Acceptance,
    up_to=st.integers(1, 100_000).map(lambda n: n / 100 / 100),
    reason=LINES,
    expires=DAYS,
    author=LINES,
    date=DAYS,
)
METRICS = st.builds(Metric, endpoint=LINES, statistic=st.sampled_from(STATISTICS))
ONE = """\
schema_version: 1
accepted:
  - {endpoint: GET /a, metric: p50, up_to: 12%, reason: why, expires: 2027-01-31, author: A, date: 2026-11-01}
"""


@settings(max_examples=30, deadline=None)  # each example parses a file
@given(st.dictionaries(METRICS, ENTRIES, max_size=3))
def test_what_is_written_is_read_again(entries: dict[Metric, Acceptance]) -> None:
    read = parse_accepted(Path("accepted.yml"), dump_accepted(entries))
    assert {m: replace(e, up_to=0.0) for m, e in read.items()} == {
        m: replace(e, up_to=0.0) for m, e in entries.items()
    }
    assert [read[m].up_to for m in entries] == pytest.approx([e.up_to for e in entries.values()])


def test_the_file_is_sorted_whatever_the_order_of_decisions(tmp_path: Path) -> None:
    one = Acceptance(up_to=0.12, reason="why", expires="2027-01-31", author="Ann", date="2026-11-25")
    metrics = [Metric(endpoint=e, statistic=s) for e, s in (("b", "p50"), ("a", "p95"), ("a", "p50"))]
    first = save_accepted(tmp_path / "baselines", dict.fromkeys(metrics, one))
    content = first.read_bytes()
    assert save_accepted(tmp_path / "baselines", dict.fromkeys(reversed(metrics), one)) == first
    assert first.read_bytes() == content
    places = [content.index(f'endpoint: "{m.endpoint}"\n    metric: {m.statistic}'.encode()) for m in metrics]
    assert places[2] < places[1] < places[0]
    assert content.startswith(b"# Slowdowns that were decided on")


def test_without_a_file_nothing_is_accepted(tmp_path: Path) -> None:
    assert load_accepted(tmp_path / "accepted.yml") == {}


@pytest.mark.parametrize(
    ("before", "after", "place", "message"),
    [
        ("version: 1", "version: 2", "1:1", "schema_version 2 is newer than this perfgate knows"),
        ("schema_version: 1\n", "", "1:1", "schema_version is missing"),
        ("metric: p50", "metric: p5", "3:24", "unknown statistic 'p5'"),
        ("up_to: 12%", "up_to: 12", "3:37", "12 cannot be used here"),
        ("up_to: 12%", "up_to: '12'", "3:37", "'12' is not a percentage"),
        ("p50, up_to: 12%", "memory, up_to: 12%", "3:40", "'12%' is not a size"),
        ("up_to: 12%", "up_to: 1KB", "3:37", "'1KB' is not a percentage"),
        ("up_to: 12%", "up_to: 0%", "3:37", "0% is out of range"),
        ("up_to", "upto", "3:37", "unknown key 'upto', did you mean 'up_to'?"),
        ("reason: why", "reason: ' '", "3:49", "cannot be used here"),
        ("reason: why", f"reason: {'x' * 501}", "3:49", "501 characters are too many"),
        ("2027-01-31", "2027-02-30", "3:62", "'2027-02-30' is not a day"),
        ("2027-01-31", "20270131", "3:62", "'20270131' is not a day"),
        (", author: A", "", "3:5", "accepted.0.author is missing"),
        ("accepted:\n", "accepted: none\n#", "2:1", "accepted is not a list"),
        (ONE[ONE.index("  -") :], ONE[ONE.index("  -") :] * 2, "4:5", "GET /a p50 stands twice"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(before: str, after: str, place: str, message: str) -> None:
    assert before in ONE
    with pytest.raises(UsageError) as caught:
        parse_accepted(Path("accepted.yml"), ONE.replace(before, after, 1).encode())
    assert caught.value.message.startswith(f"accepted.yml:{place}: ")
    assert message in caught.value.message
    assert caught.value.hint


def test_links_are_neither_read_nor_written_through(tmp_path: Path) -> None:
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "accepted.yml").write_text(ONE)
    (tmp_path / "accepted.yml").symlink_to(outside / "accepted.yml")
    with pytest.raises(UsageError, match="symbolic link"):
        load_accepted(tmp_path / "accepted.yml")
    entries = parse_accepted(Path("x"), ONE.encode())
    (tmp_path / "baselines").mkdir()
    (tmp_path / "baselines" / "accepted.yml").symlink_to(outside / "accepted.yml")
    save_accepted(tmp_path / "baselines", entries)
    assert (outside / "accepted.yml").read_text() == ONE, "the link was replaced, not followed"
    (tmp_path / "file").write_text("")
    with pytest.raises(MeasureError):
        save_accepted(tmp_path / "file", entries)
