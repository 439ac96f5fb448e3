"""`config.environments`: what the environment that was chosen says instead of the rest of `config`.

As in Artillery the two are merged to the bottom: mappings key by key, lists item by item.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import Any

from perfgate.workload.place import Place
from perfgate.yamlfile import Document, KeyPath, nearest, shown

_HERE: KeyPath = ("config", "environments")
_NOTE = "config.environments: none is chosen (there are: {})"


def choose_environment(document: Document, name: str | None, known: Collection[str]) -> Document:
    """The file as it reads in an environment, or without any; in both cases without `config.environments`.

    `known` are the keys of `config`: an environment may have no other, chosen or not.

    Raises:
        UsageError: there is no such environment, or one of them cannot be read.
    """
    config = document.data.get("config")
    if not isinstance(config, dict) or "environments" not in config:
        if name is not None:
            raise document.error(
                ("config",), f"there is no environment {shown(name)!r}", "the file has no config.environments"
            )
        return document
    place = Place(document=document, keys=_HERE, value=config["environments"])
    for entry in place.entries().values():
        _require_known(entry, known)
    rest = {key: value for key, value in config.items() if key != "environments"}
    origins: dict[KeyPath, KeyPath] = {}
    if name is not None:
        chosen = place.value.get(name)
        if name not in place.value:
            raise _unknown(place, name)
        rest = _merged(rest, {} if chosen is None else chosen, ("config",), (*_HERE, name), origins)
    return document.rearranged({**document.data, "config": rest}, origins)


def environments_note(document: Document, name: str | None) -> tuple[str, ...]:
    """What to tell about a file whose environments are left unread."""
    config = document.data.get("config")
    names = config.get("environments") if isinstance(config, dict) else None
    if name is not None or not names:
        return ()
    return (_NOTE.format(", ".join(map(shown, names))),)


def _require_known(place: Place, known: Collection[str]) -> None:
    for key, entry in (place.entries() if place.value is not None else {}).items():
        if key not in known:
            raise place.document.unknown_key(entry.keys, known)


def _unknown(place: Place, name: str) -> Exception:
    guess = nearest(name, place.value)
    return place.fail(
        f"there is no environment {shown(name)!r}" + (f", did you mean {guess!r}?" if guess else ""),
        f"there are: {', '.join(map(shown, place.value)) or 'none'}",
    )


def _merged(base: Any, over: Any, at: KeyPath, origin: KeyPath, origins: dict[KeyPath, KeyPath]) -> Any:
    """`base` with what `over`, written at `origin`, says instead; notes where every value came from."""
    if isinstance(base, dict) and isinstance(over, dict):
        result = dict(base)
        for key, value in over.items():
            known = base.get(key)
            if key not in base:
                origins[(*at, key)] = (*origin, key)
            result[key] = _merged(known, value, (*at, key), (*origin, key), origins)
        return result
    if isinstance(base, list) and isinstance(over, list):
        items = [
            _merged(base[i] if i < len(base) else None, item, (*at, i), (*origin, i), origins)
            for i, item in enumerate(over)
        ]
        return items + base[len(over) :]
    _note_origins(over, at, origin, origins)
    return over


def _note_origins(value: Any, at: KeyPath, origin: KeyPath, origins: dict[KeyPath, KeyPath]) -> None:
    origins[at] = origin
    entries: Iterable[tuple[str | int, Any]] = ()
    if isinstance(value, dict):
        entries = value.items()
    elif isinstance(value, list):
        entries = enumerate(value)
    for key, item in entries:
        _note_origins(item, (*at, key), (*origin, key), origins)
