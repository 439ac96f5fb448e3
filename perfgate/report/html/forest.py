"""Where everything in the forest plot lies: places in percent of one axis that all rows share."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from perfgate.report.html.numbers import interval_text
from perfgate.report.page.model import ForestRow
from perfgate.report.words import both_text, is_number

_WIDE = 60.0
_BEND = 10.0  # below this an axis of wide changes is nearly linear, above it logarithmic
_ROOM = 0.06
_MOST_TICKS = 8
_THOUSAND = 1000
_WIDE_TICKS = (1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000, 10_000, 100_000)
_TICK_ROOM = 7.5  # percent of the axis
_WIDE_TICK_ROOM = 9.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Tick:
    """A mark of the axis."""

    place: float
    text: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Strip:
    """One row: tolerance band and interval as (left, width), and the change; None where there is none.

    `levels` are the values of both sides as text.
    """

    row: ForestRow
    levels: str
    band: tuple[float, float] | None
    interval: tuple[float, float] | None
    change: float | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Forest:
    """The plot: its rows, the marks of its axis, where zero is, and how its intervals and axis are read.

    `even_up_to` is where the axis turns from even to logarithmic, None where it is even all along.
    `interval` names the interval with its confidence.
    """

    strips: tuple[Strip, ...]
    ticks: tuple[Tick, ...]
    zero: float
    even_up_to: float | None
    interval: str


@dataclass(frozen=True, slots=True, kw_only=True)
class _Axis:
    low: float
    high: float
    is_wide: bool

    def bend(self, value: float) -> float:
        return math.asinh(value / _BEND) if self.is_wide else value

    def place(self, value: float) -> float:
        low, high = self.bend(self.low), self.bend(self.high)
        return min(max(100 * (self.bend(value) - low) / (high - low), 0.0), 100.0)


def forest_of(rows: Sequence[ForestRow]) -> Forest:
    """The plot of some rows; a wide change or tolerance bends the axis, so that it squeezes no other."""
    axis = _axis(rows)
    return Forest(
        strips=tuple(_strip(row, axis) for row in rows),
        ticks=_ticks(axis),
        zero=axis.place(0.0),
        even_up_to=_BEND if axis.is_wide else None,
        interval=interval_text(row.confidence for row in rows),
    )


def _axis(rows: Sequence[ForestRow]) -> _Axis:
    values = [0.0]
    for row in rows:
        values += [value for value in (row.change, row.low, row.high) if is_number(value)]
    tolerances = [row.tolerance for row in rows if is_number(row.tolerance)]
    is_wide = max(abs(value) for value in (*values, *tolerances)) > _WIDE
    low = min(*values, *(-each for each in tolerances), -1.0)
    high = max(*values, *tolerances, 1.0)
    plain = _Axis(low=low, high=high, is_wide=is_wide)
    room = _ROOM * (plain.bend(high) - plain.bend(low))
    ends = plain.bend(low) - room, plain.bend(high) + room
    if is_wide:
        ends = _BEND * math.sinh(ends[0]), _BEND * math.sinh(ends[1])
    return _Axis(low=ends[0], high=ends[1], is_wide=is_wide)


def _strip(row: ForestRow, axis: _Axis) -> Strip:
    band = interval = change = None
    if is_number(row.tolerance):
        left = axis.place(-row.tolerance)
        band = left, axis.place(row.tolerance) - left
    if is_number(row.low) and is_number(row.high):
        left = axis.place(row.low)
        interval = left, axis.place(row.high) - left
    if is_number(row.change):
        change = axis.place(row.change)
    return Strip(row=row, levels=both_text(row.base, row.head), band=band, interval=interval, change=change)


def _ticks(axis: _Axis) -> tuple[Tick, ...]:
    """Marks that do not run into each other: nearest to zero first, since small changes matter most."""
    values = _wide_values() if axis.is_wide else _even_values(axis)
    kept: list[Tick] = []
    room = _WIDE_TICK_ROOM if axis.is_wide else _TICK_ROOM
    for value in sorted(values, key=abs, reverse=axis.is_wide):
        place = axis.place(value)
        inside = axis.low <= value <= axis.high
        if value == 0 or (inside and all(abs(place - other.place) >= room for other in kept)):
            kept = [tick for tick in kept if value != 0 or abs(place - tick.place) >= room]
            kept.append(Tick(place=place, text=_text(value)))
    return tuple(sorted(kept, key=lambda tick: tick.place))


def _wide_values() -> list[float]:
    return [0.0, *(sign * tick for tick in _WIDE_TICKS for sign in (-1.0, 1.0))]


def _even_values(axis: _Axis) -> list[float]:
    least = (axis.high - axis.low) / _MOST_TICKS
    magnitude = 10.0 ** math.floor(math.log10(least))
    step = next(magnitude * each for each in (1, 2, 5, 10) if magnitude * each >= least)
    return [number * step for number in range(math.ceil(axis.low / step), math.floor(axis.high / step) + 1)]


def _text(value: float) -> str:
    if abs(value) >= _THOUSAND:
        return f"{value / _THOUSAND:+g}k"
    return f"{value:+.4g}" if value else "0"
