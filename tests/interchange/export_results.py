"""Results to export: rounds made of real times, with histograms and raw samples that agree with them."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from perfgate.cli.figures import exported
from perfgate.interchange.figures import Exported
from perfgate.model import EndpointRound, Result, Round, Samples, Stage
from perfgate.stats.quantiles import harrell_davis
from perfgate.store import histogram
from tests.imaginary import HEALTH, result_of

ENDPOINTS = ("GET /items", "POST /orders")


def times_ns(index: int, endpoint: int) -> np.ndarray:
    rng = np.random.default_rng([index, endpoint])
    return np.exp(rng.normal(14 + endpoint, 0.3, 400)).astype(np.int64)


def a_round(index: int, names: Sequence[str], *, stage: Stage = "screen", dropped: str = "") -> Round:
    endpoints = []
    for number, name in enumerate(names):
        times = times_ns(index, number)
        p50, p95, p99 = map(float, harrell_davis(times, (0.5, 0.95, 0.99)))
        endpoints.append(
            EndpointRound(
                endpoint=name,
                requests=401,
                quantiles_ns={"p50": p50, "p95": p95, "p99": p99},
                errors={"status 500": 1},
                statuses={"200": 400, "500": 1},
                histogram=histogram.encode(times),
            )
        )
    return Round(
        index=index,
        stage=stage,
        seed=index,
        duration_ns=2_000_000_000,
        endpoints=tuple(endpoints),
        cpu_ns=40_000_000,
        rss_bytes=None,
        health=HEALTH,
        dropped_because=dropped,
    )


def a_result(
    names: Sequence[str] = ENDPOINTS, rounds: int = 9, side: str = "head", **changes: object
) -> Result:
    """Valid screening rounds, then a dropped one and a confirmation."""
    every = (
        *(a_round(index, names) for index in range(rounds)),
        a_round(rounds, names, dropped="the machine was busy"),
        a_round(rounds + 1, names, stage="confirm"),
    )
    return result_of(side, every, **changes)  # type: ignore[arg-type]


def an_export(names: Sequence[str] = ENDPOINTS, rounds: int = 9, **changes: object) -> Exported:
    return exported(a_result(names, rounds, **changes))[0]


def some_samples() -> Samples:
    """Two requests, the second of which got no answer."""
    return Samples(
        endpoints=ENDPOINTS,
        errors=("", "timeout"),
        endpoint=np.array([0, 1], np.int32),
        due_ns=np.array([1000, 2000], np.int64),
        sent_ns=np.array([1005, 2005], np.int64),
        first_ns=np.array([1100, 0], np.int64),
        last_ns=np.array([1200, 0], np.int64),
        status=np.array([200, 0], np.int32),
        error=np.array([0, 1], np.int32),
        bytes_received=np.array([321, 0], np.int64),
        couple=np.array([7, -1], np.int32),
    )
