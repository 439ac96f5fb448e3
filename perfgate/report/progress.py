"""Progress on standard error: a live bar on a terminal, else one plain line at a time.

It has no thread and redraws only when told something, a few times a second at most, so that showing the
measurement does not disturb it. A stream that cannot be written to any more is given up in silence.
"""

import time
from collections.abc import Callable
from typing import IO, cast

from rich.console import Console
from rich.progress import BarColumn, Progress, TaskID, TextColumn
from rich.text import Text

from perfgate import progress
from perfgate.report.forgiving import Forgiving, is_terminal
from perfgate.report.pace import Eta, Interval
from perfgate.report.text import clean, shorten

_PLAIN_INTERVAL_S = 1.0
_LIVE_INTERVAL_S = 0.25
_NARROWEST_BAR = 60
_PLAIN_WIDTH = 200


def make_progress(
    stream: IO[str],
    *,
    quiet: bool,
    color: bool,
    clock: Callable[[], float] = time.monotonic,
) -> progress.Progress:
    """The progress display that suits the stream.

    Args:
        stream: where to show it, normally `sys.stderr`.
        quiet: show nothing at all.
        color: False where `NO_COLOR` is set.
        clock: seconds of a steady clock; tests give their own.
    """
    if quiet:
        return QuietProgress()
    if is_terminal(stream) and not Console(file=stream).is_dumb_terminal:
        return LiveProgress(stream, color=color, clock=clock)
    return PlainProgress(stream, clock=clock)


class QuietProgress:
    """Shows nothing."""

    def phase(self, text: str) -> None:
        """Nothing is shown."""

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        """Nothing is shown."""

    def note(self, text: str) -> None:
        """Nothing is shown."""

    def close(self) -> None:
        """Nothing was opened."""


class PlainProgress:
    """One line at a time, as a CI log wants it: every phase and note, and at most one update a second."""

    def __init__(self, stream: IO[str], *, clock: Callable[[], float] = time.monotonic) -> None:
        self._stream = Forgiving(stream)
        self._eta = Eta(clock)
        self._interval = Interval(_PLAIN_INTERVAL_S, clock)

    def phase(self, text: str) -> None:
        """Write the phase as a line."""
        self._eta.restart()
        self._line(text)

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        """Write where we are, unless the last update was less than a second ago."""
        if self._interval.over():
            left = self._eta.text(done, total, left_s)
            self._line(f"{done}/{total} {text}" + (f", {left}" if left else ""), indent="  ")

    def note(self, text: str) -> None:
        """Write the note as a line."""
        self._line(text, indent="  ")

    def close(self) -> None:
        """Nothing was opened."""

    def _line(self, text: str, *, indent: str = "") -> None:
        self._stream.write(f"{indent}{shorten(clean(text), _PLAIN_WIDTH)}\n")
        self._stream.flush()


class LiveProgress:
    """A bar that stays on one line: what happens now, how far it is, and about how long it will take."""

    def __init__(self, stream: IO[str], *, color: bool, clock: Callable[[], float] = time.monotonic) -> None:
        forgiving = Forgiving(stream)
        self._console = Console(
            file=cast(IO[str], forgiving),
            force_terminal=True,
            no_color=not color,
            markup=False,
            highlight=False,
            emoji=False,
        )
        self._eta = Eta(clock)
        self._interval = Interval(_LIVE_INTERVAL_S, clock)
        self._bar: Progress | None = None
        self._task = TaskID(0)
        self._phase = ""

    def phase(self, text: str) -> None:
        """Begin a new bar; what the one before said stays out of the way."""
        self._eta.restart()
        self._phase = clean(text)
        self._show(0, 0, "")

    def update(self, done: int, total: int, text: str, *, left_s: float | None = None) -> None:
        """Move the bar, at most a few times a second, and always when the phase is finished."""
        if self._interval.over() or done >= total:
            self._show(done, total, clean(text), left_s)

    def note(self, text: str) -> None:
        """Write the note above the bar."""
        self._console.print(Text(clean(text)))

    def close(self) -> None:
        """Take the bar away and give the cursor back."""
        if self._bar is not None:
            self._bar.stop()
            self._bar = None

    def _show(self, done: int, total: int, text: str, left_s: float | None = None) -> None:
        bar = self._started()
        left = self._eta.text(done, total, left_s)
        words = " · ".join(part for part in (self._phase, text, left) if part)
        wide = total > 0 and self._console.width >= _NARROWEST_BAR
        room = self._console.width - (27 if wide else 1)
        bar.update(
            self._task,
            completed=min(done, total),
            total=max(total, 1),
            words=shorten(words, max(room, 1)),
            visible=True,
        )
        bar.columns = (*_BAR, _WORDS) if wide else (_WORDS,)
        bar.refresh()

    def _started(self) -> Progress:
        if self._bar is None:
            self._bar = Progress(
                _WORDS,
                console=self._console,
                auto_refresh=False,
                transient=True,
                redirect_stdout=False,
                redirect_stderr=False,
            )
            self._task = self._bar.add_task("", total=1, words="")
            self._bar.start()
        return self._bar


_WORDS = TextColumn("{task.fields[words]}", markup=False)
_BAR = (BarColumn(bar_width=20), TextColumn("{task.percentage:>3.0f}%", markup=False))
