"""When to show progress again, and how long the rest will take."""

from collections.abc import Callable

from perfgate.report.words import elapsed_text


class Interval:
    """Whether enough time has passed since it last said so."""

    def __init__(self, interval_s: float, clock: Callable[[], float]) -> None:
        self._interval_s = interval_s
        self._clock = clock
        self._last: float | None = None

    def over(self) -> bool:
        """True the first time and whenever the interval has passed since the last True."""
        now = self._clock()
        if self._last is not None and now - self._last < self._interval_s:
            return False
        self._last = now
        return True


class Eta:
    """How long the rest of a phase will take if it goes on as it went so far."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._began = clock()

    def restart(self) -> None:
        """The phase begins now."""
        self._began = self._clock()

    def text(self, done: int, total: int, left_s: float | None = None) -> str:
        """`about 40 s left`, as said or by the pace so far; nothing while there is nothing to go by."""
        if left_s is not None and 0 <= done < total:
            return f"about {elapsed_text(left_s)} left"
        if not 0 < done < total:
            return ""
        return f"about {elapsed_text((self._clock() - self._began) / done * (total - done))} left"
