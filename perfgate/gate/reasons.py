"""Making reasons short: what many metrics say alike is said once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from perfgate.model import Reason

_ALIKE = ("underpowered", "baseline_too_wide", "not_confirmed", "calibrated")


def summarised(reasons: Sequence[Reason]) -> tuple[Reason, ...]:
    """The reasons with the first of each repeated kind standing for the others, which are counted.

    The order stays; the rows of the verdict keep every reason in full.
    """
    short: list[Reason] = []
    for reason in reasons:
        alike = [other for other in reasons if other.code == reason.code]
        if reason.code not in _ALIKE or len(alike) == 1:
            short.append(reason)
        elif reason is alike[0]:
            others = len(alike) - 1
            text = f"{reason.text} (and {others} more metric{'s' if others > 1 else ''} likewise)"
            short.append(replace(reason, text=text))
    return tuple(short)
