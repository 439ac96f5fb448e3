"""What survives between the measuring and the posting job, and what is refused of hostile hands."""

import json
import math
import os
from pathlib import Path

import pytest
from cli_ci import bundle_of, document_of, failed, inconclusive, passing, regressed
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfgate.cli.ci_bundle import (
    MAX_BYTES,
    Mark,
    bundle_key,
    configuration_key,
    may_be_annotated,
    parse_bundle,
    read_bundle,
    write_bundle,
)
from perfgate.errors import UsageError
from tests.report.report_strategies import anything


@pytest.mark.parametrize("made", [passing, regressed, inconclusive, failed])
def test_a_bundle_is_read_as_it_was_written(tmp_path, made):
    write_bundle(tmp_path, made())
    assert read_bundle(tmp_path) == made()


def test_no_bundle_is_none(tmp_path):
    assert read_bundle(tmp_path) is None
    assert read_bundle(tmp_path / "nowhere") is None


@pytest.mark.parametrize("kind", ["link", "dangling link", "folder", "pipe"])
def test_only_a_plain_file_is_read(tmp_path, kind):
    path, other = tmp_path / "in" / "bundle.json", tmp_path / "other"
    path.parent.mkdir()
    match kind:
        case "folder":
            path.mkdir()
        case "pipe":
            os.mkfifo(path)
        case _:
            if kind == "link":
                write_bundle(other, passing())
            path.symlink_to(other / "bundle.json")
    with pytest.raises(UsageError):
        read_bundle(path.parent)


def test_a_file_that_is_too_large_is_not_read(tmp_path):
    with (tmp_path / "bundle.json").open("wb") as file:
        file.truncate(MAX_BYTES + 1)
    with pytest.raises(UsageError, match="larger than 10 MiB"):
        read_bundle(tmp_path)


HOSTILE = {
    "no field": lambda d: d.pop("key"),
    "a field more": lambda d: d.update(pull_request=1),
    "markdown of its own": lambda d: d.update(comment="# hi"),
    "another version": lambda d: d.update(schema_version=2),
    "a version that is true": lambda d: d.update(schema_version=True),
    "an empty key": lambda d: d.update(key=""),
    "a long key": lambda d: d.update(key="x" * 121),
    "two lines of key": lambda d: d.update(key="a\nb"),
    "a key that turns around": lambda d: d.update(key="a\u202eb"),
    "half a character of key": lambda d: d.update(key="a\ud800"),
    "a ref for a commit": lambda d: d.update(head_sha="main"),
    "no commit of a verdict": lambda d: d.update(head_sha=""),
    "another exit code": lambda d: d.update(exit_code=0),
    "an exit code of nobody": lambda d: d.update(exit_code=130),
    "an exit code in words": lambda d: d.update(exit_code="1"),
    "neither": lambda d: d.update(verdict=None, annotations=[]),
    "both": lambda d: d.update(failure={"message": "m", "hint": ""}),
    "another outcome": lambda d: d["verdict"].update(outcome="GREEN"),
    "a number that is none": lambda d: d["verdict"]["comparisons"][0].update(change=math.nan),
    "an endless number": lambda d: d["verdict"]["comparisons"][0].update(change=math.inf),
    "a list for a verdict": lambda d: d.update(verdict=[]),
    "eleven annotations": lambda d: d.update(annotations=d["annotations"] * 11),
    "an annotation of nothing": lambda d: d["annotations"][0].update(index=2),
    "an annotation before the list": lambda d: d["annotations"][0].update(index=-1),
    "an annotation of a reason": lambda d: d["annotations"][0].update(of="reason"),
    "an annotation with words": lambda d: d["annotations"][0].update(message="<script>"),
    "line 0": lambda d: d["annotations"][0].update(line=0),
    "a path upwards": lambda d: d["annotations"][0].update(path="../perfgate.yml"),
    "an absolute path": lambda d: d["annotations"][0].update(path="/etc/perfgate.yml"),
    "a path of code": lambda d: d["annotations"][0].update(path="src/main.py"),
}


@pytest.mark.parametrize("change", HOSTILE.values(), ids=HOSTILE)
def test_what_perfgate_does_not_write_is_refused(tmp_path, change):
    write_bundle(tmp_path, regressed())
    document = document_of(tmp_path)
    change(document)
    (tmp_path / "bundle.json").write_text(json.dumps(document))
    with pytest.raises(UsageError, match=r"bundle\.json"):
        read_bundle(tmp_path)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff",
        b"null",
        b"[]",
        b'{"schema_version": 1, "schema_version": 1}',
        b"[" * 100_000,
        b'{"verdict": ' + b'{"a": ' * 5_000 + b"1" + b"}" * 5_001,
        b'{"exit_code": ' + b"9" * 10_000 + b"}",
        b'{"exit_code": 1e999}',
    ],
    ids=range(9),
)
def test_what_is_no_bundle_at_all_is_refused(content):
    with pytest.raises(UsageError, match=r"bundle\.json"):
        parse_bundle(content)


