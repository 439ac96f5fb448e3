"""A history as its page shows it: metrics with their line, what moved between which commits, chart data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from perfgate.model import History, Past, Step
from perfgate.report.history import always_zero, in_order, notes
from perfgate.report.historywords import (
    CREEP,
    conditions_text,
    creep_text,
    day_text,
    mark,
    sha_text,
    shown_text,
    step_text,
)
from perfgate.report.html.numbers import rounded
from perfgate.report.html.spark import Spark, is_worse, spark_of
from perfgate.report.text import clean
from perfgate.report.words import NONE, endpoint_text, is_number, signed_text, value_text

_NS_PER_MS = 1e6
_SCALED = {
    "p50": "ms",
    "p95": "ms",
    "p99": "ms",
    "cpu": "ms",
    "throughput": "rate",
    "errors": "ratio",
    "memory": "bytes",
}
_Key = tuple[int, int | None, str, str]
"""The places of the last and the first commit, the title and the tone of what moved."""


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """One metric: its line, level, newest change, and the (value, change, mark) of each shown commit."""

    anchor: str
    endpoint: str
    statistic: str
    level: str
    spark: Spark
    newest: str
    cells: tuple[tuple[str, str, str], ...]
    past: Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Moved:
    """One metric's change of level: how far, and from where to where."""

    view: PastView
    size: str
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Move:
    """What moved between the same two commits in the same way, and how to make sure of it.

    `first` is the last commit measured before, empty where there is none.
    """

    title: str
    tone: str
    first: str
    last: str
    place: int
    command: str
    moved: tuple[Moved, ...]


def views_of(history: History, limit: int) -> list[PastView]:
    """Every metric, endpoint by endpoint; errors that never happened are left to the notes."""
    start = start_of(history, limit)
    shown = [past for past in in_order(history.metrics) if not always_zero(past)]
    names = list(dict.fromkeys(past.metric.endpoint for past in shown))
    return [
        PastView(
            anchor=f"endpoint-{names.index(past.metric.endpoint) + 1}-{past.metric.statistic}",
            endpoint=endpoint_text(past.metric),
            statistic=past.metric.statistic,
            level=value_text(past.metric.statistic, past.level),
            spark=spark_of(past, start),
            newest=_newest(history, past),
            cells=tuple(_cell(past, place) for place in range(start, len(history.commits))),
            past=past,
        )
        for past in shown
    ]


def moves_of(history: History, views: Sequence[PastView]) -> list[Move]:
    """Everything that moved, the newest first, whether or not its commit is among those shown."""
    groups: dict[_Key, list[Moved]] = {}
    for view in views:
        for key, moved in _found(view):
            groups.setdefault(key, []).append(moved)
    moves = [_move(history, key, tuple(moved)) for key, moved in groups.items()]
    return sorted(moves, key=lambda move: -move.place)


def head_of(history: History, limit: int) -> tuple[str, str, str]:
    """What is shown: the runs and commits, their range, and the conditions they share."""
    first, last = history.commits[0], history.commits[-1]
    hidden = start_of(history, limit)
    newest = f", the newest {limit} shown" if hidden else ""
    return (
        f"{shown_text(history)}{newest}",
        f"{sha_text(first)} ({day_text(first)}) to {sha_text(last)} ({day_text(last)})",
        conditions_text(history.circle),
    )


def commits_of(history: History, limit: int) -> list[tuple[str, str, int]]:
    """Commit, day and number of runs, the oldest first."""
    shown = history.commits[start_of(history, limit) :]
    return [(sha_text(commit), day_text(commit), len(commit.runs)) for commit in shown]


def notes_of(history: History, install: str) -> list[str]:
    """What was left out, what could not be looked for, and what the marks mean."""
    return list(notes(history, commits=True, install=install))


