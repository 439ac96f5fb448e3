"""The keys of perfgate.yml with their defaults and meanings, and the JSON Schema editors read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from perfgate.config.kinds import (
    AUTO,
    Choice,
    Command,
    Cpus,
    Duration,
    EnvironmentValue,
    Line,
    Rate,
    Ratio,
    RelativePath,
    Size,
    Steps,
    Switch,
    VariableValue,
    Whole,
    refuse,
)
from perfgate.config.statistics import StatisticName
from perfgate.config.thresholds import AsThreshold, ThresholdItem
from perfgate.model import ENDPOINT_STATISTICS, LEVELS, STATISTICS, Level, Statistic

_Name = Annotated[str, Line(r"[A-Za-z_][A-Za-z0-9_]*", "DATABASE_URL")]
_Glob = Annotated[str, Line(r".*\S.*", "GET /items/*")]
_Host = Annotated[str, Line(r"[A-Za-z0-9.:\[\]_-]+", "staging.example.org")]
_Tolerance = Annotated[float, Ratio()]
_Requirement = Annotated[float, Ratio(above_zero=True)]
_Status = Annotated[int, Whole(100, 599)]
_DRIVERS = ("native", "k6", "locust", "artillery")
_SET_BY_PERFGATE = ("PORT", "HOST", "PWD", "PERFGATE_SERVICE")


def _key(default: Any, meaning: str) -> Any:
    # The default stands as the user would write it, for the schema; pydantic reads it as it reads theirs.
    return Field(default=default, description=meaning)


def _left_out(default: Any, meaning: str) -> Any:
    return Field(default=default, validate_default=False, description=meaning)


def _by_statistic(names: Sequence[str], meaning: str) -> Any:
    # pydantic describes the values of a mapping only; editors complete its keys from this.
    return Field(default={}, description=meaning, json_schema_extra={"propertyNames": {"enum": list(names)}})


def _section(kind: type[BaseModel], meaning: str) -> Any:
    return Field(default_factory=kind, description=meaning)


class Section(BaseModel):
    """Part of the file: no unknown keys, nothing coerced, defaults written as the user would."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, validate_default=True)


class Ready(Section):
    """When the service counts as started."""

    path: Annotated[str, Line(r"/\S*", "/health")] = _key("/", "The path asked until it answers.")
    timeout: Annotated[int, Duration("1ms", "1h")] = _key("30s", "How long starting may take.")
    status: list[_Status] = _key([], "The statuses that mean ready; without any, every one below 500.")


class Stop(Section):
    """How the service is stopped."""

    signal: Annotated[Literal["TERM", "INT", "QUIT"], Choice(("TERM", "INT", "QUIT"))] = _key(
        "TERM", "The signal that asks it to stop."
    )
    grace: Annotated[int, Duration("0s", "5m")] = _key("5s", "The time it has before it is killed.")


class Service(Section):
    """How the service is built, started and stopped."""

    build: Annotated[tuple[tuple[str, ...], ...], Steps()] = _left_out(
        (), "Commands run once per commit, in its checkout."
    )
    command: Annotated[tuple[str, ...], Command()] = _left_out(
        (), "Starts the service; {port} and {host} are filled in."
    )
    cwd: Annotated[str, RelativePath()] = _key(".", "Where both run, from this file's directory.")
    env: dict[_Name, Annotated[str, EnvironmentValue()]] = _key(
        {}, "Variables added to the environment; PORT and HOST are perfgate's."
    )
    ready: Ready = _section(Ready, "When the service counts as started.")
    stop: Stop = _section(Stop, "How the service is stopped.")

    @model_validator(mode="after")
    def _leave_ours_alone(self) -> Service:
        for name in _SET_BY_PERFGATE:
            if name in self.env:
                raise refuse(
                    f"perfgate sets {name} itself", "remove it, or give it another name", "env", name
                )
        return self


