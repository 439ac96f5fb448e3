"""What each format says comes back with the same figures when read by its own rules or its own tool."""

import csv
import gc
import io
import json
import re
import warnings
from pathlib import Path

import numpy as np
import pytest
from export_results import a_result, an_export, some_samples, times_ns
from hdrh.log import HistogramLogReader
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.gate.levels import run_levels
from perfgate.gate.policy import Policy
from perfgate.interchange import (
    actionbenchout,
    bencherout,
    columns,
    csvout,
    gobenchout,
    hdrlogout,
    otavaout,
    parquetout,
)
from perfgate.model import Commit, Metric

hostile_names = st.lists(
    st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=30),
    min_size=1,
    max_size=4,
    unique=True,
)


def test_the_figures_are_the_levels_that_the_gate_keeps_and_lie_in_their_intervals() -> None:
    content = an_export()
    levels = run_levels(a_result(), Policy())
    assert {f.metric: f.value for f in content.figures} == pytest.approx(dict(levels))
    assert all(f.low <= f.value <= f.high for f in content.figures)
    (median,) = (f for f in content.figures if f.metric == Metric(endpoint="GET /items", statistic="p50"))
    assert median.high / median.low < 1.2
    assert median.rounds == 9


def test_one_round_has_a_figure_without_an_interval() -> None:
    content = an_export(rounds=1)
    assert {(f.low, f.high) for f in content.figures} == {(None, None)}
    assert all("range" not in entry for entry in json.loads(actionbenchout.write_smaller_is_better(content)))
    assert set(json.loads(bencherout.write_bencher(content))["GET /items"]["latency"]) == {"value"}


def test_github_action_benchmark_gets_names_values_and_units_in_its_own_keys() -> None:
    content = an_export()
    entries = json.loads(actionbenchout.write_smaller_is_better(content))
    by_name = {entry["name"]: entry for entry in entries}
    assert {"GET /items p50", "POST /orders p99", "GET /items errors", "all endpoints cpu"} <= set(by_name)
    assert all(set(e) == {"name", "unit", "value", "range", "extra"} for e in entries)
    assert by_name["GET /items p50"]["unit"] == "ns"
    assert by_name["all endpoints cpu"]["value"] == pytest.approx(40_000_000 / 802)
    assert by_name["GET /items errors"]["value"] == pytest.approx(1 / 401)
    assert re.fullmatch(r"± \d+(\.\d+)?(e\+\d+)?", by_name["GET /items p50"]["range"])
    assert f"commit: {'b' * 40}" in by_name["GET /items p50"]["extra"]
    assert json.loads(actionbenchout.write_bigger_is_better(content)) == []


def test_throughput_is_written_where_more_is_better_and_nowhere_else() -> None:
    from dataclasses import replace

    from perfgate.interchange.figures import Figure

    content = an_export()
    throughput = Figure(
        metric=Metric(endpoint="*", statistic="throughput"), value=500.0, low=490.0, high=510.0, rounds=9
    )
    content = replace(content, figures=(*content.figures, throughput))
    (entry,) = json.loads(actionbenchout.write_bigger_is_better(content))
    assert (entry["name"], entry["unit"], entry["value"]) == ("all endpoints throughput", "requests/s", 500.0)
    assert "throughput" not in actionbenchout.write_smaller_is_better(content)
    measure = json.loads(bencherout.write_bencher(content))["all endpoints"]["throughput"]
    assert measure == {"value": 500.0, "lower_value": 490.0, "upper_value": 510.0}


@settings(max_examples=30, deadline=None)
@given(hostile_names)
def test_bencher_json_is_what_its_schema_demands_whatever_the_endpoints_are_called(names) -> None:
    document = json.loads(bencherout.write_bencher(an_export(names, rounds=2)))
    assert document
    for name, measures in document.items():
        assert 1 <= len(name) <= 1024
        for measure, metric in measures.items():
            assert re.fullmatch(r"[a-z0-9-]{1,64}", measure)
            assert set(metric) == {"value", "lower_value", "upper_value"}
            assert metric["lower_value"] <= metric["value"] <= metric["upper_value"]


