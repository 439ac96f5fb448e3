"""The history of every metric for the terminal: a line for each, and the commits of those asked for."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby

from perfgate.model import STATISTICS, History, Past
from perfgate.report.historywords import (
    CREEP,
    FASTER,
    SLOWER,
    circle_text,
    conditions_text,
    count_text,
    creep_text,
    day_of,
    day_text,
    difference_text,
    line_of,
    mark,
    sha_text,
    shown_text,
    step_text,
)
from perfgate.report.levels import render_table
from perfgate.report.text import clean, shorten
from perfgate.report.words import (
    NONE,
    endpoint_text,
    reason_text,
    remedy_text,
    signed_text,
    value_text,
)

_MOST_EVENTS = 3
_NAME_WIDTH = 30
_SHORTEST_NAME = 10
_MOST_BLOCKS = 40


def render(history: History, *, commits: bool, limit: int, width: int, install: str) -> str:
    """The summary, with `commits` also a table of the newest `limit` commits for each endpoint.

    `install` is the command that installs what finds change points.
    """
    metrics = [past for past in history.metrics if not always_zero(past)]
    parts = [_head(history), _summary(history, metrics, limit, width)]
    if commits:
        parts += _tables(history, metrics, limit, width)
    said = list(notes(history, commits=commits, install=install))
    return "\n".join(part.strip("\n") + "\n" for part in (*parts, "\n".join(said)) if part)


def _head(history: History) -> str:
    first, last = history.commits[0], history.commits[-1]
    return (
        f"{clean(history.workload_name)}: {shown_text(history)}, {sha_text(first)} ({day_text(first)}) to "
        f"{sha_text(last)} ({day_text(last)})\n{conditions_text(history.circle)}"
    )


def _summary(history: History, metrics: Sequence[Past], limit: int, width: int) -> str:
    rows: list[tuple[str, ...]] = []
    blocks = min(limit, _MOST_BLOCKS)
    for name, group in groupby(in_order(metrics), key=lambda past: endpoint_text(past.metric)):
        title = shorten(name, _NAME_WIDTH)
        for past in group:
            statistic = past.metric.statistic
            events = _events(history, past)
            level = value_text(statistic, past.level)
            rows.append((title, statistic, level, next(events, ""), line_of(past, blocks)))
            rows += [("", "", "", event, "") for event in events]
            title = ""
    header: tuple[str, ...] = ("endpoint", "metric", "level now", "changes", f"newest {blocks}")
    if _width_of((header, *rows)) > width:  # the drawing is the least of it, then the names
        header, rows = header[:-1], [row[:-1] for row in rows]
    too_much = max(_width_of((header, *rows)) - width, 0)
    room = max(max(len(row[0]) for row in rows) - too_much, _SHORTEST_NAME)
    rows = [(shorten(row[0], room), *row[1:]) for row in rows]
    return render_table(header, rows, width=width, left=(1, 3, 4))


def _width_of(rows: Sequence[Sequence[str]]) -> int:
    """How wide a table of these rows is, with what stands between its columns."""
    return sum(max(len(cell) for cell in column) + 3 for column in zip(*rows, strict=True))


def _events(history: History, past: Past) -> Iterator[str]:
    """What happened to a metric, the newest first."""
    statistic = past.metric.statistic
    if past.creep:
        yield creep_text(statistic, past.creep, history.commits)
    for step in reversed(past.steps[-_MOST_EVENTS:]):
        yield step_text(statistic, step, history.commits)
    if len(past.steps) > _MOST_EVENTS:
        yield f"and {len(past.steps) - _MOST_EVENTS} earlier"


def _tables(history: History, metrics: Sequence[Past], limit: int, width: int) -> Iterator[str]:
    """For each endpoint its commits, with a column for each of its metrics."""
    start = max(len(history.commits) - limit, 0)
    for name, group in groupby(in_order(metrics), key=lambda past: endpoint_text(past.metric)):
        columns = list(group)
        rows = [
            [sha_text(commit), day_text(commit), str(len(commit.runs))]
            + [cell for past in columns for cell in _cells(past, place)]
            for place, commit in enumerate(history.commits)
            if place >= start and any(past.values[place] is not None for past in columns)
        ]
        earlier = f" (--limit shows {start} earlier ones)" if start else ""
        header = ["commit", "day", "runs"] + [
            title for past in columns for title in (past.metric.statistic, "change")
        ]
        yield f"{name}{earlier}{render_table(header, rows, width=width)}"


def _cells(past: Past, place: int) -> tuple[str, str]:
    """A value and its change against the level before, marked where the level changed: `▲ +22.1 %`."""
    statistic, value = past.metric.statistic, past.values[place]
    if value is None:
        return NONE, ""
    step = next((step for step in past.steps if step.commit == place), None)
    in_creep = past.creep is not None and past.creep.first < place <= past.creep.last
    sign = mark(step.change) if step else CREEP if in_creep else ""
    change = past.changes[place]
    text = NONE if change is None else signed_text(statistic, change)
    return value_text(statistic, value), f"{sign} {text}"


def notes(history: History, *, commits: bool, install: str) -> Iterator[str]:
    """What was left out, what was not looked for, and what the marks mean, a line for each."""
    if not history.searched:
        yield f"change points were not looked for: {install}"
    elif len(history.commits) < history.fewest:
        yield f"too few commits to tell changes from noise: {history.fewest} are needed"
    elif any(past.steps for past in history.metrics):
        turned = any(past.steps for past in history.metrics if past.metric.better == "higher")
        but = " (of throughput the other way round)" if turned else ""
        yield f"{SLOWER} slower, {FASTER} faster{but}: the first commit of a new level"
    yield from _creep_notes(history)
    errors = [past for past in history.metrics if past.metric.statistic == "errors"]
    zero = sum(always_zero(past) for past in errors)
    if zero:
        yield "no request failed" + ("" if zero == len(errors) else f" at {count_text(zero, 'endpoint')}")
    for reason in history.left_out:
        remedy = remedy_text(reason)
        yield f"left out: {reason_text(reason)}" + (f" ({remedy})" if remedy else "")
    for other in history.others:
        yield (
            f"not shown, for it cannot be compared: --group {other.number}, {circle_text(other)}, newest "
            f"{day_of(other.newest)}, {difference_text(history, other)}"
        )
    if any(not commit.on_line for commit in history.commits):
        yield "* not on HEAD's first-parent line"
    if not commits:
        yield "commit by commit: add --endpoint GLOB or --metric NAME"


def _creep_notes(history: History) -> Iterator[str]:
    """How to make sure of each creep: a machine that drifts looks like it."""
    ranges = {(past.creep.first, past.creep.last) for past in history.metrics if past.creep}
    if ranges:
        first, last = min(first for first, _ in ranges), max(last for _, last in ranges)
        yield (
            f"{CREEP} creep: no commit is a step, together they exceed the tolerance; to be sure: "
            f"perfgate compare {history.commits[first].sha[:10]} {history.commits[last].sha[:10]}"
        )


def always_zero(past: Past) -> bool:
    """Whether it is the errors of an endpoint where no request ever failed."""
    return past.metric.statistic == "errors" and not any(past.values)


def in_order(metrics: Sequence[Past]) -> list[Past]:
    """By endpoint, then by statistic; what is of all endpoints comes last."""
    return sorted(
        metrics,
        key=lambda past: (
            endpoint_text(past.metric) == "all endpoints",
            endpoint_text(past.metric),
            STATISTICS.index(past.metric.statistic),
        ),
    )
