"""The options that say how much load, and the profile they amount to, in k6's words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Any, get_args

import click

from perfgate.errors import UsageError
from perfgate.model import Executor, Profile, Ramp
from perfgate.units import parse_duration_ns, parse_rate_rps

if TYPE_CHECKING:
    from perfgate.model import Workload

MOST_USERS = 10_000
MOST_DURATION_NS = 24 * 3_600_000_000_000
MOST_RATE_RPS = 1_000_000.0
MOST_ARRIVALS = 50_000_000
"""Keeping so many requests takes 3 GB."""
_CHOICES = tuple(name for name in get_args(Executor) if name != "externally-controlled")
_GRACE_NS = 30_000_000_000
_ITERATIONS_MAY_TAKE_NS = 10 * 60_000_000_000
_DEFAULT_USERS_IN_OPEN_MODEL = 100
_LIKE = {
    "duration": "--duration 30s",
    "iterations": "--iterations 100",
    "rate": "--rate 200/s",
    "stages": "--stage 30s:50, or --stage 30s:50/s for arrivals",
}


def _quantity(parse: Callable[[str], Any], *, may_be_zero: bool = False) -> Callable[..., Any]:
    def convert(_context: click.Context, parameter: click.Parameter, value: str | None) -> Any:
        if value is None:
            return None
        flag = f"--{parameter.name}".replace("_", "-")
        try:
            quantity = parse(value)
        except ValueError as error:
            raise UsageError(f"{flag}: {error}", "see `perfgate run --help`") from error
        if not quantity and not may_be_zero:
            raise UsageError(f"{flag}: {value!r} is nothing", "ask for more than 0, or leave it out")
        return quantity

    return convert


duration = _quantity(parse_duration_ns)
"""A click callback that reads a duration that is not 0."""

duration_or_none = _quantity(parse_duration_ns, may_be_zero=True)
"""A click callback that reads a duration that may be 0."""

rate = _quantity(parse_rate_rps)
"""A click callback that reads a rate that is not 0."""


def _stages(_context: click.Context, _parameter: click.Parameter, values: tuple[str, ...]) -> tuple[Any, ...]:
    found = []
    for value in values:
        duration, colon, target = value.partition(":")
        try:
            is_rate = "/" in target
            level = parse_rate_rps(target) if is_rate else float(int(target))
            found.append((parse_duration_ns(duration), level, is_rate))
        except ValueError as error:
            raise UsageError(
                f"--stage {value!r}: not DURATION:TARGET",
                "write 30s:50 for users, or 30s:50/s for arrivals",
            ) from error
        if not colon or level < 0:
            raise UsageError(f"--stage {value!r}: not DURATION:TARGET", "write 30s:50 or 30s:50/s")
    return tuple(found)


_OPTIONS = (
    click.option(
        "--vus",
        type=click.IntRange(1, MOST_USERS),
        metavar="N",
        help="Virtual users, 1 unless given; for arrivals the most at once, "
        f"{_DEFAULT_USERS_IN_OPEN_MODEL} unless given.",
    ),
    click.option("--duration", callback=duration, metavar="TIME", help="How long, like 30s."),
    click.option(
        "--iterations",
        type=click.IntRange(1),
        metavar="N",
        help="So many passes in all, in --duration at most (10m unless given).",
    ),
    click.option("--rate", callback=rate, metavar="RATE", help="Arrivals, like 200/s or 90/m."),
    click.option(
        "--stage",
        "stages",
        multiple=True,
        callback=_stages,
        metavar="TIME:TARGET",
        help="Move evenly to so many users (30s:50) or arrivals (30s:50/s); may be repeated.",
    ),
    click.option(
        "--executor",
        type=click.Choice(_CHOICES),
        metavar="NAME",
        help=f"One of k6's: {', '.join(_CHOICES)}. Only per-vu-iterations has to be named: the "
        "other flags imply the rest.",
    ),
    click.option("--arrivals", type=click.Choice(("poisson", "even")), help="At random, or with even gaps."),
    click.option(
        "--graceful-stop",
        callback=duration_or_none,
        metavar="TIME",
        help="For passes under way at the end; 30s unless given.",
    ),
)
NAMES = ("vus", "duration", "iterations", "rate", "stages", "executor", "arrivals", "graceful_stop")


def profile_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command these options; they arrive by the names in `NAMES`."""
    for option in reversed(_OPTIONS):
        command = option(command)
    return command


def profile_of(given: dict[str, Any], workload: Workload) -> Profile:
    """The load the options ask for, or else the file.

    Raises:
        UsageError: neither says how much, or options that do not go together.
    """
    if not is_asked_for(given, workload):
        profile = _of_file(workload, given["vus"])
    else:
        executor = given["executor"] or _executor(given)
        # Passes under way may finish, as in k6; user classes end by themselves.
        grace_ns = 0 if workload.users else _GRACE_NS
        profile = replace(_BUILD[executor](executor, given), graceful_stop_ns=grace_ns)
    if given["graceful_stop"] is not None:
        profile = replace(profile, graceful_stop_ns=given["graceful_stop"])
    profile = replace(profile, arrivals=given["arrivals"] or profile.arrivals)
    if given["arrivals"] and not profile.is_open:
        raise UsageError("--arrivals has no meaning in the closed model", "give --rate, or drop it")
    if workload.users:
        _require_for_users(profile, given)
    _require_bounds(profile)
    return profile


