"""What the runs of bench.gate_real add up to: counts, shares with exact intervals, goals. Pure."""

import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bench import table
from bench.gate_real_cells import CHANGES, SERVICES, Change
from bench.gate_real_rows import RESULTS
from bench.shares import clopper_pearson
from perfgate.stats.binomial import upper_bound

AA_RUNS = 100
AA_MOST_RED = 1
LEAST_RUNS = 20

Rows = Sequence[Mapping[str, Any]]


def summarise(rows: Rows) -> list[dict[str, Any]]:
    """A line a change over all services, and one a service below it."""
    lines = []
    for change in CHANGES:
        mine = [row for row in rows if row["change"] == change.name]
        if mine:
            lines.append(_line(change, "all", mine))
            for service in SERVICES:
                of_service = [row for row in mine if row["service"] == service.name]
                lines += [_line(change, service.name, of_service)] if of_service else []
    return lines


def _line(change: Change, service: str, rows: Rows) -> dict[str, Any]:
    counts = Counter(row["result"] for row in rows)
    seconds = sorted(float(row["seconds"]) for row in rows)
    line: dict[str, Any] = {"change": change.name, "service": service, "runs": len(rows)}
    line |= {result: counts[result] for result in RESULTS}
    line |= {
        "runs_with_false_alarm": sum(bool(row["false_alarms"]) for row in rows),
        "seconds_median": round(statistics.median(seconds), 1),
        "seconds_p95": round(seconds[-(-95 * len(seconds) // 100) - 1], 1),
        "estimate_median": _middle(rows, "change"),
        "mde_median": _middle(rows, "mde"),
    }
    return line | (_judged_aa(change, line) if change.is_none else _judged(change, rows, counts["found"]))


def _middle(rows: Rows, name: str) -> float | None:
    values = [row["changed"][name] for row in rows if row["changed"]]
    values = [value for value in values if value is not None]
    return round(statistics.median(values), 5) if values else None


def _judged(change: Change, rows: Rows, found: int) -> dict[str, Any]:
    low, high = _interval(found, len(rows))
    line = {"found_share": found / len(rows), "found_low": low, "found_high": high}
    if change.within_s is None or change.share is None:
        return line
    in_time = sum(row["result"] == "found" and row["seconds"] <= change.within_s for row in rows)
    low, high = _interval(in_time, len(rows))
    line |= {"in_time_share": in_time / len(rows), "in_time_low": low, "in_time_high": high}
    goal = f">= {change.share:.0%} in {change.within_s:.0f} s"
    return line | {
        "goal": goal,
        "reached": _reached(in_time / len(rows) >= change.share, len(rows), LEAST_RUNS),
    }


def _judged_aa(change: Change, line: Mapping[str, Any]) -> dict[str, Any]:
    red = line["wrong"]
    bound = {"red": red, "red_at_most": round(upper_bound(red, line["runs"]), 4)}
    if change.policy != "default":
        return bound
    reached = _reached(red <= AA_MOST_RED, line["runs"], AA_RUNS)
    return bound | {"goal": f"<= {AA_MOST_RED} red of {AA_RUNS}", "reached": reached}


def _reached(ok: bool, runs: int, least: int) -> str:
    """`met` and `missed` are for enough runs; before that a lead is only a lead."""
    if runs < least:
        return f"{'so far yes' if ok else 'so far no'} ({runs} of {least} runs)"
    return "met" if ok else "missed"


def _interval(count: int, of: int) -> tuple[float, float]:
    low, high = clopper_pearson(count, of)
    return round(low, 4), round(high, 4)


def show(lines: Sequence[Mapping[str, Any]]) -> None:
    """Print the changes over all services, then each service."""
    head = ["change", "service", "runs", *RESULTS, "false", "s", "s p95", "estimate", "MDE", "found, goal"]
    for title, wanted in (("All services", True), ("Each service", False)):
        chosen = [line for line in lines if (line["service"] == "all") is wanted]
        table.show(title, head, [_shown(line) for line in chosen])


def _shown(line: Mapping[str, Any]) -> list[str]:
    numbers = [line["runs"], *(line[result] for result in RESULTS), line["runs_with_false_alarm"]]
    return [
        line["change"],
        line["service"],
        *map(str, numbers),
        f"{line['seconds_median']:.0f}",
        f"{line['seconds_p95']:.0f}",
        _size(line["change"], line["estimate_median"]),
        _size(line["change"], line["mde_median"]),
        _words(line),
    ]


def _words(line: Mapping[str, Any]) -> str:
    if "red" in line:
        words = f"{line['red']} red, at most {line['red_at_most']:.1%} (one-sided 95 %)"
    else:
        words = f"{line['found_share']:.0%} [{line['found_low']:.0%}, {line['found_high']:.0%}]"
    if "in_time_share" in line:
        words += (
            f"; in time {line['in_time_share']:.0%} [{line['in_time_low']:.0%}, {line['in_time_high']:.0%}]"
        )
    return f"{words}; {line['goal']}: {line['reached']}" if "goal" in line else words


def _size(change: str, value: float | None) -> str:
    if value is None:
        return ""
    return f"{value:+.0f} B" if change.startswith("leak") else f"{value:+.2%}"
