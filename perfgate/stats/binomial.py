"""What so many cases out of so many runs say about a rate: exact bounds, and how many runs a claim takes."""

from __future__ import annotations

import math

from scipy import special


def upper_bound(found: int, runs: int, confidence: float = 0.95) -> float:
    """The largest rate under which `found` or fewer cases would not be surprising (one-sided).

    Exact, from the beta distribution (Clopper & Pearson, 1934): the true rate is below it with at least
    this confidence, whatever the rate is.

    Raises:
        ValueError: no runs, more cases than runs, or a confidence that is not between 0 and 1.
    """
    _check(found, runs, confidence)
    return 1.0 if found == runs else float(special.betaincinv(found + 1, runs - found, confidence))


def lower_bound(found: int, runs: int, confidence: float = 0.95) -> float:
    """The smallest rate under which `found` or more cases would not be surprising (one-sided).

    Raises:
        ValueError: as `upper_bound`.
    """
    return 1.0 - upper_bound(runs - found, runs, confidence)


def runs_to_show(rate: float, confidence: float = 0.95) -> int:
    """How many runs without a single case put `upper_bound` at this rate or below.

    Raises:
        ValueError: the rate or the confidence is not between 0 and 1.
    """
    if not (0 < rate < 1 and 0 < confidence < 1):
        raise ValueError(f"rate and confidence are between 0 and 1, got {rate} and {confidence}")
    return max(1, math.ceil(math.log1p(-confidence) / math.log1p(-rate) - 1e-9))


def _check(found: int, runs: int, confidence: float) -> None:
    if not 0 <= found <= runs or runs < 1:
        raise ValueError(f"{found} of {runs} is no count of cases among runs")
    if not 0 < confidence < 1:
        raise ValueError(f"a confidence is between 0 and 1, got {confidence}")
