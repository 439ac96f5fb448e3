"""Every format by an output of its tool: what was read is what the file says."""

import json
from collections import Counter
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

from perfgate.errors import UsageError
from perfgate.interchange.formats import FORMATS, NAMES, Asked, read_file
from perfgate.interchange.imported import Imported, Shown
from perfgate.interchange.source import Source

DATA = Path(__file__).with_name("data")
REQUESTS = {
    "k6.ndjson": ({"GET items": 6, "GET /bad": 6}, 2),
    "k6.csv": ({"GET items": 6, "GET /bad": 6}, 2),
    "locust.csv": ({"GET /items": 23, "GET /bad": 6}, 3),
    "locust.jsonl": ({"GET /items": 24, "GET /bad": 6}, 3),
    "vegeta.json": ({"GET /items": 2, "POST /orders": 1}, 2),
    "vegeta.csv": ({"GET /items": 2, "POST /orders": 1}, 2),
    "h2load.log": ({"all requests": 3}, 2),
    "oha.csv": ({"all requests": 3}, 1),
    "hey.csv": ({"all requests": 40}, 0),
    "jmeter.jtl": ({"Home": 2, "Search": 3}, 3),
    "jmeter-semicolon.csv": ({"Home": 2, "Search": 1}, 1),
}
SUMMARIES = {
    "k6-handle-summary.json": ("http_req_failed", "failed requests", "2"),
    "k6-summary-export.json": ("http_req_duration", "threshold p(95)<1", "crossed"),
    "artillery.json": ("", "http.requests", "30"),
    "autocannon.json": ("", "requests total", "81"),
    "bombardier.json": ("", "latency p99 (µs)", "8800"),
    "oha.json": ("", "latency p95 (s)", "0.01"),
    "vegeta-report.json": ("", "latency 99th (ns)", "30000000"),
    "locust_stats.csv": ("GET /bad", "Failure Count", "12"),
    "ab.txt": ("", "within 95 % of requests (ms)", "10"),
    "wrk.txt": ("", "latency 99%", "56.06ms"),
    "hey.txt": ("", "requests/s", "42.0160"),
}


def read(name: str, **asked: str) -> Imported | Shown:
    return read_file(Source(DATA / name), Asked(**asked))


def imported(name: str, **asked: str) -> Imported:
    found = read(name, **asked)
    assert isinstance(found, Imported)
    return found


@pytest.mark.parametrize("name", REQUESTS)
def test_every_request_is_there_under_its_endpoint_and_failures_are_failures(name: str) -> None:
    endpoints, failed = REQUESTS[name]
    (run,) = imported(name).runs
    samples = run.samples
    assert samples is not None
    assert Counter(samples.endpoints[number] for number in samples.endpoint) == endpoints
    assert int((samples.error > 0).sum()) == failed
    assert samples.errors[0] == ""
    assert (samples.last_ns >= samples.sent_ns).all()


@pytest.mark.parametrize("name", SUMMARIES)
def test_a_summary_is_shown_with_why_and_what_to_give_instead(name: str) -> None:
    found = read(name)
    assert isinstance(found, Shown)
    assert SUMMARIES[name] in found.rows
    assert found.why
    assert found.instead


def test_times_are_the_ones_in_the_file() -> None:
    def times_ms(name: str) -> list[float]:
        samples = imported(name).runs[0].samples
        assert samples is not None
        return [float(t) / 1e6 for t in samples.last_ns - samples.sent_ns]

    assert times_ms("vegeta.json") == times_ms("vegeta.csv") == [5.2, 7.4, 30.0]
    assert times_ms("h2load.log") == [5.2, 7.4, 30.0]
    assert times_ms("jmeter.jtl") == [52, 61, 480, 12, 65]
    assert times_ms("oha.csv") == [12.023073, 13.023073, 14.023073]
    assert np.allclose(times_ms("k6.ndjson"), times_ms("k6.csv"), atol=100)
    assert times_ms("hey.csv")[0] == 7.0


