"""A history as its page shows it: metrics with their line, what moved between which commits, and the charts' data."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from perfgate.model import History, Past, PastCommit, Rise, Step
from perfgate.report.history import always_zero, in_order, notes
from perfgate.report.historywords import CREEP, circle_text, conditions_text, day_text, mark, sha_text
from perfgate.report.html.numbers import rounded
from perfgate.report.html.spark import Spark, is_worse, spark_of
from perfgate.report.text import clean
from perfgate.report.words import NONE, endpoint_text, is_number, signed_text, value_text

_NS_PER_MS = 1e6
_SCALED = {"p50": "ms", "p95": "ms", "p99": "ms", "cpu": "ms", "throughput": "rate", "errors": "ratio", "memory": "bytes"}


@dataclass(frozen=True, slots=True, kw_only=True)
class PastView:
    """One metric: its line, its level now, and a (value, change, mark) for each shown commit."""

    anchor: str
    endpoint: str
    statistic: str
    level: str
    spark: Spark
    cells: tuple[tuple[str, str, str], ...]
    past: Past


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """A change point or creep: what moved, how far, between which commits, and how to make sure of it."""

    view: PastView
    kind: str
    tone: str
    size: str
    before: str
    after: str
    first: PastCommit | None
    last: PastCommit
    place: int
    command: str

    @property
    def range_text(self) -> str:
        """The commits between which it lies: `after 0d3f5a1b2c, up to 9f8e7d6c5b (2026-01-13)`."""
        last = f"{sha_text(self.last)} ({day_text(self.last)})"
        if self.first is None:
            return last
        return f"{sha_text(self.first)} ({day_text(self.first)}) … {last}"


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
            cells=tuple(_cell(past, place) for place in range(start, len(history.commits))),
            past=past,
        )
        for past in shown
    ]


def events_of(history: History, views: Sequence[PastView]) -> list[Event]:
    """Everything that moved, the newest first, whether or not its commit is among those shown."""
    found = [event for view in views for event in _events(history, view)]
    return sorted(found, key=lambda event: -event.place)


def head_of(history: History, limit: int) -> tuple[str, str, str]:
    """What is shown: the runs and commits, their range, and the conditions they share."""
    first, last = history.commits[0], history.commits[-1]
    hidden = start_of(history, limit)
    newest = f", the newest {limit} shown" if hidden else ""
    return (
        f"{circle_text(history.circle)}{newest}",
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


def _events(history: History, view: PastView) -> Iterator[Event]:
    past = view.past
    for step in past.steps:
        yield _step(history, view, step)
    if past.creep is not None:
        yield _creep(history, view, past.creep)


def _step(history: History, view: PastView, step: Step) -> Event:
    statistic = view.past.metric.statistic
    measured = [place for place in range(step.commit) if view.past.values[place] is not None]
    first = history.commits[measured[-1]] if measured else None
    last = history.commits[step.commit]
    return Event(
        view=view,
        kind=f"{mark(step.change)} change point",
        tone="worse" if is_worse(view.past, step.change) else "better",
        size=_size(view.past, step),
        before=value_text(statistic, step.before),
        after=value_text(statistic, step.after),
        first=first,
        last=last,
        place=step.commit,
        command=_compare(first, last),
    )


def _creep(history: History, view: PastView, creep: Rise) -> Event:
    statistic, values = view.past.metric.statistic, view.past.values
    first, last = history.commits[creep.first], history.commits[creep.last]
    return Event(
        view=view,
        kind=f"{CREEP} creep",
        tone="creep",
        size=signed_text(statistic, creep.change),
        before=value_text(statistic, values[creep.first]),
        after=value_text(statistic, values[creep.last]),
        first=first,
        last=last,
        place=creep.last,
        command=_compare(first, last),
    )


def _size(past: Past, step: Step) -> str:
    return signed_text(past.metric.statistic, step.change) if is_number(step.change) else "from 0"


def _compare(first: PastCommit | None, last: PastCommit) -> str:
    return f"perfgate compare {clean(first.sha)[:10]} {clean(last.sha)[:10]}" if first else ""
