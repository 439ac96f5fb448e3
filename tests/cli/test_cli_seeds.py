"""The load tests users have, unmodified: each ends in a verdict (those of k6 take minutes: `bench.seeds`)."""

import json

import pytest
from cli_seeds import SEEDS, SeedProject

from perfgate.store.results import load


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> SeedProject:
    return SeedProject(tmp_path_factory.mktemp("seeds") / "repository")


@pytest.mark.parametrize("name", ["locustfile.py", "load-test.yml"])
def test_equal_commits_pass(project: SeedProject, name: str) -> None:
    done = project.perfgate("compare", "main", "same", "--workload", name)
    assert done.code == 0, done.out + done.err
    assert done.out.startswith("PASS: ")
    assert "not replayed" in done.out or name.endswith(".py")


def test_a_slow_commit_is_found_with_the_locustfile(project: SeedProject) -> None:
    path = project.path / "verdict.json"
    done = project.perfgate("compare", "main", "slow", "--workload", "locustfile.py", "-o", f"json={path}")
    assert done.code == 1, done.out + done.err
    assert done.out.startswith("REGRESSED: ")
    verdict = json.loads(path.read_text())
    worse = {c["metric"]["endpoint"] for c in verdict["comparisons"] if c["outcome"] == "REGRESSED"}
    assert "GET /api/users" in worse
    assert "reproduce: perfgate compare main slow --workload locustfile.py" in done.out
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
