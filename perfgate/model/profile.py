"""How much load, and when: the executors of k6 by their names, as plain values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Executor = Literal[
    "shared-iterations",
    "per-vu-iterations",
    "constant-vus",
    "ramping-vus",
    "constant-arrival-rate",
    "ramping-arrival-rate",
    "externally-controlled",
]
ARRIVAL_EXECUTORS = ("constant-arrival-rate", "ramping-arrival-rate")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ramp:
    """`duration_ns` of moving linearly to `target`: virtual users, or arrivals a second; 0 is a jump.

    `max_vus` bounds the users at once for the arrivals of this stage; 0 leaves it to the profile.
    """

    duration_ns: int
    target: float
    max_vus: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Profile:
    """One executor and its figures.

    `vus` is how many virtual users there are (closed model) or may be at once (open model). `start` is the
    users or the arrivals a second at time 0 and `stages` what follows; constant executors have one stage
    that stays where it starts. `iterations` counts passes (of each user, or shared by all), and then the
    stages only bound the time they may take. "externally-controlled" leaves the users to
    the shape in the file. Passes under way at the end may go on for `graceful_stop_ns`.
    """

    executor: Executor
    vus: int
    start: float = 0.0
    stages: tuple[Ramp, ...] = ()
    iterations: int = 0
    arrivals: Literal["poisson", "even"] = "poisson"
    graceful_stop_ns: int = 0

    @property
    def is_open(self) -> bool:
        """Whether passes begin by a schedule, whatever the service does."""
        return self.executor in ARRIVAL_EXECUTORS

    @property
    def peak(self) -> float:
        """The highest level asked for: users, or arrivals a second."""
        return max(self.start, *(ramp.target for ramp in self.stages), 0.0)

    @property
    def duration_ns(self) -> int:
        """How long passes may begin."""
        return sum(ramp.duration_ns for ramp in self.stages)
