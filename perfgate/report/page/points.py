"""How many points the curves of a page may have, so that it stays small however many endpoints there are."""

from __future__ import annotations

from dataclasses import dataclass

MOST_ENDPOINTS = 200
MOST_ROUNDS = 400
MOST_FOREST_ROWS = 1_000
MOST_CLASSES = 20
NAME_WIDTH = 120

_DISTRIBUTION_BUDGET = 7_000
_TIME_BUDGET = 4_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Points:
    """The most points of each kind of curve, and of how many endpoints there are curves over time."""

    ecdf: int
    density: int
    time: int
    timed_endpoints: int


def points_of(endpoints: int, rounds: int) -> Points:
    """What fits: 300, 200 and 300 points for a few endpoints, less for many, and one a round at least."""
    endpoints, rounds = max(endpoints, 1), max(rounds, 1)
    share = _DISTRIBUTION_BUDGET // endpoints
    timed = max(min(endpoints, _TIME_BUDGET // rounds), 1)
    return Points(
        ecdf=min(max(share * 3 // 5, 20), 300),
        density=min(max(share * 2 // 5, 20), 200),
        time=max(min(_TIME_BUDGET // timed, 300), rounds),
        timed_endpoints=timed,
    )