class Load(Section):
    """How requests are paced."""

    model: Annotated[Literal["closed", "open"], Choice(("closed", "open"))] = _key(
        "closed",
        "closed: the next request after the last answer. open: arrivals by a schedule.",
    )
    connections: Annotated[int, Whole(1, 512)] = _key(1, "Connections at once to each side.")
    rate: Annotated[float | str | None, Rate()] = _left_out(
        None, "Arrivals in the open model, such as 200/s, or auto: half of what base can do."
    )
    arrivals: Annotated[Literal["poisson", "even"], Choice(("poisson", "even"))] = _key(
        "poisson", "How arrivals are spread: at random, as independent users come, or evenly."
    )
    max_rate: Annotated[float | str | None, Rate()] = _left_out(
        None, "The most requests sent in the closed model, or auto: half of what base can do."
    )
    think: Annotated[Literal["skip", "keep"], Choice(("skip", "keep"))] = _key(
        "skip", "Whether rounds wait the think times of the workload, or leave them out."
    )

    @model_validator(mode="after")
    def _fit_the_model(self) -> Load:
        if self.model == "open" and self.max_rate is not None:
            raise refuse("max_rate has no meaning in the open model", "rate says it already", "max_rate")
        if self.model == "closed" and "arrivals" in self.model_fields_set:
            raise refuse(
                "arrivals have no meaning in the closed model", "write model: open, or remove it", "arrivals"
            )
        if self.model == "closed" and self.rate is not None:
            raise refuse(
                "rate has no meaning in the closed model",
                "write model: open, or max_rate for a bound",
                "rate",
            )
        return self


class Measure(Section):
    """How long and how often is measured."""

    rounds: Annotated[int, Whole(8, 26)] = _key(13, "Restart rounds of the screening.")
    max_rounds: Annotated[int, Whole(8, 26)] = _key(26, "Rounds it may extend to where the data are noisy.")
    round: Annotated[int, Duration("100ms", "10m")] = _key("1s", "Measured time of a round.")
    warmup: Annotated[int, Duration("0s", "10m")] = _key(
        "250ms", "Load before each round whose answers are not counted."
    )
    timeout: Annotated[int, Duration("1ms", "10m")] = _key("10s", "After this a request counts as failed.")
    connect_timeout: Annotated[int | None, Duration("1ms", "10m")] = _left_out(
        None, "The part of it that opening a connection may take; all of it without."
    )
    first_byte_timeout: Annotated[int | None, Duration("1ms", "10m")] = _left_out(
        None, "The part of it that the first byte of an answer may take; all of it without."
    )
    seed: Annotated[int | None, Whole(0, 2**63 - 1)] = _left_out(
        None, "Fixes every random choice; each run draws its own without."
    )
    budget: Annotated[int | None, Duration("5s", "2h")] = _left_out(
        None, "The time a comparison may take, builds aside; rounds and their length are then planned."
    )

    @model_validator(mode="after")
    def _order_rounds(self) -> Measure:
        if self.max_rounds < self.rounds:
            raise refuse(
                f"max_rounds is {self.max_rounds}, less than the {self.rounds} rounds",
                "raise max_rounds or lower rounds",
                "max_rounds" if "max_rounds" in self.model_fields_set else "rounds",
            )
        return self


class Placement(Section):
    """Which CPUs are used."""

    pin: Annotated[bool, Switch()] = _key(True, "Keep the driver and the services on separate CPUs.")
    driver_cpus: Annotated[tuple[int, ...], Cpus()] = _left_out((), "The driver's CPUs; one, without.")
    service_cpus: Annotated[tuple[int, ...], Cpus()] = _left_out(
        (), "The CPUs both services share; all others, without."
    )

    @model_validator(mode="after")
    def _keep_apart(self) -> Placement:
        for name in ("driver_cpus", "service_cpus"):
            if getattr(self, name) and not self.pin:
                raise refuse("means nothing with pin: false", "drop one of them", name)
        if both := set(self.driver_cpus) & set(self.service_cpus):
            listed = ", ".join(map(str, sorted(both)))
            raise refuse(
                f"CPU {listed} is in driver_cpus too", "give each CPU to one of them", "service_cpus"
            )
        return self


class Tolerance(Section):
    """Changes up to these are not regressions."""

    p50: _Tolerance = _key("3%", "Of the median service time.")
    p95: _Tolerance = _key("5%", "Of the 95th percentile.")
    p99: _Tolerance = _key("10%", "Of the 99th percentile.")
    cpu: _Tolerance = _key("3%", "Of the CPU time per request.")
    throughput: Annotated[float, Ratio(below_one=True)] = _key(
        "5%", "Of the requests a second at saturation: so many fewer."
    )
    memory: Annotated[float, Size()] = _key("256B", "Bytes per request that memory grows more.")
    errors: _Tolerance = _key("0.1%", "In percentage points of failed requests.")


class Require(Section):
    """The largest changes that may go unseen in a PASS."""

    p50: _Requirement = _key("5%", "Of the median service time.")
    p95: _Requirement = _key("15%", "Of the 95th percentile.")
    p99: _Requirement = _key("40%", "Of the 99th percentile.")
    cpu: _Requirement = _key("5%", "Of the CPU time per request.")
    throughput: Annotated[float, Ratio(above_zero=True, below_one=True)] = _key(
        "15%", "Of the requests a second at saturation: so many fewer."
    )
    memory: Annotated[float | None, Size(above_zero=True)] = _left_out(
        None, "Bytes per request that memory grows more; any may without."
    )


