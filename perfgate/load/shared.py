"""A bounded number of connections that all virtual users of a side share (Artillery's `http.pool`).

Waiting for a free one is part of no request's service time: a request begins when it is sent.
"""

from __future__ import annotations

import threading
import time
from collections import deque
from collections.abc import Callable

from perfgate.load import clock
from perfgate.load.connection import Connection
from perfgate.load.user import NOT_SENT
from perfgate.model import Exchange, Request


class _Turn:
    """A thread that waits; `come` is held until it has got a connection, or None when it gets none."""

    __slots__ = ("come", "connection")

    def __init__(self) -> None:
        self.come = threading.Lock()
        self.come.acquire()
        self.connection: Connection | None = None


class SharedConnections:
    """At most `most` connections; whoever has waited longest gets the next that is free.

    Nobody waits longer than until `give_up_ns()` by the monotonic clock: the request is "not sent" then.
    Every user that `join`s has to `close`; the last one closes the connections.
    """

    def __init__(self, make: Callable[[], Connection], most: int, *, give_up_ns: Callable[[], int]) -> None:
        self._make = make
        self._give_up_ns = give_up_ns
        self._lock = threading.Lock()
        self._waiting: deque[_Turn] = deque()
        self._made = [make()]
        self._idle = self._made[:]
        self._most = most
        self._users = 0
        self._aborted = False
        self.authority = self._made[0].authority

    def join(self) -> SharedConnections:
        """One more user."""
        with self._lock:
            self._users += 1
        return self

    def another(self) -> SharedConnections:
        """A share for what a user does beside other things."""
        return self.join()

    def timeout_ns(self, request: Request) -> int:
        """How long a request may take."""
        return self._made[0].timeout_ns(request)

    def exchange(self, request: Request, cookie: str = "") -> Exchange:
        """Send a request on a connection nobody else uses meanwhile; see `Connection.exchange`."""
        connection = self._take()
        if connection is None:
            error = "aborted" if self._aborted else NOT_SENT
            return Exchange(clock.now_ns(), 0, 0, 0, 0, error, stamped=False, response=None)
        try:
            return connection.exchange(request, cookie)
        finally:
            self._give(connection)

    def close(self) -> None:
        """One user less; the last one closes the connections."""
        with self._lock:
            self._users -= 1
            made = self._made if self._users <= 0 else []
        for connection in made:
            connection.close()

    def abort(self) -> None:
        """Make every thread in `exchange` return at once, and every later one."""
        with self._lock:
            self._aborted = True
            made, waiting = self._made[:], list(self._waiting)
            self._waiting.clear()
        for connection in made:
            connection.abort()
        for turn in waiting:
            turn.come.release()

    def _take(self) -> Connection | None:
        with self._lock:
            if self._aborted:
                return None
            if self._idle:
                return self._idle.pop()
            if len(self._made) < self._most:
                self._made.append(self._make())
                return self._made[-1]
            turn = _Turn()
            self._waiting.append(turn)
        left_ns = self._give_up_ns() - time.monotonic_ns()
        if not turn.come.acquire(timeout=max(left_ns, 0) / 1e9):
            with self._lock:
                if turn in self._waiting:
                    self._waiting.remove(turn)
        return turn.connection

    def _give(self, connection: Connection) -> None:
        with self._lock:
            if not self._waiting:
                self._idle.append(connection)
                return
            turn = self._waiting.popleft()
            turn.connection = connection
        turn.come.release()