def test_the_time_of_measuring_is_known_where_the_file_says_it() -> None:
    assert imported("vegeta.json").runs[0].started_at_s == pytest.approx(1893553445)
    assert imported("vegeta.csv").runs[0].started_at_s == pytest.approx(1893553445)
    assert imported("h2load.log").runs[0].started_at_s == pytest.approx(1893553445)
    assert imported("jmeter.jtl").runs[0].started_at_s == pytest.approx(1893553445)
    assert imported("hey.csv").runs[0].started_at_s is None
    assert imported("jmeter-semicolon.csv").runs[0].started_at_s is None


def test_k6_time_is_that_of_the_end_so_a_request_began_before() -> None:
    samples = imported("k6.ndjson").runs[0].samples
    assert samples is not None
    lines = map(json.loads, (DATA / "k6.ndjson").read_text().splitlines())
    first = next(
        each["data"] for each in lines if each["metric"] == "http_req_duration" and each["type"] == "Point"
    )
    ended_s = datetime.fromisoformat(first["time"][:26] + "Z").timestamp()
    assert samples.last_ns[0] / 1e9 == pytest.approx(ended_s, abs=1e-4)
    assert (samples.last_ns - samples.sent_ns)[0] / 1e6 == pytest.approx(first["value"])


def test_the_two_forms_of_a_k6_summary_agree_although_their_booleans_are_opposite() -> None:
    def verdicts(name: str) -> dict[str, str]:
        found = read(name)
        assert isinstance(found, Shown)
        return {what: value for _, what, value in found.rows if what.startswith("threshold")}

    expected = {"threshold p(95)<1": "crossed", "threshold rate<0.9": "held"}
    assert verdicts("k6-handle-summary.json") == verdicts("k6-summary-export.json") == expected


def test_each_line_of_a_go_benchmark_is_a_run() -> None:
    found = imported("go-bench.txt")
    assert [[(m.endpoint, m.quantiles_ns["p50"]) for m in run.measured] for run in found.runs] == [
        [
            ("example.com/shop/store BenchmarkGet-8", 1052),
            ("example.com/shop/store BenchmarkPut/size=1k-8", 8421.5),
        ],
        [
            ("example.com/shop/store BenchmarkGet-8", 1049),
            ("example.com/shop/store BenchmarkPut/size=1k-8", 8390),
        ],
    ]
    assert "B/op, MB/s, allocs/op, p99-ns" in found.notes[0]


def test_a_pytest_benchmark_has_the_median_of_its_rounds() -> None:
    (run,) = imported("pytest-benchmark.json").runs
    assert [m.endpoint for m in run.measured] == ["test_b.py::test_sum", "test_b.py::test_sort"]
    assert all(set(m.quantiles_ns) == {"p50"} and m.requests == 20 for m in run.measured)


def test_only_the_runs_of_the_commit_are_taken_from_github_action_benchmark(tmp_path: Path) -> None:
    sha = "c" * 40
    path = tmp_path / "data.js"
    path.write_text((DATA / "action-data.js").read_text().replace("@SHA@", sha))
    found = read_file(Source(path), Asked(sha=sha))
    assert isinstance(found, Imported)
    (run,) = found.runs
    assert {m.endpoint: (m.requests, m.quantiles_ns["p50"]) for m in run.measured} == {
        "Go: BenchmarkGet": (1_000_000, 1052),
        "Go: BenchmarkGet - ns/op": (1_000_000, 1052),
        "Python: test_sum": (41, 20_000),
    }
    assert any("B/op" in note for note in found.notes)
    with pytest.raises(UsageError, match="no run of commit dddddddddd") as caught:
        read_file(Source(path), Asked(sha="d" * 40))
    assert "--commit" in caught.value.hint


def test_custom_entries_that_are_no_times_are_named() -> None:
    found = imported("action-entries.json")
    assert [m.quantiles_ns["p50"] for m in found.runs[0].measured] == [120.5e6, 7.25e6]
    assert found.notes == ("not kept, for they are no times: Memory (Megabytes)",)


