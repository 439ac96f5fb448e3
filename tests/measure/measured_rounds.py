"""Rounds of both sides made up from known distributions, as the pilot and the history read them."""

from __future__ import annotations

import numpy as np

from perfgate.measure.round import MeasuredRound
from perfgate.measure.summary import summarise
from perfgate.model import Round, Samples
from tests.imaginary import HEALTH


def samples(rng: np.random.Generator, requests: int, median_ns: float) -> Samples:
    """Requests to one endpoint, lognormal around a median."""
    sent = np.arange(requests, dtype=np.int64) * 1_000_000 + 10**18
    zeros = np.zeros(requests, dtype=np.int32)
    return Samples(
        endpoints=("GET /",),
        errors=("",),
        endpoint=zeros,
        due_ns=sent,
        sent_ns=sent,
        first_ns=sent + 1,
        last_ns=sent + np.maximum(rng.lognormal(np.log(median_ns), 0.3, requests), 1).astype(np.int64),
        status=zeros + 200,
        error=zeros,
        bytes_received=zeros.astype(np.int64),
        couple=np.arange(requests, dtype=np.int32),
    )


def measured(
    rng: np.random.Generator,
    *,
    index: int = 0,
    requests: int = 500,
    restart_sd: float = 0.01,
    change: float = 0.0,
    round_s: float = 1.0,
) -> MeasuredRound:
    """One round of both sides; each side's process is off by `restart_sd` / √2, head by `change` besides."""
    sides = [
        samples(rng, requests, 1e6 * np.exp(rng.normal(0, restart_sd / np.sqrt(2)) + off))
        for off in (0.0, change)
    ]
    rounds = tuple(
        Round(
            index=index,
            stage="screen",
            seed=1,
            duration_ns=round(round_s * 1e9),
            endpoints=summarise(side),
            cpu_ns=int(5e5 * requests * np.exp(rng.normal(0, 0.01))),
            rss_bytes=None,
            health=HEALTH,
        )
        for side in sides
    )
    return MeasuredRound(rounds=rounds, samples=tuple(sides))
