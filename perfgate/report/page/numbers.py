"""Numbers as the page holds them: a few digits, and None for what is no number."""

from __future__ import annotations

import math
from collections.abc import Iterable

SECONDS_DIGITS = 3
"""Places on the time axis are rounded to milliseconds."""


def significant(value: float | None, digits: int = 4) -> float | None:
    """The value to so many significant digits; None for None, NaN and infinities."""
    if value is None or not math.isfinite(value):
        return None
    return float(f"{value:.{digits}g}")


def all_significant(values: Iterable[float | None], digits: int = 4) -> tuple[float | None, ...]:
    """Each of many values to so many significant digits."""
    return tuple(significant(value, digits) for value in values)


def places(values: Iterable[float]) -> tuple[float, ...]:
    """Finite seconds on the time axis."""
    return tuple(round(float(value), SECONDS_DIGITS) for value in values)
