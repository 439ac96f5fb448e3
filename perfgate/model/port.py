"""What code that is a virtual user may ask of the driver."""

from __future__ import annotations

import random
from typing import Protocol

from perfgate.model.answered import Exchange
from perfgate.model.sent import Request


class Port(Protocol):
    """One virtual user's way to the service; used from that user's thread only."""

    rng: random.Random
    """Every random choice of the user comes from here, so that a seed repeats them."""

    url: str
    """The root of the side the user is on, for clients of its own."""

    skips_think: bool
    """Whether the user should leave out the waits between its tasks."""

    def endpoint(self, name: str) -> int:
        """The number of an endpoint, given out on first sight; past a bound, that of "other"."""

    def exchange(self, request: Request) -> Exchange:
        """Send a request and wait for the answer; never raises for what the service does. Records nothing.

        Raises:
            LoadOver: the load has ended, and no request may be sent any more.
        """

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        """Count an exchange under an endpoint, with the error class the user gives it ("" for none)."""

    def pause(self, duration_ns: int) -> bool:
        """Wait; False, at once, when the load is over or would be by then."""

    def cookies(self) -> dict[str, str]:
        """What the service has set, by name."""

    def put_cookie(self, line: str) -> None:
        """Keep a cookie as if the service had said so in Set-Cookie."""

    def forget_cookies(self) -> None:
        """Be a new visitor."""

    def is_over(self) -> bool:
        """Whether the user should do no more."""


class LoadOver(BaseException):
    """Raised inside a user's code to end it with the load; no `except Exception` of theirs holds it up."""
