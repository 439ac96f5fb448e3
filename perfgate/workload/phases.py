"""`config.phases`: checked, made a load profile, and told in words where they are not replayed."""

from __future__ import annotations

from dataclasses import dataclass

from perfgate.model import Profile, Ramp
from perfgate.units import format_duration_ns
from perfgate.workload.elsewhere import require_uniform
from perfgate.workload.place import Place
from perfgate.yamlfile import shown

GRACEFUL_STOP_NS = 30_000_000_000
"""How long passes under way may go on after the last phase. Artillery waits for them without end, but a
service that hangs must not keep a measurement from ending; k6 gives them these 30 s too."""

NOT_REPLAYED = "config.phases is not replayed in paired rounds"
_FIELDS = ("name", "duration", "arrivalRate", "rampTo", "arrivalCount", "maxVusers", "pause", "mode")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Phase:
    """One phase: arrivals a second at its beginning and end, and what the file said about it."""

    duration_ns: int
    start_rps: float
    end_rps: float
    max_vus: int | None
    figures: str

    @property
    def is_idle(self) -> bool:
        """Whether no user arrives."""
        return not self.start_rps and not self.end_rps


def describe_phases(place: Place) -> str:
    """One sentence that says which phases are not replayed, with their figures.

    Raises:
        UsageError: a phase that Artillery would not run.
    """
    figures = "; ".join(phase.figures for phase in _read(place))
    return f"{NOT_REPLAYED}: {figures}"


def profile_of(place: Place) -> Profile:
    """The phases as an open load of evenly spaced arrivals.

    A phase that begins at another rate than the one before it ended begins with a jump. `vus` is the
    largest `maxVusers`, or 0 (as many as needed) where some phase with arrivals has none.

    Raises:
        UsageError: a phase that Artillery would not run.
    """
    phases = _read(place)
    stages: list[Ramp] = []
    rate_rps = phases[0].start_rps
    for phase in phases:
        max_vus = phase.max_vus or 0
        if phase.start_rps != rate_rps:
            stages.append(Ramp(duration_ns=0, target=phase.start_rps, max_vus=max_vus))
        stages.append(Ramp(duration_ns=phase.duration_ns, target=phase.end_rps, max_vus=max_vus))
        rate_rps = phase.end_rps
    bounds = [phase.max_vus for phase in phases if not phase.is_idle]
    return Profile(
        executor="ramping-arrival-rate",
        vus=0 if None in bounds else max((bound for bound in bounds if bound), default=0),
        start=phases[0].start_rps,
        stages=tuple(stages),
        arrivals="even",
        graceful_stop_ns=GRACEFUL_STOP_NS,
    )


def _read(place: Place) -> list[_Phase]:
    return [_phase(item) for item in place.items()]


def _phase(place: Place) -> _Phase:
    fields = place.fields(_FIELDS)
    if "mode" in fields:
        require_uniform(fields["mode"])
    name = f"{shown(str(fields['name'].scalar()))}: " if "name" in fields else ""
    if "pause" in fields:
        return _pause(fields, name)
    duration_ns = _arrival_duration_ns(place, fields)
    start_rps, end_rps = _rates(fields, duration_ns)
    max_vus = fields["maxVusers"].whole() if "maxVusers" in fields else None
    if max_vus == 0:
        # Artillery skips every arrival then, which makes the phase a pause.
        start_rps = end_rps = 0.0
    return _Phase(
        duration_ns=duration_ns,
        start_rps=start_rps,
        end_rps=end_rps,
        max_vus=max_vus,
        figures=name + ", ".join(_figures(fields, duration_ns)),
    )


def _pause(fields: dict[str, Place], name: str) -> _Phase:
    if extra := sorted(set(fields) - {"pause", "name"}):
        raise fields[extra[0]].fail(f"a pause has no {extra[0]!r}", "make it a phase of its own")
    duration_ns = _duration_ns(fields["pause"])
    return _Phase(
        duration_ns=duration_ns,
        start_rps=0.0,
        end_rps=0.0,
        max_vus=None,
        figures=f"{name}pause of {format_duration_ns(duration_ns)}",
    )


def _arrival_duration_ns(place: Place, fields: dict[str, Place]) -> int:
    if "duration" not in fields:
        raise place.fail("a phase needs a duration or a pause", "add duration, in seconds")
    if not fields.keys() & {"arrivalRate", "rampTo", "arrivalCount"}:
        raise place.fail("a phase needs arrivalRate, rampTo or arrivalCount", "add one of them")
    if "arrivalCount" in fields and fields.keys() & {"arrivalRate", "rampTo"}:
        raise fields["arrivalCount"].fail("arrivalCount excludes arrivalRate and rampTo", "keep one of them")
    return _duration_ns(fields["duration"])


def _rates(fields: dict[str, Place], duration_ns: int) -> tuple[float, float]:
    if "arrivalCount" in fields:
        even_rps = fields["arrivalCount"].whole() * 1e9 / duration_ns
        return even_rps, even_rps
    start_rps = fields["arrivalRate"].number() if "arrivalRate" in fields else 0.0
    return start_rps, fields["rampTo"].number() if "rampTo" in fields else start_rps


def _figures(fields: dict[str, Place], duration_ns: int) -> list[str]:
    figures = [format_duration_ns(duration_ns)]
    if "arrivalCount" in fields:
        figures.append(f"{fields['arrivalCount'].whole()} users in all")
    if "arrivalRate" in fields:
        figures.append(f"{fields['arrivalRate'].number():g} users/s")
    if "rampTo" in fields:
        figures.append(f"ramp to {fields['rampTo'].number():g} users/s")
    if "maxVusers" in fields:
        figures.append(f"at most {fields['maxVusers'].whole()} at a time")
    return figures


def _duration_ns(place: Place) -> int:
    duration_ns = place.duration_ns()
    if not duration_ns:
        raise place.fail("a phase must last some time", "write seconds, like 60")
    return duration_ns
