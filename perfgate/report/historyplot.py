"""The history as a picture: a panel for each endpoint, a strip for each quantile, change points and creep."""

import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import MaxNLocator, NullLocator

from perfgate.model import History, Past, Statistic
from perfgate.report.historywords import conditions_text, day_text, sha_text
from perfgate.report.picture import save_picture
from perfgate.report.text import clean, shorten
from perfgate.report.words import endpoint_text, is_number, signed_text, value_text

_MOST_PANELS = 24
_COLUMNS = 2
_PANEL_WIDTH = 5.6
_PANEL_HEIGHT = 0.6
_STRIP_HEIGHT = 0.85
_HEAD_HEIGHT = 0.5
_DOTS_PER_INCH = 120
_MOST_TICKS = 10
_MOST_DOTS = 80
_NAME_WIDTH = 44
_LETTER = 0.0108  # how wide a letter of a label is, and below how high a lane of labels, in strips
_LANE = 0.19
_MOST_LANES = 2
_LEAST_SPAN = math.log(1.2)
_LEAST_ERRORS = 0.01
_COLOURS: dict[Statistic, str] = {
    "p50": "#0072b2",
    "p95": "#009e73",
    "p99": "#e69f00",
    "cpu": "#56b4e9",
    "throughput": "#0072b2",
    "memory": "#e69f00",
    "errors": "#cc79a7",
}
"""By Okabe and Ito (2008), told apart with any colour vision; each line is named at its end too."""
_STEP, _CREEP, _WORDS = "#d55e00", "#fbe3d0", "#a04000"
_UNITS: dict[Statistic, str] = {
    "cpu": "CPU time per request",
    "throughput": "requests per second at saturation",
    "errors": "failed requests",
}
_TIME = "service time"


def write_png(history: History, path: Path, *, limit: int) -> None:
    """Draw the newest `limit` commits and write the picture to `path`.

    Raises:
        MeasureError: the file cannot be written.
    """
    panels = _panels(history)
    shown = panels[:_MOST_PANELS]
    columns = min(_COLUMNS, len(shown))
    rows = [shown[first : first + columns] for first in range(0, len(shown), columns)]
    heights = [_PANEL_HEIGHT + _STRIP_HEIGHT * max(len(metrics) for _, metrics in row) for row in rows]
    size = (_PANEL_WIDTH * max(columns, 1.4), sum(heights) + _HEAD_HEIGHT)
    figure = Figure(figsize=size, dpi=_DOTS_PER_INCH, layout=ConstrainedLayoutEngine(h_pad=0.02, hspace=0.0))
    start = max(len(history.commits) - limit, 0)
    grid = figure.add_gridspec(len(rows), columns, height_ratios=heights)
    for number, (title, metrics) in enumerate(shown):
        cell = grid[number // columns, number % columns].subgridspec(len(metrics), 1)
        strips = [figure.add_subplot(cell[place]) for place in range(len(metrics))]
        _draw(strips, title, metrics, history, start)
    left_out = f" ({len(panels) - len(shown)} more panels are not drawn)" if len(panels) > len(shown) else ""
    width = 100 if columns > 1 else 85
    heading = figure.suptitle(
        shorten(f"{clean(history.workload_name)}: {len(history.commits) - start} commits{left_out}", width)
        + "\n"
        + shorten(conditions_text(history.circle), width + 20),
        x=0.01,
        ha="left",
        size=9,
    )
    heading.set_parse_math(False)
    save_picture(figure, path)


def _panels(history: History) -> list[tuple[str, list[Past]]]:
    """Metrics that share a panel: the quantiles of an endpoint, its errors if there were any, CPU time."""
    panels: dict[tuple[bool, str, str], list[Past]] = {}
    for past in history.metrics:
        kind = _UNITS.get(past.metric.statistic, _TIME)
        if past.metric.statistic == "errors" and not any(past.values):
            continue
        name = endpoint_text(past.metric)
        panels.setdefault((name == "all endpoints", name, kind), []).append(past)
    order = [_TIME, *_UNITS.values()]
    keys = sorted(panels, key=lambda key: (key[0], key[1], order.index(key[2])))
    return [(f"{shorten(key[1], _NAME_WIDTH)} – {key[2]}", panels[key]) for key in keys]


def _draw(strips: Sequence[Axes], title: str, metrics: Sequence[Past], history: History, start: int) -> None:
    """A strip for each metric with a scale of its own, above one row of commits."""
    for axes, past in zip(strips, metrics, strict=True):
        _draw_strip(axes, past, history, start)
    strips[0].set_title(title, size=8, loc="left", parse_math=False)
    last = len(history.commits) - start - 1
    places = range(last, -1, -math.ceil((last + 1) / _MOST_TICKS))
    commits = [history.commits[start + place] for place in places]
    labels = [f"{sha_text(commit)[:7]}\n{day_text(commit)[5:]}" for commit in commits]
    for axes in strips:
        axes.set_xticks(list(places), labels if axes is strips[-1] else [], size=6)


def _draw_strip(axes: Axes, past: Past, history: History, start: int) -> None:
    statistic = past.metric.statistic
    points = [(p - start, v) for p, v in enumerate(past.values) if p >= start and is_number(v)]
    last = len(history.commits) - start - 1
    axes.set_xlim(-0.6, last + max((last + 1) * 0.1, 0.6))
    axes.tick_params(axis="both", labelsize=6.5, length=2)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="y", color="#e5e5e5", linewidth=0.6)
    axes.set_axisbelow(True)
    if not points:
        axes.set_yticks([])
        return
    colour = _COLOURS[statistic]
    places, values = zip(*points, strict=True)
    dots = 2.4 if last < _MOST_DOTS else 0.0
    axes.plot(places, values, "o-", color=colour, linewidth=0.9, markersize=dots, zorder=3)
    offset: dict[str, Any] = {"textcoords": "offset points", "xytext": (5, 0), "va": "center"}
    axes.annotate(statistic, points[-1], color=colour, size=7, **offset)
    lanes = _draw_changes(axes, past, history, start)
    _scale(axes, statistic, values, lanes)


