"""The load of a round: its profile, its words, and what becomes of think times in it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.model import Profile, Ramp

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.config.settings import LoadConfig
    from perfgate.model import Workload

RUNS_A_SIDE = 2
"""How often a tool runs on each side within a round: twice, so that the order can be balanced (base, head,
head, base or the reverse) and a drift that is linear over the round cancels."""

TOOL_ROUND_NS = 4_000_000_000
"""How long a side is measured in a round of a tool, where perfgate.yml does not say. Starting k6 or Locust
takes 0.5 to 2 s on two CPUs, four times a round: with two runs of 2 s a side, half to four fifths of a round
are measured, and 13 rounds take 3 to 4 minutes."""


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


def round_ns(config: Config, workload: Workload) -> int:
    """How long each side is measured in a round."""
    if workload.tool is not None and "round" not in config.measure.fixed:
        return max(config.measure.round_ns, TOOL_ROUND_NS)
    return config.measure.round_ns


def has_think(workload: Workload) -> bool:
    """Whether the workload may wait between two requests; a tool's file may always."""
    if workload.tool is not None:
        return True
    return bool(_pausing(workload))


def _pausing(workload: Workload) -> list[str]:
    """The names of the scenarios or user classes that have think times."""
    scenarios = [each.name for each in workload.scenarios if each.pauses]
    return scenarios + [each.name for each in workload.users if each.pauses]


def think_notes(config: Config, workload: Workload) -> tuple[str, ...]:
    """What rounds make of think times, for whoever reads the result; nothing where there are none."""
    if config.load.think == "keep" or not has_think(workload):
        return ()
    names = [repr(name) for name in _pausing(workload)]
    if workload.tool is not None:
        which = "pauses, where the file has any"
    elif workload.users:
        which = f"wait_time of {', '.join(names)}"
    else:
        which = f"think in {', '.join(names)}"
    return (f"{which}: not waited in rounds, which are steady load (load.think: keep waits)",)


def describe_load(config: Config, workload: Workload, *, sides: int) -> str:
    """The load in words; results under different loads are not comparable.

    What a run finds for itself (a rate, the length of its rounds) differs a little every time and is not
    in the words: they say how it is found.
    """
    load, measuring = config.load, config.measure
    how = "one side alone"
    if sides > 1:
        how = "two sides interleaved"
        if workload.users:
            how = "two sides at the same time"
        elif workload.tool is not None:
            how = f"two sides in turn, {RUNS_A_SIDE} runs each"
    noun = "connection" if workload.scenarios or not (workload.users or workload.tool) else "user"
    users = f"{load.connections} {noun}{'s' if load.connections > 1 else ''} a side, {how}"
    if has_think(workload):
        users += ", think times kept" if load.think == "keep" else ", think times skipped"
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
    if workload.tool is not None:
        pace = f"{workload.tool.name}, "
    length = f"of {round_ns(config, workload) / 1e9:g} s"
    if measuring.budget_ns and sides > 1 and "round" not in measuring.fixed:
        length = f"planned for {measuring.budget_ns / 1e9:g} s"
    return f"{pace}{users}{bound}, rounds {length}"
