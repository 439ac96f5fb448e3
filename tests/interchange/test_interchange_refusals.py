"""What is broken, cut off or hostile: refused by file and line, never a traceback, never in silence."""

import gzip
import json
import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.interchange.formats import NAMES, Asked, read_file
from perfgate.interchange.imported import Imported, Shown
from perfgate.interchange.source import Source

DATA = Path(__file__).with_name("data")
FILES = sorted(path for path in DATA.iterdir() if path.name != "README.md")
LINES = ("k6.ndjson", "k6.csv", "locust.csv", "locust.jsonl", "vegeta.json", "vegeta.csv", "jmeter.jtl")


def read(path: Path, *, allow_truncated: bool = False, name: str | None = None) -> Imported | Shown:
    return read_file(Source(path, allow_truncated=allow_truncated), Asked(), name=name)


def requests_of(found: Imported | Shown) -> int:
    assert isinstance(found, Imported)
    samples = found.runs[0].samples
    assert samples is not None
    return len(samples.status)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "the file is empty"),
        (b" \n\n", "the file is empty"),
        (b"hello\n", "no format that perfgate knows"),
        (b"\xff\xfe{\x00}\x00", "no format that perfgate knows"),
        (b"metric_name,timestamp,metric_value\n", "no http_req_duration is in it"),
        (b"metric_name,timestamp,metric_value\nvus,1893553445,1\n", "there is vus"),
        (b"metric_name,timestamp,metric_value\na,b\n", ":2: 2 columns, and not 3"),
        (b"metric_name,timestamp,metric_value\nhttp_req_duration,never,1\n", ":2: the time is 'never'"),
        (b"metric_name,timestamp,metric_value\nhttp_req_duration,1893553445,-1\n", ":2: http_req_duration"),
        (b"metric_name,timestamp,metric_value\nhttp_req_duration,1893553445,nan\n", "not a finite number"),
        (b'{"type":"Point","metric":"http_req_duration"}\n', ":1: a point without data"),
        (b'{"type":"Point","metric":"x","data":{}}\n[1]\n', ":2: not a JSON object"),
        (b'{"type":"Point","metric":"x","data":{}}\n{"a":\n\n', ":2: not JSON"),
        (b"label,elapsed\nHome,1\n", "neither success nor responseCode"),
        (b"label,elapsed,success\nHome,1,maybe\n", ":2: success is 'maybe'"),
        (b'label,elapsed,success\n"Home,1,true\n', ":2: not CSV"),
        (b"label,elapsed,success,success\nHome,1,true,true\n", "two columns have the same name"),
        (b"name,response_time\n/,1\n", "failures cannot be told"),
        (b"<?xml version='1.0'?><testResults version='1.2'>", "XML, as JMeter writes it"),
        (b"\x0f\xff\x81\x03\x01\x01\x06Result\x01\xff\x82\x00\x01\x0cLatency\x00", "binary encoding"),
        (b'{"Time":"2030-01-02T03:04:05Z","Action":"start","Package":"p"}\n', "go test -json"),
        (b"BenchmarkA-8 100 5 ns/op\nFAIL\n", ":2: a benchmark failed"),
        (b"goos: linux\nPASS\n", "no benchmark with a time"),
        (b"BenchmarkA-8 100 0 ns/op\n", ":1: 0 ns/op, which no time can be"),
        (b'{"aggregate": {}, "intermediate": [}', "column 36: not JSON"),
        (b'{"aggregate": {}, "intermediate": [', "ends in the middle"),
        (b"[" * 100_000, "not JSON"),
        (b'{"machine_info":{},"version":"5","benchmarks":[]}', "no benchmark is in it"),
        (
            b'{"machine_info":{},"version":"5","benchmarks":[{"stats":{"median":0,"rounds":1}}]}',
            "benchmark 1",
        ),
        (b'{"machine_info":{},"version":"5","benchmarks":[1]}', "benchmark 1: no stats"),
        (b'[{"name":"a","unit":"MB","value":1}]', "no entry is a time"),
        (b'[{"name":"a","unit":"ms","value":NaN}]', "NaN is not a number"),
        (b"       Value     Percentile TotalCount 1/(1-Percentile)\n", "unit of the values"),
        (b"#[Histogram log format version 1.3]\n0.0,1.0,2.0,HISTFAAA\n", ":2: "),
        (b"#[Histogram log format version 1.3]\n", "no value is in it"),
    ],
)
def test_what_cannot_be_used_is_refused_with_where_and_what_to_do(
    tmp_path: Path, content: bytes, says: str
) -> None:
    path = tmp_path / "run.txt"
    path.write_bytes(content)
    with pytest.raises(UsageError) as caught:
        read(path)
    assert caught.value.message.startswith(str(path))
    assert says in caught.value.message
    assert caught.value.hint
    assert "\n" not in caught.value.message


