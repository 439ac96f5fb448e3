"""Evidence made up from known distributions, as the page of a verdict is built from it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from perfgate.gate.distributions import endpoint_times
from perfgate.measure.summary import summarise
from perfgate.model import (
    CountedTimes,
    EndpointTimes,
    Evidence,
    Result,
    Round,
    Samples,
    ServiceSeries,
    Side,
    SideEvidence,
)
from perfgate.store.histogram import decode
from tests.imaginary import HEALTH, result_of

START_NS = 10**18
ROUND_NS = 10**9
PAUSE_NS = 5 * 10**9


def counted(payload: str) -> CountedTimes:
    values_ns, counts = decode(payload).counted()
    return CountedTimes(values_ns=values_ns, counts=counts)


def times_of(values_ns: NDArray[np.int64] | Sequence[int]) -> CountedTimes:
    values, counts = np.unique(np.asarray(values_ns, dtype=np.int64), return_counts=True)
    return CountedTimes(values_ns=values, counts=counts)


def endpoint_of(base: Sequence[int] | None, head: Sequence[int] | None) -> EndpointTimes:
    return EndpointTimes(
        base=times_of(base) if base is not None else None, head=times_of(head) if head is not None else None
    )


def make_samples(
    index: int, took_ns: NDArray[np.int64], *, endpoints: Sequence[str], error: int = 0, offset_ns: int = 0
) -> Samples:
    """A round's requests, evenly over one second, to the endpoints in turn; every `error`th one fails."""
    count = len(took_ns)
    sent = (
        START_NS + index * (ROUND_NS + PAUSE_NS) + np.arange(count) * (ROUND_NS // max(count, 1)) + offset_ns
    )
    failed = (np.arange(count) % error == 0) if error else np.zeros(count, bool)
    return Samples(
        endpoints=tuple(endpoints),
        errors=("", "status 503"),
        endpoint=(np.arange(count) % len(endpoints)).astype(np.int32),
        due_ns=sent,
        sent_ns=sent,
        first_ns=sent + 1,
        last_ns=sent + took_ns,
        status=np.where(failed, 503, 200).astype(np.int32),
        error=failed.astype(np.int32),
        bytes_received=np.zeros(count, np.int64),
        couple=np.arange(count, dtype=np.int32),
    )


def joined(parts: Sequence[Samples]) -> Samples:
    columns: dict[str, Any] = {
        name: np.concatenate([getattr(part, name) for part in parts])
        for name in (
            "endpoint",
            "due_ns",
            "sent_ns",
            "first_ns",
            "last_ns",
            "status",
            "error",
            "bytes_received",
            "couple",
        )
    }
    return Samples(endpoints=parts[0].endpoints, errors=parts[0].errors, **columns)


def make_series(index: int, *, cores: float = 0.5) -> ServiceSeries:
    """Readings every 25 ms of a service that uses so many cores, 100 MB, 4 threads and 2 connections."""
    at = START_NS + index * (ROUND_NS + PAUSE_NS) + np.arange(0, ROUND_NS + 1, 25_000_000)
    return ServiceSeries(
        round_index=index,
        at_ns=at,
        cpu_ns=((at - at[0]) * cores).astype(np.int64),
        rss_bytes=np.full(len(at), 100_000_000),
        threads=np.full(len(at), 4),
        connections=np.full(len(at), 2),
    )


def make_evidence(
    *,
    rounds: int = 8,
    requests: int = 300,
    slower: float = 0.0,
    endpoints: Sequence[str] = ("GET /items",),
    dropped: Sequence[int] = (),
    error: int = 0,
    keeps_samples: bool = True,
    keeps_series: bool = True,
    median_ns: float = 2e6,
    seed: int = 1,
    changed: Callable[[Result], Result] = lambda result: result,
) -> Evidence:
    """Both sides of a paired run of lognormal times around a median; head is `slower` by this ratio."""
    rng = np.random.default_rng(seed)
    sides: dict[Side, SideEvidence] = {}
    for side in ("base", "head"):
        measured, samples = [], []
        for index in range(rounds):
            level = median_ns * (1 + (slower if side == "head" else 0.0)) * np.exp(rng.normal(0, 0.003))
            took = rng.lognormal(np.log(level), 0.3, requests).astype(np.int64)
            offset = 1_000_000 if side == "head" else 0
            samples.append(make_samples(index, took, endpoints=endpoints, error=error, offset_ns=offset))
            measured.append(_round(index, samples[-1], dropped=index in dropped))
        result = changed(result_of(side, tuple(measured)))
        numbers = np.repeat(np.arange(rounds, dtype=np.int32), requests)
        sides[side] = SideEvidence(
            result=result,
            rounds_of=numbers if keeps_samples and samples else None,
            samples=joined(samples) if keeps_samples and samples else None,
            series=tuple(make_series(index) for index in range(rounds)) if keeps_series else (),
        )
    base, head = sides["base"], sides["head"]
    return Evidence(base=base, head=head, times=endpoint_times(base.result, head.result, counted))


def alone(evidence: Evidence) -> Evidence:
    """The same with head alone."""
    return Evidence(base=None, head=evidence.head, times=endpoint_times(None, evidence.head.result, counted))


def swapped(evidence: Evidence) -> Evidence:
    """Head as base and base as head."""
    assert evidence.base is not None
    base = replace(evidence.head, result=replace(evidence.head.result, side="base"))
    head = replace(evidence.base, result=replace(evidence.base.result, side="head"))
    return Evidence(base=base, head=head, times=endpoint_times(base.result, head.result, counted))


def _round(index: int, samples: Samples, *, dropped: bool) -> Round:
    return Round(
        index=index,
        stage="screen",
        seed=index,
        duration_ns=ROUND_NS,
        endpoints=summarise(samples),
        cpu_ns=None,
        rss_bytes=None,
        health=HEALTH,
        dropped_because="the hypervisor took 40 % of the CPU" if dropped else "",
    )
