"""How fast something grows: a slope that single steps and outliers cannot decide."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def theil_sen(x: NDArray[np.float64], y: NDArray[np.float64]) -> float:
    """The median of the slopes between all pairs of points (Theil, 1950; Sen, 1968).

    Pairs of equal x have no slope and are left out, as Sen does.

    Args:
        x: one-dimensional, such as requests answered so far.
        y: as many values, such as bytes.

    Returns:
        The slope in units of y per unit of x.

    Raises:
        ValueError: shapes that do not match, a value that is not finite, or no two different x.
    """
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"a slope needs two arrays of one length, got {x.shape} and {y.shape}")
    if not (np.isfinite(x).all() and np.isfinite(y).all()):
        raise ValueError("a slope needs finite values, got NaN or infinity")
    first, second = np.triu_indices(x.size, k=1)
    run = x[second] - x[first]
    apart = run != 0
    if not apart.any():
        raise ValueError("a slope needs two points that differ in x")
    return float(np.median((y[second] - y[first])[apart] / run[apart]))
