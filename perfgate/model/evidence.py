"""What a report may show besides a verdict: both results, how their times are distributed, their requests."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from perfgate.model.measured import Result
from perfgate.model.observed import ServiceSeries

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfgate.model.answered import Samples


def fewest_requests(probability: float) -> int:
    """The fewest requests with which a distribution-free 95 % interval of a quantile exists: 6 of the median.

    The interval from the smallest to the largest of n independent values misses a quantile with the
    probability that all of them are on one side of it; each side may have 2.5 %.
    """
    return math.ceil(math.log(0.025) / math.log(max(probability, 1 - probability)))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class CountedTimes:
    """Service times of answered requests: each once, in rising nanoseconds, with how often it occurred."""

    values_ns: NDArray[np.int64]
    counts: NDArray[np.int64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quantiles:
    """Quantiles of a side in its median round; None where it has too few requests in all for the quantile."""

    probability: tuple[float, ...]
    median_ns: tuple[float | None, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """How head's quantiles differ from base's: `change` is head / base - 1 of the quantile `probability`.

    `low` to `high` is the interval of each by itself, at `confidence`; None where there are too few of the
    `rounds` for one, and `change` too where there are too few requests for the quantile.
    """

    probability: tuple[float, ...]
    change: tuple[float | None, ...]
    low: tuple[float | None, ...]
    high: tuple[float | None, ...]
    confidence: float
    rounds: int


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class EndpointTimes:
    """The service times of one endpoint over all valid rounds of each side, and how they shifted.

    A side has neither times nor quantiles where it answered nothing without error, or where no histograms
    were kept. `shift` is None where no round has both sides.
    """

    base: CountedTimes | None
    head: CountedTimes | None
    base_quantiles: Quantiles | None = None
    head_quantiles: Quantiles | None = None
    shift: Shift | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SideEvidence:
    """One side: its result, and where they were kept its requests and readings of its service.

    `rounds_of` is the index of the round of each request; it and `samples` are None where they were not kept.
    """

    result: Result
    rounds_of: NDArray[np.int32] | None = None
    samples: Samples | None = None
    series: tuple[ServiceSeries, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Evidence:
    """Both sides of a comparison; `base` is None where only head was measured.

    `times` goes by the name of the endpoint. `notes` say what could not be read, and why.
    """

    base: SideEvidence | None
    head: SideEvidence
    times: Mapping[str, EndpointTimes] = field(default_factory=dict)
    notes: tuple[str, ...] = ()

    @property
    def is_paired(self) -> bool:
        """Whether both sides were measured together, so that their rounds of one index are one round."""
        return self.base is not None and self.base.result.run_id == self.head.result.run_id
