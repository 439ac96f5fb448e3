"""`config.plugins`, and the sections of `config` that belong to a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.model import Ensured
from perfgate.workload.endpointnames import EndpointOptions, endpoint_names, read_endpoint_options
from perfgate.workload.ensure import read_ensure
from perfgate.workload.figures import Vocabulary
from perfgate.workload.filled import filled
from perfgate.workload.place import Place
from perfgate.workload.template import Names
from perfgate.yamlfile import shown

_KNOWN = ("expect", "ensure", "apdex", "metrics-by-endpoint")
_PRINT_ONLY = ("outputFormat", "formatter", "useOnlyRequestNames")
_APDEX_MS = 500.0
NOT_JUDGED = "is not judged in paired rounds, only by perfgate run FILE"
OTHER_PLUGIN = "remove it, or let Artillery itself run the file: driver: artillery"


@dataclass(frozen=True, slots=True, kw_only=True)
class Plugins:
    """What the plugins of a file ask for; `expect_200` and `stop_on_failure` are options of `expect`."""

    expect_200: bool = False
    stop_on_failure: bool = False
    endpoint_options: EndpointOptions = field(default_factory=EndpointOptions)
    ensured: Ensured = field(default_factory=Ensured)


def read_plugins(
    config: Mapping[str, Place], data: Mapping[str, Any], prefix: str, names: Names, notes: list[str]
) -> Plugins:
    """Read `plugins`, `ensure` and `apdex` of `config`; `data` is the whole file, `prefix` the target's path.

    Raises:
        UsageError: another plugin, or an option or metric that cannot be used.
    """
    entries = _entries(config.get("plugins"))
    expect = _expect(filled(entries["expect"], names), notes) if "expect" in entries else {}
    options = EndpointOptions()
    if "metrics-by-endpoint" in entries:
        options = read_endpoint_options(filled(entries["metrics-by-endpoint"], names), notes)
    words = Vocabulary(
        namespace=options.namespace,
        endpoints=endpoint_names(data, options, prefix),
        scenarios=_scenario_names(data),
    )
    ensure = _either("ensure", config.get("ensure"), entries.get("ensure"))
    apdex = _either("apdex", config.get("apdex"), entries.get("apdex"))
    notes.extend(
        f"config.{name} {NOT_JUDGED}" for name, place in (("ensure", ensure), ("apdex", apdex)) if place
    )
    return Plugins(
        expect_200=expect.get("expectDefault200", False),
        stop_on_failure=expect.get("reportFailuresAsErrors", False),
        endpoint_options=options,
        ensured=Ensured(
            demands=read_ensure(ensure, words, names) if ensure else (),
            apdex_ms=_apdex_ms(apdex, names) if apdex else None,
        ),
    )


def _entries(place: Place | None) -> dict[str, Place]:
    if place is None or place.value is None:
        return {}
    others = {name: OTHER_PLUGIN for name in place.entries() if name not in _KNOWN}
    return place.fields(_KNOWN, others)


def _either(name: str, section: Place | None, plugin: Place | None) -> Place | None:
    """The one of two places that says something; both may be there, and one of them empty."""
    if section is not None and section.value and plugin is not None and plugin.value:
        raise plugin.fail(f"{name!r} stands in config and under plugins", f"keep config.{name}")
    return section if section is not None and section.value else plugin or section


def _apdex_ms(place: Place, names: Names) -> float:
    entries = filled(place, names).fields(("threshold",)) if place.value is not None else {}
    if "threshold" not in entries:
        return _APDEX_MS
    threshold_ms = entries["threshold"].number()
    if not threshold_ms:
        raise entries["threshold"].fail("'threshold' must be more than 0", "write milliseconds, like 100")
    return threshold_ms


def _expect(place: Place, notes: list[str]) -> dict[str, bool]:
    known = (*_PRINT_ONLY, "expectDefault200", "reportFailuresAsErrors")
    options = place.fields(known) if place.value is not None else {}
    notes.extend(
        f"config.plugins.expect.{key} only changes what Artillery prints"
        for key in _PRINT_ONLY
        if key in options
    )
    return {key: entry.flag() for key, entry in options.items() if key not in _PRINT_ONLY}


def _scenario_names(data: Mapping[str, Any]) -> dict[str, str]:
    """Scenarios by what Artillery calls them: where they have no name their number, from 0."""
    scenarios = data.get("scenarios")
    items = scenarios if isinstance(scenarios, list) else []
    said = [item.get("name") if isinstance(item, dict) else None for item in items]
    return {
        str(i) if name is None else str(name): f"scenario {i + 1}" if name is None else shown(str(name))
        for i, name in enumerate(said)
    }
