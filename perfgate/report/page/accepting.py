"""The command line that accepts the worst regression of a verdict, for whoever decides to."""

from __future__ import annotations

import math
import shlex
from collections.abc import Iterable

from perfgate.model import Comparison, Outcome
from perfgate.report.text import clean
from perfgate.report.words import is_number

_LONGEST_NAME = 200
_LARGEST = {"memory": 1e9}
_LARGEST_PERCENT = 1000.0


def accept_line(worst_first: Iterable[Comparison]) -> str:
    """`perfgate accept …` with TEXT and DATE to be filled in; empty where there is nothing to accept.

    The bound is the upper end of the interval, rounded up, so that another run does not exceed it by chance.
    An endpoint whose name is not plain, short text gets no command: a reader could not see what it says.
    """
    for comparison in worst_first:
        name, statistic = comparison.metric.endpoint, comparison.metric.statistic
        bound = _bound(comparison)
        if comparison.outcome is not Outcome.REGRESSED or comparison.level != "error" or bound is None:
            continue
        if not name or clean(name) != name or len(name) > _LONGEST_NAME or name.startswith("-"):
            continue
        up_to = f"{bound:.6f}".rstrip("0").rstrip(".") + ("B" if statistic == "memory" else "%")
        words = ["perfgate", "accept", name, statistic, "--up-to", up_to, "--reason", "TEXT"]
        return shlex.join([*words, "--expires", "DATE"])
    return ""


def _bound(comparison: Comparison) -> float | None:
    """In %, or in bytes of memory, at two significant digits; None where it is not known or not acceptable."""
    ends = [v for v in (comparison.change, comparison.low, comparison.high) if is_number(v)]
    if not is_number(comparison.change) or not ends:
        return None
    size = max((end if comparison.metric.better == "lower" else -end) for end in ends)
    size *= 1.0 if comparison.metric.statistic == "memory" else 100.0
    if not 1e-4 <= size <= _LARGEST.get(comparison.metric.statistic, _LARGEST_PERCENT):
        return None
    scale = 10.0 ** (math.floor(math.log10(size)) - 1)
    return float(f"{math.ceil(size / scale - 1e-9) * scale:.2g}")
