"""`config.phases`: checked, and told in words, because paired rounds do not replay them."""

from __future__ import annotations

from perfgate.units import format_duration_ns
from perfgate.workload.place import Place
from perfgate.yamlfile import shown

_FIELDS = ("name", "duration", "arrivalRate", "rampTo", "arrivalCount", "maxVusers", "pause")


def describe_phases(place: Place) -> str:
    """One sentence that says which phases are not replayed, with their figures.

    Raises:
        UsageError: a phase that Artillery would not run.
    """
    phases = "; ".join(_describe(item) for item in place.items())
    return f"config.phases is not replayed in paired rounds: {phases}"


def _describe(place: Place) -> str:
    fields = place.fields(_FIELDS, {"mode": "remove it: arrivals are uniform"})
    name = f"{shown(str(fields['name'].scalar()))}: " if "name" in fields else ""
    figures = _pause(place, fields) if "pause" in fields else _arrivals(place, fields)
    return name + ", ".join(figures)


def _pause(place: Place, fields: dict[str, Place]) -> list[str]:
    if extra := sorted(set(fields) - {"pause", "name"}):
        raise fields[extra[0]].fail(f"a pause has no {extra[0]!r}", "make it a phase of its own")
    return [f"pause of {_duration(fields['pause'])}"]


def _arrivals(place: Place, fields: dict[str, Place]) -> list[str]:
    if "duration" not in fields:
        raise place.fail("a phase needs a duration or a pause", "add duration, in seconds")
    if not fields.keys() & {"arrivalRate", "rampTo", "arrivalCount"}:
        raise place.fail("a phase needs arrivalRate, rampTo or arrivalCount", "add one of them")
    if "arrivalCount" in fields and fields.keys() & {"arrivalRate", "rampTo"}:
        raise fields["arrivalCount"].fail("arrivalCount excludes arrivalRate and rampTo", "keep one of them")
    figures = [_duration(fields["duration"])]
    if "arrivalCount" in fields:
        figures.append(f"{fields['arrivalCount'].whole()} users in all")
    if "arrivalRate" in fields:
        figures.append(f"{fields['arrivalRate'].number():g} users/s")
    if "rampTo" in fields:
        figures.append(f"ramp to {fields['rampTo'].number():g} users/s")
    if "maxVusers" in fields:
        figures.append(f"at most {fields['maxVusers'].whole()} at a time")
    return figures


def _duration(place: Place) -> str:
    duration_ns = place.duration_ns()
    if not duration_ns:
        raise place.fail("a phase must last some time", "write seconds, like 60")
    return format_duration_ns(duration_ns)
