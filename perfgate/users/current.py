"""Who is living on this thread, and how it waits: `time.sleep` of a virtual user ends with the load."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from perfgate.model import LoadOver

if TYPE_CHECKING:
    from perfgate.model import Port
    from perfgate.users.user import User

LOOK_UP_S = 0.1


class _Here(threading.local):
    port: Port | None = None
    user: User | None = None


here = _Here()
"""The port and the user of this thread, if it is one of a virtual user or was started by one."""

_real_sleep = time.sleep
_lock = threading.Lock()
_living = 0


@contextmanager
def living(port: Port) -> Iterator[None]:
    """Be a virtual user on this thread."""
    before = here.port, here.user
    here.port, here.user = port, None
    try:
        with steered_sleep():
            yield
    finally:
        here.port, here.user = before


@contextmanager
def steered_sleep() -> Iterator[None]:
    """Let `time.sleep` be `sleep` as long as anybody is in such a block."""
    global _living  # noqa: PLW0603 - there is one module `time`
    with _lock:
        _living += 1
        time.sleep = sleep  # type: ignore[assignment]
    try:
        yield
    finally:
        with _lock:
            _living -= 1
            if not _living:
                time.sleep = _real_sleep


def sleep(seconds: float, /) -> None:
    """What `time.sleep` does, but for a virtual user no longer than the load goes on.

    Raises:
        LoadOver: the load has ended, on the thread of a virtual user.
    """
    port = here.port
    if port is None or seconds <= 0:
        _real_sleep(seconds)
    elif not port.pause(round(seconds * 1e9)):
        raise LoadOver


def wait_until(condition: threading.Condition, holds: Callable[[], Any], timeout: float | None) -> bool:
    """Wait, with the condition's lock held, until something holds; False after `timeout` seconds.

    Raises:
        LoadOver: the load has ended, on the thread of a virtual user.
    """
    give_up_s = None if timeout is None else time.monotonic() + timeout
    while not holds():
        left_s = LOOK_UP_S if give_up_s is None else min(LOOK_UP_S, give_up_s - time.monotonic())
        if left_s <= 0:
            return False
        condition.wait(left_s)
        if here.port is not None and here.port.is_over():
            raise LoadOver
    return True
