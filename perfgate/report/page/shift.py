"""The shift function as a curve with its band."""

from __future__ import annotations

from perfgate.model import Shift
from perfgate.report.page.model import Band, Curve
from perfgate.report.page.numbers import all_significant


def shift_curve(shift: Shift | None) -> tuple[Curve, Band]:
    """The change of each quantile and its interval; both empty where there is no shift function."""
    if shift is None:
        return Curve(), Band()
    x = shift.probability
    low, high = all_significant(shift.low), all_significant(shift.high)
    band = Band(x=x, low=low, high=high, confidence=shift.confidence)
    return Curve(x=x, y=all_significant(shift.change)), band
