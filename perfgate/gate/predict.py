"""What stored runs predict of one more unchanged run, metric by metric."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from scipy import special

from perfgate.stats.calibration import Calibration, learn
from perfgate.stats.prediction import detectable_shift, prediction_limit

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.gate.policy import Policy
    from perfgate.model import Metric

MIN_RUNS = 10
"""So many runs it takes before stored runs may judge alone."""

ASSUMED_RUN_SD = 0.08
"""With fewer runs their spread is unknown: the larger of what was measured on real series (6-8 %)."""

ALARM_RATE = 0.01
"""How often an unchanged run alarms, over all metrics together."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Speeds:
    """How long the calibration took, in ns: for each metric's stored runs in their order, and for head."""

    base: Mapping[Metric, Sequence[int | None]]
    head: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Prediction:
    """In logarithms: the level expected of a new run, its standard deviation, the limit and what is seen.

    `freedom` is None where the spread is assumed; `gain` is by how much allowing for the speed of the CPUs
    narrowed the prediction, None where it was not allowed for.
    """

    expected: float
    sd: float
    limit: float
    shift: float
    freedom: int | None
    gain: float | None = None

    def half_width(self, confidence: float) -> float:
        """Half of the two-sided prediction interval."""
        probability = (1 + confidence) / 2
        if self.freedom is None:
            return self.sd * float(special.ndtri(probability))
        return self.sd * float(special.stdtrit(self.freedom, probability))


def predict(
    levels: Sequence[float],
    alpha: float,
    policy: Policy,
    speeds: Sequence[int | None] = (),
    speed: int | None = None,
) -> Prediction:
    """Predict a run from earlier ones.

    Args:
        levels: of one metric, one per stored run, above 0.
        alpha: how often an unchanged run may lie above the limit.
        policy: how much power "seen" means.
        speeds: the calibrations of the stored runs, in the same order.
        speed: that of the new run; without it, or without one of the others, speed is not allowed for.
    """
    logs = np.log(np.asarray(levels, dtype=np.float64))
    runs = logs.size
    if runs < MIN_RUNS:
        return _assumed(logs, alpha, policy)
    found = _learned(logs, speeds, alpha) if speed else None
    if found is not None and speed:
        return _allowing(found, math.log(speed), alpha, policy)
    return Prediction(
        expected=float(logs.mean()),
        sd=float(logs.std(ddof=1)) * math.sqrt(1 + 1 / runs),
        limit=prediction_limit(logs, alpha),
        shift=detectable_shift(logs, alpha, policy.power),
        freedom=runs - 1,
    )


def _learned(logs: NDArray[np.float64], speeds: Sequence[int | None], alpha: float) -> Calibration | None:
    known = [speed for speed in speeds if speed]
    if len(known) != logs.size:
        return None
    return learn(logs, np.log(np.array(known, dtype=np.float64)), alpha)


def _allowing(found: Calibration, speed: float, alpha: float, policy: Policy) -> Prediction:
    return Prediction(
        expected=found.expected(speed),
        sd=found.spread_of_next(speed),
        limit=found.limit(speed, alpha),
        shift=found.detectable_shift(speed, alpha, policy.power),
        freedom=found.freedom,
        gain=found.gain,
    )


def _assumed(logs: NDArray[np.float64], alpha: float, policy: Policy) -> Prediction:
    """Of too few runs to know their spread: the assumed one, or theirs if that is larger."""
    known = float(logs.std(ddof=1)) if logs.size >= 2 else 0.0
    sd = max(ASSUMED_RUN_SD, known) * math.sqrt(1 + 1 / logs.size)
    reach = float(special.ndtri(1 - alpha)) * sd
    center = float(logs.mean())
    return Prediction(
        expected=center,
        sd=sd,
        limit=center + reach,
        shift=reach + float(special.ndtri(policy.power)) * sd,
        freedom=None,
    )
