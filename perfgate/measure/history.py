"""What earlier runs of the same workload say about noise: how head / base varied from round to round."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import ALL_ENDPOINTS, QUANTILES, Metric
from perfgate.store import results as store

if TYPE_CHECKING:
    from pathlib import Path

    from numpy.typing import NDArray

    from perfgate.model import Result, Round

MOST_RUNS = 5
_MOST_READ = 12
_LEAST_ROUNDS = 4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class PairedRun:
    """The differences of one run: for each metric d = log(head / base) of every round (NaN: not measured)."""

    d: Mapping[Metric, NDArray[np.float64]]
    round_s: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Alike:
    """What an earlier run has to share with this one for its noise to be ours."""

    workload_name: str
    workload_digest: str
    load_model: str
    environment_class: str
    restarts: bool
    pinned: bool


def earlier_runs(root: Path, alike: Alike) -> tuple[PairedRun, ...]:
    """The newest stored paired runs that are alike; files that cannot be read are no history."""
    found: list[PairedRun] = []
    for base, head in store.newest_pairs(root, alike.workload_name, most=_MOST_READ):
        if all(_is_alike(side, alike) for side in (base, head)):
            run = differences(_screened(base), _screened(head))
            if run is not None:
                found.append(run)
        if len(found) == MOST_RUNS:
            break
    return tuple(found)


def differences(bases: Sequence[Round], heads: Sequence[Round]) -> PairedRun | None:
    """The differences of paired rounds; None where there are too few to tell how they vary."""
    by_index = {r.index: r for r in heads}
    pairs = [(r, by_index[r.index]) for r in bases if r.index in by_index]
    if len(pairs) < _LEAST_ROUNDS:
        return None
    return _differences(pairs)


def _differences(pairs: Sequence[tuple[Round, Round]]) -> PairedRun:
    values = [(_values(base), _values(head)) for base, head in pairs]
    metrics = sorted({metric for base, head in values for metric in (*base, *head)})
    return PairedRun(
        d={
            metric: np.array(
                [_log_ratio(base.get(metric, 0.0), head.get(metric, 0.0)) for base, head in values]
            )
            for metric in metrics
        },
        round_s=float(np.median([base.duration_ns for base, _ in pairs])) / 1e9,
    )


def pilot_differences(bases: Sequence[Round], heads: Sequence[Round]) -> PairedRun:
    """The differences of a pilot's rounds, however few."""
    return _differences(tuple(zip(bases, heads, strict=True)))


def _values(side: Round) -> dict[Metric, float]:
    found: dict[Metric, float] = {}
    for endpoint in side.endpoints:
        for statistic in QUANTILES:
            if statistic in endpoint.quantiles_ns:
                metric = Metric(endpoint=endpoint.endpoint, statistic=statistic)
                found[metric] = endpoint.quantiles_ns[statistic]
    requests = sum(e.requests for e in side.endpoints)
    if side.cpu_ns and requests:
        found[Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")] = side.cpu_ns / requests
    return found


def _log_ratio(base: float, head: float) -> float:
    return math.log(head / base) if base > 0 and head > 0 else math.nan


def _screened(result: Result) -> list[Round]:
    return [r for r in result.rounds if r.stage == "screen" and not r.dropped_because]


def _is_alike(result: Result, alike: Alike) -> bool:
    return (
        result.workload_digest == alike.workload_digest
        and load_family(result.load_model) == load_family(alike.load_model)
        and result.environment.class_id == alike.environment_class
        and result.restarts == alike.restarts
        and result.placement.pinned == alike.pinned
    )


def load_family(load_model: str) -> str:
    """The words of a load without the length of its rounds."""
    return load_model.rpartition(", rounds ")[0] or load_model
