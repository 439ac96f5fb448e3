"""`perfgate run FILE`: what is driven, what is reported, and the exit code."""

from __future__ import annotations

import json
import os
import signal
import socket
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from cli_service import RunningService

from perfgate.cli.main import main
from perfgate.report.loadschema import LoadDocument
from tests.cli.cli_forked import Forked

YAML = """
config:
  variables: {city: [Oslo, Lima, Pune, Rome, Bonn, Cork]}
scenarios:
  - flow:
      - get: {url: "/weather/{{ city }}", name: weather}
"""
PYTHON = """
import os
from locust import HttpUser, constant, task

class Reader(HttpUser):
    wait_time = constant(0.02)

    def on_start(self):
        self.token = self.client.post("/auth/token", json={}).json()["access_token"]

    @task
    def read(self):
        self.client.get(
            "/" + os.environ.get("CITY", "none"),
            headers={"Authorization": f"Bearer {self.token}"},
        )
"""
BRIEF = ("--vus", "2", "--duration", "300ms", "-q")

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def service() -> Iterator[RunningService]:
    with RunningService() as running:
        yield running


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys) -> Run:
    """Run the command in a folder with load.yml and locustfile.py; returns exit code, stdout and stderr."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "load.yml").write_text(YAML)
    (tmp_path / "locustfile.py").write_text(PYTHON)

    def _run(*arguments: str) -> tuple[int, str, str]:
        code = main(["run", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


def words(text: str) -> str:
    return " ".join(text.split())


def test_users_are_driven_and_the_report_says_how_it_went(run, service):
    code, out, err = run("load.yml", "--target", service.url, "--vus", "2", "--duration", "1s")
    assert code == 0, err
    requests = len(service.sent)
    assert f"PASS: {service.url} under 2 users for 1 s (closed model): {requests:,} requests" in words(out)
    assert "none failed" in out
    assert "weather" in out
    assert "coordinated omission" in words(out)
    assert err.startswith(f"driving {service.url}: 2 users for 1 s (closed model)\n")


def test_quiet_says_nothing_but_the_report(run, service):
    code, _, err = run("load.yml", "--target", service.url, *BRIEF)
    assert (code, err) == (0, "")


@pytest.mark.parametrize(
    ("flags", "model", "requests"),
    [
        (("--iterations", "23", "--vus", "4"), "shared-iterations", 23),
        (("--iterations", "5", "--vus", "4", "--executor", "per-vu-iterations"), "per-vu-iterations", 20),
        (("--rate", "100/s", "--duration", "300ms", "--arrivals", "even"), "constant-arrival-rate", 30),
        (("--stage", "400ms:100/s", "--arrivals", "even"), "ramping-arrival-rate", 20),
        (("--stage", "200ms:4", "--stage", "200ms:0"), "ramping-vus", None),
        (("--vus", "3", "--duration", "200ms"), "constant-vus", None),
        (("--iterations", "40", "--vus", "4", "--processes", "2"), "shared-iterations", 40),
    ],
)
def test_the_flags_choose_the_executor_of_k6(flags, model, requests, run, service, tmp_path):
    code, _, err = run("load.yml", "--target", service.url, "-q", "-o", "json=load.json", *flags)
    assert code == 0, err
    document = json.loads((tmp_path / "load.json").read_text())
    assert document["profile"]["executor"] == model
    assert document["profile"]["graceful_stop_ns"] == 30_000_000_000
    assert document["requests"] == len(service.sent)
    assert requests in {None, document["requests"]}


def test_json_is_valid_by_the_committed_schema_and_markdown_is_written(run, service, tmp_path):
    outputs = ("-o", "json=load.json", "-o", "markdown=load.md")
    code, _, err = run(
        "load.yml", "--target", service.url, "-q", "--rate", "50/s", "--duration", "400ms", *outputs
    )
    assert code == 0, err
    text = (tmp_path / "load.json").read_text()
    LoadDocument.model_validate_json(text, strict=True)
    document = json.loads(text)
    assert (document["kind"], document["verdict"], document["target"]) == ("load", "PASS", service.url)
    assert document["response_time_ns"]["count"] == document["requests"] == len(service.sent)
    assert (tmp_path / "load.md").read_text().startswith("### PASS")


def test_phases_of_the_file_are_the_load_when_no_flag_says_otherwise(run, service, tmp_path):
    phases = "config:\n  phases: [{duration: 400ms, arrivalCount: 20}, {pause: 200ms}]\n"
    (tmp_path / "load.yml").write_text(YAML.replace("config:\n", phases))
    code, out, err = run("load.yml", "--target", service.url, "-q")
    assert code == 0, err
    assert len(service.sent) == 20
    assert "not replayed" not in out
    # --vus alone bounds the same arrivals; any other flag replaces them, and the report says so.
    _, out, _ = run("load.yml", "--target", service.url, "-q", "--vus", "7")
    assert "at most 7 users" in words(out)
    assert len(service.sent) == 40
    _, out, _ = run("load.yml", "--target", service.url, *BRIEF)
    assert "config.phases does not count, because flags say how much load" in words(out)


def test_the_target_of_the_file_is_driven_when_no_flag_says_otherwise(run, service, tmp_path):
    (tmp_path / "load.yml").write_text(YAML.replace("config:\n", f"config:\n  target: {service.url}\n"))
    code, _, err = run("load.yml", *BRIEF)
    assert code == 0, err
    assert service.sent


def test_a_locustfile_is_driven_and_gets_its_variables_from_the_environment(run, service):
    before = dict(os.environ)
    code, out, err = run("locustfile.py", "--target", service.url, *BRIEF, "-e", "CITY=Oslo")
    assert code == 0, err
    assert service.paths.count("/auth/token") == 2
    assert set(service.paths) == {"/auth/token", "/Oslo"}
    assert "POST /auth/token" in out
    assert dict(os.environ) == before


def test_variables_from_the_command_line_win(run, service):
    code, _, err = run("load.yml", "--target", service.url, *BRIEF, "-e", "city=Rom")
    assert code == 0, err
    assert set(service.paths) == {"/weather/Rom"}


def test_a_seed_repeats_the_requests(run, service):
    def sent(seed: str) -> list[str]:
        service.sent.clear()
        run("load.yml", "--target", service.url, "-q", "--iterations", "30", "--vus", "3", "--seed", seed)
        return sorted(service.paths)

    assert sent("5") == sent("5") != sent("6")


def test_the_host_header_is_the_name_and_port_of_the_target(run, service):
    run("load.yml", "--target", f"http://LocalHost:{service.port}", *BRIEF)
    assert {headers["host"] for _, _, headers in service.sent} == {f"localhost:{service.port}"}
    service.sent.clear()
    pin = f"api.example.com:{service.port}:127.0.0.1"
    run("load.yml", "--target", f"http://api.example.com:{service.port}", "--resolve", pin, *BRIEF)
    assert {headers["host"] for _, _, headers in service.sent} == {f"api.example.com:{service.port}"}


def config(folder: Path, thresholds: str) -> None:
    (folder / "limits.yml").write_text(f"version: 1\nworkload: load.yml\nthresholds: {thresholds}\n")


def test_thresholds_of_a_configuration_given_by_name_are_kept_or_breached(run, service, tmp_path):
    config(tmp_path, '{http_req_failed: ["rate<0.01"], http_req_duration: ["p(50)<5000"]}')
    kept, out, _ = run("load.yml", "--target", service.url, *BRIEF, "-c", "limits.yml")
    assert (kept, out[:4]) == (0, "PASS")
    config(tmp_path, '{http_req_duration: ["p(50)<0.0001"]}')
    breached, out, _ = run("load.yml", "--target", service.url, *BRIEF, "-c", "limits.yml")
    assert breached == 1
    assert out.startswith("THRESHOLD_BREACHED: ")
    assert "p(50)<0.0001" in out


def test_a_threshold_nothing_counts_for_is_no_pass(run, service, tmp_path):
    config(tmp_path, '{"http_req_duration{endpoint:nobody}": ["p(50)<5000"]}')
    code, out, _ = run("load.yml", "--target", service.url, *BRIEF, "-c", "limits.yml")
    assert (code, out[:8]) == (4, "INVALID:")


def test_abort_on_fail_ends_the_load_early(run, service, tmp_path):
    config(tmp_path, '{http_req_duration: [{threshold: "p(50)<0.0001", abortOnFail: true}]}')
    load = ("load.yml", "--target", service.url, "--vus", "2", "--duration", "60s", "-q", "-c", "limits.yml")
    code, out, _ = run(*load, "-o", "json=load.json")
    assert (code, out[:20]) == (1, "THRESHOLD_BREACHED: ")
    assert "as abortOnFail asks" in words(out)
    assert json.loads((tmp_path / "load.json").read_text())["elapsed_s"] < 30
    code, _, err = run(*load, "--processes", "2")
    assert code == 2
    assert "one process" in err


def test_arrivals_that_were_not_sent_count_in_no_threshold(run, tmp_path):
    config(tmp_path, '{http_req_failed: ["rate<0.01"]}')
    phases = "config:\n  phases: [{duration: 600ms, arrivalRate: 50, maxVusers: 1}]\n"
    (tmp_path / "load.yml").write_text(YAML.replace("config:\n", phases))
    with RunningService(delay_s=0.1) as service:
        code, out, err = run("load.yml", "--target", service.url, "-q", "-c", "limits.yml")
        assert len(service.sent) < 10
    assert code == 0, out + err
    assert "dropped: " in out
    assert "never sent" in words(out)


def test_nothing_that_succeeds_is_no_evidence(run):
    with RunningService(statuses={f"/weather/{city}": 503 for city in ("Oslo",)}) as service:
        code, out, _ = run("load.yml", "--target", service.url, *BRIEF, "-e", "city=Oslo")
    assert code == 4
    assert out.startswith("INVALID: ")
    assert "status 503" in out


def test_many_failures_without_a_limit_on_them_are_a_warning(run, tmp_path):
    with RunningService(statuses={"/weather/Oslo": 503, "/weather/Lima": 503}) as service:
        target = ("load.yml", "--target", service.url, "-q", "--iterations", "60", "--seed", "1")
        code, out, _ = run(*target)
        assert code == 0
        assert "of the requests failed, and no threshold limits that" in words(out)
        config(tmp_path, '{http_req_failed: ["rate<0.9"]}')
        code, out, _ = run(*target, "-c", "limits.yml")
        assert code == 0
        assert "no threshold" not in out


def test_nobody_listening_is_said_at_once(run):
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    begun = time.monotonic()
    code, out, err = run("load.yml", "--target", f"http://127.0.0.1:{port}", "--vus", "1", "--duration", "1h")
    assert time.monotonic() - begun < 10
    assert (code, out) == (4, "")
    assert "nothing listens there" in err
    assert "  hint: start the service first" in err


def start(service: RunningService, *flags: str) -> Forked:
    command = ("run", "load.yml", "--target", service.url, "--duration", "1h", "-q", *flags)
    return Forked(command, Path.cwd(), os.environ)


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + 20
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


@pytest.mark.parametrize(("stop", "processes"), [(signal.SIGTERM, "1"), (signal.SIGINT, "2")])
def test_an_interrupted_load_reports_what_it_measured(stop, processes, run, service, tmp_path):
    process = start(service, "--rate", "50/s", "--processes", processes, "-o", "json=load.json")
    wait_until(lambda: len(service.sent) > 20)
    process.send_signal(stop)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130, err
    assert err == ""
    assert "interrupted after " in out
    document = json.loads((tmp_path / "load.json").read_text())
    assert document["verdict"] == "INVALID"
    assert document["reasons"][0]["code"] == "interrupted"
    assert 10 < document["requests"] <= len(service.sent)
    assert document["failed"] == 0


def test_interrupted_before_anything_was_measured_there_is_nothing_to_report(run, service):
    process = start(service, "--vus", "1", "--max-rate", "20/s", "--warmup", "30m")
    wait_until(lambda: len(service.sent) > 3)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, out, err) == (130, "", "error: interrupted\n")
