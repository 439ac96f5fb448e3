"""`perfgate import`: what other tools measured, stored for a commit, compared, or refused."""

import json
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from cli_import import DATA, NAMED, VEGETA, Shop, make_shop, perfgate, words
from cli_stored import store_pair

from perfgate.model import LATENCY_DEFINITION
from perfgate.store.samples import load_samples


@pytest.fixture
def shop(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shop:
    monkeypatch.chdir(tmp_path)
    return make_shop(tmp_path, partial(perfgate, capsys))


def test_ten_runs_of_each_commit_show_a_slowdown_and_say_what_is_not_promised(shop: Shop) -> None:
    assert shop.perfgate("import", *shop.runs("base", 10), "--commit", "HEAD~1", *NAMED).code == 0
    assert shop.perfgate("import", *shop.runs("head", 10, slower=1.4), *NAMED).code == 0
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 1, done.out
    assert "REGRESSED: GET /items p50 is" in done.out
    assert "against 10 stored runs" in words(done.out) or "the 10 stored runs" in words(done.out)
    assert "the promise of at most 1 % false alarms does not hold" in words(done.out)
    assert "CPUs" not in done.out, "nobody knows where an imported result was measured"


def test_ten_runs_of_each_commit_pass_when_nothing_changed(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 10), "--commit", "HEAD~1", *NAMED)
    shop.perfgate("import", *shop.runs("head", 10), *NAMED)
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 0, done.out
    assert "the results were imported" in words(done.out)


def test_one_run_of_each_is_too_little_to_pass(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 1), "--commit", "HEAD~1", *NAMED)
    shop.perfgate("import", *shop.runs("head", 1), *NAMED)
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 3, done.out
    assert "only 1 stored run to compare with" in words(done.out)


def test_a_result_has_no_health_no_known_machine_and_the_definition_of_its_tool(shop: Shop) -> None:
    done = shop.perfgate("import", *shop.runs("run", 3), "--branch", "topic", *NAMED)
    assert done.code == 0, done.err
    (result,) = shop.results()
    assert result.commit.sha == shop.head
    assert result.commit.branch == "topic"
    assert [r.health for r in result.rounds] == [None, None, None]
    assert [r.index for r in result.rounds] == [0, 1, 2]
    assert result.environment.class_id == "unknown"
    assert result.latency_definition.startswith(VEGETA)
    assert "unknown" in result.load_model
    assert result.started_at == "2030-01-02T03:04:05Z" or result.started_at < "2030"
    assert result.rounds[0].endpoints[0].requests == 400
    (path,) = (shop.path / ".perfgate" / "results").rglob("*.json")
    numbers, samples = load_samples(path)
    assert list(np.bincount(numbers)) == [400, 400, 400]
    assert samples.endpoints == ("GET /items",)
    assert "latency: vegeta latency" in done.out
    assert "perfgate compare BASE HEAD --stored --workload imported:shop" in done.out


def test_results_of_different_definitions_are_not_compared_and_both_are_named(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 10), "--commit", "HEAD~1", *NAMED)
    assert shop.perfgate("import", DATA / "hey.csv", *NAMED).code == 0
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 3
    assert done.out.startswith("INCONCLUSIVE: base and head were measured with different definitions")
    assert VEGETA in done.out
    assert "hey response time" in words(done.out)
    history = words(shop.perfgate("history", *NAMED).out)
    assert "not shown, for it cannot be compared" in history


def test_an_imported_result_is_not_compared_with_one_that_perfgate_measured(shop: Shop) -> None:
    shop.configure()
    store_pair(shop.path, shop.base, "e" * 40, {})
    assert shop.perfgate("import", *shop.runs("head", 2)).code == 0
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored")
    assert done.code == 3
    assert LATENCY_DEFINITION in words(done.out)
    assert VEGETA in done.out


def test_files_of_two_tools_are_no_runs_of_one_thing(shop: Shop) -> None:
    done = shop.perfgate("import", DATA / "hey.csv", DATA / "vegeta.csv", *NAMED)
    assert done.code == 2
    assert "hey response time" in done.err
    assert VEGETA in done.err
    assert not shop.results()


def test_another_environment_or_load_that_was_stated_is_not_compared(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 2), "--commit", "HEAD~1", "--environment", "large", *NAMED)
    shop.perfgate("import", *shop.runs("head", 2), "--environment", "small", "--load", "50 users", *NAMED)
    done = words(shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED).out)
    assert "on different classes of machine: stated-large and stated-small" in done
    assert "unknown load of vegeta and 50 users (as stated)" in done


