"""The table behind an endpoint's distributions: each quantile of both sides, and the change with its band."""

from dataclasses import dataclass

from perfgate.report.html.frames import value_at
from perfgate.report.page.model import Curve, EndpointView

_ROUNDING = 0.006


@dataclass(frozen=True, slots=True, kw_only=True)
class QuantileRow:
    """A quantile in ms on both sides, and its change with an interval where there is one.

    With an interval the change is that of the shift function, of which the interval is; it need not be the
    quotient of the two times, which are those of all rounds thrown together.
    """

    name: str
    base: float | None
    head: float | None
    change: float | None
    low: float | None
    high: float | None


def quantile_rows(endpoint: EndpointView) -> list[QuantileRow]:
    """A row for each quantile of the view, in its order."""
    band = endpoint.shift_band
    low, high = Curve(x=band.x, y=band.low), Curve(x=band.x, y=band.high)
    return [
        QuantileRow(
            name=name,
            base=base,
            head=head,
            change=_change(_at(endpoint.shift, name), base, head),
            low=_at(low, name),
            high=_at(high, name),
        )
        for name, base, head in endpoint.quantiles
    ]


def _change(shift: float | None, base: float | None, head: float | None) -> float | None:
    if shift is not None:
        return shift
    return head / base - 1 if base and head is not None else None


def _at(curve: Curve, name: str) -> float | None:
    """The shift, or one end of its band, at the quantile of that name; None where it does not reach."""
    try:
        quantile = float(name.removeprefix("p")) / 100
    except ValueError:
        return None
    if not curve.x or not curve.x[0] - _ROUNDING <= quantile <= curve.x[-1] + _ROUNDING:
        return None
    return value_at(min(max(quantile, curve.x[0]), curve.x[-1]), curve)
