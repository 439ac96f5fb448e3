"""The driver's side of a virtual user that is code of its own (`perfgate.model.Port`)."""

from __future__ import annotations

import random
import time

from perfgate.load.address import url_of
from perfgate.load.client import Client
from perfgate.load.recorder import Recorder
from perfgate.load.running import Running
from perfgate.model import Exchange, LoadOver, Request


class LivePort:
    """One user's way to its side of the load; used from that user's thread only."""

    def __init__(
        self,
        running: Running,
        client: Client,
        recorder: Recorder,
        *,
        seed: int,
        side: int = 0,
        min_gap_ns: int = 0,
    ) -> None:
        self._running = running
        self._client = client
        self._recorder = recorder
        self._side = side
        self._min_gap_ns = min_gap_ns
        self._not_before_ns = 0
        self.url = url_of(running.plan.addresses[side])
        self.skips_think = running.plan.skip_think
        self.rng = random.Random(seed)
        self.until_ns = running.end_ns

    def endpoint(self, name: str) -> int:
        """The number of an endpoint, given out on first sight; past a bound, that of "other"."""
        return self._running.endpoints.number(name)

    def exchange(self, request: Request) -> Exchange:
        """Send a request and wait for the answer; records nothing.

        Raises:
            LoadOver: the load has ended, and no request may be sent any more.
        """
        now_ns = time.monotonic_ns()
        if now_ns >= self.until_ns or self._running.is_over:
            raise LoadOver
        if self._min_gap_ns:
            if not self._running.sleep_until(max(now_ns, self._not_before_ns), self.until_ns):
                raise LoadOver
            self._not_before_ns = time.monotonic_ns() + self._min_gap_ns
        return self._client.exchange(request)

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        """Count an exchange under an endpoint, with the error class the user gives it."""
        if not self._running.is_over:
            self._recorder.record(exchange, endpoint, error, self._side)

    def pause(self, duration_ns: int) -> bool:
        """Wait; False, at once, when the load is over or would be by then."""
        return self._running.pause(duration_ns, self.until_ns)

    def cookies(self) -> dict[str, str]:
        """What the service has set, by name."""
        return self._client.cookies()

    def put_cookie(self, line: str) -> None:
        """Keep a cookie as if the service had said so in Set-Cookie."""
        self._client.put_cookie(line)

    def forget_cookies(self) -> None:
        """Be a new visitor."""
        self._client.forget()

    def is_over(self) -> bool:
        """Whether the user should do no more."""
        return self._running.is_over or time.monotonic_ns() >= self.until_ns
