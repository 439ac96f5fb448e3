"""The command that accepts a regression, ready but for what only a person can say: why, and until when."""

from __future__ import annotations

import math
import shlex
from collections.abc import Sequence
from itertools import pairwise

from perfgate.model import Comparison, Outcome, Verdict
from perfgate.report.text import clean
from perfgate.report.words import is_number, worst_first

WHY = "WHY"
UNTIL = "YYYY-MM-DD"
"""Both are to be filled in: `perfgate accept` refuses this day."""

LONGEST = 500
"""Characters of a command: more is no line that anybody reads before running it."""

_PASSED_ON = ("-c", "--workload", "--driver", "--environment")
_LARGEST_RATIO, _LARGEST_BYTES = 10.0, 1e9


def accept_commands(verdict: Verdict) -> list[str]:
    """`perfgate accept 'GET /search' p50 --up-to 12% …`, one for each regression that can be accepted.

    The bound is the worse end of the interval, rounded up. A metric has no command where its name cannot be
    shown as it is or makes the command longer than `LONGEST`, where nothing was measured, or where the
    change is beyond what may be accepted.
    """
    options = _options(verdict.reproduce)
    regressed = [c for c in worst_first(verdict.comparisons) if _fails(c)]
    commands = (_command(c, options) for c in regressed)
    return [command for command in commands if 0 < len(command) <= LONGEST]


def is_perfgate_command(command: str) -> bool:
    """Whether a text is one command line of perfgate and nothing else: a reader may be told to run it.

    What a shell would read as a second command, or expand, makes it none.
    """
    words = _words(command)
    return words[:1] == ["perfgate"] and shlex.join(words) == command


def _fails(comparison: Comparison) -> bool:
    """Only what fails the change needs to be accepted."""
    return comparison.outcome == Outcome.REGRESSED and comparison.level == "error"


def _command(comparison: Comparison, options: Sequence[str]) -> str:
    endpoint, bound = comparison.metric.endpoint, _bound(comparison)
    if not bound or not endpoint or clean(endpoint) != endpoint:
        return ""
    metric = [endpoint, comparison.metric.statistic]
    details = [*options, "--up-to", bound, "--reason", WHY, "--expires", UNTIL]
    is_like_an_option = endpoint.startswith("-")
    words = [*details, "--", *metric] if is_like_an_option else [*metric, *details]
    return shlex.join(["perfgate", "accept", *words])


def _bound(comparison: Comparison) -> str:
    """A bound as `perfgate accept` reads it: `48%`, of memory `1100B`; empty where none may be given."""
    if not is_number(comparison.change):
        return ""
    sign = -1.0 if comparison.metric.better == "higher" else 1.0
    ends = (comparison.change, comparison.low, comparison.high)
    size = max(end * sign for end in ends if is_number(end))
    if is_number(comparison.tolerance):
        size = max(size, comparison.tolerance * 1.05)
    is_memory = comparison.metric.statistic == "memory"
    if not 0 < size <= (_LARGEST_BYTES if is_memory else _LARGEST_RATIO):
        return ""
    return f"{_rounded_up(size)}B" if is_memory else f"{_rounded_up(size * 100)}%"


def _rounded_up(size: float) -> str:
    """Two significant digits, without an exponent."""
    decimals = 1 - math.floor(math.log10(size))
    step = 10.0**-decimals
    return f"{math.ceil(size / step - 1e-6) * step:.{max(decimals, 0)}f}"


def _options(reproduce: str) -> list[str]:
    """The options of the measurement that say of which project it was."""
    words = _words(reproduce)
    return [word for flag, value in pairwise(words) if flag in _PASSED_ON for word in (flag, value)]


def _words(command: str) -> list[str]:
    try:
        return shlex.split(command)
    except ValueError:
        return []
