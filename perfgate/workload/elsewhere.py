"""Keys of `config` that say nothing about the load here: checked, and noted."""

from __future__ import annotations

from collections.abc import Mapping

from perfgate.workload.filled import filled
from perfgate.workload.place import Place
from perfgate.workload.template import Names

NOTED_KEYS = ("includeFiles", "bundling", "statsInterval", "mode")
_UNIFORM = "write uniform, or let Artillery itself run the file, with driver: artillery"


def note_elsewhere(config: Mapping[str, Place], names: Names, notes: list[str]) -> None:
    """Check and note what of `config` is for other machines, for JavaScript, or for Artillery's own report.

    Raises:
        UsageError: a key or value Artillery does not know, or arrivals that are not evenly spaced.
    """
    if "includeFiles" in config:
        for item in config["includeFiles"].items() if config["includeFiles"].value else ():
            item.text()
        notes.append("config.includeFiles changes nothing: files are read where they are")
    if "bundling" in config:
        bundling = config["bundling"]
        external = bundling.fields(("external",)).get("external") if bundling.value is not None else None
        for item in external.items() if external is not None and external.value else ():
            item.text()
        notes.append("config.bundling changes nothing: no JavaScript is loaded")
    if "statsInterval" in config:
        filled(config["statsInterval"], names).number()
        notes.append("config.statsInterval changes nothing: perfgate keeps every request")
    if "mode" in config:
        require_uniform(filled(config["mode"], names))
        notes.append("config.mode: uniform changes nothing: arrivals are always evenly spaced")


def require_uniform(place: Place) -> None:
    """Artillery's word for arrivals that are evenly spaced.

    Raises:
        UsageError: another word.
    """
    if place.choice(("uniform", "poisson")) == "poisson":
        raise place.fail("'mode: poisson' is not supported by perfgate: arrivals are evenly spaced", _UNIFORM)
