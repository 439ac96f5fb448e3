"""Imaginary pull requests whose truth is known: a service's rounds, round by round, with realistic noise.

Every time is lognormal. What both sides of a round share cancels in the paired difference and is simulated
all the same: the level of the run, a drift, an AR(1) wander of the machine. What is left is each side's own:
its process (restarted every round), its endpoints, and the sampling of few requests, with a spread that
itself wanders over rounds, and with bursts (heavy tails) that slow down one side now and then.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from perfgate.model import QUANTILES, EndpointRound, Health, Round, Side, Stage

ENDPOINTS = ("GET /cart", "GET /items", "GET /items/{id}", "POST /login", "POST /orders")
REQUESTS = 80
"""Requests a side, round and endpoint while screening: 400 a side and round in all."""

_LEVELS_NS = np.array([2e6, 5e6, 12e6])
_CPU_NS = 1e6
_TAIL_FACTORS = np.array([1.0, 2.0, 4.0])
_PARTS = {"service": 0.2, "endpoint": 0.4, "sampling": 0.4}
_HEALTH = Health(
    steal_ratio=0.0, driver_cpu_ratio=0.5, lateness_p99_ns=0, clock_step_ns=0, kernel_stamped_ratio=1.0
)

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Noise:
    """How a machine disturbs a comparison.

    `p50_sd` is the SD of a round's log(head / base) at p50 without bursts; p95 has twice, p99 four times as
    much. `own_ar` is the AR(1) coefficient of each side's own noise: 0 where every round restarts both
    services in random order; anything else breaks the promise that rounds are exchangeable. `burst_ratio` of
    a side's rounds are slower by an exponential burst of `burst_scale` SD on average. `error_ratio` is the
    share of failing requests of the last endpoint; `flicker` the probability that an endpoint fails once in a
    round, by a class of its own. `second_level` is the share of a side's rounds in which an endpoint takes e
    times as long, as if answers had come one tick of a timer later.
    """

    name: str
    p50_sd: float
    own_ar: float = 0.0
    burst_ratio: float = 0.04
    burst_scale: float = 4.0
    volatility: float = 0.35
    shared_ar: float = 0.6
    run_sd: float = 0.02
    error_ratio: float = 0.003
    flicker: float = 0.0
    second_level: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What head does differently: log ratios by endpoint and quantile, CPU per request, errors.

    `errors` is added to the share of failing requests of the last endpoint, which fails at times anyway.
    """

    name: str
    log_ratio: Array = field(default_factory=lambda: np.zeros((len(ENDPOINTS), 3)))
    cpu: float = 0.0
    errors: float = 0.0


NOTHING = Change(name="no change")


def slower(change: float, *quantiles: str, everywhere: bool = False) -> Change:
    """The first endpoint, or every one and CPU per request, slower at these quantiles."""
    log_ratio = np.zeros((len(ENDPOINTS), 3))
    rows = slice(None) if everywhere else slice(0, 1)
    log_ratio[rows, [QUANTILES.index(q) for q in quantiles]] = np.log1p(change)  # type: ignore[arg-type]
    where = "everything" if everywhere else "one endpoint"
    what = (
        "" if everywhere else " the whole distribution" if len(quantiles) == 3 else f" {'+'.join(quantiles)}"
    )
    return Change(
        name=f"{where}{what} +{change:.1%}".replace(".0%", "%"),
        log_ratio=log_ratio,
        cpu=np.log1p(change) if everywhere else 0.0,
    )


