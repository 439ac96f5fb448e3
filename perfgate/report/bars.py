"""A forest plot in letters, for a code block: every change with its interval against its tolerance.

Letters and not mermaid, which GitHub draws too: its charts have no intervals, need a browser (mails, the
mobile app and logs show their source), and a name inside one has a second grammar to break out of. In a code
block a name has none.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from rich.cells import cell_len

from perfgate.model import Comparison
from perfgate.report.text import shorten
from perfgate.report.words import endpoint_text, is_number, signed_text

WIDTH = 83
"""The most cells of a line: what GitHub shows of a code block without scrolling, on a desktop."""

_COLUMNS = 33
_NAME_WIDTH = 24
_METRIC_WIDTH = 10
_CHANGE_WIDTH = 12
_REACH = 16.0
"""How many tolerances from zero the axis goes at most; what lies beyond ends in an arrow."""

_LEAST_REACH = 1.8
_LEGEND = "░ tolerated   ├─●─┤ change with its interval, in tolerances of its metric"


@dataclass(frozen=True, slots=True)
class _Span:
    """A change and its interval in tolerances of its metric, worse above zero whatever the metric."""

    at: float
    low: float
    high: float


def render_bars(comparisons: Sequence[Comparison]) -> list[str]:
    """Lines of at most `WIDTH` cells, in the order given; none where no comparison has a change.

    Every bar is in units of its own tolerance, so that all share one band, whatever their units.
    """
    drawn = [(c, span) for c in comparisons if (span := _span(c)) is not None]
    if not drawn:
        return []
    left = min(-_LEAST_REACH, *(span.low for _, span in drawn))
    right = max(_LEAST_REACH, *(span.high for _, span in drawn))
    axis = _Axis(max(left, -_REACH), min(right, _REACH))
    head = " " * (_NAME_WIDTH + _METRIC_WIDTH + 2)
    lines = [head + axis.heading()]
    lines += [f"{_label(c)} {axis.bar(span)}  {_change(c)}".rstrip() for c, span in drawn]
    return [*lines, _LEGEND]


@dataclass(frozen=True, slots=True)
class _Axis:
    left: float
    right: float

    def column(self, value: float) -> int:
        """The column of a value, at the edge for one beyond it; zero is in the middle of its column."""
        inside = min(max(value, self.left), self.right)
        scale = (_COLUMNS - 1) / (self.right - self.left)
        return min(max(round(-self.left * scale) + round(inside * scale), 0), _COLUMNS - 1)

    def heading(self) -> str:
        """Which way is which, on both sides of zero."""
        zero = self.column(0.0)
        better = "◂ better " if zero >= 9 else ""
        worse = " worse ▸" if _COLUMNS - zero > 8 else ""
        return f"{better:>{zero}}0{worse}"

    def bar(self, span: _Span) -> str:
        """The interval over the band, an arrow where it goes on beyond the axis."""
        cells = [" "] * _COLUMNS
        for place in range(self.column(-1.0), self.column(1.0) + 1):
            cells[place] = "░"
        cells[self.column(0.0)] = "│"
        first, last = self.column(span.low), self.column(span.high)
        for place in range(first, last + 1):
            cells[place] = "─"
        if last > first:
            cells[first], cells[last] = "├", "┤"
        cells[self.column(span.at)] = "●"
        if span.low < self.left:
            cells[0] = "◂"
        if span.high > self.right:
            cells[-1] = "▸"
        return "".join(cells)


def _span(comparison: Comparison) -> _Span | None:
    change, tolerance = comparison.change, comparison.tolerance
    if not (is_number(change) and is_number(tolerance)):
        return None
    sign = -1.0 if comparison.metric.better == "higher" else 1.0
    unit = max(abs(tolerance), 1e-9)
    ends = [end * sign / unit for end in (comparison.low, comparison.high) if is_number(end)]
    at = change * sign / unit
    return _Span(at=at, low=min(at, *ends), high=max(at, *ends)) if ends else _Span(at, at, at)


def _label(comparison: Comparison) -> str:
    name = shorten(endpoint_text(comparison.metric), _NAME_WIDTH)
    return name + " " * (_NAME_WIDTH - cell_len(name)) + f" {comparison.metric.statistic:<{_METRIC_WIDTH}}"


def _change(comparison: Comparison) -> str:
    text = signed_text(comparison.metric.statistic, comparison.change).removesuffix("/request")
    return shorten(text, _CHANGE_WIDTH)
