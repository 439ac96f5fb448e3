"""Pictures of the page's figures, from its numbers: each endpoint's latencies, and what services used."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Literal

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.ticker import FuncFormatter, LogLocator, NullLocator

from perfgate.model import Side
from perfgate.report.page.model import Curve, EndpointView, Page, RoundView
from perfgate.report.picture import PictureFormat, save_picture
from perfgate.report.text import clean, shorten

MOST_ENDPOINTS = 40
"""Pictures of endpoints that are drawn, the worst first; each takes about half a second."""

_DOTS_PER_INCH = 120
_WIDTH, _ROW_HEIGHT, _STRIP_HEIGHT = 9.0, 2.8, 1.5
_NAME_WIDTH = 90
_LEAST_SPAN = 3.0
_LOOKS: dict[Side, tuple[str, Literal["-", "--"]]] = {"head": ("#d55e00", "-"), "base": ("#0072b2", "--")}
"""Colours by Okabe and Ito (2008), told apart with any colour vision; dashes say the same without colour.

Base is drawn last: where both are the same its dashes lie on the line of head, and both are seen.
"""

_DROPPED = "#dddddd"
_NOT_IN_A_NAME = re.compile(r"[^a-z0-9]+")

_Panel = tuple[str, Callable[[Axes], None]]


def write_figures(page: Page, folder: Path, kind: PictureFormat = "png") -> int:
    """Write `endpoint-01-….png` for each endpoint with requests to show, the worst first, and `service.png`.

    Returns:
        How many endpoints were left out, because there are more than `MOST_ENDPOINTS`.

    Raises:
        MeasureError: a file cannot be written.
    """
    for number, view in enumerate(page.endpoints[:MOST_ENDPOINTS], start=1):
        figure = draw_endpoint(view, page.rounds)
        if figure is not None:
            save_picture(figure, folder / f"endpoint-{number:02d}{_slug(view.name)}.{kind}", kind)
    figure = draw_service(page)
    if figure is not None:
        save_picture(figure, folder / f"service.{kind}", kind)
    return max(0, len(page.endpoints) - MOST_ENDPOINTS) + page.endpoints_left_out


def draw_endpoint(view: EndpointView, rounds: Sequence[RoundView] = ()) -> Figure | None:
    """Distributions, shift of quantiles and latency over time; None where no requests were kept."""
    panels = _panels(view, rounds)
    if not panels:
        return None
    rows = math.ceil(len(panels) / 2)
    figure = _figure(0.6 + _ROW_HEIGHT * rows)
    for place, (title, draw) in enumerate(panels, start=1):
        axes = figure.add_subplot(rows, min(len(panels), 2), place)
        draw(axes)
        _finish(axes, title)
    _title(figure, view.name, " · ".join(f"{row.metric} {row.change} {row.verdict}" for row in view.rows[:2]))
    _legend(figure)
    return figure


def draw_service(page: Page) -> Figure | None:
    """What the services used over time, a strip each; None where nothing was observed."""
    shown = [series for series in page.series if _has_points(series.curves.values())]
    if not shown:
        return None
    figure = _figure(0.6 + _STRIP_HEIGHT * len(shown))
    first: Axes | None = None
    for place, series in enumerate(shown, start=1):
        axes = figure.add_subplot(len(shown), 1, place, sharex=first)
        first = first or axes
        _draw_series(axes, series.curves)
        _mark_rounds(axes, page.rounds)
        axes.set_ylim(bottom=0)
        _finish(axes, f"{series.name} ({series.unit})" if series.unit else series.name)
    axes.set_xlabel("seconds of measuring; rounds lie one after another, dropped ones are grey", size=8)
    _title(figure, "the services", "")
    _legend(figure)
    return figure


def _panels(view: EndpointView, rounds: Sequence[RoundView]) -> list[_Panel]:
    panels: list[_Panel] = []
    if _has_points(view.ecdf.values()):
        panels.append(("share of requests answered within", lambda axes: _draw_ecdf(axes, view.ecdf)))
    if _has_points([view.shift]):
        panels.append(("head against base at each quantile", lambda axes: _draw_shift(axes, view)))
    if _has_points(view.density.values()):
        panels.append(("density", lambda axes: _draw_density(axes, view.density)))
    if _has_points(curve for curves in view.latency.values() for curve in curves.values()):
        panels.append(
            ("p50 and (thin) p95 over time", lambda axes: _draw_latency(axes, view.latency, rounds))
        )
    return panels


def _draw_ecdf(axes: Axes, curves: Mapping[Side, Curve]) -> None:
    _draw_sides(axes, curves)
    _scale_times(axes, curves)
    axes.set_ylim(0, 1.02)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda share, _: f"{share * 100:g} %"))


def _draw_density(axes: Axes, curves: Mapping[Side, Curve]) -> None:
    _draw_sides(axes, curves)
    _scale_times(axes, curves)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("per decade", size=8)


def _draw_shift(axes: Axes, view: EndpointView) -> None:
    band = view.shift_band
    low, high = ([100 * y for y in _numbers(ys)] for ys in (band.low, band.high))
    colour = _LOOKS["head"][0]
    axes.fill_between(band.x, low, high, color=colour, alpha=0.2, linewidth=0)
    axes.plot(view.shift.x, [100 * y for y in _numbers(view.shift.y)], color=colour, linewidth=1.5)
    axes.axhline(0, color="black", linewidth=0.8)
    axes.set_xlabel("quantile of the service time", size=8)
    axes.yaxis.set_major_formatter(FuncFormatter(lambda percent, _: f"{percent:+g} %" if percent else "0"))


def _draw_latency(
    axes: Axes, latency: Mapping[Side, Mapping[str, Curve]], rounds: Sequence[RoundView]
) -> None:
    for side, (colour, dashes) in _LOOKS.items():
        for name, curve in latency.get(side, {}).items():
            width = 1.5 if name == "p50" else 0.7
            axes.plot(curve.x, _numbers(curve.y), color=colour, linestyle=dashes, linewidth=width)
    _mark_rounds(axes, rounds)
    axes.set_ylim(bottom=0)
    axes.set_ylabel("ms", size=8)
    axes.set_xlabel("seconds of measuring", size=8)


def _draw_sides(axes: Axes, curves: Mapping[Side, Curve]) -> None:
    for side, (colour, dashes) in _LOOKS.items():
        curve = curves.get(side, Curve())
        axes.plot(curve.x, _numbers(curve.y), color=colour, linestyle=dashes, linewidth=1.5)


def _draw_series(axes: Axes, curves: Mapping[Side, Curve]) -> None:
    """Lines with their points: one point between gaps would be no line."""
    for side, (colour, dashes) in _LOOKS.items():
        curve = curves.get(side, Curve())
        axes.plot(curve.x, _numbers(curve.y), color=colour, linestyle=dashes, linewidth=1.2, marker=".", ms=3)


def _scale_times(axes: Axes, curves: Mapping[Side, Curve]) -> None:
    """A logarithmic axis of milliseconds, wide enough for a tick that has a name."""
    times = [x for curve in curves.values() for x in curve.x if x > 0]
    if not times:
        return
    middle = math.sqrt(min(times)) * math.sqrt(max(times))
    half = math.sqrt(_LEAST_SPAN)
    axes.set_xscale("log")
    axes.set_xlim(min(*times, middle / half), max(*times, middle * half))
    axes.xaxis.set_major_locator(LogLocator(subs=(1.0, 2.0, 5.0)))
    axes.xaxis.set_major_formatter(FuncFormatter(lambda time, _: f"{time:g}"))
    axes.xaxis.set_minor_locator(NullLocator())
    axes.set_xlabel("service time in ms", size=8)


def _mark_rounds(axes: Axes, rounds: Sequence[RoundView]) -> None:
    for each in rounds:
        if each.dropped_because:
            axes.axvspan(each.start_s, each.end_s, color=_DROPPED, linewidth=0, zorder=0)
        axes.axvline(each.start_s, color="#bbbbbb", linewidth=0.5, zorder=0.5)


def _figure(height: float) -> Figure:
    return Figure(figsize=(_WIDTH, height), dpi=_DOTS_PER_INCH, layout="constrained")


def _finish(axes: Axes, title: str) -> None:
    axes.set_title(title, size=8, loc="left")
    axes.tick_params(labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)


def _title(figure: Figure, name: str, changes: str) -> None:
    text = "\n".join(shorten(clean(line), _NAME_WIDTH) for line in (name, changes) if line)
    figure.suptitle(text, x=0.01, ha="left", size=9).set_parse_math(False)


def _legend(figure: Figure) -> None:
    handles = [Line2D([], [], color=c, linestyle=d, label=side) for side, (c, d) in reversed(_LOOKS.items())]
    figure.legend(handles=handles, loc="upper right", ncols=2, fontsize=8, frameon=False)


def _has_points(curves: Iterable[Curve]) -> bool:
    return any(y is not None for curve in curves for y in curve.y)


def _numbers(values: Sequence[float | None]) -> list[float]:
    return [math.nan if value is None else value for value in values]


def _slug(name: str) -> str:
    """The readable part of a file name: letters, digits and single hyphens, or nothing."""
    words = _NOT_IN_A_NAME.sub("-", name.lower())[:40].strip("-")
    return f"-{words}" if words else ""
