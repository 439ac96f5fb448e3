"""A port that answers what a test tells it, and users that live on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from perfgate.model import Exchange, LoadOver, Request, Response
from perfgate.users.user import Environment, kind_of

Answer = Callable[[Request], Response | str]


def answer(status: int = 200, body: str | bytes = b"", **headers: str) -> Response:
    return Response(
        status=status,
        headers={name.replace("_", "-"): value for name, value in headers.items()},
        body=body if isinstance(body, bytes) else body.encode(),
    )


class FakePort:
    """Answers each request; the load is over after so many pauses, or so many requests.

    `counted` holds endpoint and error class of everything recorded, in order.
    """

    def __init__(
        self, reply: Answer = lambda _: answer(), *, pauses: int = 10, requests: int = 10_000, seed: int = 1
    ) -> None:
        self.rng = random.Random(seed)
        self.skips_think = False
        self.reply = reply
        self.pauses_left = pauses
        self.requests_left = requests
        self.names: dict[str, int] = {}
        self.sent: list[Request] = []
        self.pauses: list[int] = []
        self.counted: list[tuple[str, str]] = []
        self.exchanges: list[Exchange] = []

    def endpoint(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def exchange(self, request: Request) -> Exchange:
        if self.is_over():
            raise LoadOver
        self.requests_left -= 1
        self.sent.append(request)
        reply = self.reply(request)
        if isinstance(reply, str):
            return Exchange(1_000_000, 0, 0, 0, 0, reply, stamped=False, response=None)
        error = request.judge(reply)
        return Exchange(1_000_000, 3_500_000, 4_000_000, reply.status, len(reply.body), error, True, reply)

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        self.counted.append((list(self.names)[endpoint], error))
        self.exchanges.append(exchange)

    def pause(self, duration_ns: int) -> bool:
        self.pauses.append(duration_ns)
        self.pauses_left -= 1
        return not self.is_over()

    def is_over(self) -> bool:
        return self.pauses_left <= 0 or self.requests_left <= 0


def live(user_class: Any, port: FakePort | None = None, **options: Any) -> FakePort:
    """The whole life of one user."""
    port = port or FakePort(**options)
    kind_of(user_class, "http://service.invalid").live(port)
    return port


def client_of(user_class: Any, port: FakePort) -> Any:
    """The client of a user who does nothing by itself."""
    return user_class(Environment(port, "http://service.invalid")).client