def _require_for_users(profile: Profile, given: dict[str, Any]) -> None:
    """A user class lives until the load ends: it has no passes that could arrive or be counted."""
    if profile.is_open:
        what = "arrivals have"
    elif profile.iterations:
        what = "--iterations has"
    elif given["graceful_stop"] is not None:
        what = "--graceful-stop has"
    else:
        return
    raise UsageError(
        f"user classes pace themselves, so {what} no meaning for them",
        "give --vus and --duration, or --stage with numbers of users",
    )


def is_asked_for(given: dict[str, Any], workload: Workload) -> bool:
    """Whether the options say how much load, so that what the file says does not count.

    --vus alone does not: it says how many of the file's arrivals may be under way.
    """
    if any(given[name] for name in ("duration", "iterations", "rate", "stages", "executor")):
        return True
    return bool(given["vus"]) and workload.profile is None


def _of_file(workload: Workload, vus: int | None) -> Profile:
    if workload.profile is None:
        raise UsageError(
            "how much load? The file does not say",
            "give --vus 10 --duration 30s"
            + ("" if workload.users else ", or --rate 100/s --duration 30s for arrivals"),
        )
    return replace(workload.profile, vus=vus or workload.profile.vus or _DEFAULT_USERS_IN_OPEN_MODEL)


def _executor(given: dict[str, Any]) -> Executor:
    if given["stages"]:
        return "ramping-arrival-rate" if any(is_rate for _, _, is_rate in given["stages"]) else "ramping-vus"
    if given["rate"]:
        return "constant-arrival-rate"
    return "shared-iterations" if given["iterations"] else "constant-vus"


def _allow(executor: str, given: dict[str, Any], *names: str, needs: tuple[str, ...] = ()) -> None:
    for name in ("vus", "duration", "iterations", "rate", "stages"):
        flag = f"--{name.removesuffix('s') if name == 'stages' else name}"
        if name in needs and not given[name]:
            raise UsageError(f"{executor} needs {flag}", f"add it: {_LIKE[name]}")
        if given[name] and name not in (*names, *needs):
            raise UsageError(f"{flag} has no meaning for {executor}", "drop it, or name another --executor")


def _iterations(executor: Executor, given: dict[str, Any]) -> Profile:
    _allow(executor, given, "vus", "duration", needs=("iterations",))
    users = given["vus"] or 1
    duration_ns = given["duration"] or _ITERATIONS_MAY_TAKE_NS
    return Profile(
        executor=executor,
        vus=users,
        start=users,
        stages=(Ramp(duration_ns=duration_ns, target=users),),
        iterations=given["iterations"],
    )


def _constant_users(executor: Executor, given: dict[str, Any]) -> Profile:
    _allow(executor, given, "vus", needs=("duration",))
    users = given["vus"] or 1
    return Profile(
        executor=executor, vus=users, start=users, stages=(Ramp(duration_ns=given["duration"], target=users),)
    )


def _constant_rate(executor: Executor, given: dict[str, Any]) -> Profile:
    _allow(executor, given, "vus", needs=("rate", "duration"))
    return Profile(
        executor=executor,
        vus=given["vus"] or _DEFAULT_USERS_IN_OPEN_MODEL,
        start=given["rate"],
        stages=(Ramp(duration_ns=given["duration"], target=given["rate"]),),
    )


def _ramping(executor: Executor, given: dict[str, Any]) -> Profile:
    by_rate = executor == "ramping-arrival-rate"
    _allow(executor, given, "vus", *(["rate"] if by_rate else []), needs=("stages",))
    if any(is_rate != by_rate for _, _, is_rate in given["stages"]):
        raise UsageError(
            "stages of users and of arrivals do not mix", "write every target with /s, or none of them"
        )
    stages = tuple(Ramp(duration_ns=duration_ns, target=level) for duration_ns, level, _ in given["stages"])
    if by_rate:
        users = given["vus"] or _DEFAULT_USERS_IN_OPEN_MODEL
        return Profile(executor=executor, vus=users, start=given["rate"] or 0.0, stages=stages)
    start = given["vus"] or 0
    users = max(start, *(round(ramp.target) for ramp in stages))
    return Profile(executor=executor, vus=users, start=start, stages=stages)


_BUILD: dict[Executor, Callable[[Executor, dict[str, Any]], Profile]] = {
    "shared-iterations": _iterations,
    "per-vu-iterations": _iterations,
    "constant-vus": _constant_users,
    "ramping-vus": _ramping,
    "constant-arrival-rate": _constant_rate,
    "ramping-arrival-rate": _ramping,
}


def arrivals_of(profile: Profile) -> float:
    """How many arrivals an open profile comes to, on average where they are random."""
    level, count = profile.start, 0.0
    for ramp in profile.stages:
        count += (level + ramp.target) / 2 * ramp.duration_ns / 1e9
        level = ramp.target
    return count


def _require_bounds(profile: Profile) -> None:
    if not 0 < profile.duration_ns <= MOST_DURATION_NS:
        raise UsageError("the load must last longer than 0s and no longer than 24h", "see --duration")
    if profile.vus > MOST_USERS or (profile.is_open and profile.peak > MOST_RATE_RPS):
        raise UsageError(
            f"too much load: at most {MOST_USERS} users and {MOST_RATE_RPS:g} arrivals a second",
            "ask for less",
        )
    if profile.is_open and arrivals_of(profile) > MOST_ARRIVALS:
        raise UsageError(f"too many arrivals: at most {MOST_ARRIVALS:,}", "shorten it, or lower the rate")
    if not profile.peak:
        raise UsageError("the load never rises above nothing", "raise --vus, --rate or a --stage")
