"""Stored results of a project's commits, so that comparing them needs no service."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from perfgate.cli.project import open_project
from perfgate.model import (
    LATENCY_DEFINITION,
    Commit,
    EndpointRound,
    Environment,
    Health,
    Placement,
    Result,
    Round,
    Side,
)
from perfgate.store.results import save
from perfgate.store.schema import SCHEMA_VERSION

_ENVIRONMENT = Environment(
    cpu_model="Test CPU",
    cores=2,
    architecture="x86_64",
    kernel="Linux 6.1",
    cgroup_cpu="max",
    cgroup_memory="max",
    interpreter="CPython 3.11",
    class_id="test-cpu-2x",
)
_HEALTH = Health(
    steal_ratio=0.0, driver_cpu_ratio=0.5, lateness_p99_ns=0, clock_step_ns=0, kernel_stamped_ratio=1.0
)
_LEVELS_NS = {"p50": 1e6, "p95": 3e6, "p99": 8e6}


def store_pair(
    folder: Path, base: str, head: str, slower: Mapping[tuple[str, str], float], *, run: str = "r1"
) -> None:
    """Save both sides of one run, 13 rounds and 13 to confirm; `slower` maps (endpoint, statistic)."""
    opened = open_project(folder / "perfgate.yml", None)
    rng = np.random.default_rng(1)
    for side, sha in (("base", base), ("head", head)):
        rounds = []
        for index in range(26):
            endpoints = []
            for name in opened.workload.endpoints:
                changes = {s: slower.get((name, s), 0.0) if side == "head" else 0.0 for s in _LEVELS_NS}
                quantiles = {
                    s: level * (1 + changes[s]) * float(np.exp(rng.normal(0, 0.004)))
                    for s, level in _LEVELS_NS.items()
                }
                endpoints.append(
                    EndpointRound(
                        endpoint=name,
                        requests=200,
                        quantiles_ns=quantiles,
                        errors={},
                        statuses={"200": 200},
                        histogram="",
                    )
                )
            rounds.append(
                Round(
                    index=index,
                    stage="screen" if index < 13 else "confirm",
                    seed=index,
                    duration_ns=10**9,
                    endpoints=tuple(endpoints),
                    cpu_ns=None,
                    rss_bytes=None,
                    health=_HEALTH,
                )
            )
        save(
            opened.config.store,
            _result(
                side=side,  # type: ignore[arg-type]
                sha=sha,
                run=run,
                name=opened.workload.name,
                digest=opened.workload.digest,
                rounds=tuple(rounds),
            ),
        )


def _result(*, side: Side, sha: str, run: str, name: str, digest: str, rounds: tuple[Round, ...]) -> Result:
    return Result(
        schema_version=SCHEMA_VERSION,
        tool_version="0",
        run_id=run,
        side=side,
        started_at="2026-01-02T03:04:05Z",
        status="complete",
        commit=Commit(sha=sha, ref=side),
        workload_name=name,
        workload_digest=digest,
        load_model="closed model, 1 connection a side",
        seed=1,
        environment=_ENVIRONMENT,
        placement=Placement(driver_cpus=(1,), service_cpus=(0,), pinned=True),
        clock_source="kernel receive timestamps",
        latency_definition=LATENCY_DEFINITION,
        restarts=True,
        rounds=rounds,
    )
