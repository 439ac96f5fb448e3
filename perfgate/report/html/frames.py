"""Lines that share one chart brought to one x axis, thinned and rounded to what a chart can show."""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from perfgate.report.html.numbers import rounded, times
from perfgate.report.page.model import Curve

_COARSE = 60
Frame = dict[str, Any]
"""`x` and a column of the same length for each line, None where it has a gap."""


def frame(
    curves: Mapping[str, Curve], most: int, *, before: float | None = None, after: float | None = None
) -> Frame:
    """The curves on one axis of at most `most` points, each with a value (or None) at every point.

    Between two points of its own a line is interpolated; left and right of them it is `before` and `after`.
    With few points their values have fewer digits.
    """
    digits = 4 if most > _COARSE else 3
    lines = {name: curve for name, curve in curves.items() if curve.x}
    xs = _thin(_axis(lines.values()), most)
    columns = {
        name: [rounded(v, digits) for v in _on(xs, curve, before, after)] for name, curve in lines.items()
    }
    return {"x": [rounded(x) for x in xs], **columns}


def rows(of: Frame, most: int) -> list[dict[str, Any]]:
    """Evenly spaced rows of a frame that goes over time, for the table behind its chart; `at` is when."""
    places = _thin(range(len(of["x"])), most)
    texts = times([of["x"][place] for place in places])
    found = [{name: column[place] for name, column in of.items()} for place in places]
    return [row | {"at": texts[row["x"]]} for row in found]


def has_values(of: Frame, mark: str = "") -> bool:
    """Whether there is anything to draw in the columns whose names have the mark."""
    columns = (column for name, column in of.items() if name != "x" and mark in name)
    return any(value is not None for column in columns for value in column)


def _axis(curves: Any) -> Sequence[float]:
    axes = [curve.x for curve in curves]
    if not axes:
        return ()
    if all(axis == axes[0] for axis in axes[1:]):
        return axes[0]  # type: ignore[no-any-return]
    return sorted(set().union(*axes))


def _thin(points: Sequence[Any], most: int) -> list[Any]:
    """At most so many of them, evenly spaced, the first and the last among them."""
    last = len(points) - 1
    if last < most:
        return list(points)
    return [points[round(place * last / (most - 1))] for place in range(most)]


def _on(xs: Sequence[float], curve: Curve, before: float | None, after: float | None) -> list[float | None]:
    if list(curve.x) == list(xs):
        return list(curve.y)
    return [value_at(x, curve, before, after) for x in xs]


def value_at(x: float, curve: Curve, before: float | None = None, after: float | None = None) -> float | None:
    """The line at x: a point of it, a place between two, or what is left or right of it."""
    right = bisect_left(curve.x, x)
    if right == len(curve.x):
        return after
    if curve.x[right] == x:
        return curve.y[right]
    if right == 0:
        return before
    low, high = curve.y[right - 1], curve.y[right]
    if low is None or high is None:
        return None
    share = (x - curve.x[right - 1]) / (curve.x[right] - curve.x[right - 1])
    return low + share * (high - low)
