"""CPU and elapsed time of this process while a load is measured."""

from __future__ import annotations

import time


class Spent:
    """CPU and elapsed nanoseconds from `begin` (the end of the warm-up) to `end`."""

    def __init__(self) -> None:
        self.since: tuple[int, int] | None = None
        self.cpu_ns = self.wall_ns = 0

    def begin(self) -> None:
        """The warm-up is over."""
        self.since = time.process_time_ns(), time.monotonic_ns()

    def end(self) -> None:
        """The last request is in."""
        if self.since is not None:
            self.cpu_ns = time.process_time_ns() - self.since[0]
            self.wall_ns = time.monotonic_ns() - self.since[1]
