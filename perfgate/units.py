"""Reading and writing quantities with units: durations, ratios, rates and sizes.

Inside perfgate a quantity is a plain number whose name carries its unit (`timeout_ns`, `change_ratio`,
`rate_rps`); text with units exists only at the edges, and only here.
"""

import re

_NS = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_DURATION = re.compile(r"(\d+(?:\.\d+)?)\s*(ns|us|µs|ms|s|m|h)")
_RATIO = re.compile(r"(\d+(?:\.\d+)?)\s*%")
_BYTES = {"B": 1, "kB": 1000, "KB": 1000, "KiB": 1 << 10, "MB": 1_000_000, "MiB": 1 << 20}
_SIZE = re.compile(r"(\d+(?:\.\d+)?)\s*(B|kB|KB|KiB|MB|MiB)")
_RATE = re.compile(r"(\d+(?:\.\d+)?)\s*/\s*(s|m|h)")


def parse_duration_ns(text: str) -> int:
    """Nanoseconds in a duration such as `200ms` or `1.5s`.

    Raises:
        ValueError: the text has no unit, an unknown one, or anything else around it.
    """
    match = _DURATION.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a duration: write a number and ns, us, ms, s, m or h, like 200ms")
    return round(float(match[1]) * _NS[match[2]])


def parse_ratio(text: str) -> float:
    """The ratio in a percentage such as `3%` (0.03).

    Raises:
        ValueError: the text is not a number followed by a percent sign.
    """
    match = _RATIO.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a percentage: write a number and %, like 3%")
    return float(match[1]) / 100


def parse_rate_rps(text: str) -> float:
    """Requests per second in a rate such as `200/s` or `1200/m`.

    Raises:
        ValueError: the text is not a number, a slash and s, m or h.
    """
    match = _RATE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a rate: write a number, / and s, m or h, like 200/s")
    return float(match[1]) / (_NS[match[2]] / _NS["s"])


def parse_bytes(text: str) -> float:
    """Bytes in a size such as `256B`, `1KB` (1000), `1KiB` (1024) or `0.5 MB`.

    Raises:
        ValueError: the text has no unit, an unknown one, or anything else around it.
    """
    match = _SIZE.fullmatch(text.strip())
    if match is None:
        raise ValueError(f"{text!r} is not a size: write a number and B, KB, KiB, MB or MiB, like 256B")
    return float(match[1]) * _BYTES[match[2]]


def format_duration_ns(duration_ns: float) -> str:
    """A duration with three significant digits and the unit that suits it: `1.23 ms`."""
    for unit in ("s", "ms", "µs"):
        if abs(duration_ns) >= _NS[unit]:
            return f"{_three_digits(duration_ns / _NS[unit])} {unit}"
    return f"{duration_ns:.0f} ns"


def format_ratio(ratio: float, *, signed: bool = False) -> str:
    """A ratio as a percentage: `+3.2 %` when signed, `3.2 %` otherwise; digits shrink as it grows."""
    percent = ratio * 100
    digits = 0 if abs(percent) >= 99.95 else 1 if abs(percent) >= 0.95 or percent == 0 else 2
    return f"{percent:{'+' if signed else ''}.{digits}f} %"


def format_bytes(size_bytes: float) -> str:
    """A size with three significant digits and the decimal unit that suits it: `1.23 MB`."""
    unit, scale = bytes_unit(size_bytes)
    return f"{_three_digits(size_bytes / scale)} {unit}" if scale > 1 else f"{size_bytes:.0f} B"


def bytes_unit(size_bytes: float) -> tuple[str, float]:
    """The decimal unit that suits a size of any sign, and how many bytes it has."""
    for unit, scale in (("GB", 1e9), ("MB", 1e6), ("kB", 1e3)):
        if abs(size_bytes) >= scale:
            return unit, scale
    return "B", 1.0


def format_per_request(
    size_bytes: float, *, signed: bool = False, unit: tuple[str, float] | None = None
) -> str:
    """Bytes per request: `+1.02 kB/request` when signed; `unit` is for sizes that shall share one."""
    name, scale = unit or bytes_unit(size_bytes)
    digits = _three_digits(size_bytes / scale)
    if float(digits) == 0:
        return f"0 {name}/request"
    return f"{'+' if signed and size_bytes > 0 else ''}{digits} {name}/request"


def format_rate(rate_rps: float) -> str:
    """Requests a second with three significant digits: `812/s`."""
    return f"{_three_digits(rate_rps)}/s"


def _three_digits(value: float) -> str:
    digits = 0 if abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f}"