@pytest.mark.parametrize("name", ["k6-summary-export.json", "artillery.json", "autocannon.json", "ab.txt"])
def test_a_summary_is_shown_and_never_stored(shop: Shop, name: str) -> None:
    done = shop.perfgate("import", DATA / name, *NAMED)
    assert done.code == 2
    assert len(done.out.splitlines()) > 5
    assert "is a summary, so it was shown and nothing was stored" in done.err
    assert "hint:" in done.err
    assert not shop.results()


def test_the_same_run_cannot_count_twice_and_importing_again_changes_nothing(shop: Shop) -> None:
    (first,) = shop.runs("run", 1)
    (shop.path / "copy.csv").write_bytes((shop.path / first).read_bytes())
    done = shop.perfgate("import", first, "copy.csv", *NAMED)
    assert done.code == 2
    assert "one run would count as two" in done.err
    shop.perfgate("import", first, *NAMED)
    again = shop.perfgate("import", first, *NAMED)
    assert "(again: the same files)" in again.out
    assert len(shop.results()) == 1


def test_runs_that_come_one_by_one_count_together_and_each_once(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 10), "--commit", "HEAD~1", *NAMED)
    heads = shop.runs("head", 10, slower=1.4)
    for name in heads:
        assert shop.perfgate("import", name, *NAMED).code == 0
    shop.perfgate("import", *heads[:2], *NAMED)
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 1
    assert "10 rounds measured · 4,000 requests" in done.out


def test_without_perfgate_yml_it_says_how_to_find_the_result_again(shop: Shop) -> None:
    done = shop.perfgate("import", *shop.runs("run", 1))
    assert "--stored --workload imported:default" in done.out
    assert shop.results()[0].workload_name == "default"


def test_a_mostly_failing_run_is_stored_and_no_evidence(shop: Shop) -> None:
    done = shop.perfgate("import", *shop.runs("run", 1, failing=0.8), *NAMED)
    assert done.code == 4
    assert "stored, but no evidence by itself" in done.err
    assert "status 500" in done.err
    assert len(shop.results()) == 1


def test_a_base_that_is_no_evidence_is_the_reason_of_the_verdict(shop: Shop) -> None:
    shop.perfgate("import", *shop.runs("base", 1, failing=0.8), "--commit", "HEAD~1", *NAMED)
    shop.perfgate("import", *shop.runs("head", 1), *NAMED)
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert done.code == 4
    assert "failed" in done.out.splitlines()[0]


def test_a_benchmark_has_one_value_a_run_and_no_tail(shop: Shop) -> None:
    done = shop.perfgate("import", DATA / "go-bench.txt", *NAMED)
    assert done.code == 0, done.err
    assert "B/op" in done.err
    (result,) = shop.results()
    assert [dict(e.quantiles_ns) for e in result.rounds[0].endpoints] == [{"p50": 1052.0}, {"p50": 8421.5}]
    assert len(result.rounds) == 2
    for path in (shop.path / ".perfgate" / "results").rglob("*.json"):
        path.unlink()
    lines = [f"BenchmarkGet-8 1000 {1000 * (1 + run / 500)} ns/op\n" for run in range(10)]
    (shop.path / "base.txt").write_text("".join(lines))
    (shop.path / "head.txt").write_text("".join(line.replace(" 10", " 15") for line in lines))
    shop.perfgate("import", "base.txt", "--commit", "HEAD~1", *NAMED)
    shop.perfgate("import", "head.txt", *NAMED)
    verdict = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED, "-o", "json=verdict.json")
    assert verdict.code == 1, verdict.out
    rows = json.loads((shop.path / "verdict.json").read_text())["comparisons"]
    assert {row["metric"]["statistic"] for row in rows} == {"p50", "errors"}


def test_times_that_are_known_too_coarsely_are_left_out_and_named(shop: Shop) -> None:
    lines = "".join(f"{1893553445000 + n},{4 + n % 2},Home,200,true\n" for n in range(400))
    lines += "".join(f"{1893553445000 + n},{400 + n % 9},Search,200,true\n" for n in range(400))
    (shop.path / "run.jtl").write_text("timeStamp,elapsed,label,responseCode,success\n" + lines)
    done = shop.perfgate("import", "run.jtl", *NAMED)
    assert done.code == 0
    assert "Home p50 is not kept: known in steps of 1.00 ms" in done.err
    (result,) = shop.results()
    assert {e.endpoint: set(e.quantiles_ns) for e in result.rounds[0].endpoints} == {
        "Home": set(),
        "Search": {"p50", "p95", "p99"},
    }


