"""The load tests users have, unmodified, to a verdict; on every driver they take minutes: `bench.seeds`."""

import json

import pytest
from cli_seeds import SEEDS, SeedProject

from perfgate.store.results import load


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SeedProject:
    return SeedProject(tmp_path_factory.mktemp("seeds") / "repository")


def test_equal_commits_pass(project: SeedProject) -> None:
    done = project.perfgate("compare", "main", "same", "--workload", "load-test.yml")
    assert done.code == 0, done.out + done.err
    assert done.out.startswith("PASS: ")
    assert "not replayed" in done.out


def test_a_slow_commit_is_found_with_the_locustfile(project: SeedProject) -> None:
    path = project.path / "verdict.json"
    done = project.perfgate("compare", "main", "slow", "--workload", "locustfile.py", "-o", f"json={path}")
    assert done.code == 1, done.out + done.err
    assert done.out.startswith("REGRESSED: ")
    verdict = json.loads(path.read_text())
    worse = {c["metric"]["endpoint"] for c in verdict["comparisons"] if c["outcome"] == "REGRESSED"}
    assert "GET /api/users" in worse
    assert " --workload locustfile.py\n" in done.out.partition("reproduce: perfgate compare ")[2]
    assert "wait_time of 'APIUser': not waited in rounds" in done.out
    assert "confirming on fresh rounds: all endpoints" in done.err
    base, head = (load(path) for path in sorted(project.results(), key=lambda p: p.stat().st_mtime)[-2:])
    assert base.load_model == head.load_model
    assert "two sides at the same time, think times skipped" in base.load_model
    assert all(r.unpaced_connections is None for r in (*base.rounds, *head.rounds))


def test_the_seeds_are_unmodified(project: SeedProject) -> None:
    for seed in SEEDS.iterdir():
        assert (project.path / seed.name).read_bytes() == seed.read_bytes()
    assert {seed.name for seed in SEEDS.iterdir()} >= {"load-test.js", "ramp.js", "orders.js"}


OWN_CLIENT = """\
import time, urllib.request
from locust import User, events, task

@events.quitting.add_listener
def judge(environment, **_):
    environment.process_exit_code = 3

@events.test_start.add_listener
def reset(environment, **_):
    urllib.request.urlopen(environment.host + "/reset")

class Own(User):
    host = "http://api.example.com"

    def on_start(self):
        assert self.host == self.environment.host == self.environment.parsed_options.host

    @task
    def users(self):
        begun = time.perf_counter()
        urllib.request.urlopen(self.environment.parsed_options.host + "/users").read()
        took_ms = (time.perf_counter() - begun) * 1000
        self.environment.events.request.fire(
            request_type="OWN", name="users", response_time=took_ms, response_length=1, exception=None
        )
        time.sleep(0.001)
"""


def test_a_client_of_the_files_own_is_led_to_its_side_and_its_verdict_on_the_load_is_told(
    project: SeedProject,
) -> None:
    project.write("own.py", OWN_CLIENT)
    project.commit("a client of its own")
    done = project.perfgate("compare", "main", "slow", "--workload", "own.py")
    assert done.code == 1, done.out + done.err
    assert done.out.startswith("REGRESSED: OWN users p50")
    assert "rounds the load test set process_exit_code to 3" in " ".join(done.out.split())
    assert "rounds listener reset of test_start raised" in " ".join(done.out.split())
