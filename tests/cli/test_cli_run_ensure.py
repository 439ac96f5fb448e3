"""`perfgate run FILE` with what the file itself says of environment, order and limits of its run."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_service import RunningService

from perfgate.cli.main import main

Run = Callable[..., tuple[int, str, str]]

FILE = """
config:
  payload: {path: users.csv, fields: [user], order: sequence}
  environments:
    test:
      target: URL
      http: {defaults: {headers: {x-stage: "{{ $environment }}"}}}
  ENSURE
scenarios:
  - name: browse
    flow:
      - get: {url: "/users/{{ user }}", name: user}
      - get: {url: /broken}
"""
BRIEF = ("--iterations", "6", "--vus", "1", "--duration", "10s", "-q", "--environment", "test")


@pytest.fixture
def service() -> Iterator[RunningService]:
    with RunningService(statuses={"/broken": 500}) as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys, service) -> Run:
    """Run the load test with what it shall ensure; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "users.csv").write_text("ann\nbob\ncyd\n")

    def _run(ensure: str, *arguments: str) -> tuple[int, str, str]:
        (tmp_path / "load.yml").write_text(FILE.replace("URL", service.url).replace("ENSURE", ensure))
        code = main(["run", "load.yml", *(arguments or BRIEF)])
        captured = capsys.readouterr()
        return code, " ".join(captured.out.split()), captured.err

    return _run


def test_the_chosen_environment_is_driven_with_rows_in_order(run, service):
    code, out, err = run("")
    assert code == 0, err
    users = [path for path in service.paths if path != "/broken"]
    assert users == ["/users/ann", "/users/bob", "/users/cyd"] * 2
    assert {headers["x-stage"] for _, _, headers in service.sent} == {"test"}
    assert "PASS" in out


def test_demands_that_hold_pass(run):
    ensure = (
        "ensure: {maxErrorRate: 0, thresholds: [{http.codes.500: 7}, {http.response_time.p99: 60000}], "
        "conditions: [{expression: http.codes.500 == http.codes.200 and vusers.created == 6}]}"
    )
    code, out, err = run(ensure)
    assert code == 0, (out, err)


def test_a_demand_that_does_not_hold_is_breached_with_its_figures(run, tmp_path):
    code, out, _ = run("ensure: {thresholds: [{http.codes.500: 6}]}", *BRIEF, "-o", "json=load.json")
    assert code == 1
    assert "THRESHOLD_BREACHED" in out
    assert "http.codes.500 < 6 is breached (http.codes.500 is 6)" in out
    [reason] = json.loads((tmp_path / "load.json").read_text())["reasons"]
    assert reason["code"] == "ensure_breached"


def test_one_that_is_not_strict_and_apdex_are_only_told(run):
    ensure = (
        "ensure: {conditions: [{expression: http.codes.500 == 0, strict: false}]}\n"
        "  plugins: {apdex: {threshold: 60000}}"
    )
    code, out, err = run(ensure)
    assert code == 0, err
    assert "config.ensure: http.codes.500 == 0 is breached (http.codes.500 is 6)" in out
    assert "apdex: 1.00 (excellent, for a threshold of 60000 ms)" in out
    assert "not judged in paired rounds" not in out


def test_an_environment_that_is_not_there_names_those_that_are(run, service):
    code, _, err = run("", "--environment", "prod", "--vus", "1", "--duration", "1s")
    assert code == 2
    assert "load.yml:4:3: there is no environment 'prod'" in err
    assert "there are: test" in err
    assert not service.sent


def test_users_in_python_have_no_environments(run, tmp_path):
    (tmp_path / "locustfile.py").write_text("")
    assert main(["run", "locustfile.py", "--environment", "test", "--target", "http://127.0.0.1:1"]) == 2