def data_of(history: History, views: Sequence[PastView], limit: int) -> dict[str, Any]:
    """What the charts are drawn from: times in ms, ratios and rates as they are."""
    start = start_of(history, limit)
    return {
        "commits": [{"sha": sha, "day": day, "runs": runs} for sha, day, runs in commits_of(history, limit)],
        "metrics": {view.anchor: _metric(view.past, start) for view in views},
    }


def start_of(history: History, limit: int) -> int:
    """The first of the commits that are shown."""
    return max(len(history.commits) - limit, 0)


def _metric(past: Past, start: int) -> dict[str, Any]:
    unit = _SCALED[past.metric.statistic]
    scale = _NS_PER_MS if unit == "ms" else 1.0
    return {
        "unit": unit,
        "values": [_scaled(value, scale) for value in past.values[start:]],
        "changes": [past.changes[place] and _change(past, place) for place in range(start, len(past.values))],
        "level": _scaled(past.level, scale),
        "steps": [
            {
                "at": step.commit - start,
                "before": _scaled(step.before, scale),
                "after": _scaled(step.after, scale),
                "text": _size(past, step),
                "worse": is_worse(past, step.change),
            }
            for step in past.steps
        ],
        "creep": past.creep
        and {
            "first": past.creep.first - start,
            "last": past.creep.last - start,
            "text": f"creep {signed_text(past.metric.statistic, past.creep.change)}",
        },
    }


def _scaled(value: float | None, scale: float) -> float | None:
    return rounded(value / scale) if is_number(value) else None


def _change(past: Past, place: int) -> str:
    return signed_text(past.metric.statistic, past.changes[place])


def _cell(past: Past, place: int) -> tuple[str, str, str]:
    statistic, value = past.metric.statistic, past.values[place]
    if value is None:
        return NONE, "", ""
    step = next((step for step in past.steps if step.commit == place), None)
    in_creep = past.creep is not None and past.creep.first < place <= past.creep.last
    sign = mark(step.change) if step else CREEP if in_creep else ""
    change = "" if past.changes[place] is None else _change(past, place)
    return value_text(statistic, value), change, sign


def _found(view: PastView) -> Iterator[tuple[_Key, Moved]]:
    """What moved of a metric, by the places of its last and first commit, its title and its tone."""
    past, statistic = view.past, view.past.metric.statistic
    for step in past.steps:
        measured = [place for place in range(step.commit) if past.values[place] is not None]
        worse = is_worse(past, step.change)
        title = f"{mark(step.change)} Change point for the {'worse' if worse else 'better'}"
        key = step.commit, measured[-1] if measured else None, title, "worse" if worse else "better"
        before, after = value_text(statistic, step.before), value_text(statistic, step.after)
        yield key, Moved(view=view, size=_size(past, step), before=before, after=after)
    creep = past.creep
    if creep is not None:
        before, after = (value_text(statistic, past.values[place]) for place in (creep.first, creep.last))
        size = signed_text(statistic, creep.change)
        yield (
            (creep.last, creep.first, f"{CREEP} Creep", "creep"),
            Moved(view=view, size=size, before=before, after=after),
        )


def _move(history: History, key: _Key, moved: tuple[Moved, ...]) -> Move:
    place, first, title, tone = key
    last = history.commits[place]
    before = None if first is None else history.commits[first]
    return Move(
        title=title,
        tone=tone,
        first="" if before is None else f"{sha_text(before)} ({day_text(before)})",
        last=f"{sha_text(last)} ({day_text(last)})",
        place=place,
        command="" if before is None else f"perfgate compare {clean(before.sha)[:10]} {clean(last.sha)[:10]}",
        moved=moved,
    )


def _size(past: Past, step: Step) -> str:
    return signed_text(past.metric.statistic, step.change) if is_number(step.change) else "from 0"


def _newest(history: History, past: Past) -> str:
    """The newest change of a metric in a line, empty where it never moved."""
    statistic, steps = past.metric.statistic, past.steps
    if past.creep and not (steps and steps[-1].commit > past.creep.last):
        return creep_text(statistic, past.creep, history.commits)
    return step_text(statistic, steps[-1], history.commits) if steps else ""
