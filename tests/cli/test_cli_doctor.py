import json
import os
import random
import resource
import subprocess
import sys

import pytest

from perfgate.cli.main import main
from perfgate.doctor import machine

_APP = """
import http.server, os
class Handler(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.send_header("Content-Length", "0")
        self.end_headers()
    def log_message(self, *arguments):
        pass
http.server.HTTPServer(("127.0.0.1", int(os.environ["PORT"])), Handler).serve_forever()
"""
_CONFIG = f"""\
version: 1
service:
  command: [{json.dumps(sys.executable)}, app.py]
  ready: {{timeout: 10s}}
workload: load-test.yml
"""
_MACHINE = [
    "clock",
    "clocksource",
    "descriptors",
    "cores",
    "quota",
    "noise",
    "timer",
    "proc",
    "ports",
    "temp",
    "init",
    "extras",
]
_NAMES = ["git", *_MACHINE, "config", "store", "service"]


def git(folder, *arguments):
    identity = ["-c", "user.name=A", "-c", "user.email=a@example.org", "-c", "init.defaultBranch=main"]
    subprocess.run(["git", *identity, *arguments], cwd=folder, check=True, capture_output=True)


@pytest.fixture(autouse=True)
def _short_looks(monkeypatch):
    monkeypatch.setattr(machine, "_NOISE_S", 0.05)
    monkeypatch.setattr(machine, "_TIMER_COUPLES", 20)


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "app.py").write_text(_APP)
    (folder / "perfgate.yml").write_text(_CONFIG)
    (folder / "load-test.yml").write_text("scenarios: [{flow: [{get: {url: /}}]}]\n")
    git(folder, "init", "-q")
    git(folder, "add", ".")
    git(folder, "commit", "-qm", "start")
    monkeypatch.chdir(folder)
    return folder


def examine(capsys, *arguments, names=_NAMES):
    code = main(["doctor", "--json", *arguments])
    report = json.loads(capsys.readouterr().out)
    assert [check["name"] for check in report["checks"]] == names
    for check in report["checks"]:
        assert bool(check["remedy"]) == (check["status"] != "ok"), "what is not ok has a remedy"
    return code, {check["name"]: check for check in report["checks"]}, report["fit"]


def test_a_healthy_project_passes_and_nothing_is_left_behind(project, capsys):
    code, checks, fit = examine(capsys)
    assert (code, fit) == (0, True)
    for name in ("git", "descriptors", "config", "store", "service"):
        assert checks[name]["status"] == "ok", checks[name]
    assert "HEAD was ready after" in checks["service"]["text"]
    listed = subprocess.run(["git", "worktree", "list"], capture_output=True, text=True, check=True)
    assert len(listed.stdout.splitlines()) == 1


def test_without_json_each_check_is_a_line(project, capsys):
    (project / "perfgate.yml").write_text("version: 1\nworkload: load-test.yml\n")
    assert main(["doctor"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert [line.split()[1] for line in lines] == _NAMES
    assert {line.split()[0] for line in lines} <= {"ok", "warn", "fail"}
    assert lines[-1].startswith("warn  service      perfgate.yml has no service.command")
    assert " → " in lines[-1]


def test_a_load_host_needs_no_project(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    code, checks, fit = examine(capsys, "--machine", names=_MACHINE)
    assert (code, fit) == (0, True)
    assert checks["proc"]["text"].startswith("shows what services use")
    assert list(tmp_path.iterdir()) == []


def test_a_wrong_configuration_is_exit_2(project, capsys):
    (project / "perfgate.yml").write_text(_CONFIG + "messure: {}\n")
    code, checks, fit = examine(capsys)
    assert (code, fit) == (2, False)
    assert "perfgate.yml:6:1: unknown key 'messure'" in checks["config"]["text"]
    assert checks["service"]["text"] == "not checked"


def test_a_wrong_workload_is_exit_2(project, capsys):
    (project / "load-test.yml").write_text("scenarios: 3\n")
    assert examine(capsys)[0] == 2


def test_the_placeholder_of_init_is_told_from_a_missing_program(tmp_path, monkeypatch, capsys):
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    assert main(["init"]) == 0
    git(tmp_path, "add", ".")
    git(tmp_path, "commit", "-qm", "start")
    capsys.readouterr()
    code, checks, _ = examine(capsys)
    assert code == 4
    assert "still the placeholder that perfgate init wrote" in checks["service"]["text"]
    assert main(["compare", "HEAD", "HEAD"]) == 2
    said = capsys.readouterr().err
    assert "still the placeholder" in said
    assert "checking out" not in said


def test_a_service_that_dies_is_exit_4_with_its_last_words(project, capsys):
    (project / "app.py").write_text("raise SystemExit('no database')")
    git(project, "commit", "-qam", "break")
    code, checks, _ = examine(capsys)
    assert code == 4
    assert checks["service"]["status"] == "fail"
    assert "no database" in checks["service"]["remedy"]


def test_a_shallow_clone_is_a_warning(project, capsys, monkeypatch):
    (project / "perfgate.yml").write_text("version: 1\nworkload: load-test.yml\n")
    git(project, "commit", "-qam", "two")
    git(project.parent, "clone", "-q", "--depth=1", f"file://{project}", "clone")
    monkeypatch.chdir(project.parent / "clone")
    code, checks, _ = examine(capsys)
    assert (code, checks["git"]["status"]) == (0, "warn")
    assert "fetch-depth: 0" in checks["git"]["remedy"]


def test_outside_a_repository_git_fails_and_the_service_is_not_tried(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "perfgate.yml").write_text(_CONFIG)
    (tmp_path / "load-test.yml").write_text("scenarios: [{flow: [{get: {url: /}}]}]\n")
    code, checks, _ = examine(capsys)
    assert (code, checks["git"]["status"]) == (4, "fail")
    assert checks["service"]["text"] == "not checked"


def test_a_repository_without_commits_says_so(tmp_path, monkeypatch, capsys):
    git(tmp_path, "init", "-q")
    monkeypatch.chdir(tmp_path)
    _, checks, _ = examine(capsys)
    assert "no commit yet" in checks["git"]["text"]


def test_a_store_that_cannot_be_written_fails(project, capsys):
    (project / "perfgate.yml").write_text("version: 1\nworkload: load-test.yml\nstore: app.py/results\n")
    code, checks, _ = examine(capsys)
    assert (code, checks["store"]["status"]) == (4, "fail")


def test_too_few_descriptors_fail():
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (512, hard))
    try:
        check = machine.check_descriptors()
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))
    assert check.status == "fail"
    assert "512" in check.text
    assert "ulimit -n 1024" in check.remedy


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system cannot pin processes")
def test_one_cpu_is_a_warning():
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        check = machine.check_cores()
    finally:
        os.sched_setaffinity(0, before)
    assert check.status == "warn"
    assert "one CPU" in check.text


def test_the_timer_is_compared_with_itself():
    difference_ratio, spread_ratio = machine.time_twice(random.Random(1), 40)
    assert abs(difference_ratio) < 0.5
    assert spread_ratio >= 0


def test_a_timer_that_differs_is_noticed(monkeypatch):
    times = iter(range(1000, 10**6, 37))
    monkeypatch.setattr(machine, "_loop_ns", lambda: next(times))
    _, spread_ratio = machine.time_twice(random.Random(1), 40)
    assert spread_ratio > 0
    monkeypatch.setattr(machine, "time_twice", lambda rng, couples: (0.02, 0.01))
    assert machine.check_timer().status == "warn"
    monkeypatch.setattr(machine, "time_twice", lambda rng, couples: (0.0, 0.001))
    assert machine.check_timer().status == "ok"
