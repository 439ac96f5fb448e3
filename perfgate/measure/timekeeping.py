"""How long rounds take, how long the rest will, and what still fits into the time there is."""

from __future__ import annotations

import math
import time
from collections.abc import Callable

_REMEMBERED = 5


class Pace:
    """Told of every round how long it took; knows the deadline, should there be one.

    It looks at the clock and never at what was measured, so ending early by it favours no side.
    """

    def __init__(
        self,
        *,
        round_s: float | None = None,
        deadline_s: float = math.inf,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        """Begin; `round_s` is what a round is expected to take, `deadline_s` a time of `clock`."""
        self._expected_s = round_s
        self._deadline_s = deadline_s
        self._clock = clock
        self._recent: list[float] = []

    def took(self, seconds: float) -> None:
        """One more round is over."""
        self._recent = [*self._recent, seconds][-_REMEMBERED:]

    @property
    def round_s(self) -> float | None:
        """How long a round takes: by the last few, or as was expected; None while nobody knows."""
        return sum(self._recent) / len(self._recent) if self._recent else self._expected_s

    def left_s(self, rounds: int) -> float | None:
        """How long so many rounds will take."""
        return None if self.round_s is None else rounds * self.round_s

    def fitting(self) -> float:
        """How many rounds fit before the deadline; infinitely many without one."""
        if math.isinf(self._deadline_s) or not self.round_s:
            return math.inf
        return math.floor(max(0.0, self._deadline_s - self._clock()) / self.round_s + 1e-9)


def seconds_text(seconds: float) -> str:
    """A time as a plan states it: `0.42 s`, `1.1 s`, `41 s`, `2 min 5 s`."""
    if seconds < 0.995:
        return f"{seconds:.2f} s"
    if seconds < 9.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 120:
        return f"{whole} s"
    return (
        f"{whole // 60} min {whole % 60} s" if whole < 3600 else f"{whole // 3600} h {whole % 3600 // 60} min"
    )
