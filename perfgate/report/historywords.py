"""How a history is put into words: commits, days, changes, creep, and a line drawn with blocks."""

import math
from collections.abc import Sequence

from perfgate.model import Circle, History, Past, PastCommit, Rise, Statistic, Step
from perfgate.report.text import clean
from perfgate.report.words import NONE, is_number, signed_text

SLOWER, FASTER, CREEP = "▲", "▼", "↗"
_BLOCKS = "▁▂▃▄▅▆▇█"
_NOTHING = "·"
_LEAST_SPAN = math.log(1.2)
_LEAST_ERRORS = 0.01
_NAMES = {
    "workload_digest": "workload",
    "load_model": "load",
    "latency_definition": "latency",
    "clock_source": "clock",
    "environment_class": "machine",
}


def sha_text(commit: PastCommit) -> str:
    """Ten digits of the commit, with a star where it is not on the first-parent line."""
    return clean(commit.sha)[:10] + ("" if commit.on_line else "*")


def day_text(commit: PastCommit) -> str:
    """The day of a commit."""
    return day_of(commit.at)


def day_of(instant: str) -> str:
    """The day of an instant in ISO 8601, as written there."""
    return clean(instant)[:10]


def mark(change: float | None) -> str:
    """Which way a change went; a rise from nothing is one too."""
    return FASTER if is_number(change) and change < 0 else SLOWER


def step_text(statistic: Statistic, step: Step, commits: Sequence[PastCommit]) -> str:
    """A change point: `▲ +22.0 % at 0d3f5a1b2c (2026-01-13)`."""
    commit = commits[step.commit]
    size = signed_text(statistic, step.change) if is_number(step.change) else "from 0"
    return f"{mark(step.change)} {size} at {sha_text(commit)} ({day_text(commit)})"


def creep_text(statistic: Statistic, creep: Rise, commits: Sequence[PastCommit]) -> str:
    """Creep: `↗ +10.2 % creep, 0d3f5a1b2c to 9f8e7d6c5b`."""
    first, last = commits[creep.first], commits[creep.last]
    size = signed_text(statistic, creep.change)
    return f"{CREEP} {size} creep, {sha_text(first)} to {sha_text(last)}"


def line_of(past: Past, newest: int) -> str:
    """The newest values as blocks; less than 20 % does not fill the height, so noise stays flat."""
    values = [value if is_number(value) else None for value in past.values[-newest:]]
    is_errors = past.metric.statistic == "errors"
    heights = [None if v is None else v if is_errors else math.log(v) for v in values]
    present = [height for height in heights if height is not None]
    if not present:
        return NONE
    low, high = min(present), max(present)
    least = _LEAST_ERRORS if is_errors else _LEAST_SPAN
    if high - low < least:
        low = low if is_errors else (low + high - least) / 2
        high = low + least
    top = len(_BLOCKS) - 1
    return "".join(_NOTHING if h is None else _BLOCKS[round((h - low) / (high - low) * top)] for h in heights)


def count_text(number: int, noun: str) -> str:
    """A number of things: `1 run`, `2 runs`."""
    return f"{number} {noun}{'' if number == 1 else 's'}"


def circle_text(circle: Circle) -> str:
    """How many runs there are in a circle: `22 runs of 20 commits`."""
    return f"{count_text(circle.runs, 'run')} of {count_text(circle.commits, 'commit')}"


def shown_text(history: History) -> str:
    """How many runs there are in what is shown, without those left out of it: `22 runs of 20 commits`."""
    runs = sum(len(commit.runs) for commit in history.commits)
    return f"{count_text(runs, 'run')} of {count_text(len(history.commits), 'commit')}"


def conditions_text(circle: Circle) -> str:
    """The load and the machine of a circle."""
    return f"{clean(circle.conditions['load_model'])}, on {clean(circle.conditions['environment_class'])}"


def difference_text(history: History, other: Circle) -> str:
    """What is different about a circle that is not shown: `load: open model, …; machine: …`."""
    return "; ".join(
        f"{_NAMES.get(name, name)}: {_short(name, value)}"
        for name, value in other.conditions.items()
        if value != history.circle.conditions[name]
    )


def _short(name: str, value: str) -> str:
    return clean(value)[:10] if name == "workload_digest" else clean(value)
