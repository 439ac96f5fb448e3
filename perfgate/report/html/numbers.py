"""How the page writes numbers that come as numbers; where there is none it writes –."""

from collections.abc import Collection, Iterable

from perfgate.report.words import NONE, is_number
from perfgate.units import format_duration_ns, format_rate, format_ratio

_NS_PER_MS = 1e6


def ms(value: float | None) -> str:
    """A latency in ms with the unit that suits it: `1.20 ms`, `812 µs`."""
    return format_duration_ns(value * _NS_PER_MS) if is_number(value) else NONE


def percent(ratio: float | None) -> str:
    """A change with its sign: `+4.2 %`."""
    return format_ratio(ratio, signed=True) if is_number(ratio) else NONE


def rate(value: float | None) -> str:
    """Requests a second: `812/s`."""
    return format_rate(value) if is_number(value) else NONE


def interval_text(confidences: Iterable[float]) -> str:
    """What an interval is called: `90 % interval`, without the number where there are several."""
    found = {each for each in confidences if is_number(each)}
    return f"{100 * found.pop():g} % interval" if len(found) == 1 else "interval"


def plain(value: float | None) -> str:
    """A number with three significant digits and no unit: `0.82`, `1,240`."""
    if not is_number(value):
        return NONE
    digits = 0 if abs(value) >= 99.95 or float(value).is_integer() else 1 if abs(value) >= 9.995 else 2
    return f"{value:,.{digits}f}"


def times(places_s: Collection[float]) -> dict[float, str]:
    """Places on the time axis: `12.5 s`, with as many digits as keep different ones apart, three at most."""
    for digits in range(1, 4):
        texts = {place_s: f"{place_s:.{digits}f} s" for place_s in places_s}
        if len(set(texts.values())) == len(texts):
            break
    return texts


def count(value: int | None) -> str:
    """A number of things, with thousands apart: `52,000`."""
    return NONE if value is None else f"{value:,}"


def place(value: float) -> str:
    """A place or width in percent of an axis, for an SVG attribute: `42.5%`."""
    return f"{value:.1f}".rstrip("0").rstrip(".") + "%"


def rounded(value: float | None, digits: int = 4) -> float | None:
    """So many significant digits: what a chart can show, at half the size."""
    if not is_number(value):
        return None
    short = float(f"{value:.{digits}g}")
    return int(short) if short.is_integer() else short
