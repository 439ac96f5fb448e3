"""What perfgate exports, perfgate imports again with the same figures."""

import json
from pathlib import Path

import numpy as np
import pytest
from export_results import an_export, times_ns

from perfgate.interchange import actionbenchout, gobenchout, hdrlogout

source = pytest.importorskip("perfgate.interchange.source")


def test_go_text_comes_back_round_by_round(tmp_path: Path) -> None:
    gobench = pytest.importorskip("perfgate.interchange.gobench")
    content, path = an_export(), tmp_path / "bench.txt"
    path.write_text(gobenchout.write_gobench([content]))
    assert gobench.is_go_benchmark(path.read_text())
    runs = gobench.read_go_benchmark(source.Source(path)).runs
    assert [[m.quantiles_ns["p50"] for m in run.measured] for run in runs] == [
        [e.quantiles_ns["p50"] for e in each.endpoints] for each in content.result.rounds[:9]
    ]


def test_github_action_benchmark_comes_back_with_its_times(tmp_path: Path) -> None:
    actionbench = pytest.importorskip("perfgate.interchange.actionbench")
    content, path = an_export(), tmp_path / "benchmark.json"
    path.write_text(actionbenchout.write_smaller_is_better(content))
    read = actionbench.read_action_entries(json.loads(path.read_text()), source.Source(path))
    found = {m.endpoint: m.quantiles_ns["p50"] for m in read.runs[0].measured}
    times = [figure for figure in content.figures if figure.unit == "ns"]
    assert len(found) == len(times) == 9
    for figure in times:
        name = "all endpoints" if figure.metric.endpoint == "*" else figure.metric.endpoint
        assert found[f"{name} {figure.metric.statistic}"] == figure.value


def test_the_histogram_log_comes_back_with_every_request(tmp_path: Path) -> None:
    hdrlog = pytest.importorskip("perfgate.interchange.hdrlog")
    path = tmp_path / "latencies.hlog"
    path.write_text(hdrlogout.write_hdrlog(an_export()))
    assert hdrlog.is_hdr_log(path.read_text())
    (run,) = hdrlog.read_hdr_log(source.Source(path)).runs
    items = run.measured[0]
    assert items.requests == 9 * 400
    mean_ns = np.average(items.distribution.times_ns, weights=items.distribution.counts)
    assert mean_ns == pytest.approx(np.mean([times_ns(index, 0).mean() for index in range(9)]), rel=0.002)
