"""The rows of the forest plot: every metric's change as a length, beside the words for it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from perfgate.model import Comparison, Statistic
from perfgate.report.page.model import ForestRow
from perfgate.report.page.numbers import significant
from perfgate.report.words import change_text, p_text, value_text

_UNITS: dict[Statistic, str] = {"errors": "pp", "memory": "100 B/request"}


def forest_rows(
    comparisons: Iterable[Comparison], texts: Mapping[str, str], anchors: Mapping[str, str]
) -> tuple[ForestRow, ...]:
    """A row for each comparison, in their order.

    Args:
        comparisons: in the order of the rows.
        texts: every endpoint as the page calls it.
        anchors: those of the endpoints on the page; a row of the whole service has none.
    """
    return tuple(
        _row(each, texts[each.metric.endpoint], anchors.get(each.metric.endpoint, "")) for each in comparisons
    )


def _row(comparison: Comparison, endpoint: str, anchor: str) -> ForestRow:
    metric = comparison.metric
    scale = 0.01 if metric.statistic == "memory" else 100.0

    def length(value: float | None) -> float | None:
        return None if value is None else significant(value * scale)

    return ForestRow(
        label=f"{endpoint} {metric.statistic}",
        endpoint=endpoint,
        metric=metric.statistic,
        outcome=str(comparison.outcome),
        unit=_UNITS.get(metric.statistic, "%"),
        change=length(comparison.change),
        low=length(comparison.low),
        high=length(comparison.high),
        mde=length(comparison.mde),
        tolerance=length(comparison.tolerance),
        text=change_text(comparison),
        anchor=anchor,
        p=p_text(comparison.p_adjusted),
        base=value_text(metric.statistic, comparison.base),
        head=value_text(metric.statistic, comparison.head),
        confidence=comparison.confidence,
    )
