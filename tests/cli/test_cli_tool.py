"""Another project's tool behind the port: rounds of it, its report in results, and single loads."""

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from cli_seeds import SeedProject
from cli_service import RunningService
from cli_tool import LittleTool, little_workload

from perfgate.cli import loadtest, output
from perfgate.cli.compare import measure_pair
from perfgate.cli.drivetool import drive_tool_file
from perfgate.cli.project import Project, policy_of
from perfgate.config import load_config
from perfgate.errors import MeasureError, UsageError
from perfgate.git import open_repository
from perfgate.measure.job import Source
from perfgate.model import Outcome, Result, ToolOrder, ToolRun, Verdict
from perfgate.store.results import load


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> SeedProject:
    return SeedProject(tmp_path_factory.mktemp("tool") / "repository", round_length="100ms")


def _opened(made: SeedProject, tool: LittleTool) -> Project:
    config = load_config(made.path / "perfgate.yml")
    return Project(config=config, workload=little_workload(tool), policy=policy_of(config), thresholds=())


def _compare(made: SeedProject, tool: LittleTool, head: str) -> Verdict:
    opened, git = _opened(made, tool), open_repository(made.path)
    progress = output.start_progress(quiet=True)
    try:
        return measure_pair(
            opened,
            (
                Source(side="base", commit=git.resolve("main")),
                Source(side="head", commit=git.resolve(head)),
            ),
            git,
            progress=progress,
            begun=0.0,
            reproduce="perfgate compare",
        ).verdict
    finally:
        progress.close()


def test_a_slow_commit_is_found_by_runs_in_turn(repository: SeedProject) -> None:
    verdict = _compare(repository, LittleTool(path="/users"), "slow")
    assert verdict.outcome is Outcome.REGRESSED
    turn = next(w for w in verdict.warnings if w.code == "runs_in_turn")
    assert "the smallest change of p50 it could have found is" in turn.text
    assert any("the file's stages were left out" in w.text for w in verdict.warnings)
    results = [load(path) for path in repository.results()]
    for result in results:
        assert result.latency_definition == LittleTool().latency_definition
        assert result.clock_source == "k6's own clock"
        assert result.load_model.startswith("k6, 1 user a side, two sides in turn, 2 runs each, ")
        assert result.tool is not None
        assert result.tool.tool == "k6 v0.0.1"
        runs = 2 * len(result.rounds)
        (check,) = result.tool.checks
        assert (check.passes, check.fails) == (3 * runs, runs)
        (metric,) = result.tool.metrics
        assert dict(metric.values) == {"count": 2.0 * runs, "max": 9.0}
        assert any("statistics of its own metrics" in note for note in result.tool.notes)
        assert all(r.cpu_ns for r in result.rounds)
        assert all(e.endpoint == "GET /users" for r in result.rounds for e in r.endpoints)
        _assert_perfgates_own_cannot_be_compared_with(result)


def _assert_perfgates_own_cannot_be_compared_with(result: Result) -> None:
    """Results of two definitions of latency refuse to be compared, naming both."""
    from perfgate.gate.validity import comparable, conditions_of

    other = replace(result, latency_definition="service time: request sent to last byte received")
    (reason,) = comparable(conditions_of(result), conditions_of(other))
    assert reason.code == "latency_differs"
    assert result.latency_definition in reason.text
    assert other.latency_definition in reason.text


def _given(url: str, outputs: tuple[tuple[str, Path], ...] = (), **more: Any) -> dict[str, Any]:
    given: dict[str, Any] = dict.fromkeys(
        (
            *("vus", "duration", "iterations", "rate", "executor", "arrivals", "graceful_stop", "max_rate"),
            *("timeout", "connect_timeout", "first_byte_timeout", "cacert", "cert", "key", "environment"),
            *("driver", "seed"),
        )
    )
    flags = {"insecure": False, "http2": False, "no_reuse": False, "no_pin": True, "quiet": True}
    rest = {"allowed_hosts": (), "resolve": (), "stages": (), "outputs": outputs, "processes": 1, "warmup": 0}
    return {**given, **flags, **rest, "target": url, "variables": {}, **more}


def _drive(tool: LittleTool, given: dict[str, Any]) -> int:
    return drive_tool_file(little_workload(tool), Path("little.js"), None, given)


