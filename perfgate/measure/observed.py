"""What was read of a service in a round, as the series that is kept."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import ServiceSeries

if TYPE_CHECKING:
    from perfgate.target.readings import UsageSeries


def series_of(usage: UsageSeries, round_index: int) -> ServiceSeries:
    """The rows of one side in one round; perhaps none, where the service was not started by perfgate."""
    columns = {name: np.array(column, dtype=np.int64) for name, column in usage._asdict().items()}
    return ServiceSeries(round_index=round_index, **columns)
