"""A baseline in words and tables: what it holds, how good a yardstick it is, what an update accepts."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from perfgate.report.levels import render_table
from perfgate.report.text import clean
from perfgate.report.words import (
    NONE,
    endpoint_text,
    mde_text,
    reason_text,
    remedy_text,
    signed_text,
    value_text,
)
from perfgate.units import format_ratio

if TYPE_CHECKING:
    from perfgate.model import Baseline, BaselineHealth, LevelChange, MetricHealth


def render_health(baseline: Baseline, health: BaselineHealth) -> str:
    """A baseline, the runs in it, what each metric can see, and what is wrong with it."""
    return "\n".join(_head(baseline, health)) + "\n" + _table(health) + "".join(_findings(health))


def render_changes(changes: Sequence[LevelChange]) -> str:
    """The level of every metric before and after an update, then one line for each that it accepts."""
    rows = [
        (
            endpoint_text(change.metric),
            change.metric.statistic,
            value_text(change.metric.statistic, change.before),
            value_text(change.metric.statistic, change.after),
            signed_text(change.metric.statistic, change.change),
            _mark(change),
        )
        for change in changes
    ]
    table = render_table(("endpoint", "metric", "before", "after", "change", ""), rows)
    return table + "".join(f"{line}\n" for line in accepted_lines(changes))


def accepted_lines(changes: Sequence[LevelChange]) -> list[str]:
    """`accepts: GET /search p50 12.1 ms -> 13.4 ms (+10.7 %)`, one line a metric that got worse."""
    lines = []
    for change in changes:
        metric = change.metric
        name = f"{endpoint_text(metric)} {metric.statistic}"
        before, after = (value_text(metric.statistic, value) for value in (change.before, change.after))
        if change.before is not None and change.after is None:
            lines.append(f"accepts: {name} {before} -> not measured any more")
        elif change.is_worse:
            lines.append(
                f"accepts: {name} {before} -> {after} ({signed_text(metric.statistic, change.change)})"
            )
    return lines or ["accepts: nothing that got worse by its tolerance"]


def shift_text(changes: Sequence[LevelChange]) -> str:
    """The metrics whose level is another one now, the largest change first; empty for none."""
    shifted = sorted((c for c in changes if c.is_shift), key=lambda c: -abs(c.change or 0.0))
    named = [
        f"{endpoint_text(c.metric)} {c.metric.statistic} ({signed_text(c.metric.statistic, c.change)})"
        for c in shifted
    ]
    more = f" and {len(named) - 3} more" if len(named) > 3 else ""
    return ", ".join(named[:3]) + more


def _head(baseline: Baseline, health: BaselineHealth) -> Iterator[str]:
    runs = baseline.runs
    where = f"{clean(baseline.workload_name)} on {clean(baseline.environment.class_id)}"
    alone = "may judge alone" if health.judges_alone else "may not judge alone"
    if not runs:
        yield f"{where}: no runs, {alone}"
        return
    count = f"{health.runs} run{'' if health.runs == 1 else 's'}"
    days = f"{health.days} day{'' if health.days == 1 else 's'}"
    old = f"the newest {health.age_days} day{'' if health.age_days == 1 else 's'} old"
    yield f"{where}: {count} on {days} from {runs[0].recorded_at} to {runs[-1].recorded_at}, {old}; {alone}"
    newest = runs[-1]
    yield f"newest: {newest.sha[:10]} by {clean(newest.author)}: {clean(newest.reason)}"
    for run in runs:
        for accepted in run.accepts:
            after = value_text(accepted.statistic, accepted.after)
            yield (
                f"{run.recorded_at[:10]} {clean(run.author)} accepted {clean(accepted.endpoint)} "
                f"{accepted.statistic} {value_text(accepted.statistic, accepted.before)} -> {after}"
            )


def _table(health: BaselineHealth) -> str:
    rows = [
        (
            endpoint_text(each.metric),
            each.metric.statistic,
            str(each.runs),
            value_text(each.metric.statistic, each.level),
            NONE if each.spread_ratio is None else format_ratio(each.spread_ratio),
            mde_text(each.metric.statistic, each.shift_ratio) + _star(each),
        )
        for each in health.metrics
    ]
    table = render_table(("endpoint", "metric", "runs", "level", "spread", "shift it can see"), rows)
    if any(each.calibrated for each in health.metrics):
        table += "* the speed of the CPUs is allowed for\n"
    return table


def _star(metric: MetricHealth) -> str:
    return " *" if metric.calibrated else ""


def _findings(health: BaselineHealth) -> Iterator[str]:
    for finding in health.findings:
        yield f"{finding.code}: {reason_text(finding)}\n"
        if finding.remedy:
            yield f"  {remedy_text(finding)}\n"


def _mark(change: LevelChange) -> str:
    if change.before is None:
        return "new"
    if change.after is None:
        return "gone"
    if change.is_worse and change.is_shift:
        return "WORSE, and beyond what runs vary by"
    if change.is_worse:
        return "worse than the tolerance"
    return "another level" if change.is_shift else ""
