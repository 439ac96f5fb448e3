"""Allowing for the speed of the machine in a stored-baseline test, where that is known to help.

Dividing a metric by the time of a calibration workload made every real series worse, because services do
not slow down as the calibration does. So how much a metric follows the calibration is learned from the
baseline's own runs, shrunk towards nothing, and used only where it narrows the prediction.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from perfgate.stats.prediction import critical_t

MIN_GAIN = 0.20
"""The leave-one-out prediction interval has to shrink by this much; less could be luck."""

_FEWEST_RUNS = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How a metric follows the calibration; everything in logarithms.

    The level expected at calibration c is `level + slope * (c - center)`; `spread` is the standard deviation
    of runs about it, with `freedom` degrees of freedom. `squares` is the sum of squares of the calibrations
    about `center`. `gain` is by how much the leave-one-out prediction interval shrank.
    """

    level: float
    slope: float
    center: float
    spread: float
    freedom: int
    runs: int
    squares: float
    gain: float

    def expected(self, calibration: float) -> float:
        """The level of an unchanged run at a calibration."""
        return self.level + self.slope * (calibration - self.center)

    def spread_of_next(self, calibration: float) -> float:
        """The standard deviation of an unchanged run about `expected`: larger the farther from `center`."""
        distance = (calibration - self.center) ** 2 / self.squares
        return self.spread * math.sqrt(1 + 1 / self.runs + distance)

    def limit(self, calibration: float, alpha: float) -> float:
        """The upper prediction limit of one more run at a calibration."""
        reach = float(special.stdtrit(self.freedom, 1 - alpha)) * self.spread_of_next(calibration)
        return self.expected(calibration) + reach

    def detectable_shift(self, calibration: float, alpha: float, power: float) -> float:
        """How far a run has to rise to pass `limit` with this power (see `prediction.detectable_shift`)."""
        critical = float(special.stdtrit(self.freedom, 1 - alpha))
        shift = special.nctdtrinc(self.freedom, 1 - power, critical)
        return float(shift) * self.spread_of_next(calibration)


def learn(levels: NDArray[np.float64], calibrations: NDArray[np.float64], alpha: float) -> Calibration | None:
    """How the metric follows the calibration, None where allowing for it does not help enough.

    The slope is that of least squares times max(0, 1 - 1/t²), t being its own t-value: the shrinkage that
    predicts best from a fit to few values (Copas, 1983; in this form van Houwelingen and le Cessie, 1990).
    A negative one counts as none, for a slower machine makes no service faster. It helps where the
    leave-one-out prediction interval is narrower by `MIN_GAIN`: every run is predicted from all others,
    slope and shrinkage included, so that a slope fitted to noise shows as the worse prediction it is.

    Args:
        levels: logarithms of the metric, one per baseline run.
        calibrations: logarithms of the calibration's time, of the same runs.
        alpha: the alarm rate of the limit, which the widths are compared at.

    Raises:
        ValueError: the two differ in length or are not rows of finite numbers.
    """
    if levels.ndim != 1 or levels.shape != calibrations.shape:
        raise ValueError(f"a calibration for every run is needed, got {levels.shape}, {calibrations.shape}")
    if not (np.isfinite(levels).all() and np.isfinite(calibrations).all()):
        raise ValueError("levels and calibrations are finite")
    runs = levels.size
    centered = calibrations - calibrations.mean()
    squares = float(centered @ centered)
    if runs < _FEWEST_RUNS or squares <= runs * 1e-18:
        return None
    slope = shrunk_slope(levels, calibrations)
    gain = _gain(levels, calibrations, alpha) if slope > 0 else 0.0
    if gain < MIN_GAIN:
        return None
    left = levels - levels.mean() - slope * centered
    return Calibration(
        level=float(levels.mean()),
        slope=slope,
        center=float(calibrations.mean()),
        spread=math.sqrt(float(left @ left) / (runs - 2)),
        freedom=runs - 2,
        runs=runs,
        squares=squares,
        gain=gain,
    )


def shrunk_slope(levels: NDArray[np.float64], calibrations: NDArray[np.float64]) -> float:
    """The slope of levels over calibrations, shrunk as `learn` says; 0 where there is none to be had."""
    x, y = calibrations - calibrations.mean(), levels - levels.mean()
    squares = float(x @ x)
    if squares <= x.size * 1e-18:
        return 0.0
    slope = float(x @ y) / squares
    left = y - slope * x
    variance = float(left @ left) / (x.size - 2) / squares
    if slope <= 0 or slope**2 <= variance:
        return 0.0
    return float(slope * (1 - variance / slope**2))


def _gain(levels: NDArray[np.float64], calibrations: NDArray[np.float64], alpha: float) -> float:
    """By how much predicting each run from the others narrows the interval (0.3: 30 % narrower)."""
    plain, learned = [], []
    for left_out in range(levels.size):
        y, x = np.delete(levels, left_out), np.delete(calibrations, left_out)
        plain.append(levels[left_out] - y.mean())
        slope = shrunk_slope(y, x)
        learned.append(plain[-1] - slope * (calibrations[left_out] - x.mean()))
    before = critical_t(levels.size, alpha) * float(np.linalg.norm(plain))
    after = float(special.stdtrit(levels.size - 2, 1 - alpha)) * float(np.linalg.norm(learned))
    return 1 - after / before if before > 0 else 0.0
