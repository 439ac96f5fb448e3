"""Exact order statistics of very many times: what was seen, without estimating anything."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import Spread

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PER_MILLE = {"p50": 500, "p90": 900, "p95": 950, "p99": 990, "p99.9": 999}


def spread(values_ns: NDArray[np.int64]) -> Spread | None:
    """The quantiles, mean and ends of a distribution of times, None when there are no values.

    A quantile is the smallest value that at least that share of the values does not exceed (nearest rank;
    type 1 of Hyndman and Fan, 1996), so it is a time that some request really took. One copy of the values
    is made, and they are not sorted: 10 million take a third of a second.

    Raises:
        ValueError: the values are not one-dimensional.
    """
    if values_ns.ndim != 1:
        raise ValueError(f"a spread needs a one-dimensional array, got shape {values_ns.shape}")
    count = values_ns.size
    if count == 0:
        return None
    ranks = {name: _rank(count, per_mille) for name, per_mille in _PER_MILLE.items()}
    ordered = np.partition(values_ns, sorted(set(ranks.values())))
    return Spread(
        count=count,
        mean_ns=float(values_ns.mean(dtype=np.float64)),
        min_ns=int(values_ns.min()),
        max_ns=int(values_ns.max()),
        quantiles_ns={name: int(ordered[rank]) for name, rank in ranks.items()},
    )


def _rank(count: int, per_mille: int) -> int:
    """The position, from 0, in ascending order; in whole numbers, because 0.95 is no float."""
    return (count * per_mille + 999) // 1000 - 1
