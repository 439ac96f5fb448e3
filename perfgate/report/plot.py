"""The verdict as a forest plot: every metric's change with its interval against its tolerance."""

import textwrap
from collections.abc import Sequence
from pathlib import Path

from matplotlib.axes import Axes
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from perfgate.model import Comparison, Outcome, Verdict
from perfgate.report.headline import headline
from perfgate.report.picture import PictureFormat, save_picture
from perfgate.report.text import shorten
from perfgate.report.words import endpoint_text, is_number, note_text, signed_text, worst_first

_MAX_ROWS = 120
_NAME_WIDTH = 34
_HEADLINE_WIDTH = 330
_LINE_WIDTH = 110
_WIDE_PERCENT = 60.0
_TICKS = (1000, 500, 200, 100, 50, 20, 10, 5)
_DOTS_PER_INCH = 120
_LOOKS: dict[Outcome, tuple[str, str]] = {
    Outcome.REGRESSED: ("#d55e00", "X"),
    Outcome.THRESHOLD_BREACHED: ("#cc79a7", "P"),
    Outcome.INVALID: ("#cc79a7", "v"),
    Outcome.INCONCLUSIVE: ("#e69f00", "D"),
    Outcome.IMPROVED: ("#009e73", "^"),
    Outcome.NOT_MEASURED: ("#999999", "x"),
    Outcome.PASS: ("#0072b2", "o"),
}
"""Colours by Okabe and Ito (2008), told apart with any colour vision; shapes say the same without colour."""


def write_forest(verdict: Verdict, path: Path, kind: PictureFormat = "png") -> None:
    """Draw every comparison, worst on top, and write the picture to `path`.

    Raises:
        MeasureError: the file cannot be written.
    """
    comparisons = worst_first(verdict.comparisons)
    shown = comparisons[:_MAX_ROWS]
    figure = Figure(figsize=(9.0, 1.9 + 0.27 * max(len(shown), 1)), dpi=_DOTS_PER_INCH, layout="constrained")
    axes = figure.add_subplot()
    _draw(axes, shown)
    left_out = len(comparisons) - len(shown)
    note = f" ({left_out} more metrics are not drawn)" if left_out else ""
    sentence = shorten(headline(verdict), _HEADLINE_WIDTH) + note
    title = figure.suptitle("\n".join(textwrap.wrap(sentence, _LINE_WIDTH)), x=0.01, ha="left", size=9)
    title.set_parse_math(False)
    save_picture(figure, path, kind)


def _draw(axes: Axes, comparisons: Sequence[Comparison]) -> None:
    positions = range(len(comparisons))
    for position, comparison in zip(positions, comparisons, strict=True):
        _draw_row(axes, position, comparison)
    axes.axvline(0, color="black", linewidth=0.8, zorder=1)
    axes.set_yticks(list(positions), [_label(c) for c in comparisons], size=8, parse_math=False)
    axes.set_ylim(len(comparisons) - 0.4, -0.6)
    _scale(axes, comparisons)
    axes.set_xlabel(
        "change of head against base in % (errors: percentage points; memory: 100 B/request)\n"
        "of throughput less is worse, of all others more; grey: within tolerance",
        size=8,
    )
    axes.tick_params(axis="x", labelsize=8)
    axes.spines[["top", "right"]].set_visible(False)
    axes.grid(axis="x", color="#e5e5e5", linewidth=0.6, zorder=0)
    axes.set_axisbelow(True)
    _legend(axes, comparisons)


def _draw_row(axes: Axes, position: int, comparison: Comparison) -> None:
    colour, marker = _LOOKS[comparison.outcome]
    scale = _scale_of(comparison)
    tolerance = comparison.tolerance * scale
    axes.barh(position, 2 * tolerance, left=-tolerance, height=0.8, color="#e0e0e0", zorder=0.5)
    if not is_number(comparison.change):
        axes.text(0, position, " not measured", color="#666666", size=7, va="center")
        return
    if is_number(comparison.low) and is_number(comparison.high):
        ends = [comparison.low * scale, comparison.high * scale]
        axes.plot(ends, [position, position], color=colour, linewidth=1.8, solid_capstyle="butt", zorder=2)
    axes.plot(comparison.change * scale, position, marker, color=colour, markersize=6, zorder=3)


def _scale_of(comparison: Comparison) -> float:
    """What makes a change a length on the axis: ratios in %, bytes per request in hundreds."""
    return 0.01 if comparison.metric.statistic == "memory" else 100.0


def _scale(axes: Axes, comparisons: Sequence[Comparison]) -> None:
    """Linear, unless one huge change would squeeze all the others into the zero line."""
    tolerances = [c.tolerance * _scale_of(c) for c in comparisons] or [0.0]
    values = [0.0]
    for c in comparisons:
        values += [v * _scale_of(c) for v in (c.change, c.low, c.high) if is_number(v)]
    reach = max(abs(value) for value in values)
    if reach > _WIDE_PERCENT:
        axes.set_xscale("symlog", linthresh=10.0)
        ticks = [-tick for tick in _TICKS] + [0] + list(reversed(_TICKS))
        axes.set_xticks(ticks, [f"{tick:+d}" if tick else "0" for tick in ticks])
        axes.minorticks_off()
    low, high = min(values + [-v for v in tolerances]), max(values + tolerances)
    axes.set_xlim(min(low * 1.08, -1.0), max(high * 1.08, 1.0))


def _label(comparison: Comparison) -> str:
    name = shorten(endpoint_text(comparison.metric), _NAME_WIDTH)
    change = signed_text(comparison.metric.statistic, comparison.change)
    note = note_text(comparison)
    return f"{name}  {comparison.metric.statistic}  {change}{f' ({note})' if note else ''}"


def _legend(axes: Axes, comparisons: Sequence[Comparison]) -> None:
    present = [outcome for outcome in _LOOKS if any(c.outcome == outcome for c in comparisons)]
    handles = [
        Line2D([], [], color=_LOOKS[o][0], marker=_LOOKS[o][1], linestyle="", label=o) for o in present
    ]
    if handles:
        axes.legend(
            handles=handles,
            loc="lower left",
            bbox_to_anchor=(0, 1),
            ncols=len(handles),
            fontsize=7,
            frameon=False,
        )
