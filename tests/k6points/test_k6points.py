"""k6's NDJSON and CSV are read as the requests they are about, whatever is wrong with the file."""

import csv
import gzip
import io
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.errors import UsageError
from perfgate.k6points import read_points

PARTS = ("blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving")
COLUMNS = (
    "metric_name,timestamp,metric_value,check,error,error_code,expected_response,group,method,name,proto,"
    "scenario,service,status,subproto,tls_version,url,extra_tags,metadata"
)
SECOND_NS = 1_795_655_648 * 10**9


def request(end_ns=SECOND_NS, duration_ms=2.5, failed=0, **tags):
    tags = {
        "method": "GET", "name": "http://127.0.0.1:8000/users?x=1", "status": "200", "group": "",
        "expected_response": "true", **tags,
    }  # fmt: skip
    values = {"http_reqs": 1, "http_req_duration": duration_ms}
    values |= {f"http_req_{part}": index for index, part in enumerate(PARTS)}
    values["http_req_failed"] = failed
    return [(metric, end_ns, value, tags) for metric, value in values.items()]


def ndjson(points):
    lines = ['{"type":"Metric","data":{"name":"my_trend","type":"trend"},"metric":"my_trend"}']
    for metric, time_ns, value, tags in points:
        second, rest = divmod(time_ns - SECOND_NS, 10**9)
        time = f"2026-11-26T01:14:{8 + second:02d}.{rest:09d}".rstrip("0").rstrip(".") + "Z"
        data = {"time": time, "value": value, "tags": tags}
        lines.append(json.dumps({"metric": metric, "type": "Point", "data": data}, separators=(",", ":")))
    return "\n".join(lines) + "\n"