GREEN_OF_NOTHING = {
    "no row": lambda v: v.update(comparisons=[]),
    "no row with data": lambda v: v["comparisons"][0].update(outcome="NOT_MEASURED"),
    "no round": lambda v: v.update(rounds_measured=0),
    "no request": lambda v: v.update(requests=0),
    "a row that is worse": lambda v: v["comparisons"].append(
        v["comparisons"][0]
        | {"outcome": "REGRESSED", "metric": v["comparisons"][0]["metric"] | {"endpoint": "GET /x"}}
    ),
    "an open question": lambda v: v["comparisons"].append(
        v["comparisons"][0]
        | {"outcome": "INCONCLUSIVE", "metric": v["comparisons"][0]["metric"] | {"endpoint": "GET /x"}}
    ),
}


@pytest.mark.parametrize("change", GREEN_OF_NOTHING.values(), ids=GREEN_OF_NOTHING)
def test_a_green_verdict_that_its_rows_do_not_bear_out_is_refused(tmp_path, change):
    write_bundle(tmp_path, passing())
    document = document_of(tmp_path)
    assert parse_bundle(json.dumps(document).encode()).exit_code == 0
    change(document["verdict"])
    with pytest.raises(UsageError, match=r"bundle\.json: verdict: PASS with"):
        parse_bundle(json.dumps(document).encode())


def test_a_failure_is_never_green(tmp_path):
    write_bundle(tmp_path, failed())
    document = document_of(tmp_path) | {"exit_code": 0}
    with pytest.raises(UsageError, match="no exit code 0"):
        parse_bundle(json.dumps(document).encode())


def _values() -> st.SearchStrategy[object]:
    scalars = st.none() | st.booleans() | st.integers() | st.floats() | anything
    return st.recursive(
        scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(anything, inner, max_size=3)
    )


_PLACES = [
    (),
    ("key",),
    ("head_sha",),
    ("verdict",),
    ("verdict", "comparisons"),
    ("verdict", "comparisons", 0, "metric"),
    ("verdict", "comparisons", 0, "change"),
    ("verdict", "base", "ref"),
    ("verdict", "reasons"),
    ("annotations",),
    ("annotations", 0, "path"),
    ("failure",),
    ("exit_code",),
]


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.sampled_from(_PLACES), _values())
def test_whatever_stands_anywhere_is_read_or_refused(tmp_path, place, value):
    write_bundle(tmp_path, regressed())
    document = document_of(tmp_path)
    if not place:
        document = value
    else:
        inner = document
        for key in place[:-1]:
            inner = inner[key]
        inner[place[-1]] = value
    refusals = []
    try:
        parse_bundle(json.dumps(document).encode())
    except UsageError as error:
        refusals.append(error.message)
    assert all(message.isprintable() for message in refusals)


@pytest.mark.parametrize("path", ["perfgate.yml", "services/a b/perf.yaml", "a+b/c@d.yml", "_x/.perf.yml"])
def test_paths_of_the_repository_are_annotated(path):
    assert may_be_annotated(path)


@pytest.mark.parametrize(
    "path",
    [
        *(
            "../x.yml",
            "a/../b.yml",
            "./x.yml",
            "/x.yml",
            "a//x.yml",
            "-x.yml/",
            "a\\x.yml",
            "x.yml\n",
            "~/x.yml",
        ),
        *(".git/x.yml", "x.py", "a:b.yml", "x" * 260 + ".yml", "", ".yml/", "\u202ex.yml"),
    ],
)
def test_other_paths_are_not(path):
    assert not may_be_annotated(path)


def test_marks_of_odd_paths_are_left_out_not_fatal(tmp_path):
    odd = Mark(path="dépôt/perfgate.yml", line=1, of="comparison", index=0)
    found = regressed().verdict
    assert found is not None
    write_bundle(tmp_path, bundle_of(found, "1" * 40, exit_code=1, marks=(odd,)))
    read = read_bundle(tmp_path)
    assert read is not None
    assert read.marks == ()


@given(anything)
def test_a_key_made_of_anything_is_taken_back(text):
    assert bundle_key(text) == bundle_key(bundle_key(text))
    assert 0 < len(bundle_key(text)) <= 120


def test_a_configuration_is_called_the_same_however_it_is_written(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    ways = ("a/perfgate.yml", "./a/perfgate.yml", "a/../a/perfgate.yml", str(tmp_path / "a/perfgate.yml"))
    assert {configuration_key(Path(way), None) for way in ways} == {"a/perfgate.yml"}
    assert configuration_key(Path("perfgate.yml"), Path("b.yml")) == "perfgate.yml · b.yml"
