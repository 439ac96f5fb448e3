"""Numbers for names that turn up while the load runs: error classes, and endpoints of user classes."""

import threading
from collections.abc import Iterable


class Names:
    """Numbers for names, shared by the threads of a run.

    A workload can produce any text it likes, so past `most` everything new is counted as "other".
    """

    def __init__(self, first: Iterable[str] = (), *, most: int) -> None:
        self._numbers = {name: number for number, name in enumerate(dict.fromkeys(first))}
        self._most = max(most, len(self._numbers) + 1)
        self._lock = threading.Lock()

    def number(self, name: str) -> int:
        """The number of a name, given out on first sight."""
        known = self._numbers.get(name)
        if known is not None:
            return known
        with self._lock:
            if len(self._numbers) >= self._most - ("other" not in self._numbers):
                name = "other"
            return self._numbers.setdefault(name, len(self._numbers))

    def names(self) -> tuple[str, ...]:
        """All names seen, by number."""
        return tuple(self._numbers)


def error_classes() -> Names:
    """A fresh table of error classes; number 0 is "no error"."""
    return Names(["", "other"], most=200)
