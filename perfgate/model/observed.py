"""What was read of a service while it was loaded: CPU time, memory, threads and connections over time."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ServiceSeries:
    """Readings of one side's process tree in one round, a row each, in the order they were read.

    `at_ns` is wall-clock time as in `Samples`, and may step back where that clock does. `cpu_ns` is CPU time
    of the tree so far: two readings have to be subtracted, and it can fall where a process ended whose time
    nobody took over. `connections` are the established TCP connections to the service's port. A value of -1
    is one that could not be read, or was not read at that moment because it would have cost too much.
    """

    round_index: int
    at_ns: NDArray[np.int64]
    cpu_ns: NDArray[np.int64]
    rss_bytes: NDArray[np.int64]
    threads: NDArray[np.int64]
    connections: NDArray[np.int64]
