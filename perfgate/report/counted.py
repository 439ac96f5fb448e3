"""The progress of one run among many: phases say which run it is, and how long the rest takes."""

from __future__ import annotations

import time
from collections.abc import Callable

from perfgate import progress
from perfgate.report.pace import Eta


class Counted:
    """Passes on to another progress, whose phases then begin with `run 3 of 10`.

    What was noted once (a build taken from the cache) is not noted again by every run.
    """

    def __init__(
        self, inner: progress.Progress, total: int, *, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._inner = inner
        self._total = total
        self._done = 0
        self._eta = Eta(clock)
        self._noted: set[str] = set()

    def finish_run(self, text: str) -> None:
        """A run has ended; `text` is what is worth keeping of it."""
        self._done += 1
        self._inner.note(f"run {self._done} of {self._total}: {text}")

    def phase(self, text: str) -> None:
        """Begin a phase of the run that is on."""
        left = self._eta.text(self._done, self._total)
        which = f"run {self._done + 1} of {self._total}" + (f", {left}" if left else "")
        self._inner.phase(f"{which}: {text}")

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        """Pass it on."""
        self._inner.update(done, total, text, left_s=left_s)

    def note(self, text: str) -> None:
        """Pass on what is new."""
        if text not in self._noted:
            self._noted.add(text)
            self._inner.note(text)

    def close(self) -> None:
        """Close what it passes on to."""
        self._inner.close()
