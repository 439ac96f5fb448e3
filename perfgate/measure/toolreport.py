"""The reports of several runs of a tool made one, without inventing a figure that no run had."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from perfgate.model import ToolCheck, ToolMetric, ToolReport, ToolThreshold

_SUMS = frozenset({"count", "passes", "fails"})
_MOST_LINES = 8
LEFT_OUT = "statistics of its own metrics over several runs are only their counts, least and greatest"


def together(reports: Sequence[ToolReport]) -> ToolReport:
    """One report of all runs of a side.

    Counts are added up. Of the statistics of a metric only those are kept that follow from the runs': a
    percentile does not. A threshold holds if it held in every run; the value is that of the worst one that is
    known to have failed, or of the last.
    """
    first, last = reports[0], reports[-1]
    metrics = _metrics(reports)
    dropped = len(reports) > 1 and any(
        name not in kept.values
        for report in reports
        for metric in report.metrics
        for kept in metrics
        if kept.name == metric.name
        for name in metric.values
    )
    notes = dict.fromkeys(note for report in reports for note in report.notes)
    return ToolReport(
        tool=first.tool,
        command=first.command,
        exit_code=next((r.exit_code for r in reports if r.exit_code), 0),
        thresholds=_thresholds(reports),
        checks=_checks(reports),
        metrics=metrics,
        errors=dict(sum((Counter(r.errors) for r in reports), Counter())),
        last_lines=last.last_lines[-_MOST_LINES:],
        notes=(*notes, *((LEFT_OUT,) if dropped and LEFT_OUT not in notes else ())),
    )


def _thresholds(reports: Sequence[ToolReport]) -> tuple[ToolThreshold, ...]:
    found: dict[tuple[str, str], ToolThreshold] = {}
    for each in (threshold for report in reports for threshold in report.thresholds):
        before = found.get((each.metric, each.expression))
        if before is None or before.ok:
            found[each.metric, each.expression] = each
    return tuple(found.values())


def _checks(reports: Sequence[ToolReport]) -> tuple[ToolCheck, ...]:
    passes: Counter[str] = Counter()
    fails: Counter[str] = Counter()
    names = dict.fromkeys(check.name for report in reports for check in report.checks)
    for check in (check for report in reports for check in report.checks):
        passes[check.name] += check.passes
        fails[check.name] += check.fails
    return tuple(ToolCheck(name=name, passes=passes[name], fails=fails[name]) for name in names)


def _metrics(reports: Sequence[ToolReport]) -> tuple[ToolMetric, ...]:
    if len(reports) == 1:
        return reports[0].metrics
    every: dict[str, list[ToolMetric]] = {}
    for metric in (metric for report in reports for metric in report.metrics):
        every.setdefault(metric.name, []).append(metric)
    return tuple(
        ToolMetric(name=name, kind=runs[0].kind, values=_values([run.values for run in runs]))
        for name, runs in every.items()
    )


def _values(runs: Iterable[Mapping[str, float]]) -> dict[str, float]:
    found: dict[str, float] = {}
    for values in runs:
        for name, value in values.items():
            if name in _SUMS:
                found[name] = found.get(name, 0) + value
            elif name in ("min", "max"):
                pick = min if name == "min" else max
                found[name] = pick(found.get(name, value), value)
    return found
