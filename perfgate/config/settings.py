"""What perfgate.yml says, as frozen values in base units."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from signal import Signals
from typing import Literal

from perfgate.model import Statistic


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
    """How requests are paced; `rate_rps` is None in the closed model, `max_rate_rps` in the open one."""

    model: Literal["closed", "open"]
    connections: int
    rate_rps: float | None
    arrivals: Literal["poisson", "even"]
    max_rate_rps: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MeasureConfig:
    """How long and how often is measured; `seed` is None when each run draws its own.

    `connect_timeout_ns` and `first_byte_timeout_ns` are 0 where only the whole `timeout_ns` counts.
    """

    rounds: int
    max_rounds: int
    round_ns: int
    warmup_ns: int
    timeout_ns: int
    connect_timeout_ns: int
    first_byte_timeout_ns: int
    seed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class GateConfig:
    """What counts as a regression (`tolerance`) and what may not go unseen (`require`): ratios, or bytes per
    request for memory.

    `cpu` says what a regression of CPU per request does to the verdict. `named` are the statistics that the
    file itself states a limit of.
    """

    tolerance: Mapping[Statistic, float]
    require: Mapping[Statistic, float]
    cpu: Literal["error", "warn", "off"]
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
class Config:
    """A whole perfgate.yml.

    `path` is the file as the user named it and `root` its directory, absolute; `workload`, `store` and
    `baselines` are absolute. `service` is None when the file does not describe one.
    """

    path: Path
    root: Path
    service: ServiceConfig | None
    workload: Path
    variables: Mapping[str, str]
    load: LoadConfig
    measure: MeasureConfig
    placement_pin: bool
    gate: GateConfig
    thresholds: tuple[ThresholdText, ...]
    store: Path
    baselines: Path
    allow_hosts: tuple[str, ...]