_REQUIRED = tuple(name for name in ENDPOINT_STATISTICS if name in Require.model_fields)
_Level = Annotated[Level, Choice(LEVELS)]
_OfEndpoints = Annotated[Statistic, StatisticName(ENDPOINT_STATISTICS)]
_Required = Annotated[Statistic, StatisticName(_REQUIRED)]


class EndpointRule(Section):
    """What holds for some endpoints instead."""

    tolerance: dict[_OfEndpoints, _Tolerance] = _by_statistic(
        ENDPOINT_STATISTICS, "Changes up to these are not regressions."
    )
    require: dict[_Required, _Requirement] = _by_statistic(
        _REQUIRED, "The largest changes that may go unseen in a PASS."
    )
    level: dict[_OfEndpoints, _Level] = _by_statistic(
        ENDPOINT_STATISTICS, "What a regression does: fail, warn, or nothing."
    )


class Gate(Section):
    """What the verdict is made of."""

    tolerance: Tolerance = _section(Tolerance, "Changes up to these are not regressions.")
    require: Require = _section(Require, "The largest changes that may go unseen in a PASS.")
    level: dict[Annotated[Statistic, StatisticName(STATISTICS)], _Level] = _by_statistic(
        STATISTICS, "What a regression does: fail (where nothing is said), warn, or nothing."
    )
    endpoints: dict[_Glob, EndpointRule] = _key(
        {}, "What holds instead for endpoints that match a glob; the last one holds."
    )


class File(Section):
    """A performance gate for one HTTP service; see `perfgate --help`."""

    version: Annotated[int, Whole(1, 1)] = Field(description="The version of this format.")
    service: Service = _section(Service, "How the service is built, started and stopped.")
    workload: Annotated[str | None, RelativePath()] = _left_out(
        None, "The load test, from this file's directory; without it --workload names one."
    )
    driver: Annotated[Literal["native", "k6", "locust", "artillery"] | None, Choice(_DRIVERS)] = _left_out(
        None, "What runs the load test; without it, what the file's kind says."
    )
    environment: Annotated[str | None, Line(r"\S.*", "staging")] = _left_out(
        None, "The one of the workload's config.environments to follow."
    )
    variables: dict[str, Annotated[str, VariableValue()]] = _key({}, "Values for the workload's variables.")
    load: Load = _section(Load, "How requests are paced.")
    measure: Measure = _section(Measure, "How long and how often is measured.")
    placement: Placement = _section(Placement, "Which CPUs are used.")
    gate: Gate = _section(Gate, "What the verdict is made of.")
    thresholds: dict[str, list[Annotated[ThresholdItem, AsThreshold()]]] = _key(
        {}, "Limits on head alone, in k6's syntax."
    )
    store: Annotated[str, RelativePath()] = _key(".perfgate/results", "Where results go.")
    baselines: Annotated[str, RelativePath()] = _key("baselines", "Where baselines are committed.")
    allow_hosts: list[_Host] = _key([], "Hosts besides this machine that may be sent load.")

    @model_validator(mode="after")
    def _know_the_rate(self) -> File:
        if self.load.model == "open" and self.load.rate is None and self.measure.budget is None:
            raise refuse("the open model needs a rate", f"add rate: 200/s, or rate: {AUTO}", "load", "model")
        return self


def json_schema() -> dict[str, Any]:
    """The JSON Schema of perfgate.yml, as committed in `perfgate/perfgate.schema.json`."""
    schema = {"$schema": "https://json-schema.org/draft/2020-12/schema", **File.model_json_schema()}
    tidy = _tidy(schema)
    assert isinstance(tidy, dict)  # noqa: S101 - a mapping stays one
    return {**tidy, "title": "perfgate.yml"}


def _tidy(node: Any) -> Any:
    # Titles pydantic derives from names, and defaults that mean "left out", only clutter an editor's hints.
    if isinstance(node, dict):
        return {
            key: _tidy(value)
            for key, value in node.items()
            if not (key == "title" and isinstance(value, str))
            and not (key == "default" and value in (None, [], {}, ()))
        }
    return [_tidy(item) for item in node] if isinstance(node, list) else node


def schema_text() -> str:
    """`json_schema` as the file perfgate ships."""
    return json.dumps(json_schema(), indent=2, ensure_ascii=False) + "\n"
