"""Simulated pull requests, request by request, for rules that know nothing of rounds; and the gate beside.

A request's time is lognormal with a slow mixture; it depends on its process (each start differs), on the one
before it (AR(1), of its side), and on what both sides share at that moment. SD of a round's log(head / base)
at p50: about 2.4 %. Two schedules: perfgate's, 13 starts with every request sent to both sides at the same
moment; and the usual one, one start a side and as many requests, head after base.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from bench.gate_sim_model import ENDPOINTS, REQUESTS, round_of
from bench.gate_sim_protocol import run
from bench.naive_rules import RULES, mann_whitney
from perfgate.gate.policy import Policy
from perfgate.model import Outcome, Round, Stage
from perfgate.stats.quantiles import harrell_davis

CHANGES = (0.0, 0.05, 0.10, 0.20)
TOGETHER, IN_TURN = "13 starts, side by side", "1 start, one after the other"
SCHEDULES = (TOGETHER, IN_TURN)
ROUNDS = 13

_PROCESS_SD, _BODY_SD, _OWN_SD, _SHARED_SD, _ROUND_SD = 0.008, 0.08, 0.02, 0.05, 0.03
_OWN_AR, _SHARED_AR = 0.9, 0.98
_SLOW_RATIO, _SLOW_LOG, _SLOW_SD = 0.04, 0.9, 0.4
_LEVEL_NS = 2e6

Array = NDArray[np.float64]
Coloured = dict[str, bool]


def colour(change: float, schedule: str, seed: tuple[int, ...]) -> Coloured:
    """Which rules call one pull request red; `change` is of the first endpoint, at every quantile."""
    rng = np.random.default_rng(seed)
    if schedule == IN_TURN:
        requests = [_in_turn(ROUNDS * REQUESTS, rng)]
        requests[0][1, 0] *= 1 + change
        return _naive(requests)
    requests = []

    def more(count: int, stage: Stage, focus: tuple[str, ...]) -> list[tuple[Round, Round]]:
        asked = [i for i, name in enumerate(ENDPOINTS) if not focus or name in focus]
        found = []
        for _ in range(count):
            times = _together(REQUESTS * len(ENDPOINTS) // len(asked), rng)
            times[1, 0] *= 1 + change
            found.append(_rounds(len(requests), stage, asked, times))
            requests.append(times)
        return found

    verdict, _ = run(more, Policy(), seed[-1])
    coloured = _naive(requests[:ROUNDS])
    medians = np.array([np.median(times, axis=2) for times in requests[:ROUNDS]])
    coloured["Mann-Whitney p < 0.05 on the medians of 13 rounds"] = any(
        np.median(medians[:, 1, i]) > np.median(medians[:, 0, i])
        and mann_whitney(medians[:, 0, i], medians[:, 1, i]) < 0.05
        for i in range(len(ENDPOINTS))
    )
    coloured["perfgate"] = verdict.outcome is Outcome.REGRESSED
    return coloured


def _naive(requests: list[Array]) -> Coloured:
    """Every rule on the pooled requests; one red endpoint makes the pull request red."""
    pooled = np.concatenate(requests, axis=2)
    endpoints = range(len(ENDPOINTS))
    return {name: any(rule(pooled[0, i], pooled[1, i]) for i in endpoints) for name, rule in RULES.items()}


def _together(count: int, rng: np.random.Generator) -> Array:
    """One round: sides × endpoints × requests, what is shared being the same for both sides."""
    shared = rng.normal(0, _ROUND_SD) + _wander(_SHARED_SD, _SHARED_AR, (1, 1, count), rng)
    return _LEVEL_NS * np.exp(_own(count, rng) + shared)


def _in_turn(count: int, rng: np.random.Generator) -> Array:
    """One start a side: the moments are not shared, and the run's level has moved in between."""
    shared = rng.normal(0, _ROUND_SD, (2, 1, 1)) + _wander(_SHARED_SD, _SHARED_AR, (2, 1, count), rng)
    return _LEVEL_NS * np.exp(_own(count, rng) + shared)


def _own(count: int, rng: np.random.Generator) -> Array:
    shape = (2, len(ENDPOINTS), count)
    process = rng.normal(0, _PROCESS_SD, (2, 1, 1)) / np.sqrt(2)
    process = process + rng.normal(0, _PROCESS_SD, (2, len(ENDPOINTS), 1)) / np.sqrt(2)
    slow = (rng.random(shape) < _SLOW_RATIO) * rng.normal(_SLOW_LOG, _SLOW_SD, shape)
    return process + _wander(_OWN_SD, _OWN_AR, shape, rng) + rng.normal(0, _BODY_SD, shape) + slow


def _wander(sd: float, ar: float, shape: tuple[int, ...], rng: np.random.Generator) -> Array:
    """AR(1) along the requests, stationary from the first."""
    steps = rng.normal(0, sd * np.sqrt(1 - ar**2), shape)
    steps[..., 0] /= np.sqrt(1 - ar**2)
    wandered: Array = lfilter([1.0], [1.0, -ar], steps)
    return wandered


def _rounds(index: int, stage: Stage, asked: list[int], times: Array) -> tuple[Round, Round]:
    requests = times.shape[2]
    sides = []
    for side in (0, 1):
        quantiles = np.array([harrell_davis(one, (0.5, 0.95, 0.99)) for one in times[side]])
        cpu_ns = float(times[side, asked].sum()) / 2
        sides.append(round_of(index, stage, asked, requests, quantiles, cpu_ns, [{}] * len(ENDPOINTS)))
    return sides[0], sides[1]
