"""How much load there was, in words: `50 users for 2 min (closed model)`."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.model import Profile, Ramp

_MOST_STAGES = 5
_PATTERNS = {"even": "evenly", "poisson": "at random"}


def describe_profile(profile: Profile) -> str:
    """The profile as a phrase without a full stop, however many stages it has."""
    return f"{_load(profile)} ({'open' if profile.is_open else 'closed'} model)"


def counted(count: float, noun: str) -> str:
    """A number of things: `1 user`, `12,000 passes`."""
    plural = "es" if noun.endswith("s") else "s"
    return f"{_number(count)} {noun}{'' if count == 1 else plural}"


def _load(profile: Profile) -> str:
    users = counted(profile.vus, "user")
    pattern = _PATTERNS[profile.arrivals]
    match profile.executor:
        case "shared-iterations":
            by = "by" if profile.vus == 1 else "shared by"
            return f"{counted(profile.iterations, 'pass')} {by} {users}{_bound(profile)}"
        case "per-vu-iterations":
            by = "by" if profile.vus == 1 else "by each of"
            return f"{counted(profile.iterations, 'pass')} {by} {users}{_bound(profile)}"
        case "constant-vus":
            return f"{users} for {_time(profile.duration_ns)}"
        case "externally-controlled":
            return "users as the shape in the file says"
        case "ramping-vus":
            return _stages(profile, " users", "")
        case "constant-arrival-rate":
            rate = counted(profile.start, "arrival")
            return f"{rate}/s, {pattern}, for {_time(profile.duration_ns)}{_at_most(profile)}"
        case "ramping-arrival-rate":
            return f"{_stages(profile, ' arrivals/s', '/s')}, {pattern}{_at_most(profile)}"


def _stages(profile: Profile, first_unit: str, unit: str) -> str:
    """Stage after stage, the noun said once; a jump shows in where the next stage begins."""
    level = profile.start
    texts: list[str] = []
    for ramp in profile.stages:
        if ramp.duration_ns > 0:
            said = unit if texts else first_unit
            texts.append(_stage(level, ramp, said) + _own_limit(profile, ramp))
        level = ramp.target
    return ", ".join(_fewer(texts, profile, unit)) or f"{_number(level)}{first_unit} for no time"


def _stage(level: float, ramp: Ramp, unit: str) -> str:
    if level == ramp.target:
        return f"{_number(level)}{unit} for {_time(ramp.duration_ns)}"
    return f"{_number(level)} → {_number(ramp.target)}{unit} in {_time(ramp.duration_ns)}"


def _fewer(texts: Sequence[str], profile: Profile, unit: str) -> list[str]:
    """The stages, or the first ones and what the others come to."""
    if len(texts) <= _MOST_STAGES + 1:
        return list(texts)
    others = len(texts) - _MOST_STAGES
    return [
        *texts[:_MOST_STAGES],
        f"{others} more stages ({_time(profile.duration_ns)} in all, highest {_number(profile.peak)}{unit})",
    ]


def _at_most(profile: Profile) -> str:
    """How many users the arrivals may keep busy, where that is the same all the time."""
    limits = _limits(profile)
    return f", at most {counted(limits.pop(), 'user')}" if len(limits) == 1 else ""


def _own_limit(profile: Profile, ramp: Ramp) -> str:
    if not profile.is_open or len(_limits(profile)) == 1:
        return ""
    return f" with at most {counted(ramp.max_vus or profile.vus, 'user')}"


def _limits(profile: Profile) -> set[int]:
    return {ramp.max_vus or profile.vus for ramp in profile.stages if ramp.duration_ns > 0} or {profile.vus}


def _bound(profile: Profile) -> str:
    return f" in at most {_time(profile.duration_ns)}" if profile.duration_ns > 0 else ""


def _number(value: float) -> str:
    """A whole number in full, any other with three digits."""
    return f"{value:,.0f}" if value == round(value) or abs(value) >= 100 else f"{value:.3g}"


def _time(duration_ns: int) -> str:
    """A planned time as people write it: `30 s`, `1 min 30 s`, `2 h`."""
    minutes, seconds = divmod(duration_ns / 1e9, 60)
    hours, minutes = divmod(int(minutes), 60)
    parts = ((hours, "h"), (minutes, "min"), (round(seconds, 3), "s"))
    return " ".join(f"{value:g} {unit}" for value, unit in parts if value) or "0 s"
