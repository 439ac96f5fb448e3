"""The load of a round: its profile, and its words."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.model import Profile, Ramp

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.config.settings import LoadConfig


def steady_profile(load: LoadConfig, duration_ns: int) -> Profile:
    """The load of a round: steady, because every round has to be like the others."""
    level = load.rate_rps or load.connections
    return Profile(
        executor="constant-arrival-rate" if load.model == "open" else "constant-vus",
        vus=load.connections,
        start=level,
        stages=(Ramp(duration_ns=duration_ns, target=level),),
        arrivals=load.arrivals,
    )


def describe_load(config: Config, *, sides: int) -> str:
    """The load in words; results under different loads are not comparable.

    What a run finds for itself (a rate, the length of its rounds) differs a little every time and is not
    in the words: they say how it is found.
    """
    load, measuring = config.load, config.measure
    how = "two sides interleaved" if sides > 1 else "one side alone"
    users = f"{load.connections} connection{'s' if load.connections > 1 else ''} a side, {how}"
    calibrated = f"calibrated to half of what {'base' if sides > 1 else 'it'} can do"
    pace, bound = "closed model, ", ""
    if load.model == "open":
        evenly = " evenly" if load.arrivals == "even" else ""
        rate = f"rate {calibrated}" if load.calibrate else f"{load.rate_rps:g} passes/s"
        pace = f"open model, {rate}{evenly}, "
    elif load.calibrate:
        bound = f", requests/s {calibrated}"
    elif load.max_rate_rps:
        bound = f", at most {load.max_rate_rps:g} requests/s"
    length = f"of {measuring.round_ns / 1e9:g} s"
    if measuring.budget_ns and sides > 1 and "round" not in measuring.fixed:
        length = f"planned for {measuring.budget_ns / 1e9:g} s"
    return f"{pace}{users}{bound}, rounds {length}"