class Machine:
    """One run on one machine: asked for rounds, it goes on where it stopped."""

    def __init__(self, noise: Noise, change: Change, rng: np.random.Generator) -> None:
        self._noise, self._change, self._rng = noise, change, rng
        self._run = rng.normal(0, noise.run_sd, (len(ENDPOINTS), 1))
        self._drift = rng.normal(0, 0.002)
        self._shared = self._own = self._spread = 0.0 * rng.normal()
        self._index = 0

    def rounds(self, count: int, stage: Stage, focus: tuple[str, ...] = ()) -> list[tuple[Round, Round]]:
        """The next rounds, base and head of each; with a focus all load goes to these endpoints."""
        return [self._round(stage, focus) for _ in range(count)]

    def _round(self, stage: Stage, focus: tuple[str, ...]) -> tuple[Round, Round]:
        noise, rng = self._noise, self._rng
        asked = [i for i, name in enumerate(ENDPOINTS) if not focus or name in focus]
        requests = REQUESTS * len(ENDPOINTS) // len(asked)
        self._shared = noise.shared_ar * self._shared + rng.normal(0, 0.03)
        self._spread = noise.shared_ar * self._spread + rng.normal(0, noise.volatility)
        times, cpu = self._own_noise(REQUESTS / requests)
        level = self._run + self._drift * self._index + self._shared
        times[1] += self._change.log_ratio
        cpu[1] += self._change.cpu
        found = _LEVELS_NS * np.exp(times + level)
        cpu_ns = _CPU_NS * len(asked) * requests * np.exp(cpu + level.mean())
        errors = self._errors(requests)
        both = [
            round_of(self._index, stage, asked, requests, found[side], cpu_ns[side], errors[side])
            for side in (0, 1)
        ]
        self._index += 1
        return both[0], both[1]

    def _own_noise(self, sampling: float) -> tuple[Array, Array]:
        """Both sides' own noise in log times (sides × endpoints × 3) and in log CPU (sides)."""
        noise, rng, shape = self._noise, self._rng, (2, len(ENDPOINTS), 3)
        service = rng.standard_normal((2, 1, 1))
        parts = (
            np.sqrt(_PARTS["service"]) * service
            + np.sqrt(_PARTS["endpoint"]) * rng.standard_normal((2, len(ENDPOINTS), 1))
            + np.sqrt(_PARTS["sampling"] * sampling) * rng.standard_normal(shape)
        )
        cpu = np.sqrt(0.5) * service[:, 0, 0] + np.sqrt(0.5) * rng.standard_normal(2)
        scale = np.exp(self._spread - noise.volatility**2 / (1 - noise.shared_ar**2))
        own = np.concatenate([parts.reshape(2, -1), cpu[:, None]], axis=1) * scale
        self._own = noise.own_ar * self._own + np.sqrt(1 - noise.own_ar**2) * own
        own = self._own + self._bursts()
        own = own * noise.p50_sd / np.sqrt(2)
        times: Array = own[:, :-1].reshape(shape) * _TAIL_FACTORS
        if noise.second_level:
            times += rng.random((2, len(ENDPOINTS), 1)) < noise.second_level
        return times, own[:, -1]

    def _bursts(self) -> Array:
        """Bursts of a whole side and of single endpoints."""
        noise, rng = self._noise, self._rng
        sizes = rng.exponential(noise.burst_scale, (2, 1 + len(ENDPOINTS)))
        sizes *= rng.random(sizes.shape) < noise.burst_ratio
        per_endpoint = np.repeat(sizes[:, 1:] + sizes[:, :1], 3, axis=1)
        return np.concatenate([per_endpoint, sizes[:, :1]], axis=1)

    def _errors(self, requests: int) -> list[list[dict[str, int]]]:
        noise, rng = self._noise, self._rng
        bad_moment = rng.gamma(4.0, 0.25)
        classes: list[list[dict[str, int]]] = []
        for side in (0, 1):
            ratio = np.zeros(len(ENDPOINTS))
            ratio[-1] = noise.error_ratio * bad_moment + (self._change.errors if side else 0.0)
            steady = rng.binomial(requests, ratio)
            flickers = rng.random(len(ENDPOINTS)) < noise.flicker
            classes.append(
                [
                    ({"status 503": int(n)} if n else {}) | ({"timeout": 1} if flicker else {})
                    for n, flicker in zip(steady, flickers, strict=True)
                ]
            )
        return classes


def round_of(
    index: int,
    stage: Stage,
    asked: list[int],
    requests: int,
    times_ns: Array,
    cpu_ns: float,
    errors: list[dict[str, int]],
) -> Round:
    """One side of a round: quantiles and errors of every endpoint, of which those asked for are kept."""
    endpoints = tuple(
        EndpointRound(
            endpoint=ENDPOINTS[i],
            requests=requests,
            quantiles_ns=dict(zip(QUANTILES, times_ns[i].tolist(), strict=True)),
            errors=errors[i],
            statuses={},
            histogram="",
        )
        for i in asked
    )
    return Round(
        index=index,
        stage=stage,
        seed=index,
        duration_ns=10**9,
        endpoints=endpoints,
        cpu_ns=int(cpu_ns),
        rss_bytes=None,
        health=_HEALTH,
    )


def sides(pairs: list[tuple[Round, Round]]) -> dict[Side, tuple[Round, ...]]:
    """The rounds of each side."""
    return {"base": tuple(b for b, _ in pairs), "head": tuple(h for _, h in pairs)}
