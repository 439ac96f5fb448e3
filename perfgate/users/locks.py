"""What load tests use of gevent to wait for each other: semaphores and events."""

from __future__ import annotations

import threading

from perfgate.users.current import wait_until


class Semaphore:
    """So many may go on; also a lock."""

    def __init__(self, value: int = 1) -> None:
        self.counter = value
        self._changed = threading.Condition()

    def acquire(self, blocking: bool = True, timeout: float | None = None) -> bool:
        """Take one, waiting for it."""
        with self._changed:
            if not wait_until(self._changed, lambda: self.counter > 0, timeout if blocking else 0):
                return False
            self.counter -= 1
            return True

    def release(self) -> None:
        """Give one back."""
        with self._changed:
            self.counter += 1
            self._changed.notify_all()

    def wait(self, timeout: float | None = None) -> int:
        """Wait until one could be taken, and take none."""
        with self._changed:
            wait_until(self._changed, lambda: self.counter > 0, timeout)
            return self.counter

    def locked(self) -> bool:
        """Whether none is left."""
        return self.counter <= 0

    def __enter__(self) -> None:
        self.acquire()

    def __exit__(self, *_: object) -> None:
        self.release()


class Event:
    """Something that has happened or not."""

    def __init__(self) -> None:
        self._is_set = False
        self._changed = threading.Condition()

    def set(self) -> None:
        """It has happened."""
        with self._changed:
            self._is_set = True
            self._changed.notify_all()

    def clear(self) -> None:
        """It has not."""
        self._is_set = False

    def is_set(self) -> bool:
        """Whether it has."""
        return self._is_set

    ready = isSet = is_set  # noqa: N815 - gevent's name

    def wait(self, timeout: float | None = None) -> bool:
        """Wait until it has."""
        with self._changed:
            return wait_until(self._changed, self.is_set, timeout)
