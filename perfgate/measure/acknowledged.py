"""Whether answers waited for the driver's kernel to acknowledge their first part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from perfgate.model import Samples

_DELAY_NS = (39_000_000, 48_000_000)
"""Linux puts an acknowledgement off by 40 ms at least (TCP_DELACK_MIN), in steps of its timer."""

_TELLING_RATIO = 0.02


def waits_note(side: str, rounds: Sequence[Samples]) -> tuple[str, ...]:
    """What to say of a side whose answers came in two parts, the second 40 ms after the first; else ().

    A service that writes head and body apart while Nagle's algorithm is on (RFC 896) has the body wait
    until its client acknowledges the head, which clients put off (RFC 1122, 4.2.3.2): now 1 ms, now 41. Its
    users wait as well, so the driver does not acknowledge any sooner than they do.
    """
    answered = waited = 0
    for samples in rounds:
        between_ns = (samples.last_ns - samples.first_ns)[samples.status > 0]
        answered += len(between_ns)
        waited += int(((between_ns >= _DELAY_NS[0]) & (between_ns <= _DELAY_NS[1])).sum())
    if not answered or waited < _TELLING_RATIO * answered:
        return ()
    return (
        f"{waited / answered:.0%} of {side}'s answers came in two parts 40 ms apart, as a delayed "
        "acknowledgement makes them, which hides smaller changes: let the service set TCP_NODELAY, or write "
        "head and body at once",
    )
