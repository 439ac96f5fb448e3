"""`perfgate history` names the commit of a step and the range of creep in stored results and never fails."""

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from cli_history import ENDPOINTS, alone, make_history, make_result, store_of
from cli_project import Done, Project, assert_error

from perfgate.cli.main import main
from perfgate.cli.project import policy_of
from perfgate.config import load_config
from perfgate.gate.levels import run_levels
from perfgate.model import Baseline, BaselineRun, BaselineValue
from perfgate.stats import changepoints
from perfgate.store.baselines import SCHEMA_VERSION, save_baseline
from perfgate.store.results import save


@pytest.fixture
def perfgate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs the command in this process: nothing is started, and what it imports is imported once."""

    def run(project: Project, *arguments: str) -> Done:
        monkeypatch.chdir(project.path)
        capsys.readouterr()
        code = main(["history", *arguments])
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, list[str]]:
    """Twenty commits; `GET /search` is slower from the 13th on, `POST /orders` creeps from the 7th on.

    Tests only read it.
    """
    return make_history(tmp_path_factory.mktemp("history") / "project")


def document(perfgate, project: Project, *arguments: str, tmp_path: Path) -> dict:
    path = tmp_path / "history.json"
    done = perfgate(project, "-o", f"json={path}", *arguments)
    assert done.code == 0, done.err
    return json.loads(path.read_text())


def line_with(text: str, *words: str) -> str:
    (line,) = (line for line in text.splitlines() if all(word in line for word in words))
    return line


def test_the_summary_names_the_commit_of_the_step_and_the_range_of_the_creep(perfgate, measured) -> None:
    project, shas = measured
    done = perfgate(project)
    assert (done.code, done.err) == (0, "")
    search = [line for line in done.out.splitlines() if f"at {shas[12][:10]} (2026-01-13)" in line]
    assert len([line for line in search if "▲ +" in line]) >= 3
    creep = line_with(done.out, "POST /orders")
    assert "↗ +" in creep
    assert "creep" in creep
    assert "GET /items/{id}" in done.out
    assert f"20 runs of 20 commits, {shas[0][:10]} (2026-01-01) to {shas[19][:10]} (2026-01-20)" in done.out
    assert "no request failed" in done.out
    assert len(done.out.splitlines()) <= 40  # one screen


def test_the_commits_of_one_metric_are_listed_with_a_mark_at_the_step(perfgate, measured) -> None:
    project, shas = measured
    done = perfgate(project, "--endpoint", "*search", "--metric", "p95")
    assert done.code == 0
    rows = {sha: line for sha in shas for line in done.out.splitlines() if line.strip().startswith(sha[:10])}
    assert set(rows) == set(shas)
    assert "▲" in rows[shas[12]]
    assert not any("▲" in rows[sha] for sha in shas if sha != shas[12])
    assert "2026-01-13" in rows[shas[12]]
    assert "POST /orders" not in done.out
    assert "p99" not in done.out


def test_the_limit_shows_fewer_commits_but_looks_at_all(perfgate, measured) -> None:
    project, shas = measured
    done = perfgate(project, "--endpoint", "GET /search", "--limit", "3")
    assert f"at {shas[12][:10]}" in done.out
    assert shas[17][:10] in done.out
    assert f"\n {shas[12][:10]}" not in done.out
    assert "17 earlier" in done.out


def test_json_and_png_say_the_same(perfgate, measured, tmp_path: Path) -> None:
    project, shas = measured
    plot = tmp_path / "plot.png"
    found = document(perfgate, project, "--plot", str(plot), tmp_path=tmp_path)
    assert plot.read_bytes().startswith(b"\x89PNG")
    assert found["schema_version"] == 1
    assert [commit["sha"] for commit in found["commits"]] == shas
    by_name = {(m["metric"]["endpoint"], m["metric"]["statistic"]): m for m in found["metrics"]}
    assert {e for e, _ in by_name} >= set(ENDPOINTS)
    (step,) = by_name["GET /search", "p50"]["change_points"]
    assert step["sha"] == shas[12]
    assert step["change"] == pytest.approx(0.3, abs=0.02)
    creep = by_name["POST /orders", "p50"]["creep"]
    assert shas.index(creep["first_sha"]) == pytest.approx(6, abs=3)
    assert shas.index(creep["last_sha"]) == pytest.approx(19, abs=2)
    assert by_name["POST /orders", "p50"]["change_points"] == []
    assert by_name["GET /search", "p50"]["creep"] is None


def test_runs_of_one_side_alone_are_not_mixed_in_but_named(perfgate, tmp_path: Path) -> None:
    project, shas = make_history(tmp_path / "project", commits=3)
    save(store_of(project), alone(make_result(project, shas[1], 1, lambda *_: 9.0)))
    done = perfgate(project)
    assert "3 runs of 3 commits" in done.out
    other = line_with(done.out, "--group 2", "1 run of 1 commit")
    assert "one side alone" in other
    second = perfgate(project, "--group", "2")
    assert "1 run of 1 commit, " in second.out
    assert "9.0" in second.out
    assert_error(perfgate(project, "--group", "3"), 2, "no group 3", "only 2")


def test_runs_that_are_no_evidence_are_counted_with_the_reason(perfgate, tmp_path: Path) -> None:
    project, shas = make_history(tmp_path / "project", commits=2)
    spoilt = make_result(project, shas[0], 5)
    save(store_of(project), replace(spoilt, status="interrupted"))
    save(store_of(project), replace(make_result(project, shas[0], 6), workload_name="another"))
    save(store_of(project), make_result(project, shas[1], 7, errors={"http_500": 400}))
    noisy = make_result(project, shas[1], 8)
    dropped = tuple(replace(r, dropped_because="steal") for r in noisy.rounds)
    save(store_of(project), replace(noisy, rounds=dropped))
    (store_of(project) / shas[0] / "torn.json").write_text("{")
    done = perfgate(project)
    assert done.code == 0
    assert "2 runs of 2 commits" in done.out
    for words in (
        "1 run: interrupted",
        "1 run: of another workload (another",
        "1 run: most requests failed",
        "1 run: too many rounds disturbed",
    ):
        assert words in done.out
    assert "skipped: " in done.err
    assert "torn.json" in done.err


def test_the_runs_of_the_committed_baseline_count_and_count_once(perfgate, tmp_path: Path) -> None:
    project, shas = make_history(tmp_path / "project", commits=3)
    older = project.git("rev-parse", f"{shas[0]}^").strip()
    results = [make_result(project, sha, n, noise=0.0) for n, sha in ((1, older), (2, shas[2]))]
    save(store_of(project), results[1])  # this one is in both places
    policy = policy_of(load_config(project.path / "perfgate.yml"))
    runs = tuple(
        BaselineRun(
            sha=result.commit.sha,
            recorded_at="2025-12-01T00:00:00Z",
            author="test",
            reason="test",
            clock_source=result.clock_source,
            requests=1,
            calibration_ns=None,
            accepts=(),
            values=tuple(
                BaselineValue(endpoint=m.endpoint, statistic=m.statistic, value=level)
                for m, level in run_levels(result, policy).items()
            ),
        )
        for result in results
    )
    baseline = Baseline(
        schema_version=SCHEMA_VERSION,
        workload_name=results[0].workload_name,
        workload_digest=results[0].workload_digest,
        latency_definition=results[0].latency_definition,
        load_model=results[0].load_model,
        environment=results[0].environment,
        runs=runs,
    )
    save_baseline(project.path / "baselines", baseline)
    found = document(perfgate, project, tmp_path=tmp_path)
    runs_of = {commit["sha"]: [run["source"] for run in commit["runs"]] for commit in found["commits"]}
    assert runs_of == {older: ["baseline"], shas[0]: ["result"], shas[1]: ["result"], shas[2]: ["result"]}


def test_a_rejected_branch_is_left_out_unless_asked_for(perfgate, tmp_path: Path) -> None:
    project, _ = make_history(tmp_path / "project", commits=3)
    project.git("checkout", "--quiet", "-b", "slow")
    rejected = project.commit("slow")
    project.git("checkout", "--quiet", "main")
    save(store_of(project), make_result(project, rejected, 9))
    done = perfgate(project, "--metric", "p50")
    assert rejected[:10] not in done.out
    assert "left out: 1 run of 1 commit not on HEAD's first-parent line" in done.out
    everything = perfgate(project, "--metric", "p50", "--all-commits")
    assert f"{rejected[:10]}*" in everything.out
    project.git("checkout", "--quiet", "slow")
    assert f"{rejected[:10]} " in perfgate(project, "--metric", "p50").out


def test_outside_of_git_the_commits_are_in_order_of_time(perfgate, monkeypatch, tmp_path: Path) -> None:
    project, shas = make_history(tmp_path / "project", commits=3)
    (project.path / ".git").rename(tmp_path / "elsewhere")
    monkeypatch.setenv("GIT_CEILING_DIRECTORIES", str(tmp_path))
    done = perfgate(project, "--metric", "p50")
    assert done.code == 0, done.err
    places = [done.out.index(f"\n {sha[:10]}") for sha in shas]
    assert places == sorted(places)
    assert "in the order of their first run" in " ".join(done.out.split())


def test_names_that_nothing_has_are_refused(perfgate, measured) -> None:
    project, _ = measured
    assert_error(perfgate(project, "--endpoint", "GET /nope"), 2, "'GET /nope'", "GET /items/{id}")
    assert_error(
        perfgate(project, "--metric", "p42"), 2, "'p42'", "p50, p95, p99, cpu, throughput, memory, errors"
    )
    assert_error(perfgate(project, "--metric", "cpu"), 2, "cpu was not measured")
    assert_error(perfgate(project, "-o", "markdown=x.md"), 2, "markdown", "json, png")


def test_without_results_it_says_how_to_get_some(perfgate, tmp_path: Path) -> None:
    assert_error(perfgate(Project(tmp_path / "project")), 2, "no stored run", "perfgate compare BASE HEAD")


def test_without_the_library_the_table_says_how_to_install_it(
    perfgate, monkeypatch, measured, tmp_path: Path
) -> None:
    project, _ = measured
    monkeypatch.setattr(changepoints, "is_available", lambda: False)
    picture = tmp_path / "history.png"
    done = perfgate(project, "-o", f"png={picture}")
    assert done.code == 0, done.err
    assert "change points were not looked for: pip install 'perfgate[history]'" in done.out
    assert "▲" not in done.out
    assert "GET /search" in done.out
    assert picture.stat().st_size > 1000


def test_as_a_command_it_exits_with_0_although_levels_changed(measured) -> None:
    project, _ = measured
    done = project.perfgate("history")
    assert (done.code, done.err) == (0, "")
    assert "▲" in done.out


def test_the_page_has_every_metric_and_the_commit_of_the_step(perfgate, measured, tmp_path) -> None:
    project, shas = measured
    path = tmp_path / "history.html"
    done = perfgate(project, "-o", f"html={path}")
    assert (done.code, done.err) == (0, "")
    page = path.read_text(encoding="utf-8")
    assert page.startswith("<!doctype html>")
    assert all(endpoint in page for endpoint in ENDPOINTS)
    assert f"<code>perfgate compare {shas[11][:10]} {shas[12][:10]}</code>" in page
    assert "http://" not in page.replace("http://www.w3.org/2000/svg", "")
