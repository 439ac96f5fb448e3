"""Reading a workload file in Artillery's YAML schema."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import Any

from perfgate.model import Scenario, Workload
from perfgate.workload.environments import choose_environment, environments_note
from perfgate.workload.flow import read_once, read_scenario
from perfgate.workload.gathered import Gathered
from perfgate.workload.known import calls_functions
from perfgate.workload.place import Place
from perfgate.workload.request import METHODS
from perfgate.workload.settings import CONFIG_KEYS, CONFIG_UNSUPPORTED, Settings, read_settings
from perfgate.workload.source import source_of
from perfgate.workload.template import Names
from perfgate.yamlfile import load_yaml

DIGEST_VERSION = "artillery/2"
_NOTED = ("version", "$schema")
"""What editors and people put at the top."""


def read_workload(
    path: Path,
    *,
    variables: Mapping[str, str] = MappingProxyType({}),
    environ: Mapping[str, str] | None = None,
    environment: str | None = None,
    has_target: bool = False,
) -> Workload:
    """Read and compile a workload file; nothing in it is ignored without a note.

    `variables` win over those of the file. `environ` is what `{{ $env.NAME }}` sees, the process
    environment by default. `environment` is the one of `config.environments` to follow. With
    `has_target` another target is given, and a variable in that of the file may be unset.

    Raises:
        UsageError: the file, or a payload it names, cannot be used; the message begins with file:line:column.
    """
    written = load_yaml(path)
    document = choose_environment(written, environment, {*CONFIG_KEYS, *CONFIG_UNSUPPORTED})
    root = Place(document=document, keys=(), value=document.data)
    # As in Compose files: what begins with x- holds anchors for the rest.
    anchors = [key for key in root.entries() if key.startswith("x-")]
    fields = root.fields(("config", "scenarios", "before", "after", *_NOTED, *anchors))
    if "scenarios" not in fields:
        raise root.fail("there are no scenarios", "add scenarios, a list with at least one flow")
    constants: dict[str, Any] = dict(variables)
    if environment is not None:
        constants["$environment"] = environment
    given = Names(constants=constants, environ=os.environ if environ is None else environ)
    settings = read_settings(root, given, has_target)
    names = Names(
        constants={**settings.tables, **_fixed(settings)},
        later=_drawn_names(settings),
        environ=given.environ,
    )
    gathered = Gathered(choices=source_of(settings).choices())
    # Their requests are no samples, so they have no endpoints among those of the load.
    aside = Gathered(files=gathered.files, choices=gathered.choices)
    before, left = _once(fields.get("before"), settings, names, aside)
    names = left or names
    after, _ = _once(fields.get("after"), settings, names, aside)
    scenarios = tuple(
        read_scenario(item, index, settings, names, gathered)
        for index, item in enumerate(fields["scenarios"].items())
    )
    if not any(scenario.weight for scenario in scenarios):
        raise fields["scenarios"].fail("every scenario has weight 0", "give at least one a weight of 1")
    return Workload(
        name=path.stem,
        digest=digest(document.data, settings, variables, gathered.files, environment),
        endpoints=tuple(gathered.endpoints),
        scenarios=scenarios,
        before=before,
        after=after,
        target=settings.target.url,
        profile=settings.profile,
        insecure=settings.insecure,
        connections=settings.connections,
        tls=settings.tls,
        ensured=settings.ensured,
        notes=(
            *settings.notes,
            *(f"{key} changes nothing" for key in _NOTED if key in fields),
            *(f"{key} counts only where an alias repeats it" for key in anchors),
            *environments_note(written, environment),
            *_log_note(document.data),
            *_metrics_note(settings),
            *_equals_note(document.data),
        ),
    )


def digest(
    data: Mapping[str, Any],
    settings: Settings,
    variables: Mapping[str, str],
    files: Mapping[str, str],
    environment: str | None,
) -> str:
    """SHA-256, in hex, of what the workload means.

    Comments, whitespace, the order of keys and the host of `config.target` do not count (the path of
    `config.target` does: it is part of every request); variables and the contents of payloads and of sent
    files do.
    """
    config = {key: value for key, value in (data.get("config") or {}).items() if key != "target"}
    meaning = {
        "version": DIGEST_VERSION,
        "config": config,
        "prefix": settings.target.prefix,
        "scenarios": data["scenarios"],
        "variables": dict(variables),
        "payloads": [payload.sha256 for payload in settings.payloads],
        "files": dict(files),
        **_more(data, settings, environment),
    }
    canonical = json.dumps(meaning, sort_keys=True, ensure_ascii=True, separators=(",", ":"), allow_nan=False)
    return hashlib.sha256(canonical.encode("ascii")).hexdigest()


def _more(data: Mapping[str, Any], settings: Settings, environment: str | None) -> dict[str, Any]:
    """What only some files have; without it their digests are what they were before it could be had."""
    more: dict[str, Any] = {key: data[key] for key in ("before", "after") if key in data}
    if environment is not None:
        more["environment"] = environment
    if settings.processor is not None and settings.processor.sha256:
        more["processor"] = settings.processor.sha256
    if _count("cookie", data["scenarios"]):
        more["cookies"] = "kept"
    if settings.tables:
        more["tables"] = settings.tables
    if any(payload.sequence for payload in settings.payloads):
        more["order"] = "by pass"
    return more


def _drawn_names(settings: Settings) -> frozenset[str]:
    lists = {name for name, value in settings.variables.items() if isinstance(value, list)}
    return frozenset(
        lists.union(*(payload.fields for payload in settings.payloads)) - _fixed(settings).keys()
    )


def _fixed(settings: Settings) -> dict[str, Any]:
    return {name: value for name, value in settings.variables.items() if not isinstance(value, list)}


def _once(
    place: Place | None, settings: Settings, names: Names, gathered: Gathered
) -> tuple[Scenario | None, Names | None]:
    """The flow of `before` or `after`, and the names that are known once it was walked."""
    if place is None:
        return None, None
    scenario, captured = read_once(place, settings, names, gathered)
    known = names.with_captures(captured - names.constants.keys())
    return scenario, replace(known, is_open=settings.processor is not None and calls_functions(place))


def _log_note(data: Mapping[str, Any]) -> tuple[str, ...]:
    steps = sum(_count("log", data.get(key)) for key in ("before", "scenarios", "after"))
    return (f"log steps print nothing while perfgate measures ({steps} in this file)",) if steps else ()


def _metrics_note(settings: Settings) -> tuple[str, ...]:
    used = settings.processor is not None and settings.processor.functions
    return ("metrics that functions emit are taken and not kept",) if used else ()


def _equals_note(data: Any) -> tuple[str, ...]:
    lonely = sum(_lonely(data.get(key)) for key in ("before", "scenarios", "after"))
    note = "expect: equals with a single value always holds, as in Artillery ({} in this file)"
    return (note.format(lonely),) if lonely else ()


def _lonely(value: Any) -> int:
    """How many expectations compare a value with nothing, however deep."""
    if isinstance(value, list):
        return sum(map(_lonely, value))
    if isinstance(value, dict):
        inner = sum(_lonely(value.get(inside)) for inside in ("flow", "loop", "parallel", *METHODS))
        asked = value.get("expect")
        items = asked if isinstance(asked, list) else [asked]
        compared = [item.get("equals") for item in items if isinstance(item, dict)]
        return inner + sum(isinstance(values, list) and len(values) == 1 for values in compared)
    return 0


def _count(key: str, value: Any) -> int:
    """How many steps and requests of flows, however deep, have a key."""
    if isinstance(value, list):
        return sum(_count(key, item) for item in value)
    if isinstance(value, dict):
        inner = sum(_count(key, value.get(inside)) for inside in ("flow", "loop", "parallel", *METHODS))
        return inner + (key in value)
    return 0
