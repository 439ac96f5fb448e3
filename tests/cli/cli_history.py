"""A git repository of many commits with stored results whose levels are known, without any service."""

import math
import zlib
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
from cli_project import Project

from perfgate.model import (
    Commit,
    EndpointRound,
    Result,
    Round,
    Side,
)
from perfgate.store.results import save
from perfgate.workload.artillery import read_workload
from tests.imaginary import HEALTH, LEVELS_NS, result_of

ENDPOINTS = ("GET /items", "GET /items/{id}", "GET /search", "POST /orders", "DELETE /orders/{id}")
ROUNDS = 8
CONFIG = """\
version: 1
service: {command: ["true"]}
workload: load-test.yml
"""
Factor = Callable[[int, str, str], float]
"""The true factor of (commit, endpoint, statistic)."""


def no_change(_commit: int, _endpoint: str, _statistic: str) -> float:
    return 1.0


def step_and_creep(commit: int, endpoint: str, statistic: str) -> float:
    """`GET /search` is 30 % slower from commit 12 on, the p50 of `POST /orders` 1 % a commit from 6 on."""
    if endpoint == "GET /search" and commit >= 12:
        return 1.3
    if endpoint == "POST /orders" and statistic == "p50":
        return 1.01 ** max(commit - 6, 0)
    return 1.0


def make_result(
    project: Project,
    sha: str,
    number: int,
    factor: Factor = no_change,
    *,
    side: Side = "head",
    errors: Mapping[str, int] | None = None,
    noise: float = 0.01,
) -> Result:
    """A result of one run; `noise` is the SD of the run's effect on the logarithm of each level."""
    rng = np.random.default_rng(zlib.crc32(f"{number} {side}".encode()))
    effect = {(e, s): rng.normal(0, noise) for e in ENDPOINTS for s in LEVELS_NS}
    rounds = []
    for index in range(ROUNDS):
        endpoints = tuple(
            EndpointRound(
                endpoint=endpoint,
                requests=500,
                quantiles_ns={
                    statistic: level
                    * factor(number, endpoint, statistic)
                    * math.exp(effect[endpoint, statistic])
                    for statistic, level in LEVELS_NS.items()
                },
                errors=dict(errors or {}),
                statuses={"200": 500},
                histogram="",
            )
            for endpoint in ENDPOINTS
        )
        rounds.append(
            Round(
                index=index,
                stage="screen",
                seed=index,
                duration_ns=10**9,
                endpoints=endpoints,
                cpu_ns=None,
                rss_bytes=None,
                health=HEALTH,
            )
        )
    workload = read_workload(project.path / "load-test.yml", variables={})
    return result_of(
        side,
        tuple(rounds),
        run_id=f"run-{number}",
        started_at=f"2026-01-{number + 1:02}T03:04:05Z",
        commit=Commit(sha=sha, ref=side),
        workload_name=workload.name,
        workload_digest=workload.digest,
        seed=number,
    )


def alone(result: Result) -> Result:
    """The same result as if measured by itself: not comparable with those measured in pairs."""
    load = result.load_model.replace("two sides interleaved", "one side alone")
    return replace(result, load_model=load, run_id=f"{result.run_id}-alone")


def make_history(path: Path, commits: int = 20, factor: Factor = step_and_creep) -> tuple[Project, list[str]]:
    """A project with so many commits on main, each measured once; the SHAs, the oldest first."""
    project = Project(path)
    project.write("perfgate.yml", CONFIG)
    shas = []
    for number in range(commits):
        day = f"2026-01-{number + 1:02}T02:00:00Z"
        shas.append(project.commit(f"change {number}", at=day))
        save(store_of(project), make_result(project, shas[-1], number, factor))
    return project, shas


def store_of(project: Project) -> Path:
    return project.path / ".perfgate" / "results"
