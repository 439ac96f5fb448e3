"""Values of `config` with their templates filled in: everything they may name is known at load."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from perfgate.workload.place import Place
from perfgate.workload.template import Names, Template, TemplateError, compile_value


def constant(place: Place, names: Names) -> Any:
    """The value of a place whose templates must all be known at load.

    Raises:
        UsageError: a template names what is known only later.
    """
    try:
        value = compile_value(place.value, names)
    except TemplateError as error:
        raise place.fail(str(error), error.hint) from error
    if isinstance(value, Template):
        raise place.fail("a template here is read once, at load", "use {{ $env.NAME }} or a fixed value")
    return value


def filled(place: Place, names: Names) -> Place:
    """The same place, where every text below it has its templates filled in; its keys stay as they are.

    Raises:
        UsageError: a template names what is known only later, at the value that holds it.
    """
    return replace(place, value=_filled(place, names))


def _filled(place: Place, names: Names) -> Any:
    if isinstance(place.value, dict):
        return {key: _filled(entry, names) for key, entry in place.entries().items()}
    if isinstance(place.value, list) and place.value:
        return [_filled(item, names) for item in place.items()]
    return constant(place, names)
