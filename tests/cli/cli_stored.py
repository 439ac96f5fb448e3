"""Stored results of a project's commits, so that comparing them needs no service."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np

from perfgate.cli.project import open_project
from perfgate.model import (
    Commit,
    EndpointRound,
    Round,
)
from perfgate.store.results import save
from tests.imaginary import HEALTH, LEVELS_NS, result_of


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
                changes = {s: slower.get((name, s), 0.0) if side == "head" else 0.0 for s in LEVELS_NS}
                quantiles = {
                    s: level * (1 + changes[s]) * float(np.exp(rng.normal(0, 0.004)))
                    for s, level in LEVELS_NS.items()
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
                    health=HEALTH,
                )
            )
        save(
            opened.config.store,
            result_of(
                side,  # type: ignore[arg-type]
                tuple(rounds),
                run_id=run,
                commit=Commit(sha=sha, ref=side),
                workload_name=opened.workload.name,
                workload_digest=opened.workload.digest,
            ),
        )
