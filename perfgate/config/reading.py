"""From the file to `Config`: reads, checks, and says of the first thing that is wrong where it stands."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from signal import Signals

from pydantic import ValidationError

from perfgate.config.kinds import AUTO
from perfgate.config.refusals import first_error
from perfgate.config.schema import EndpointRule, File, Gate, Load, Measure, Placement, Section, Service
from perfgate.config.settings import (
    Config,
    EndpointConfig,
    GateConfig,
    LoadConfig,
    MeasureConfig,
    PlacementConfig,
    ReadyConfig,
    ServiceConfig,
    Stated,
    StopConfig,
    ThresholdText,
)
from perfgate.errors import UsageError
from perfgate.model import STATISTICS, Statistic
from perfgate.yamlfile import Document, load_yaml, parse_yaml

_CONDITIONS = {"service", "workload", "driver", "environment", "variables"} | {
    "load",
    "measure",
    "placement",
    "baselines",
}
"""The keys that say what is measured and how, and where what was recorded is kept."""


def read_config(path: Path) -> Config:
    """See `perfgate.config.load_config`."""
    if not path.exists():
        raise UsageError(f"{path}: no such file", "run `perfgate init` to write one, or name another with -c")
    return _conversion(load_yaml(path)).config()


def config_without_file(path: Path) -> Config:
    """See `perfgate.config.config_without_file`."""
    return _conversion(parse_yaml(path, b"version: 1\nworkload: none\n")).config(workload=path)


def read_stated(path: Path, content: bytes) -> Stated:
    """See `perfgate.config.parse_stated`."""
    return _conversion(parse_yaml(path, content)).stated()


def _conversion(document: Document) -> _Conversion:
    try:
        file = File.model_validate(document.data)
    except ValidationError as error:
        raise first_error(document, error, File) from error
    return _Conversion(document=document, file=file)


class _Conversion:
    """One valid file on its way to `Config`, which needs the places of things for its last checks."""

    def __init__(self, *, document: Document, file: File) -> None:
        self.document = document
        self.file = file
        self.root = document.path.resolve().parent
        self.repository = _enclosing_repository(self.root)

    def config(self, *, workload: Path | None = None) -> Config:
        file = self.file
        return Config(
            path=self.document.path,
            root=self.root,
            service=self._service(file.service) if "service" in file.model_fields_set else None,
            workload=workload or self._workload(),
            variables=file.variables,
            load=_load(file.load),
            measure=_measure(file.measure),
            placement=_placement(file.placement),
            gate=self._gate(file.gate),
            thresholds=self._thresholds(),
            store=self._inside("store", file.store),
            baselines=self._inside("baselines", file.baselines),
            allow_hosts=tuple(file.allow_hosts),
            driver=file.driver,
            environment=file.environment,
        )

    def stated(self) -> Stated:
        return Stated(
            gate=self._gate(self.file.gate),
            thresholds=self._thresholds(),
            conditions=dict(_flat(self.file.model_dump(include=_CONDITIONS))),
        )

    def _gate(self, gate: Gate) -> GateConfig:
        tolerance, require = _limits(gate.tolerance), _limits(gate.require)
        for name, limit in require.items():
            if limit <= tolerance[name]:
                written = "tolerance" if name in gate.tolerance.model_fields_set else "require"
                raise self.document.error(
                    ("gate", written, name),
                    f"gate.tolerance.{name} is not below gate.require.{name}",
                    "a change has to exceed its tolerance to be found, so no verdict could be PASS: "
                    "raise gate.require or lower gate.tolerance",
                )
        named = gate.tolerance.model_fields_set | gate.require.model_fields_set | set(gate.level)
        return GateConfig(
            tolerance=tolerance,
            require=require,
            level=gate.level,
            endpoints=tuple(self._endpoint(glob, rule) for glob, rule in gate.endpoints.items()),
            named=frozenset(name for name in STATISTICS if name in named),
        )

    def _endpoint(self, glob: str, rule: EndpointRule) -> EndpointConfig:
        return EndpointConfig(
            glob=glob,
            where=self.document.where("gate", "endpoints", glob),
            tolerance=rule.tolerance,
            require=rule.require,
            level=rule.level,
        )

    def _service(self, service: Service) -> ServiceConfig:
        self._inside("service.cwd", service.cwd)
        ready, stop = service.ready, service.stop
        return ServiceConfig(
            build=service.build,
            command=service.command,
            cwd=Path(service.cwd),
            env=service.env,
            ready=ReadyConfig(path=ready.path, timeout_ns=ready.timeout, status=tuple(ready.status)),
            stop=StopConfig(signal=Signals[f"SIG{stop.signal}"], grace_ns=stop.grace),
        )

    def _workload(self) -> Path | None:
        if self.file.workload is None:
            return None
        workload = self._inside("workload", self.file.workload)
        if not workload.is_file():
            raise self.document.error(
                ("workload",),
                f"{self.file.workload}: no such file",
                "write the path from this file's directory",
            )
        return workload

    def _thresholds(self) -> tuple[ThresholdText, ...]:
        return tuple(
            ThresholdText(
                metric=metric,
                expression=item.expression,
                abort_on_fail=item.abort_on_fail,
                delay_abort_eval_ns=item.delay_abort_eval_ns,
                where=self.document.where("thresholds", metric, index),
            )
            for metric, items in self.file.thresholds.items()
            for index, item in enumerate(items)
        )

    def _inside(self, name: str, path: str) -> Path:
        # Links are followed, so that one in the repository cannot lead out of it.
        found = (self.root / path).resolve()
        if not found.is_relative_to(self.repository):
            raise self.document.error(
                tuple(name.split(".")), f"{name}: {path!r} leads out of the repository", "keep it inside"
            )
        return found


def _flat(values: Mapping[str, object], prefix: str = "") -> Iterator[tuple[str, object]]:
    for key, value in values.items():
        if isinstance(value, dict):
            yield from _flat(value, f"{prefix}{key}.")
        else:
            yield f"{prefix}{key}", value


def _load(load: Load) -> LoadConfig:
    return LoadConfig(
        model=load.model,
        connections=load.connections,
        rate_rps=_given(load.rate),
        arrivals=load.arrivals,
        max_rate_rps=_given(load.max_rate),
        think=load.think,
        calibrate=AUTO in (load.rate, load.max_rate) or (load.model == "open" and load.rate is None),
    )


def _given(rate: float | str | None) -> float | None:
    return None if isinstance(rate, str) else rate


def _placement(placement: Placement) -> PlacementConfig:
    return PlacementConfig(
        pin=placement.pin, driver_cpus=placement.driver_cpus, service_cpus=placement.service_cpus
    )


def _measure(measure: Measure) -> MeasureConfig:
    return MeasureConfig(
        rounds=measure.rounds,
        max_rounds=measure.max_rounds,
        round_ns=measure.round,
        warmup_ns=measure.warmup,
        timeout_ns=measure.timeout,
        connect_timeout_ns=measure.connect_timeout or 0,
        first_byte_timeout_ns=measure.first_byte_timeout or 0,
        seed=measure.seed,
        budget_ns=measure.budget,
        fixed=frozenset(measure.model_fields_set & {"rounds", "max_rounds", "round"}),
    )


def _limits(section: Section) -> dict[Statistic, float]:
    """The limits a section has a value for, without the statistics it does not know or leaves open."""
    values = {name: getattr(section, name, None) for name in STATISTICS}
    return {name: float(value) for name, value in values.items() if value is not None}


def _enclosing_repository(root: Path) -> Path:
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
