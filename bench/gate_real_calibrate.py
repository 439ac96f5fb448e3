"""How many turns of its loop make a request slower by one percent: measured once for each service.

A branch gets so many more turns that a small request takes half as long again, and perfgate compares it with
`main`, without judging it, under the load that all runs have. As time grows with turns along a straight line,
the turns for +5 % follow; and a large request is a small one with a known number of turns more.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.gate_real_cells import CPU_SIZES, TAIL_SIZES, Policy, Service
from bench.gate_real_run import compare
from bench.gate_real_setup import add_branch, read_tuning, write_policy

KIND = "list"
"""The kind of request whose CPU work is changed."""
_BRANCH = "calibrate"
_WIDEST = 0.1
_TRIES = 4
_STATISTICS = ("p50", "p95", "p99", "cpu")
# Tolerances that nothing reaches: no row is suspected, so no rounds are spent on confirming.
_POLICY = Policy(
    name="calibrate",
    measure={"rounds": 16, "max_rounds": 16, "round": "1500ms"},
    gate={
        "tolerance": dict.fromkeys(_STATISTICS, "900%"),
        "require": dict.fromkeys(_STATISTICS, "1000%"),
    },
)


def calibrate(service: Service, repository: Path, env: Mapping[str, str], *, rough: bool) -> dict[str, Any]:
    """The turns added, what they did to the median, and the turns for each change of a known size.

    Ends if the machine is too noisy to tell the size within a twentieth either way, unless `rough` will do.
    """
    write_policy(repository, _POLICY)
    tuning = read_tuning(repository)
    # The shop's small requests have no loop of their own to double.
    turns = tuning["work"][KIND] or tuning["large_work"][KIND] // 2
    head = {**tuning, "work": {**tuning["work"], KIND: tuning["work"][KIND] + turns}}
    add_branch(repository, _BRANCH, {"tuning.json": json.dumps(head)})
    for _ in range(1 if rough else _TRIES):
        ran = compare(repository, _BRANCH, _POLICY.name, env)
        found = _median(ran.verdict or {}, service.endpoints[KIND])
        if found and (rough or found["high"] - found["low"] <= _WIDEST * found["change"]):
            numbers = {name: found[name] for name in ("base", "change", "low", "high")}
            extra = extra_turns(turns, found["change"], tuning["large_work"][KIND])
            return {"service": service.name, "turns": turns, **numbers, "rough": rough, "extra": extra}
    seen = f"+{found['change']:.1%}, {found['low']:.1%} to {found['high']:.1%}" if found else ran.said
    raise SystemExit(f"{service.name}: this machine is too noisy to measure what its work costs: {seen}")


def extra_turns(turns: int, change: float, large_turns: int) -> dict[str, int]:
    """The turns that add the wished percentages, where `turns` add `change` to a small request."""
    small_in_turns = turns / change
    large_in_turns = small_in_turns + large_turns
    small = {name: round(size * small_in_turns) for name, size in CPU_SIZES.items()}
    return small | {name: round(size * large_in_turns) for name, size in TAIL_SIZES.items()}


def _median(verdict: Mapping[str, Any], endpoint: str) -> dict[str, Any] | None:
    for comparison in verdict.get("comparisons", ()):
        numbers = [comparison[name] for name in ("base", "change", "low", "high")]
        metric = comparison["metric"]
        is_wanted = (metric["endpoint"], metric["statistic"]) == (endpoint, "p50")
        if is_wanted and None not in numbers and comparison["change"] > 0:
            return dict(comparison)
    return None
