"""What perfgate.yml says, as frozen values in base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Literal

from perfgate.model import Level, Statistic

DriverName = Literal["native", "k6", "locust", "artillery"]
"""What runs a load test: perfgate itself, or another tool."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadyConfig:
    """When the service counts as started: `path` answers with one of `status`, or any below 500 if empty."""

    path: str
    timeout_ns: int
    status: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class StopConfig:
    """How the service is asked to stop, and how long it may take before it is killed."""

    signal: Signals
    grace_ns: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ServiceConfig:
    """The service under test.

    `build` holds one argument list per step. `command` is an argument list, empty when the file has none;
    `{port}` and `{host}` in its words are for whoever starts it. `cwd` is relative to the directory of the
    configuration file, in the checkout of the side.
    """

    build: tuple[tuple[str, ...], ...]
    command: tuple[str, ...]
    cwd: Path
    env: Mapping[str, str]
    ready: ReadyConfig
    stop: StopConfig


@dataclass(frozen=True, slots=True, kw_only=True)
class LoadConfig:
    """How requests are paced; `rate_rps` is None in the closed model, `max_rate_rps` in the open one.

    With `calibrate` both are None: the rate (open model) or its bound (closed) is found before measuring.
    `think` says whether rounds wait the workload's think times.
    """

    model: Literal["closed", "open"]
    connections: int
    rate_rps: float | None
    arrivals: Literal["poisson", "even"]
    max_rate_rps: float | None
    calibrate: bool = False
    think: Literal["skip", "keep"] = "skip"


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureConfig:
    """How long and how often is measured; `seed` is None when each run draws its own.

    `connect_timeout_ns` and `first_byte_timeout_ns` are 0 where only the whole `timeout_ns` counts.
    A comparison may take `budget_ns` (None: as long as its rounds take); of `rounds`, `max_rounds` and
    `round` it plans what is not in `fixed`, the names the file gives a value.
    """

    rounds: int
    max_rounds: int
    round_ns: int
    warmup_ns: int
    timeout_ns: int
    connect_timeout_ns: int
    first_byte_timeout_ns: int
    seed: int | None
    budget_ns: int | None = None
    fixed: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlacementConfig:
    """Which CPUs are used; a set that is empty takes what the other leaves."""

    pin: bool
    driver_cpus: tuple[int, ...]
    service_cpus: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class EndpointConfig:
    """What the gate says otherwise for endpoints whose name matches `glob`, written at `where`."""

    glob: str
    where: str
    tolerance: Mapping[Statistic, float]
    require: Mapping[Statistic, float]
    level: Mapping[Statistic, Level]


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """What counts as a regression (`tolerance`) and what may not go unseen (`require`): ratios, or bytes per
    request for memory.

    `level` says what a regression of a statistic does to the verdict (`error` where it says nothing). Of
    `endpoints` the last one that matches and speaks of the statistic holds. `named` are the statistics that
    the file itself says something of.
    """

    tolerance: Mapping[Statistic, float]
    require: Mapping[Statistic, float]
    level: Mapping[Statistic, Level]
    endpoints: tuple[EndpointConfig, ...] = ()
    named: frozenset[Statistic] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdText:
    """A k6 threshold as it was written, not parsed yet; `where` is its `file:line:column`."""

    metric: str
    expression: str
    abort_on_fail: bool
    delay_abort_eval_ns: int
    where: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What some version of a perfgate.yml states, whether or not the files it names are here.

    `gate` and `thresholds` judge; `conditions` are the settings that say what is measured and how, by their
    dotted keys, for nothing but comparing.
    """

    gate: GateConfig
    thresholds: tuple[ThresholdText, ...]
    conditions: Mapping[str, object]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """A whole perfgate.yml.

    `path` is the file as the user named it and `root` its directory, absolute; `workload`, `store` and
    `baselines` are absolute. `service` is None when the file does not describe one, `workload` when it names
    none, and `driver` when the kind of the workload decides. `environment` is the one of the workload's own
    to follow.
    """

    path: Path
    root: Path
    service: ServiceConfig | None
    workload: Path | None
    variables: Mapping[str, str]
    load: LoadConfig
    measure: MeasureConfig
    placement: PlacementConfig
    gate: GateConfig
    thresholds: tuple[ThresholdText, ...]
    store: Path
    baselines: Path
    allow_hosts: tuple[str, ...]
    driver: DriverName | None = None
    environment: str | None = None
