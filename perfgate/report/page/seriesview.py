"""What the services used over the cut time axis: CPU, memory, threads and connections."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from perfgate.report.page.axis import Span, sides_of
from perfgate.report.page.model import Curve, SeriesName, SeriesView
from perfgate.report.page.numbers import all_significant, places

if TYPE_CHECKING:
    from perfgate.model import Evidence, ServiceSeries, Side

NARROWEST_S = 0.25
"""CPU time is counted in steps of 10 ms, so that a shorter bin would show the steps."""
_POINTS = 300

_Numbers = npt.NDArray[np.float64]
_Reduce = Callable[["ServiceSeries", _Numbers, _Numbers], _Numbers]


def series_of(evidence: Evidence, axis: Mapping[int, Span]) -> tuple[SeriesView, ...]:
    """The series of which anything was read, about 300 points each; CPU in cores, memory in MB.

    CPU is the CPU time between the ends of a bin over its length; the others are the mean of the readings in
    it. Where nothing was read there is None.
    """
    views = []
    for name, unit, reduce in _SERIES:
        curves = {
            side: curve
            for side, kept in sides_of(evidence).items()
            if (curve := _curve(side, kept.series, axis, reduce)) is not None
        }
        if curves:
            views.append(SeriesView(name=name, unit=unit, curves=curves))
    return tuple(views)


def _curve(
    side: Side, series: tuple[ServiceSeries, ...], axis: Mapping[int, Span], reduce: _Reduce
) -> Curve | None:
    read = {each.round_index: each for each in series if len(each.at_ns)}
    most = max(_POINTS // max(len(axis), 1), 1)
    x: list[float] = []
    y: list[float] = []
    for index, span in axis.items():
        bins = min(most, max(int(span.length_s / NARROWEST_S), 1))
        edges_s: _Numbers = np.linspace(0.0, span.length_s, bins + 1, dtype=np.float64)
        x += map(float, span.start_s + (edges_s[:-1] + edges_s[1:]) / 2)
        if index in read and side in span.origin_ns:
            at_ns = np.maximum.accumulate(read[index].at_ns - span.origin_ns[side])
            at_s: _Numbers = np.asarray(at_ns / 1e9, dtype=np.float64)
            y += map(float, reduce(read[index], at_s, edges_s))
        else:
            y += [np.nan] * bins
    if not np.isfinite(y).any():
        return None
    return Curve(x=places(x), y=all_significant(y))


def _cores(series: ServiceSeries, at_s: _Numbers, edges_s: _Numbers) -> _Numbers:
    """CPU time between edges over the time between them; NaN where it was not read, or fell."""
    known = series.cpu_ns >= 0
    if known.sum() < 2:
        return np.full(len(edges_s) - 1, np.nan)
    at_s, used_s = at_s[known], series.cpu_ns[known] / 1e9
    # A bin that is read for a part of it is told by that part.
    edges_s = np.clip(edges_s, at_s[0], at_s[-1])
    lengths_s = np.diff(edges_s)
    with np.errstate(divide="ignore", invalid="ignore"):
        cores = np.diff(np.interp(edges_s, at_s, used_s)) / lengths_s
    cores[(lengths_s < NARROWEST_S / 4) | (cores < 0)] = np.nan
    return np.asarray(cores, dtype=np.float64)


def _mean_of(column: str, unit: float) -> _Reduce:
    def mean(series: ServiceSeries, at_s: _Numbers, edges_s: _Numbers) -> _Numbers:
        values: npt.NDArray[np.int64] = getattr(series, column)
        known = (values >= 0) & (at_s >= edges_s[0]) & (at_s <= edges_s[-1])
        bins = len(edges_s) - 1
        cells = np.minimum((at_s[known] / edges_s[-1] * bins).astype(np.int64), bins - 1)
        counts = np.bincount(cells, minlength=bins)
        sums = np.bincount(cells, weights=values[known] / unit, minlength=bins)
        with np.errstate(divide="ignore", invalid="ignore"):
            return np.asarray(sums / counts, dtype=np.float64)

    return mean


_SERIES: tuple[tuple[SeriesName, str, _Reduce], ...] = (
    ("CPU", "cores", _cores),
    ("memory", "MB", _mean_of("rss_bytes", 1e6)),
    ("threads", "", _mean_of("threads", 1.0)),
    ("connections", "", _mean_of("connections", 1.0)),
)