def test_a_name_that_bencher_would_read_as_an_order_is_changed() -> None:
    document = json.loads(bencherout.write_bencher(an_export(["GET /x-bencher-ignore", "y" * 3000])))
    assert "GET /x-bencher-ignore." in document
    assert sorted(map(len, document))[-1] == 1024


def read_go(text: str) -> tuple[dict[str, str], list[tuple[str, int, dict[str, float]]]]:
    """By the published grammar: `key: value` lines, and `Benchmark…` lines of value and unit pairs."""
    configuration: dict[str, str] = {}
    benchmarks = []
    for line in text.split("\n"):
        if line.startswith("Benchmark"):
            name, count, *rest = line.split()
            assert len(rest) % 2 == 0
            values = {unit: float(value) for value, unit in zip(rest[::2], rest[1::2], strict=True)}
            benchmarks.append((name.removeprefix("Benchmark"), int(count), values))
        elif match := re.fullmatch(r"([a-z][^\sA-Z:]*):[ \t]+(.*)", line):
            configuration[match[1]] = match[2]
        else:
            assert line == "" or line.startswith("# "), line
    return configuration, benchmarks


def test_go_text_has_a_line_for_every_valid_round_with_the_stored_quantiles() -> None:
    content = an_export()
    configuration, benchmarks = read_go(gobenchout.write_gobench([content]))
    assert configuration["workload"] == "shop"
    of_items = [values for name, _, values in benchmarks if name == "GET_/items"]
    stored = [r.endpoints[0].quantiles_ns for r in content.result.rounds[:9]]
    assert [v["ns/op"] for v in of_items] == [q["p50"] for q in stored]
    assert [v["p99-ns/op"] for v in of_items] == [q["p99"] for q in stored]
    assert {count for _, count, _ in benchmarks} == {401}
    assert len(benchmarks) == 18


def test_base_and_head_differ_in_no_key_so_that_benchstat_compares_them() -> None:
    base, head = an_export(side="base"), an_export(side="head")
    assert read_go(gobenchout.write_gobench([base]))[0] == read_go(gobenchout.write_gobench([head]))[0]
    together = gobenchout.write_gobench([base, head])
    assert [line for line in together.split("\n") if line.startswith("commit: ")] == [
        f"commit: {'a' * 40}",
        f"commit: {'b' * 40}",
    ]


@settings(max_examples=50, deadline=None)
@given(hostile_names)
def test_go_names_have_no_space_no_number_of_processors_and_stay_apart(names) -> None:
    _, benchmarks = read_go(gobenchout.write_gobench([an_export(names, rounds=1)]))
    found = [name for name, _, _ in benchmarks]
    assert len(found) == len(set(found)) == len(names)
    for name in found:
        assert name
        assert name.isprintable()
        assert not name[0].islower() or not name[0].upper().isupper()
        assert not re.search(r"-\d+\Z", name)


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # Otava leaves its file open
@pytest.mark.filterwarnings("ignore::ResourceWarning")
def test_otava_itself_reads_the_series_and_finds_the_step(tmp_path: Path) -> None:
    importer = pytest.importorskip("otava.importer")
    from otava.test_config import JsonTestConfig

    series = []
    for number in range(12):
        content = an_export(
            ["GET /items"] if number < 6 else ["GET /other", "GET /items"],
            rounds=8,
            started_at=f"2026-01-{number + 1:02}T03:04:05+00:00",
            commit=Commit(sha=f"{number:040x}", ref="main", branch="main"),
        )
        series.append(content)
    path = tmp_path / "series.json"
    text = otavaout.write_otava(series[::-1])
    path.write_text(text)
    assert text.count("\n") == 1
    with warnings.catch_warnings():
        # Otava leaves the file open, and whichever test ran when it is collected would be to blame.
        warnings.simplefilter("ignore", ResourceWarning)
        found = importer.JsonImporter().fetch_data(JsonTestConfig("shop", str(path), "main"))
        gc.collect()
    assert found.time == sorted(found.time)
    assert len(found.time) == 12
    assert {len(values) for values in found.data.values()} == {12}
    assert "GET /other p50" not in found.data
    assert found.attributes["commit"][0] == "0" * 40
    p50 = [
        f.value
        for c in series
        for f in c.figures
        if f.metric == Metric(endpoint="GET /items", statistic="p50")
    ]
    assert found.data["GET /items p50"] == p50
    changes = found.analyze().change_points["GET /items p50"]
    assert [change.index for change in changes] == [6]


