"""The interpreter set up for many waiting threads, and put back as it was."""

from __future__ import annotations

import contextlib
import gc
import sys
from collections.abc import Iterator

_SWITCH_S_A_THREAD = 50e-6


@contextlib.contextmanager
def tuned_for(threads: int, *, own_code_only: bool) -> Iterator[None]:
    """Keep the interpreter out of the way of `threads` threads that mostly wait.

    Every thread that waits for the interpreter wakes up once a switch interval to ask for it. With 2000 of
    them and the default of 5 ms that alone can take all of a CPU (on a loaded machine: 250 and 2300 µs a
    request, and 125 with 100 ms), so the interval grows with their number.

    The garbage collector's pauses would fall into somebody's latency. Our own code leaves it nothing to
    collect; code of users may, so for it the collector stays on.
    """
    interval_s, collecting = sys.getswitchinterval(), gc.isenabled()
    sys.setswitchinterval(max(interval_s, threads * _SWITCH_S_A_THREAD))
    if own_code_only:
        gc.disable()
    try:
        yield
    finally:
        sys.setswitchinterval(interval_s)
        if collecting:
            gc.enable()
