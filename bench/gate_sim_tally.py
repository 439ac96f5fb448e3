"""From simulated pull requests to rows of numbers, and to tables."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from bench.gate_sim_protocol import Record
from bench.gate_sim_requests import Coloured
from bench.shares import clopper_pearson
from bench.table import show

GOAL, GOAL_UPPER = 0.01, 0.015


def share(count: int, of: int) -> dict[str, Any]:
    """A share with its 95 % bounds."""
    low, high = clopper_pearson(count, of)
    return {"count": count, "of": of, "share": count / of, "low": round(low, 5), "high": round(high, 5)}


def goal_of(red: Mapping[str, Any]) -> str:
    """Whether so few were red as was promised; unknown while even none would not show it."""
    if clopper_pearson(0, red["of"])[1] > GOAL_UPPER:
        return "too few"
    return "met" if red["share"] <= GOAL and red["high"] <= GOAL_UPPER else "missed"


def tally(noise: str, change: str, policy: str, records: Sequence[Record]) -> dict[str, Any]:
    """What is kept of one kind of pull request."""
    of = len(records)
    red_rows = Counter(kind for record in records for kind in record.false)
    stated = [record.mde for record in records if record.mde is not None]
    return {
        "noise": noise,
        "change": change,
        "policy": policy,
        "outcomes": dict(Counter(record.outcome for record in records).most_common()),
        "found": share(sum(bool(record.found) for record in records), of),
        "false_regressions": share(sum(bool(record.false) for record in records), of),
        "false_rows_by_kind": dict(red_rows.most_common()),
        "flagged_at_first_look": sum(record.spent.flagged_at == 1 for record in records) / of,
        "flagged_at_second_look": sum(record.spent.flagged_at == 2 for record in records) / of,
        "pass_although_above_requirement": share(
            sum(record.outcome in ("PASS", "IMPROVED") and bool(record.missed) for record in records), of
        ),
        "improved_rows": sum(record.improved for record in records),
        "mean_screen_rounds": float(np.mean([record.spent.screen_rounds for record in records])),
        "mean_rounds": float(
            np.mean([record.spent.screen_rounds + record.spent.confirm_rounds for record in records])
        ),
        "median_mde": float(np.median(stated)) if stated else None,
        "coverage": _coverage(records),
    }


def _coverage(records: Sequence[Record]) -> dict[str, float]:
    given: Counter[str] = Counter()
    held: Counter[str] = Counter()
    for record in records:
        for statistic, (count, inside) in record.covered.items():
            given[statistic] += count
            held[statistic] += inside
    return {statistic: held[statistic] / given[statistic] for statistic in sorted(given)}


def naive_rows(coloured: Mapping[tuple[str, float], Sequence[Coloured]]) -> list[dict[str, Any]]:
    """A row for every schedule and rule: how often it is red at each true change."""
    rows = []
    for schedule in dict.fromkeys(schedule for schedule, _ in coloured):
        changes = [change for other, change in coloured if other == schedule]
        for rule in coloured[schedule, changes[0]][0]:
            red = {
                f"+{change:.0%}" if change else "no change": share(
                    sum(one[rule] for one in coloured[schedule, change]), len(coloured[schedule, change])
                )
                for change in changes
            }
            rows.append({"schedule": schedule, "rule": rule, "red": red})
    return rows


def show_all(gate: Sequence[Mapping[str, Any]], naive: Sequence[Mapping[str, Any]]) -> None:
    """Every table."""
    _show_quiet([row for row in gate if row["change"] == "no change"])
    _show_power([row for row in gate if row["change"] != "no change"])
    shown = ("no change", "its MDE", "one endpoint the whole distribution +5%")
    _show_coverage([row for row in gate if row["policy"] == "default" and row["change"] in shown])
    changes = list(naive[0]["red"])
    show(
        "rules on simulated requests (typical noise): share of red pull requests",
        ("rule", *changes, "schedule"),
        [
            (row["rule"], *(_percent(row["red"][c]["share"]) for c in changes), row["schedule"])
            for row in naive
        ],
    )


def _show_quiet(rows: Sequence[Mapping[str, Any]]) -> None:
    head = (
        "noise",
        "red",
        "share",
        "at most",
        "goal",
        "look 1",
        "look 2",
        "inconcl.",
        "improved",
        "rounds",
    )
    lines = []
    for row in rows:
        red = row["false_regressions"]
        lines.append(
            (
                row["noise"],
                f"{red['count']}/{red['of']}",
                _percent(red["share"]),
                _percent(red["high"]),
                goal_of(red),
                _percent(row["flagged_at_first_look"]),
                _percent(row["flagged_at_second_look"]),
                _percent(_outcome(row, "INCONCLUSIVE")),
                _percent(_outcome(row, "IMPROVED")),
                f"{row['mean_rounds']:.1f}",
                f"{row['policy']} {row['false_rows_by_kind'] or ''}",
            )
        )
    show("no change: false regressions", (*head, "policy"), lines)


def _show_power(rows: Sequence[Mapping[str, Any]]) -> None:
    head = (
        "change",
        "found",
        "low",
        "false",
        "PASS > req.",
        "inconcl.",
        "pass",
        "MDE",
        "rounds",
        "noise",
    )
    lines = [
        (
            row["change"],
            _percent(row["found"]["share"]),
            _percent(row["found"]["low"]),
            _percent(row["false_regressions"]["share"]),
            _percent(row["pass_although_above_requirement"]["share"]),
            _percent(_outcome(row, "INCONCLUSIVE")),
            _percent(_outcome(row, "PASS")),
            _percent(row["median_mde"] or 0.0),
            f"{row['mean_rounds']:.1f}",
            f"{row['noise']}, {row['policy']}",
        )
        for row in rows
    ]
    show("changes: how often they are found", head, lines)


def _show_coverage(rows: Sequence[Mapping[str, Any]]) -> None:
    names = sorted({name for row in rows for name in row["coverage"]})
    head = ("change", *names, "noise")
    lines = [
        (row["change"], *(_percent(row["coverage"].get(name, 0.0)) for name in names), row["noise"])
        for row in rows
    ]
    show("90 % intervals: how often they hold the true change", head, lines)


def _outcome(row: Mapping[str, Any], outcome: str) -> float:
    return float(row["outcomes"].get(outcome, 0) / row["found"]["of"])


def _percent(value: float) -> str:
    return f"{value:.1%}"
