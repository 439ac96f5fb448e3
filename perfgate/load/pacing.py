"""When passes are due and users are active: pure functions of a profile and elapsed time, without a clock.

An open model sends by this schedule whether or not the service keeps up, so a stall shows as waiting
requests instead of as fewer requests (coordinated omission; Tene, 2013). All times are nanoseconds since
the load began. A profile's level (users, or arrivals a second) is piecewise linear: it begins at `start`,
and each ramp moves it to its target.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator
from typing import NamedTuple

from perfgate.model import Profile

_NS = 1e9
_ROUNDING = 1e-14


class Piece(NamedTuple):
    """A stretch of the load on which the level moves linearly; `max_vus` is the ramp's."""

    from_ns: int
    to_ns: int
    level_from: float
    level_to: float
    max_vus: int


def pieces(profile: Profile) -> list[Piece]:
    """The profile as stretches in order; jumps have no length and are left out."""
    found = []
    at_ns, level = 0, profile.start
    for ramp in profile.stages:
        if ramp.duration_ns:
            found.append(Piece(at_ns, at_ns + ramp.duration_ns, level, ramp.target, ramp.max_vus))
        at_ns += ramp.duration_ns
        level = ramp.target
    return found


def arrivals_ns(profile: Profile, seed: int) -> Iterator[int]:
    """When passes are due, in order.

    Even arrivals come whenever the rate has summed up to one more, the first at once. Poisson arrivals are
    those of independent users: the sums between them are exponential (the time change of a Poisson process
    of rate 1; Çinlar, 1975).
    """
    poisson = profile.arrivals == "poisson"
    draw = random.Random(seed).expovariate
    # What has to sum up, from the beginning of the current piece, until the next arrival.
    wanted = draw(1.0) if poisson else 0.0
    for piece in pieces(profile):
        while (offset_ns := _time_of(piece, wanted)) is not None:
            yield piece.from_ns + offset_ns
            wanted += draw(1.0) if poisson else 1.0
        # Rounding may leave a hair less than nothing, which no moment has as its sum.
        wanted = max(0.0, wanted - _sum_of(piece))


def _sum_of(piece: Piece) -> float:
    return (piece.level_from + piece.level_to) / 2 * (piece.to_ns - piece.from_ns) / _NS


def _time_of(piece: Piece, wanted: float) -> int | None:
    """When, from the piece's beginning, its rate has summed up to `wanted`; None if not within it.

    The positive root of a·s + m·s²/2 = wanted, in the form that does not cancel when the slope is small.
    """
    duration_ns = piece.to_ns - piece.from_ns
    slope = (piece.level_to - piece.level_from) / (duration_ns / _NS)
    under_root = piece.level_from**2 + 2 * slope * wanted
    # A rate of 134/59 sums up to a hair more than 134 in 59 s, which is no 135th arrival.
    if wanted >= _sum_of(piece) * (1 - _ROUNDING) or under_root < 0:
        return None
    divisor = piece.level_from + math.sqrt(under_root)
    if divisor <= 0:
        # A rate that begins at 0 has its first even arrival at once.
        return 0 if wanted <= 0 < _sum_of(piece) else None
    offset_ns = int(2 * wanted / divisor * _NS)
    return offset_ns if offset_ns < duration_ns else None


def windows_ns(profile: Profile, user: int) -> list[tuple[int, int]]:
    """When user number `user` (from 0) is active in a closed model, as stretches from … to.

    It is active while the level rounds to more than its number, so that on average over a ramp as many
    users are active as the ramp says.
    """
    needed = user + 0.5
    found: list[tuple[int, int]] = []
    for piece in pieces(profile):
        window = _window(piece, needed)
        if window is None:
            continue
        if found and found[-1][1] == window[0]:
            window = (found.pop()[0], window[1])
        found.append(window)
    return found


def _window(piece: Piece, needed: float) -> tuple[int, int] | None:
    low, high = piece.level_from, piece.level_to
    if low >= needed and high >= needed:
        return piece.from_ns, piece.to_ns
    if low < needed and high < needed:
        return None
    crossing_ns = piece.from_ns + round((needed - low) / (high - low) * (piece.to_ns - piece.from_ns))
    window = (crossing_ns, piece.to_ns) if high >= needed else (piece.from_ns, crossing_ns)
    return window if window[0] < window[1] else None


def share(total: int, index: int, count: int) -> int:
    """How many of `total` the part `index` of `count` gets: all parts differ by at most one."""
    return total // count + (index < total % count)
