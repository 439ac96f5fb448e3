"""The numbers that the report's charts are drawn from: compact enough for hundreds of endpoints in one file."""

from collections.abc import Sequence
from typing import Any

from perfgate.model import SIDES
from perfgate.report.html.frames import Frame, frame
from perfgate.report.html.numbers import rounded
from perfgate.report.page.model import Band, Curve, EndpointView, Page, SeriesView

_MOST_POINTS = 300
_FEWEST_POINTS = 40
_NUMBERS = 130_000  # on the whole page; each takes about seven bytes
_LINES = 18  # columns of numbers an endpoint has


def data_of(page: Page) -> dict[str, Any]:
    """Rounds, series and endpoints as the scripts read them; lines of one chart share their x axis."""
    most = points_for(len(page.endpoints))
    return {
        "rounds": [
            {
                "index": each.index,
                "start": rounded(each.start_s),
                "end": rounded(each.end_s),
                "dropped": bool(each.dropped_because),
            }
            for each in page.rounds
        ],
        "series": {each.name: {"unit": each.unit, **series_frame(each)} for each in page.series},
        "endpoints": {each.anchor: endpoint_data(each, most) for each in page.endpoints},
    }


def points_for(endpoints: int) -> int:
    """How many points a line may have, so that the page stays below its size whatever it shows."""
    return max(_FEWEST_POINTS, min(_MOST_POINTS, _NUMBERS // (_LINES * max(endpoints, 1))))


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
    return frame(lines, most)


def time_frame(endpoint: EndpointView, most: int) -> Frame:
    """Quantiles and throughput of both sides over time, as `base_p50`, `head_rate` and so on."""
    lines = {
        f"{side}_{name}": curve for side in SIDES for name, curve in endpoint.latency.get(side, {}).items()
    }
    return frame(lines | {f"{s}_rate": endpoint.throughput[s] for s in SIDES if s in endpoint.throughput}, most)


def series_frame(series: SeriesView) -> Frame:
    """One quantity of the service over time."""
    return frame(_by_side(series.curves), _MOST_POINTS)


def service_frame(series: Sequence[SeriesView]) -> Frame:
    """All quantities of the service over time together, as `CPU base` and so on, for one table."""
    lines = {f"{each.name} {side}": each.curves[side] for each in series for side in SIDES if side in each.curves}
    return frame(lines, _MOST_POINTS)


def _by_side(curves: Any) -> dict[str, Curve]:
    return {side: curves[side] for side in SIDES if side in curves}