def test_rounded_times_of_locust_are_spread_over_their_step(shop: Shop) -> None:
    entry = {"name": "/", "method": "GET", "num_failures": 0, "num_none_requests": 0}
    for name, slow in (("a", 40), ("b", 60)):
        counts = {"50": 100 - slow, "51": slow}
        (shop.path / f"{name}.json").write_text(
            json.dumps([entry | {"num_requests": 100, "response_times": counts}])
        )
    shop.perfgate("import", "a.json", "b.json", *NAMED)
    (result,) = shop.results()
    first, second = (r.endpoints[0].quantiles_ns["p50"] / 1e6 for r in result.rounds)
    assert first == pytest.approx(49.5 + 50 / 60)
    assert second == pytest.approx(50.5 + 10 / 60)


def test_thresholds_need_requests_and_say_so(shop: Shop) -> None:
    shop.configure('thresholds:\n  http_req_duration: ["p(95)<100"]\n')
    (shop.path / "bench.txt").write_text(
        "".join(f"BenchmarkGet-8 1000 {1000 + n} ns/op\n" for n in range(10))
    )
    (shop.path / "later.txt").write_text(
        "".join(f"BenchmarkGet-8 1000 {1001 + n} ns/op\n" for n in range(10))
    )
    shop.perfgate("import", "bench.txt", "--commit", "HEAD~1")
    shop.perfgate("import", "later.txt")
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored")
    assert done.code == 4
    assert "thresholds are of single requests" in words(done.out)


def test_github_action_benchmark_data_is_taken_for_the_commit_named(shop: Shop) -> None:
    (shop.path / "data.js").write_text((DATA / "action-data.js").read_text().replace("@SHA@", shop.base))
    assert shop.perfgate("import", "data.js", *NAMED).code == 2
    assert shop.perfgate("import", "data.js", "--commit", "HEAD~1", *NAMED).code == 0
    assert shop.results()[0].commit.sha == shop.base


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--format", "k7"), "there are k6-json"),
        (("--unit", "years"), "there are ns, us, ms, s"),
        (("--commit", "nowhere"), "nowhere"),
        (("--workload", "imported:"), "no name to file results under"),
        (("--environment", "x" * 200), "100 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused(shop: Shop, arguments: tuple[str, ...], says: str) -> None:
    done = shop.perfgate("import", *shop.runs("run", 1), *arguments)
    assert done.code == 2
    assert says in done.err


def test_what_is_only_a_name_cannot_be_measured(shop: Shop) -> None:
    shop.configure()
    for arguments in (
        ("run", "HEAD", "--allow-dirty", *NAMED),
        ("compare", "HEAD~1", "HEAD", "--allow-dirty", *NAMED),
        ("compare", "--base-url", "http://127.0.0.1:9", "--head-url", "http://127.0.0.1:9", *NAMED),
    ):
        done = shop.perfgate(*arguments)
        assert done.code == 2, done.err
        assert "is the name of what another tool sent" in done.err


def test_help_shows_how_it_is_used(shop: Shop) -> None:
    done = shop.perfgate("import", "--help")
    assert done.code == 0
    assert "perfgate import run*.json --commit main" in done.out


def test_a_workload_that_is_only_a_name_is_exported_checked_and_asked_for_by_it(shop: Shop) -> None:
    done = shop.perfgate("export", "HEAD", *NAMED, "--format", "csv")
    assert done.code == 2
    shop.perfgate("import", *shop.runs("head", 2), *NAMED)
    assert (shop.path / ".perfgate/.gitignore").read_text() == "*\n"
    done = shop.perfgate("export", "HEAD", *NAMED, "--format", "csv")
    assert done.code == 0, done.err
    assert done.out.startswith("commit,side,")
    done = shop.perfgate("check", "--stored", *NAMED)
    assert "baseline update --stored --reason TEXT" in words(done.out)
    assert f"reproduce: perfgate check --stored {' '.join(NAMED)}" in words(done.out)
    done = shop.perfgate("compare", "HEAD~1", "HEAD", "--stored", *NAMED)
    assert "import it first: perfgate import FILE --commit 'HEAD~1'" in done.err


def test_all_endpoints_together_are_called_so(shop: Shop, tmp_path: Path) -> None:
    path = tmp_path / "two.jtl"
    rows = [f"{name},{200 + i % 40},true\n" for i in range(200) for name in ("Home", "*")]
    path.write_text("label,elapsed,success\n" + "".join(rows))
    done = shop.perfgate("import", str(path), *NAMED)
    assert done.code == 0, done.err
    assert {line.split("  ")[0].strip() for line in done.out.splitlines() if " p50 " in line} == {
        "(*)",
        "Home",
        "all endpoints",
    }
    assert "the endpoint '*' is called (*) here" in done.err
