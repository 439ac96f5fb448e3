"""What perfgate's driver is to reach, and whether it does: ratios per repeat, their median and spread."""

import statistics
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Goal:
    """A ratio of requests/s, or with `against` empty a number of perfgate's own."""

    name: str
    of: str
    against: str
    bound: float
    at_least: bool = True


RATIOS = [
    Goal("perfgate / wrk", "perfgate", "wrk", 0.5),
    Goal("perfgate / k9", "perfgate", "k9", 0.9),
    Goal("perfgate / autocannon", "perfgate", "autocannon", 0.9),
    Goal("perfgate / hey", "perfgate", "hey", 0.9),
    Goal("perfgate / k6", "perfgate", "k6", 4.0),
    Goal("perfgate / Locust FastHttpUser", "perfgate", "Locust FastHttpUser", 8.0),
    Goal("perfgate / Locust HttpUser", "perfgate", "Locust HttpUser", 25.0),
    Goal("perfgate / Artillery", "perfgate", "Artillery", 20.0),
    Goal("flow / flat out", "perfgate flow", "perfgate", 0.5),
    Goal("FastHttpUser / Locust's", "perfgate FastHttpUser", "Locust FastHttpUser", 3.0),
    Goal("HttpUser / Locust's", "perfgate HttpUser", "Locust HttpUser", 2.0),
]
CPU = Goal("CPU us per request, whole process", "perfgate", "", 25.0, at_least=False)
SCALING = Goal("2 processes on 2 cores / 1 on 1", "perfgate 2 processes", "perfgate 1 process", 1.8)
MEMORY = Goal("bytes a sample while running", "perfgate", "", 64.0, at_least=False)


def judge_all(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Every goal that needs nothing but the rows.

    The service takes a share of the cores that the driver is to scale over. So one process shares one core
    with one worker of nginx, and two share two with two: twice of everything, which can do twice as much.
    """
    judged = [judge(goal, *_pairs(goal, rows, _rate)) for goal in RATIOS]
    judged.append(judge(CPU, [row["cpu_us_per_request"] for row in valid(rows, "perfgate")], ""))
    judged.append(judge(SCALING, *_pairs(SCALING, rows, _rate)))
    return judged


def judge(goal: Goal, values: list[float], why_not: str) -> dict[str, Any]:
    """Met or missed by the median; without values neither, and why."""
    entry: dict[str, Any] = {"goal": goal.name, "bound": goal.bound, "at_least": goal.at_least}
    if not values:
        return entry | {"outcome": why_not or "no valid run", "values": []}
    median = statistics.median(values)
    met = median >= goal.bound if goal.at_least else median <= goal.bound
    spread = {"median": median, "min": min(values), "max": max(values), "values": values}
    return entry | spread | {"outcome": "met" if met else "missed"}


def valid(rows: list[dict[str, Any]], name: str) -> list[dict[str, Any]]:
    return [row for row in rows if row["row"] == name and not row["invalid"]]


def _pairs(goal: Goal, rows: list[dict[str, Any]], number: Any) -> tuple[list[float], str]:
    """The ratio of each repeat in which both sides count."""
    above = {row["repeat"]: row for row in valid(rows, goal.of)}
    below = {row["repeat"]: row for row in valid(rows, goal.against)}
    both = sorted(above.keys() & below.keys())
    missing = [row["invalid"] for row in rows if row["row"] in {goal.of, goal.against} and row["invalid"]]
    ratios = [(number(above[i]), number(below[i])) for i in both]
    return [a / b for a, b in ratios if a and b], missing[0] if missing else "not run"


def _rate(row: dict[str, Any]) -> float:
    return float(row["rps"])