def as_csv(points, unit=1):
    text = io.StringIO()
    rows = csv.DictWriter(text, COLUMNS.split(","), lineterminator="\n")
    rows.writeheader()
    for metric, time_ns, value, tags in points:
        rows.writerow(
            {"metric_name": metric, "timestamp": time_ns // unit, "metric_value": f"{value:f}", **tags}
        )
    return text.getvalue()


def read(folder, content):
    path = folder / "points"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return read_points(path)


def as_rows(points):
    s = points.samples
    return [
        (s.endpoints[e], int(sent), int(last), int(status), s.errors[error])
        for e, sent, last, status, error in zip(
            s.endpoint, s.sent_ns, s.last_ns, s.status, s.error, strict=True
        )
    ]


REQUESTS = st.lists(
    st.builds(
        request,
        end_ns=st.integers(SECOND_NS, SECOND_NS + 40 * 10**9),
        duration_ms=st.integers(0, 10**10).map(lambda ns: ns / 1e6),
        failed=st.sampled_from([0, 1]),
        name=st.sampled_from(["http://h:1/a", 'odd, "name"', "x\ny", "${}/u/${}", "ü{}"]),
        error=st.sampled_from(["", "dial: connection refused"]),
        status=st.sampled_from(["0", "200", "503"]),
        group=st.sampled_from(["", "::setup", "::mine", "::teardown::deep"]),
    ),
    max_size=8,
)


@given(requests=REQUESTS)
def test_both_formats_say_the_same(requests, tmp_path_factory):
    folder = tmp_path_factory.mktemp("same")
    points = [point for one in requests for point in one]
    from_json, from_csv = read(folder, ndjson(points)), read(folder, as_csv(points))
    assert as_rows(from_json) == as_rows(from_csv)
    inside = [one for one in requests if not one[0][3]["group"].startswith(("::setup", "::teardown"))]
    assert len(as_rows(from_json)) == len(inside)
    assert from_json.outside == len(requests) - len(inside)
    for row, one in zip(as_rows(from_json), inside, strict=True):
        assert row[1] == one[0][1] - round(one[1][2] * 1e6)


@given(requests=REQUESTS, cut=st.integers(0, 400), zipped=st.booleans())
def test_a_file_cut_off_at_its_end_is_read_up_to_there(requests, cut, zipped, tmp_path_factory):
    folder = tmp_path_factory.mktemp("cut")
    whole = ndjson([point for one in requests for point in one]).encode()
    content = gzip.compress(whole) if zipped else whole
    points = read(folder, content[: max(2, len(content) - cut)])
    assert len(as_rows(points)) <= len(requests)


def test_the_phases_and_the_first_byte(tmp_path):
    points = read(tmp_path, as_csv(request(duration_ms=20.0)))
    assert {name: column.tolist() for name, column in points.phases.items()} == {
        part: [index * 10**6] for index, part in enumerate(PARTS)
    }
    assert points.samples.first_ns.tolist() == [SECOND_NS - 5 * 10**6]
    assert points.samples.sent_ns.tolist() == [SECOND_NS - 20 * 10**6]
    assert points.samples.due_ns.tolist() == points.samples.sent_ns.tolist()


@pytest.mark.parametrize(("unit", "resolution"), [(10**9, 10**9), (10**6, 10**6), (1, 1)])
def test_the_units_of_unix_timestamps_are_told_apart(unit, resolution, tmp_path):
    points = read(tmp_path, as_csv(request() + request(), unit))
    assert points.resolution_ns == resolution
    assert points.samples.last_ns.tolist() == [SECOND_NS, SECOND_NS]


@pytest.mark.parametrize(
    ("tags", "endpoint", "error"),
    [
        ({}, "GET /users", ""),
        ({"name": "https://a/users/17/x"}, "GET /users/{id}/x", ""),
        ({"name": "https://a/f/123e4567-e89b-12d3-a456-426614174000"}, "GET /f/{id}", ""),
        ({"name": "https://a"}, "GET /", ""),
        ({"name": "${}/users/${}"}, "GET /users/${}", ""),
        ({"name": "named 17"}, "GET named 17", ""),
        ({"status": "503", "failed": 1}, "GET /users", "status 503"),
        ({"status": "404"}, "GET /users", ""),
        (
            {"status": "0", "failed": 1, "error": "dial tcp 127.0.0.1:81: refused"},
            "GET /users",
            "dial tcp HOST: refused",
        ),
        ({"status": "0", "failed": 1, "error_code": "1212"}, "GET /users", "k6 error 1212"),
    ],
)
def test_names_have_no_port_and_no_id_and_errors_are_those_of_k6(tags, endpoint, error, tmp_path):
    ((got, _, last, _, found),) = as_rows(read(tmp_path, ndjson(request(**tags))))
    assert (got, found) == (endpoint, error)
    assert (last == 0) == (tags.get("status") == "0")


def test_without_http_req_failed_only_a_missing_answer_is_an_error(tmp_path):
    points = [p for p in request(status="500", expected_response="") if p[0] != "http_req_failed"]
    points += [p for p in request(status="0", expected_response="") if p[0] != "http_req_failed"]
    assert [row[4] for row in as_rows(read(tmp_path, ndjson(points)))] == ["", "no answer"]


def test_other_metrics_are_named_and_lone_points_counted(tmp_path):
    assert read(tmp_path, ndjson(request())).others == {"my_trend": 0}
    rows = [("my_trend", SECOND_NS, 1, {}), *request(), ("http_req_waiting", SECOND_NS + 1, 1, {})]
    points = read(tmp_path, as_csv(rows))
    assert points.others == {"my_trend": 1}
    assert points.unmatched == 1


@pytest.mark.parametrize(
    ("content", "where"),
    [
        ('{"metric":"http_reqs","type":"Point"}\n{}\n', ":1: "),
        (ndjson(request()).replace('"value":2.5', '"value":x'), ":3: "),
        ("a,b\n1,2\n", ":1: "),
        (as_csv(request() + request()).replace("2.500000", "x", 1), ":3: "),
    ],
)
def test_what_k6_did_not_write_is_refused_by_its_line(content, where, tmp_path):
    with pytest.raises(UsageError, match=f"points{where}"):
        read(tmp_path, content)


def test_an_empty_file_has_no_requests(tmp_path):
    assert as_rows(read(tmp_path, "")) == []
