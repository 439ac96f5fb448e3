"""How many turns of its loop make a request slower by one percent: measured once for each service.

A branch gets many more turns, so many that the requests take about twice as long, and perfgate compares it
with `main` without judging it. As time grows with turns along a straight line, the turns for +5 % follow.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.gate_real_cells import CHANGES, Change, Policy, Service
from bench.gate_real_run import compare
from bench.gate_real_setup import add_branch, read_tuning, write_policy

_WIDEST = 0.1
_TRIES = 4
_STATISTICS = ("p50", "p95", "p99", "cpu")
# Tolerances that nothing reaches: no row is suspected, so no rounds are spent on confirming.
_POLICY = Policy(
    name="calibrate",
    measure={"rounds": 12, "max_rounds": 12, "round": "2500ms"},
    gate={
        "tolerance": dict.fromkeys(_STATISTICS, "900%"),
        "require": dict.fromkeys(_STATISTICS, "1000%"),
    },
)
_SIZES = {"cpu+10%": 0.10, "cpu+5%": 0.05, "cpu+2%": 0.02, "cpu+1%": 0.01, "p99+20%": 0.20}


def calibrate(service: Service, repository: Path, env: Mapping[str, str]) -> list[dict[str, Any]]:
    """A row for the median and one for p99: the turns added, the change they made, the turns for each size.

    Ends if the machine is too noisy to tell within a tenth.
    """
    write_policy(repository, _POLICY)
    sized = [change for change in CHANGES if change.name in _SIZES]
    rows = []
    for part in ("work", "large_work"):
        mine = [change for change in sized if _part(change) == part]
        rows.append(_measure(service, repository, env, part, mine))
    return rows


def _part(change: Change) -> str:
    return "large_work" if change.name.startswith("p99") else "work"


def _measure(
    service: Service, repository: Path, env: Mapping[str, str], part: str, changes: list[Change]
) -> dict[str, Any]:
    kind, statistic = changes[0].kind, changes[0].statistics[0]
    tuning = read_tuning(repository)
    # The shop's small requests have no loop of their own to double.
    turns = tuning[part][kind] or tuning["large_work"][kind] // 2
    tuning[part][kind] += turns
    branch = f"calibrate-{part}"
    add_branch(repository, branch, {"tuning.json": json.dumps(tuning)})
    for _ in range(_TRIES):
        ran = compare(repository, branch, _POLICY.name, env)
        found = _row(ran.verdict or {}, service.endpoints[kind], statistic)
        if found and found["high"] - found["low"] <= _WIDEST * found["change"]:
            return {
                "service": service.name, "part": part, "statistic": statistic, "turns": turns,
                **{name: found[name] for name in ("base", "change", "low", "high")},
                "extra": {c.name: round(turns * _SIZES[c.name] / found["change"]) for c in changes},
            }  # fmt: skip
    raise SystemExit(f"{service.name}: what its work costs could not be measured: {found or ran.said}")


def _row(verdict: Mapping[str, Any], endpoint: str, statistic: str) -> dict[str, Any] | None:
    wanted = {"endpoint": endpoint, "statistic": statistic}
    for comparison in verdict.get("comparisons", ()):
        numbers = [comparison[name] for name in ("base", "change", "low", "high")]
        if comparison["metric"] == wanted and None not in numbers and comparison["change"] > 0:
            return dict(comparison)
    return None
