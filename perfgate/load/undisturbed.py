"""Starting a process without being stopped halfway: it would be forgotten, or left without its orders."""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Iterator
from multiprocessing import resource_tracker
from types import FrameType

STOP_SIGNALS = frozenset({signal.SIGINT, signal.SIGTERM, signal.SIGHUP})


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let signals that stop us wait until the block is over.

    What is started inside has `STOP_SIGNALS` blocked, or Ctrl-C would end it with a traceback before it can
    say what it wants; it has to unblock them.
    """
    # The first process starts it, and it lets signals through again.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, STOP_SIGNALS)
    try:
        with _handled_later():
            yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


@contextlib.contextmanager
def _handled_later() -> Iterator[None]:
    """Blocking is not enough: some thread of a library may take it, and Python handles it in the main one."""
    came: list[int] = []

    def note(number: int, frame: FrameType | None) -> None:
        came.append(number)

    handlers = {}
    if threading.current_thread() is threading.main_thread():
        handlers = {number: signal.getsignal(number) for number in STOP_SIGNALS}
    handled = {number: handler for number, handler in handlers.items() if callable(handler)}
    for number in handled:
        signal.signal(number, note)
    try:
        yield
    finally:
        for number, handler in handled.items():
            signal.signal(number, handler)
        for first in came[:1]:
            signal.raise_signal(first)