@pytest.mark.parametrize("name", LINES)
def test_a_line_that_is_cut_off_is_named_and_left_out_only_when_allowed(tmp_path: Path, name: str) -> None:
    whole = (DATA / name).read_bytes()
    path = tmp_path / name
    path.write_bytes(whole[: -len(whole.splitlines()[-1]) // 2])
    with pytest.raises(UsageError, match="the last line is cut off") as caught:
        read(path)
    assert "--allow-truncated" in caught.value.hint
    assert requests_of(read(path, allow_truncated=True)) <= requests_of(read(DATA / name))
    assert any("was cut off" in note for note in read(path, allow_truncated=True).notes)  # type: ignore[union-attr]


def test_a_broken_line_in_the_middle_is_refused_also_when_truncation_is_allowed(tmp_path: Path) -> None:
    lines = (DATA / "vegeta.csv").read_text().splitlines(keepends=True)
    path = tmp_path / "run.csv"
    path.write_text(lines[0] + lines[1][:20] + "\n" + lines[2])
    with pytest.raises(UsageError, match=r"run\.csv:2: "):
        read(path, allow_truncated=True)


def test_a_last_line_without_an_end_is_taken_and_said(tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    path.write_text((DATA / "vegeta.csv").read_text().rstrip("\n"))
    found = read(path)
    assert requests_of(found) == 3
    assert "no line end" in found.notes[0]  # type: ignore[union-attr]


def test_a_compressed_file_is_read_and_a_torn_one_refused(tmp_path: Path) -> None:
    path = tmp_path / "run.json.gz"
    packed = gzip.compress((DATA / "k6.ndjson").read_bytes())
    path.write_bytes(packed)
    assert requests_of(read(path)) == 12
    path.write_bytes(packed[:-20])
    with pytest.raises(UsageError, match="cannot be read"):
        read(path)


def test_files_that_are_none_are_refused_and_nothing_waits(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    for path in (tmp_path / "pipe", tmp_path, tmp_path / "missing"):
        with pytest.raises(UsageError, match="cannot be read"):
            read(path)


def test_nothing_in_a_name_reaches_the_terminal_as_it_is(tmp_path: Path) -> None:
    path = tmp_path / "run.json"
    path.write_text(json.dumps({"type": "Point", "metric": "\x1b[31mred", "data": {}}) + "\n")
    with pytest.raises(UsageError) as caught:
        read(path)
    assert "\x1b" not in caught.value.message


def test_a_port_in_an_error_makes_no_class_of_its_own(tmp_path: Path) -> None:
    line = json.loads((DATA / "vegeta.json").read_text().splitlines()[2])
    path = tmp_path / "run.json"
    path.write_text(
        "".join(
            json.dumps(line | {"error": f"read tcp 127.0.0.1:{port}: reset"}) + "\n" for port in range(500)
        )
    )
    found = read(path)
    assert isinstance(found, Imported)
    assert found.runs[0].samples is not None
    assert found.runs[0].samples.errors == ("", "read tcp N.N.N.N:N: reset")


def test_a_jmeter_file_without_a_header_is_told_how_to_get_one(tmp_path: Path) -> None:
    path = tmp_path / "run.jtl"
    path.write_text("".join((DATA / "jmeter.jtl").read_text().splitlines(keepends=True)[1:]))
    with pytest.raises(UsageError) as caught:
        read(path, name="jmeter-csv")
    assert "print_field_names" in caught.value.hint


def test_unknown_files_hear_of_every_format(tmp_path: Path) -> None:
    path = tmp_path / "x"
    path.write_text("nothing of use")
    with pytest.raises(UsageError) as caught:
        read(path)
    assert all(name in caught.value.hint for name in NAMES)


@settings(
    deadline=None,
    max_examples=150,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(data=st.data(), name=st.sampled_from((None, *NAMES)))
def test_damaged_files_are_refused_or_read_and_nothing_else(
    tmp_path: Path, data: st.DataObject, name: str | None
) -> None:
    content = bytearray(data.draw(st.sampled_from(FILES)).read_bytes()[:3000])
    for _ in range(data.draw(st.integers(0, 4))):
        place = data.draw(st.integers(0, len(content) - 1))
        replacement = data.draw(
            st.binary(max_size=3) | st.sampled_from((b"", b"-1", b"1e999", b'"', b"null", b"{"))
        )
        content[place : place + data.draw(st.integers(0, 8))] = replacement
    path = tmp_path / "damaged"
    path.write_bytes(bytes(content))
    try:
        found = read(path, name=name, allow_truncated=data.draw(st.booleans()))
    except UsageError as error:
        refusal = error.message
    else:
        assert isinstance(found, Imported | Shown)
        return
    assert refusal.startswith(str(path))
    assert refusal.isprintable()


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=6,
)
KEYS = (
    "entries",
    "benchmarks",
    "stats",
    "median",
    "rounds",
    "machine_info",
    "version",
    "metrics",
    "root_group",
)
KEYS += (
    "aggregate",
    "intermediate",
    "summaries",
    "latency",
    "throughput",
    "requests",
    "non2xx",
    "spec",
    "result",
)
KEYS += (
    "latencies",
    "status_codes",
    "success",
    "name",
    "unit",
    "value",
    "num_requests",
    "num_failures",
    "checks",
)
KEYS += (
    "response_times",
    "type",
    "metric",
    "data",
    "tags",
    "code",
    "timestamp",
    "seq",
    "response_time",
    "error",
)
SHAPED = st.dictionaries(
    st.sampled_from(KEYS), JSON | st.dictionaries(st.sampled_from(KEYS), JSON, max_size=4), max_size=8
)


@settings(deadline=None, max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(document=SHAPED | st.lists(SHAPED, max_size=2), name=st.sampled_from((None, *NAMES)))
def test_any_json_is_refused_or_read_and_nothing_else(
    tmp_path: Path, document: object, name: str | None
) -> None:
    path = tmp_path / "any.json"
    path.write_text(json.dumps(document))
    try:
        found = read(path, name=name)
    except UsageError as error:
        refusal = error.message
    else:
        assert isinstance(found, Imported | Shown)
        return
    assert refusal.isprintable()
