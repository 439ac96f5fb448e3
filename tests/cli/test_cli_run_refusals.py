"""`perfgate run FILE` refuses what it would have to ignore: exit code 2, one line that says what to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from perfgate.cli.main import main

HERE = ("--target", "http://127.0.0.1:9")
USERS = ("--vus", "1", "--duration", "1s")
PYTHON = """
from perfgate import HttpUser, task

class Reader(HttpUser):
    host = "http://ann:s3cret@127.0.0.1:9"

    @task
    def read(self):
        self.client.get("/")
"""

Run = Callable[..., tuple[int, str, str]]


@pytest.fixture
def run(tmp_path: Path, monkeypatch, capsys) -> Run:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "load.yml").write_text("scenarios: [{flow: [{get: {url: /}}]}]\n")
    (tmp_path / "locustfile.py").write_text(PYTHON)
    (tmp_path / "script.js").write_text("export default function () {}\n")

    def _run(*arguments: str) -> tuple[int, str, str]:
        code = main(["run", *arguments])
        captured = capsys.readouterr()
        return code, captured.out, captured.err

    return _run


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("load.yml", *HERE), "how much load?"),
        (("load.yml", *USERS), "names no target"),
        (("load.yml", *HERE, "--vus", "3"), "constant-vus needs --duration"),
        (("load.yml", *HERE, "--rate", "3/s"), "constant-arrival-rate needs --duration"),
        (("load.yml", *HERE, "--executor", "ramping-vus"), "ramping-vus needs --stage"),
        (("load.yml", *HERE, *USERS, "--iterations", "3", "--rate", "1/s"), "--iterations has no meaning"),
        (("load.yml", *HERE, *USERS, "--stage", "1s:3"), "--duration has no meaning for ramping-vus"),
        (("load.yml", *HERE, "--stage", "1s:3", "--stage", "1s:3/s"), "do not mix"),
        (("load.yml", *HERE, "--stage", "1s"), "not DURATION:TARGET"),
        (("load.yml", *HERE, "--stage", "1s:-3"), "not DURATION:TARGET"),
        (("load.yml", *HERE, "--stage", "1s:2.5"), "not DURATION:TARGET"),
        (("load.yml", *HERE, "--stage", "1s:0"), "never rises above nothing"),
        (("load.yml", *HERE, "--stage", "0s:5"), "must last longer than 0s"),
        (("load.yml", *HERE, "--vus", "1", "--duration", "25h"), "no longer than 24h"),
        (("load.yml", *HERE, "--stage", "1s:20000"), "too much load"),
        (("load.yml", *HERE, "--rate", "2000000/s", "--duration", "1s"), "too much load"),
        (("load.yml", *HERE, "--rate", "50000/s", "--duration", "1h"), "too many arrivals"),
        (("load.yml", *HERE, "--vus", "20000", "--duration", "1s"), "'--vus'"),
        (("load.yml", *HERE, "--rate", "0/s", "--duration", "1s"), "--rate: '0/s' is nothing"),
        (("load.yml", *HERE, "--vus", "1", "--duration", "0s"), "--duration: '0s' is nothing"),
        (("load.yml", *HERE, *USERS, "--timeout", "0s"), "--timeout: '0s' is nothing"),
        (("load.yml", *HERE, *USERS, "--max-rate", "0/s"), "--max-rate: '0/s' is nothing"),
        (("load.yml", *HERE, *USERS, "--first-byte-timeout", "5"), "--first-byte-timeout: '5' is not a dur"),
        (("load.yml", *HERE, "--rate", "9/s", "--duration", "1s", "--max-rate", "5/s"), "--max-rate"),
        (("load.yml", *HERE, *USERS, "--arrivals", "even"), "--arrivals has no meaning"),
        (("load.yml", *HERE, *USERS, "--warmup", "1s"), "the warm-up takes the whole load"),
        (("load.yml", *HERE, *USERS, "--seed", "-1"), "'--seed'"),
        (("load.yml", *HERE, *USERS, "--processes", "65"), "'--processes'"),
        (("load.yml", *HERE, *USERS, "-e", "city"), "not NAME=VALUE"),
        (("load.yml", *HERE, *USERS, "-o", "png=x.png"), "there is no format 'png' here"),
        (("load.yml", *HERE, *USERS, "-o", "json=no/x.json"), "is not a folder"),
        (("load.yml", *HERE, *USERS, "--workload", "load.yml"), "are for a commit"),
        (("load.yml", *HERE, *USERS, "--allow-dirty"), "are for a commit"),
        (("load.yml", *HERE, *USERS, "-c", "none.yml"), "none.yml: no such file"),
        (("load.yml", *HERE, *USERS, "--insecure", "--cacert", "ca.pem"), "--insecure"),
        (("load.yml", *HERE, *USERS, "--key", "key.pem"), "--key without --cert"),
        (("load.yml", *HERE, *USERS, "--resolve", "a:b"), "not HOST:PORT:ADDRESS"),
        (("none.yml", *HERE, *USERS), "none.yml"),
        (("none.py", *HERE, *USERS), "none.py"),
        (("load.yml", *HERE, *USERS, "--driver", "k6"), "k6 does not run .yml files"),
        (("locustfile.py", *HERE, *USERS, "--environment", "ci"), "only Artillery's files have environments"),
        (("HEAD", "--vus", "3"), "--vus is for a load test file, and 'HEAD' is a commit"),
        (("HEAD", "--http2"), "--http2 is for a load test file"),
        (("--stage", "1s:3"), "--stage is for a load test file, and no file is named"),
        (("locustfile.py", *HERE, "--rate", "3/s", "--duration", "1s"), "arrivals have no meaning"),
        (("locustfile.py", *HERE, "--iterations", "3"), "--iterations has no meaning"),
        (("locustfile.py", *HERE, *USERS, "--graceful-stop", "3s"), "--graceful-stop has no meaning"),
        (("load.yml", "--target", "http://192.0.2.1", *USERS), "192.0.2.1 is not this machine"),
        (("load.yml", "--target", "127.0.0.1:9", *USERS), "not a plain service address"),
        (("load.yml", "--target", "http://127.0.0.1:9/api", *USERS), "not a plain service address"),
        (("load.yml", "--target", "unix:relative", *USERS), "not a unix socket"),
    ],
)
def test_it_is_refused_in_one_line_with_a_hint(arguments, says, run):
    code, out, err = run(*arguments)
    assert (code, out) == (2, ""), err
    assert says in err
    assert err.count("error: ") == 1
    assert err.count("\n  hint: ") == 1


def test_other_hosts_are_loaded_only_by_name(run):
    _, _, err = run("load.yml", "--target", "http://192.0.2.1", *USERS)
    assert "add --allow-host 192.0.2.1" in err


@pytest.mark.parametrize("target", ["http://ann:s3cret@127.0.0.1:9", "http://s3cret@127.0.0.1:9/a?b#c"])
def test_a_password_in_the_target_is_refused_and_not_repeated(target, run):
    code, out, err = run("load.yml", "--target", target, *USERS)
    assert code == 2
    assert "s3cret" not in out + err


def test_a_password_in_the_host_of_a_python_file_is_not_shown(run):
    code, out, err = run("locustfile.py", *USERS)
    assert code == 4
    assert "nothing listens there" in err
    assert "s3cret" not in out + err