def _draw_changes(axes: Axes, past: Past, history: History, start: int) -> int:
    """Shade creep, mark each change point, and label both in lanes on top; how many lanes that took."""
    labels = []
    statistic = past.metric.statistic
    if past.creep and past.creep.last > start:
        first, last = max(past.creep.first - start, 0), past.creep.last - start
        axes.axvspan(first, last, color=_CREEP, linewidth=0, zorder=0)
        labels.append((first, f"creep {signed_text(statistic, past.creep.change)}"))
    for step in past.steps:
        if step.commit >= start:
            place = step.commit - start
            axes.axvline(place, color=_STEP, linewidth=0.9, linestyle=(0, (4, 2)), zorder=2)
            sha = sha_text(history.commits[step.commit])[:7]
            labels.append((place, f"{sha} {signed_text(statistic, step.change)}"))
    return _draw_labels(axes, labels)


def _draw_labels(axes: Axes, labels: Sequence[tuple[int, str]]) -> int:
    low, high = axes.get_xlim()
    ends: list[float] = []
    for place, text in labels:
        width = len(text) * _LETTER * (high - low)
        left = min(place + 0.008 * (high - low), high - width)
        lane = next((n for n, end in enumerate(ends) if end < left), len(ends))
        if lane == _MOST_LANES:
            continue
        ends[lane : lane + 1] = [left + width]
        box = {"facecolor": "white", "edgecolor": "none", "pad": 0.4, "alpha": 0.8}
        look: dict[str, Any] = {"va": "top", "size": 6.5, "color": _WORDS, "bbox": box, "zorder": 5}
        axes.text(left, 1 - lane * _LANE, text, transform=axes.get_xaxis_transform(), **look)
    return len(ends)


def _scale(axes: Axes, statistic: Statistic, values: Sequence[float], lanes: int) -> None:
    """Room for the labels on top; times on a log scale, so that equal changes look equal."""
    low, high = min(values), max(values)
    is_log = statistic != "errors"
    if is_log:
        axes.set_yscale("log")
        low, high = math.log(low), math.log(high)
    least = _LEAST_SPAN if is_log else _LEAST_ERRORS
    if high - low < least:
        low, high = (low + high - least) / 2, (low + high + least) / 2
    span = (high - low) / (0.8 - lanes * _LANE)
    bottom, top = low - span * 0.1, high + span * (0.1 + lanes * _LANE)
    if is_log:
        bottom, top, low, high = (math.exp(end) for end in (bottom, top, low, high))
    axes.set_ylim(bottom, top)
    ticks = [float(tick) for tick in MaxNLocator(3).tick_values(low, high) if max(low, 0) <= tick <= high]
    axes.set_yticks(ticks, [value_text(statistic, tick) for tick in ticks])
    axes.yaxis.set_minor_locator(NullLocator())