def test_wrk2_says_milliseconds_and_counts_its_failures() -> None:
    (run,) = imported("wrk2.txt").runs
    (measured,) = run.measured
    assert (measured.endpoint, measured.requests) == ("/items", 20000)
    assert measured.quantiles_ns == pytest.approx({"p50": 1.371e6, "p95": 2.65e6, "p99": 3.015e6}, rel=1e-3)
    assert measured.errors == {"no success status": 40, "socket error": 5}
    assert run.duration_ns == 10 * 10**9


def test_an_hdr_table_needs_its_unit_said() -> None:
    with pytest.raises(UsageError, match="unit of the values") as caught:
        read("hdr-table.txt")
    assert "--unit" in caught.value.hint
    (run,) = imported("hdr-table.txt", unit="ms").runs
    assert 4e6 < run.measured[0].quantiles_ns["p50"] < 6e6


def test_locust_statistics_are_a_distribution_that_says_how_coarse_it_is() -> None:
    found = imported("locust-stats.json")
    assert "rounded" in found.latency_definition
    by_name = {m.endpoint: m for m in found.runs[0].measured}
    items = by_name["GET /items"].distribution
    assert items is not None
    assert items.counts.sum() == by_name["GET /items"].requests == 85
    assert (items.width_ns == 1e6).all()
    assert by_name["GET /bad"].errors == {"failed": 14}


def test_every_format_has_an_output_here_and_no_other_format_takes_it() -> None:
    seen = set()
    for path in sorted(DATA.iterdir()):
        if path.name == "README.md":
            continue
        head = Source(path).head
        fits = [each.name for each in FORMATS if each.text and each.text(head)]
        assert len(fits) <= 1, path.name
        seen.update(fits)
    assert {each.name for each in FORMATS if each.text} == seen
    assert len(set(NAMES)) == len(NAMES)


def test_a_forced_format_that_does_not_fit_is_refused() -> None:
    for name in NAMES:
        if name == "ab":
            continue
        with pytest.raises(UsageError):
            read_file(Source(DATA / "ab.txt"), Asked(), name=name)


@pytest.mark.parametrize("ending", ["json", "csv"])
def test_answers_that_vegeta_kept_may_be_large(ending: str, tmp_path: Path) -> None:
    body = "QUFB" * 50_000
    rows = {
        "json": {
            "attack": "",
            "seq": 0,
            "code": 200,
            "timestamp": "2030-01-02T03:04:05.5Z",
            "latency": 1_500_000,
            "bytes_out": 0,
            "bytes_in": 150_000,
            "error": "",
            "body": body,
            "method": "GET",
            "url": "http://127.0.0.1/a",
            "headers": {},
        },
        "csv": f"1893553445500000000,200,1500000,0,150000,,{body},,0,GET,http://127.0.0.1/a,",
    }
    path = tmp_path / f"run.{ending}"
    row = rows[ending]
    path.write_text(f"{row if isinstance(row, str) else json.dumps(row)}\n" * 3)
    found = read_file(Source(path), Asked())
    assert isinstance(found, Imported)
    assert found.tool == "vegeta"
    assert found.runs[0].samples is not None
    assert len(found.runs[0].samples.status) == 3


def test_a_name_that_means_all_endpoints_is_not_taken_for_them(tmp_path: Path) -> None:
    path = tmp_path / "run.jtl"
    path.write_text("label,elapsed,success\n*,20,true\nall endpoints,20,true\n,20,true\nHome,20,true\n")
    found = read_file(Source(path), Asked())
    assert isinstance(found, Imported)
    assert found.runs[0].samples is not None
    assert found.runs[0].samples.endpoints == ("(*)", "(all endpoints)", "(no name)", "Home")
    assert "the endpoint '*' is called (*) here" in found.notes
    entries = tmp_path / "entries.json"
    entries.write_text('[{"name": "*", "unit": "ms", "value": 1}]')
    found = read_file(Source(entries), Asked())
    assert isinstance(found, Imported)
    assert [each.endpoint for each in found.runs[0].measured] == ["(*)"]
