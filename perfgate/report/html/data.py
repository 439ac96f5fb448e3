"""The numbers behind the charts of a report: compact enough for hundreds of endpoints in one file."""

from collections.abc import Mapping, Sequence
from typing import Any

from perfgate.model import SIDES, Side
from perfgate.report.html.frames import Frame, frame
from perfgate.report.html.numbers import interval_text, rounded
from perfgate.report.page.model import Band, Curve, EndpointView, Page, SeriesView

_MOST_POINTS = 300
_FEWEST_POINTS = 26
_NUMBERS = 90_000  # on the whole page; each takes about seven bytes
_LINES = 18  # columns of numbers an endpoint has
_SHIFT_DECIMALS = 4


def data_of(page: Page) -> dict[str, Any]:
    """Rounds, series and endpoints as the charts need them; lines of one chart share their x axis."""
    most = points_for(len(page.endpoints))
    return {
        "rounds": [
            {
                "number": each.number,
                "start": rounded(each.start_s),
                "end": rounded(each.end_s),
                "dropped": bool(each.dropped_because),
            }
            for each in page.rounds
        ],
        "interval": interval_of(page),
        "series": {each.name: {"unit": each.unit, **series_frame(each)} for each in page.series},
        "endpoints": {each.anchor: endpoint_data(each, most) for each in page.endpoints},
    }


def compact(data: dict[str, Any]) -> dict[str, Any]:
    """The same with each x axis of the endpoints written once: `x` is its number among `axes`."""
    numbers: dict[tuple[float, ...], int] = {}
    endpoints = {
        anchor: {
            name: each | {"x": numbers.setdefault(tuple(each["x"]), len(numbers))}
            for name, each in charts.items()
        }
        for anchor, charts in data["endpoints"].items()
    }
    return data | {"axes": [list(axis) for axis in numbers], "endpoints": endpoints}


def points_for(endpoints: int) -> int:
    """How many points a line may have, so that the page stays below its size whatever it shows."""
    return max(_FEWEST_POINTS, min(_MOST_POINTS, _NUMBERS // (_LINES * max(endpoints, 1))))


def interval_of(page: Page) -> str:
    """What the interval of every shift function on the page is called."""
    return interval_text(each.shift_band.confidence for each in page.endpoints if each.shift_band.x)


def endpoint_data(endpoint: EndpointView, most: int) -> dict[str, Frame]:
    """What the charts of one endpoint show."""
    return {
        "ecdf": frame(_by_side(endpoint.ecdf), most, before=0.0, after=1.0),
        "density": frame(_by_side(endpoint.density), most, before=0.0, after=0.0),
        "shift": shift_frame(endpoint.shift, endpoint.shift_band, most),
        "time": time_frame(endpoint, most),
    }


def shift_frame(shift: Curve, band: Band, most: int) -> Frame:
    """The change at each quantile with both ends of its band."""
    lines = {"change": shift, "low": Curve(x=band.x, y=band.low), "high": Curve(x=band.x, y=band.high)}
    columns = frame(lines, most)
    return {
        name: [value if value is None else round(value, _SHIFT_DECIMALS) for value in column]
        for name, column in columns.items()
    }


def time_frame(endpoint: EndpointView, most: int) -> Frame:
    """Quantiles and throughput of both sides over time, as `base_p50`, `head_rate` and so on."""
    lines = {
        f"{side}_{name}": curve for side in SIDES for name, curve in endpoint.latency.get(side, {}).items()
    }
    rates = {f"{side}_rate": endpoint.throughput[side] for side in SIDES if side in endpoint.throughput}
    return frame(lines | rates, most)


def series_frame(series: SeriesView) -> Frame:
    """One quantity of the service over time."""
    return frame(_by_side(series.curves), _MOST_POINTS)


def service_frame(series: Sequence[SeriesView]) -> Frame:
    """All quantities of the service over time together, as `CPU base` and so on, for one table."""
    lines = {
        f"{each.name} {side}": each.curves[side] for each in series for side in SIDES if side in each.curves
    }
    return frame(lines, _MOST_POINTS)


def _by_side(curves: Mapping[Side, Curve]) -> dict[str, Curve]:
    return {side: curves[side] for side in SIDES if side in curves}