def test_a_load_by_a_tool_has_the_usual_report_and_the_tools_own(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with RunningService() as service:
        code = _drive(LittleTool(), _given(service.url, (("json", tmp_path / "load.json"),)))
    said = capsys.readouterr().out
    assert code == 0
    assert "under the load its k6 file asks for" in said
    assert "GET /ready" in said
    assert "check status is 200: 3 passed, 1 failed" in said
    written = json.loads((tmp_path / "load.json").read_text())
    assert written["tool"]["exit_code"] == 0
    assert written["tool"]["metrics"][0]["values"]["p(95)"] == 4.0
    assert written["requests"] > 3


def test_a_threshold_the_tool_saw_broken_fails_the_load(capsys: pytest.CaptureFixture[str]) -> None:
    with RunningService() as service:
        code = _drive(LittleTool(threshold_ok=False, exit_code=99), _given(service.url))
    assert code == 1
    assert "k6 v0.0.1: http_req_duration: p(95)<5 (it was 7.5)" in capsys.readouterr().out


def test_an_exit_code_without_a_threshold_fails_it_too(capsys: pytest.CaptureFixture[str]) -> None:
    with RunningService() as service:
        assert _drive(LittleTool(exit_code=110), _given(service.url)) == 1
    assert "k6 v0.0.1 ended with exit code 110: done" in capsys.readouterr().out


def test_a_crash_says_its_last_lines() -> None:
    with RunningService() as service, pytest.raises(MeasureError, match="it all went wrong"):
        _drive(LittleTool(path="crash"), _given(service.url))


def test_ctrl_c_reports_what_there_is(capsys: pytest.CaptureFixture[str]) -> None:
    with RunningService() as service:
        assert _drive(LittleTool(stopped=True, exit_code=105), _given(service.url)) == 130
    said = capsys.readouterr().out
    assert "GET /ready" in said
    assert "the load test itself fails the run" not in said


class _Brief(LittleTool):
    """Like k6 with a few iterations: starting it takes longer than the load."""

    def run(self, order: ToolOrder) -> ToolRun:
        return replace(super().run(order), duration_ns=1_000_000)


def test_what_starting_the_tool_costs_is_not_held_against_a_load_that_is_over_at_once(tmp_path: Path) -> None:
    with RunningService() as service:
        _drive(_Brief(), _given(service.url, (("json", tmp_path / "load.json"),)))
    assert 0 < json.loads((tmp_path / "load.json").read_text())["driver"]["cpu_ratio"] <= 1


@pytest.mark.parametrize(
    ("more", "flag"),
    [({"rate": 5.0}, "--rate"), ({"http2": True}, "--http2"), ({"processes": 2}, "--processes")],
)
def test_options_of_perfgates_own_driver_are_refused(more: dict[str, Any], flag: str) -> None:
    with pytest.raises(UsageError, match=flag):
        _drive(LittleTool(), _given("http://127.0.0.1:1", **more))


def test_a_driver_that_does_not_fit_the_file_is_refused() -> None:
    with pytest.raises(UsageError, match=r"k6 does not run \.py files") as caught:
        loadtest.driver_of(Path("locustfile.py"), "k6")
    assert "native or locust" in caught.value.hint
    assert loadtest.driver_of(Path("a.ts"), None) == "k6"
    assert loadtest.driver_of(Path("a.yaml"), "artillery") == "artillery"
    assert loadtest.driver_of(Path("locustfile.py"), None) == "native"


def test_what_means_nothing_for_a_tool_is_refused_before_anything_starts(repository: SeedProject) -> None:
    from perfgate.cli.fitting import require_fitting

    opened = _opened(repository, LittleTool())
    for load_config_of, text in (
        (replace(opened.config.load, model="open", rate_rps=5.0), "load.model"),
        (replace(opened.config.load, max_rate_rps=5.0), "load.max_rate"),
    ):
        with pytest.raises(UsageError, match=text):
            require_fitting(replace(opened.config, load=load_config_of), opened.workload)
    with pytest.raises(UsageError, match="budget"):
        require_fitting(
            replace(opened.config, measure=replace(opened.config.measure, budget_ns=60_000_000_000)),
            opened.workload,
        )