def read_csv(pieces) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO("".join(pieces), newline=""), strict=True))


def test_csv_has_every_round_and_what_became_of_it() -> None:
    content = an_export()
    rows = read_csv(csvout.write_csv(columns.ROUND_COLUMNS, columns.round_rows([content])))
    assert len(rows) == 22
    assert [(r["stage"], r["dropped_because"]) for r in rows[-3:]] == [
        ("screen", "the machine was busy"),
        ("confirm", ""),
        ("confirm", ""),
    ]
    assert float(rows[0]["p95_ns"]) == content.result.rounds[0].endpoints[0].quantiles_ns["p95"]
    assert (rows[0]["requests"], rows[0]["failed"], rows[0]["service_rss_bytes"]) == ("401", "1", "")


def test_a_request_without_an_answer_has_no_service_time() -> None:
    result = a_result()
    rows = columns.request_rows(result, np.array([0, 1], np.int32), some_samples())
    answered, lost = read_csv(csvout.write_csv(columns.REQUEST_COLUMNS, rows))
    assert (answered["endpoint"], answered["service_time_ns"], answered["couple"]) == (
        "GET /items",
        "195",
        "7",
    )
    assert (lost["error"], lost["last_ns"], lost["service_time_ns"], lost["couple"]) == (
        "timeout",
        "",
        "",
        "",
    )


@settings(max_examples=50, deadline=None)
@given(hostile_names)
def test_no_cell_of_csv_is_a_formula_and_every_name_comes_back(names) -> None:
    pieces = csvout.write_csv(columns.ROUND_COLUMNS, columns.round_rows([an_export(names, rounds=1)]))
    rows = read_csv(pieces)
    for row in rows:
        assert not row["endpoint"].startswith(("=", "+", "-", "@", "\t", "\r"))
    assert [row["endpoint"].removeprefix("'") for row in rows[: len(names)]] == [
        name.removeprefix("'") for name in names
    ]


def test_parquet_is_read_back_with_types_and_nulls() -> None:
    pq = pytest.importorskip("pyarrow.parquet")
    content = an_export()
    written = parquetout.write_parquet(columns.ROUND_COLUMNS, columns.round_rows([content]))
    table = pq.read_table(io.BytesIO(written))
    assert table.column_names == [c.name for c in columns.ROUND_COLUMNS]
    assert table.num_rows == 22
    assert str(table.schema.field("p50_ns").type) == "double"
    assert str(table.schema.field("requests").type) == "int64"
    assert table["service_rss_bytes"].null_count == 22
    nothing = parquetout.write_parquet(columns.ROUND_COLUMNS, iter(()))
    assert pq.read_table(io.BytesIO(nothing)).num_rows == 0


def test_the_histogram_log_is_read_by_the_library_with_the_times_that_were_measured(tmp_path: Path) -> None:
    from hdrh.histogram import HdrHistogram

    content = an_export()
    path = tmp_path / "latencies.hlog"
    path.write_text(hdrlogout.write_hdrlog(content))
    reader = HistogramLogReader(str(path), HdrHistogram(1, 3_600_000_000_000, 3))
    intervals = []
    while (interval := reader.get_next_interval_histogram()) is not None:
        intervals.append(interval)
    reader.close()
    assert [i.get_tag() for i in intervals[:2]] == ["GET%20/items", "POST%20/orders"]
    assert len(intervals) == 18
    for number in range(9):
        times = times_ns(number, 0)
        assert intervals[2 * number].get_total_count() == 400
        median = intervals[2 * number].get_value_at_percentile(50)
        assert median == pytest.approx(np.sort(times)[199], rel=0.002)
    starts = [i.get_start_time_stamp() for i in intervals[::2]]
    assert np.diff(starts).tolist() == [2000.0] * 8


@settings(max_examples=50, deadline=None)
@given(st.text(min_size=1, max_size=40))
def test_a_tag_never_breaks_its_line(name) -> None:
    assert re.fullmatch(r"[!-~]+", hdrlogout.tag_of(name))
    assert "," not in hdrlogout.tag_of(name)
