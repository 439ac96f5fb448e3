"""The `config` section of an Artillery file."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.errors import UsageError
from perfgate.model import Ensured, Profile, TlsFiles
from perfgate.workload.defaults import read_defaults
from perfgate.workload.elsewhere import NOTED_KEYS, note_elsewhere
from perfgate.workload.encryption import read_tls
from perfgate.workload.endpointnames import EndpointOptions
from perfgate.workload.filled import constant, filled
from perfgate.workload.payload import Payload, read_payloads
from perfgate.workload.phases import describe_phases, profile_of
from perfgate.workload.place import Place
from perfgate.workload.plugins import read_plugins
from perfgate.workload.processor import Processor, read_processor
from perfgate.workload.target import Target, read_target
from perfgate.workload.template import Names

_FROM_PROCESS = re.compile(r"\{\{\s*\$(?:env|processEnvironment)\b")
CONFIG_KEYS = (
    *("target", "phases", "variables", "payload", "plugins", "http", "defaults", "tls", "timeout"),
    *("ensure", "apdex", "processor", *NOTED_KEYS),
)
_ENGINE = "only HTTP is spoken here: let Artillery itself run the file, with driver: artillery"
CONFIG_UNSUPPORTED = {
    "engine": _ENGINE,
    "engines": _ENGINE,
    "ws": _ENGINE,
    "socketio": _ENGINE,
    "socketio-v3": _ENGINE,
    "playwright": _ENGINE,
    "pluginsScope": "it names plugins of your own: let Artillery itself run the file, with driver: artillery",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `config` says, with its templates filled in.

    Those of `headers`, `cookies` and `think_jitter` are not: they may vary by pass. A pass draws one element
    of each list in `variables`; `tables` are lists it gets whole.
    """

    target: Target = field(default_factory=Target)
    variables: Mapping[str, Any] = field(default_factory=dict)
    tables: Mapping[str, list[Any]] = field(default_factory=dict)
    payloads: tuple[Payload, ...] = ()
    headers: Mapping[str, Place] = field(default_factory=dict)
    cookies: Mapping[str, Place] = field(default_factory=dict)
    think_jitter: Place | None = None
    timeout_ns: int | None = None
    connections: int = 0
    insecure: bool = False
    tls: TlsFiles = field(default_factory=TlsFiles)
    profile: Profile | None = None
    processor: Processor | None = None
    endpoint_options: EndpointOptions = field(default_factory=EndpointOptions)
    ensured: Ensured = field(default_factory=Ensured)
    strict_capture: bool = True
    expect_200: bool = False
    stop_on_failure: bool = False
    notes: tuple[str, ...] = ()


def read_settings(root: Place, names: Names, has_target: bool = False) -> Settings:
    """Read `config` of the file whose top is `root`, already as it reads in the environment that was chosen.

    `names` holds the process environment and the variables given from outside, which win. With `has_target`
    a variable in the file's own target may be unset.

    Raises:
        UsageError: a key or value that cannot be used.
    """
    place = root.entries().get("config")
    if place is None:
        return Settings(variables=dict(names.constants), processor=read_processor(None, root, names.environ))
    entries = place.fields(CONFIG_KEYS, CONFIG_UNSUPPORTED | _own_engines(place.value))
    phases = filled(entries["phases"], names) if "phases" in entries else None
    notes = [describe_phases(phases)] if phases else []
    note_elsewhere(entries, names, notes)
    target = _target(entries.get("target"), names, has_target, notes)
    defaults = read_defaults(entries, names, notes)
    plugins = read_plugins(entries, root.value, target.prefix, names, notes)
    payloads = read_payloads(filled(entries["payload"], names)) if "payload" in entries else ()
    tls, insecure = read_tls(filled(entries["tls"], names)) if "tls" in entries else (TlsFiles(), False)
    processor = read_processor(
        filled(entries["processor"], names) if "processor" in entries else None, root, names.environ
    )
    if processor is not None and not processor.is_used:
        notes.append(f"config.processor: {processor.path} is not loaded, nothing in the file calls it")
    return Settings(
        target=target,
        variables=_variables(entries.get("variables"), names),
        tables={payload.table: payload.records() for payload in payloads if payload.table},
        payloads=tuple(payload for payload in payloads if not payload.table),
        headers=defaults.headers,
        cookies=defaults.cookies,
        think_jitter=defaults.think_jitter,
        timeout_ns=defaults.timeout_ns,
        connections=defaults.connections,
        insecure=insecure,
        tls=tls,
        profile=profile_of(phases) if phases else None,
        processor=processor,
        endpoint_options=plugins.endpoint_options,
        ensured=plugins.ensured,
        strict_capture=defaults.strict_capture,
        expect_200=plugins.expect_200,
        stop_on_failure=plugins.stop_on_failure,
        notes=tuple(notes),
    )


def _own_engines(config: Any) -> dict[str, str]:
    """The sections that engines named in the file have for themselves."""
    engines = config.get("engines") if isinstance(config, dict) else None
    return dict.fromkeys(engines.keys() - set(CONFIG_KEYS), _ENGINE) if isinstance(engines, dict) else {}


def _target(place: Place | None, names: Names, has_target: bool, notes: list[str]) -> Target:
    # Empty where each environment has its own.
    if place is None or place.value == "":
        return Target()
    try:
        url = str(constant(place, names))
    except UsageError:
        if not has_target or not _FROM_PROCESS.search(str(place.value)):
            raise
        notes.append("config.target names a variable that is not set, so nothing of it counts")
        return Target()
    return read_target(place, url)


def _variables(place: Place | None, names: Names) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for name, entry in place.entries().items() if place and place.value is not None else ():
        if name.startswith("$") or name == "target" or not name.strip() or set(name) & set("{}"):
            raise entry.fail(f"{name!r} cannot name a variable", "use letters, digits, _ and -")
        if entry.value == []:
            raise entry.fail(f"the variable {name!r} has no values", "give the list at least one")
        found[name] = constant(entry, names)
    return {**found, **names.constants}
