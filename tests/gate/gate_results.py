"""Results of imaginary runs whose truth is known, for tests of the gate."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np

from perfgate.model import (
    EndpointRound,
    Result,
    Round,
    Side,
    Stage,
)
from tests.imaginary import HEALTH, LEVELS_NS, result_of

ENDPOINTS = ("GET /items", "GET /items/{id}", "POST /orders")


def make_pair(
    *,
    screen: int = 13,
    confirm: int = 0,
    effect: Mapping[tuple[str, str], float] | None = None,
    noise: Mapping[str, float] | None = None,
    head_errors: Mapping[str, Mapping[str, int]] | None = None,
    base_errors: Mapping[str, Mapping[str, int]] | None = None,
    requests: int = 200,
    cpu_effect: float = 0.0,
    leak_bytes: float | None = None,
    fewer_requests: float | None = None,
    service_cpu_ratio: float = 0.97,
    seed: int = 1,
) -> tuple[Result, Result]:
    """Base and head of one run.

    `effect` maps (endpoint, statistic) to head's true relative change; `noise` the SD of a round's log ratio
    by statistic; errors map an endpoint to error classes and their count in every round. Memory is seen if
    `leak_bytes` says how much faster head's grows per request, throughput if `fewer_requests` says what share
    of its requests a second head has lost.
    """
    rng, apart = np.random.default_rng(seed), np.random.default_rng(seed + 10**6)
    sd = {"p50": 0.01, "p95": 0.03, "p99": 0.08, "cpu": 0.01} | dict(noise or {})
    stages: list[Stage] = ["screen"] * screen + ["confirm"] * confirm
    rounds: dict[Side, list[Round]] = {"base": [], "head": []}
    for index, stage in enumerate(stages):
        common = rng.normal(0, 0.1)
        for side in ("base", "head"):
            errors = (head_errors if side == "head" else base_errors) or {}
            found = []
            for endpoint in ENDPOINTS:
                quantiles = {}
                for statistic, level in LEVELS_NS.items():
                    change = (effect or {}).get((endpoint, statistic), 0.0) if side == "head" else 0.0
                    log = common + rng.normal(0, sd[statistic] / np.sqrt(2)) + np.log1p(change)
                    quantiles[statistic] = level * float(np.exp(log))
                found.append(
                    EndpointRound(
                        endpoint=endpoint,
                        requests=requests,
                        quantiles_ns=quantiles,
                        errors=dict(errors.get(endpoint, {})),
                        statuses={"200": requests},
                        histogram="",
                    )
                )
            cpu = 0.5e6 * requests * 3 * np.exp(common + rng.normal(0, sd["cpu"] / np.sqrt(2)))
            rounds[side].append(
                Round(
                    index=index,
                    stage=stage,
                    seed=index,
                    duration_ns=10**9,
                    endpoints=tuple(found),
                    cpu_ns=int(cpu * (1 + (cpu_effect if side == "head" else 0.0))),
                    rss_bytes=10**8,
                    health=replace(HEALTH, service_cpu_ratio=service_cpu_ratio),
                    **_whole_service(side, requests * 3, leak_bytes, fewer_requests, apart),
                )
            )
    name = {"run_id": f"run-{seed}", "seed": seed}
    return result_of("base", tuple(rounds["base"]), **name), result_of("head", tuple(rounds["head"]), **name)


def _whole_service(
    side: Side,
    requests: int,
    leak_bytes: float | None,
    fewer_requests: float | None,
    rng: np.random.Generator,
) -> dict[str, Any]:
    """Four connections and 10 ms a request; memory that grows by 300 bytes a request on either side."""
    is_head = side == "head"
    found: dict[str, Any] = {}
    if leak_bytes is not None:
        found["rss_slope_bytes"] = 300 + leak_bytes * is_head + float(rng.normal(0, 50))
    if fewer_requests is not None:
        factor = np.exp(rng.normal(0, 0.01)) / (1 - fewer_requests * is_head)
        found |= {"busy_ns": int(requests * 1e7 * factor), "unpaced_connections": 4}
    return found


def dropped(result: Result, count: int) -> Result:
    """The same result with its first rounds dropped."""
    rounds = [
        replace(r, dropped_because="the hypervisor took 20 % of the CPU") if r.index < count else r
        for r in result.rounds
    ]
    return replace(result, rounds=tuple(rounds))


def swapped(base: Result, head: Result) -> tuple[Result, Result]:
    """Head as base and base as head."""
    return replace(head, side="base"), replace(base, side="head")
