"""From the file to `Config`: reads, checks, and says of the first thing that is wrong where it stands."""

from __future__ import annotations

from pathlib import Path
from signal import Signals

from pydantic import ValidationError

from perfgate.config.schema import File, Gate, Load, Measure, Section, Service
from perfgate.config.settings import (
    Config,
    GateConfig,
    LoadConfig,
    MeasureConfig,
    ReadyConfig,
    ServiceConfig,
    StopConfig,
    ThresholdText,
)
from perfgate.errors import UsageError
from perfgate.model import STATISTICS, Statistic
from perfgate.yamlfile import Document, load_yaml

_WRONG_TYPE = {
    "model_type": ("needs keys of its own", "write them below it, indented"),
    "dict_type": ("needs keys of its own", "write them below it, indented"),
    "list_type": ("is not a list", "write its items in [ ], or below it after dashes"),
    "string_type": ("is not text", "put it in quotes"),
}


def read_config(path: Path) -> Config:
    """See `perfgate.config.load_config`."""
    if not path.exists():
        raise UsageError(f"{path}: no such file", "run `perfgate init` to write one, or name another with -c")
    document = load_yaml(path)
    try:
        file = File.model_validate(document.data)
    except ValidationError as error:
        raise _first_error(document, error) from error
    return _Conversion(document=document, file=file).config()


def _first_error(document: Document, error: ValidationError) -> UsageError:
    # An unknown key is often why another one is missing.
    details = sorted(error.errors(), key=lambda detail: detail["type"] != "extra_forbidden")[0]
    keys, context = details["loc"], details.get("ctx", {})
    if details["type"] == "extra_forbidden":
        return document.unknown_key(keys, _section_at(keys[:-1]).model_fields)
    if keys == ("version",) and isinstance(details["input"], int) and details["input"] > 1:
        return document.error(
            keys, f"version {details['input']} is newer than this perfgate knows", "upgrade perfgate"
        )
    if details["type"] == "missing":
        name = _dotted(keys)
        return document.error(
            keys[:-1], f"{name} is missing", f"add {name}{': 1' if name == 'version' else ''}"
        )
    if details["type"] == "perfgate":
        keys = (*keys, *context["keys"])
        return document.error(keys, f"{_dotted(keys)}: {context['what']}", context["hint"])
    what, hint = _WRONG_TYPE.get(
        details["type"], (f"cannot be used: {details['msg']}", "see the documentation")
    )
    return document.error(keys, f"{_dotted(keys)} {what}", hint)


def _dotted(keys: tuple[str | int, ...]) -> str:
    return ".".join(str(key) for key in keys if key != "[key]")


def _section_at(keys: tuple[str | int, ...]) -> type[Section]:
    section: type[Section] = File
    for key in keys:
        section = section.model_fields[str(key)].annotation  # type: ignore[assignment] # sections nest only in sections
    return section


class _Conversion:
    """One valid file on its way to `Config`, which needs the places of things for its last checks."""

    def __init__(self, *, document: Document, file: File) -> None:
        self.document = document
        self.file = file
        self.root = document.path.resolve().parent
        self.repository = _enclosing_repository(self.root)

    def config(self) -> Config:
        file = self.file
        return Config(
            path=self.document.path,
            root=self.root,
            service=self._service(file.service) if "service" in file.model_fields_set else None,
            workload=self._workload(),
            variables=file.variables,
            load=_load(file.load),
            measure=_measure(file.measure),
            placement_pin=file.placement.pin,
            gate=self._gate(file.gate),
            thresholds=self._thresholds(),
            store=self._inside("store", file.store),
            baselines=self._inside("baselines", file.baselines),
            allow_hosts=tuple(file.allow_hosts),
        )

    def _gate(self, gate: Gate) -> GateConfig:
        tolerance = _limits(gate.tolerance, STATISTICS)
        require = _limits(gate.require, STATISTICS)
        for name, limit in require.items():
            if limit <= tolerance[name]:
                written = "tolerance" if name in gate.tolerance.model_fields_set else "require"
                raise self.document.error(
                    ("gate", written, name),
                    f"gate.tolerance.{name} is not below gate.require.{name}",
                    "a change has to exceed its tolerance to be found, so no verdict could be PASS: "
                    "raise gate.require or lower gate.tolerance",
                )
        named = gate.tolerance.model_fields_set | gate.require.model_fields_set
        return GateConfig(
            tolerance=tolerance,
            require=require,
            cpu=gate.cpu,
            named=frozenset(name for name in STATISTICS if name in named),
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

    def _workload(self) -> Path:
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


def _load(load: Load) -> LoadConfig:
    return LoadConfig(
        model=load.model,
        connections=load.connections,
        rate_rps=load.rate,
        arrivals=load.arrivals,
        max_rate_rps=load.max_rate,
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
    )


def _limits(section: Section, names: tuple[Statistic, ...]) -> dict[Statistic, float]:
    """The limits a section has a value for, without the statistics it does not know or leaves open."""
    values = {name: getattr(section, name, None) for name in names}
    return {name: float(value) for name, value in values.items() if value is not None}


def _enclosing_repository(root: Path) -> Path:
    return next((folder for folder in (root, *root.parents) if (folder / ".git").exists()), root)
