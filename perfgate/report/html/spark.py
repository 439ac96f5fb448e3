"""The small line of a metric's history, drawn on the server: places in a box, gaps left out."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfgate.model import Past
from perfgate.report.words import is_number

WIDTH, HEIGHT = 160, 32
_EDGE = 4
_LEAST_SPAN = math.log(1.2)
_LEAST_ERRORS = 0.01


@dataclass(frozen=True, slots=True, kw_only=True)
class Spark:
    """Pieces of the line as SVG points, its newest point, change points (x, y, worse), creep (x, width)."""

    lines: tuple[str, ...]
    newest: tuple[float, float] | None
    steps: tuple[tuple[float, float, bool], ...]
    creep: tuple[float, float] | None


def spark_of(past: Past, start: int) -> Spark:
    """The values from the commit `start` on; less than 20 % does not fill the height, so noise stays flat."""
    values = past.values[start:]
    is_errors = past.metric.statistic == "errors"
    heights = [_height(value, is_errors=is_errors) for value in values]
    low, span = _range([h for h in heights if h is not None], _LEAST_ERRORS if is_errors else _LEAST_SPAN)
    across = (WIDTH - 2 * _EDGE) / max(len(values) - 1, 1)
    xs = [_EDGE + place * across for place in range(len(values))]
    points = [
        None
        if h is None
        else (round(x, 1), round(HEIGHT - _EDGE - (h - low) / span * (HEIGHT - 2 * _EDGE), 1))
        for x, h in zip(xs, heights, strict=True)
    ]
    steps = [(step, points[step.commit - start]) for step in past.steps if step.commit >= start]
    creep = past.creep
    return Spark(
        lines=tuple(_pieces(points)),
        newest=next((point for point in reversed(points) if point), None),
        steps=tuple((*point, is_worse(past, step.change)) for step, point in steps if point),
        creep=None if creep is None or creep.last <= start else _creep(xs, creep.first, creep.last, start),
    )


def is_worse(past: Past, change: float | None) -> bool:
    """Whether a change of this metric is for the worse; a rise from nothing has no size and is one."""
    rises = not is_number(change) or change > 0
    return rises if past.metric.better == "lower" else not rises


def _height(value: float | None, *, is_errors: bool) -> float | None:
    if not is_number(value) or (value <= 0 and not is_errors):
        return None
    return value if is_errors else math.log(value)


def _range(heights: Sequence[float], least: float) -> tuple[float, float]:
    """The lowest height shown and how many there are above it."""
    if not heights:
        return 0.0, least
    low, high = min(heights), max(heights)
    if high - low >= least:
        return low, high - low
    return (low + high - least) / 2, least


def _creep(xs: Sequence[float], first: int, last: int, start: int) -> tuple[float, float]:
    left = xs[max(first - start, 0)]
    return round(left, 1), round(xs[last - start] - left, 1)


def _pieces(points: Sequence[tuple[float, float] | None]) -> list[str]:
    pieces: list[list[str]] = [[]]
    for point in points:
        if point is None:
            pieces.append([])
        else:
            pieces[-1].append(f"{point[0]:g},{point[1]:g}")
    return [" ".join(piece) for piece in pieces if len(piece) > 1]
