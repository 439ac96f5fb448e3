"""A port that answers what a test tells it, and users that live on it."""

from __future__ import annotations

import random
from collections.abc import Callable
from typing import Any

from perfgate.model import Exchange, LoadOver, Request, Response, Samples, UserKind, Workload
from perfgate.users.conductor import FileConductor
from perfgate.users.environment import Environment
from perfgate.users.user import kind_of

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
        self.url = ""
        self.skips_think = False
        self.reply = reply
        self.pauses_left = pauses
        self.requests_left = requests
        self.names: dict[str, int] = {}
        self.sent: list[Request] = []
        self.pauses: list[int] = []
        self.counted: list[tuple[str, str]] = []
        self.exchanges: list[Exchange] = []
        self.jar: dict[str, str] = {}

    def cookies(self) -> dict[str, str]:
        return dict(self.jar)

    def put_cookie(self, line: str) -> None:
        name, _, value = line.partition(";")[0].partition("=")
        self.jar[name] = value

    def forget_cookies(self) -> None:
        self.jar.clear()

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
    environment = Environment(host="http://service.invalid")
    kind_of(user_class, environment, FileConductor(environment)).live(port)
    return port


def client_of(user_class: Any, port: FakePort) -> Any:
    """The client of a user who does nothing by itself."""
    return user_class(Environment(port, "http://service.invalid")).client


class FakeSteering:
    """A load whose users live one after the other, each on a port of its own, as soon as they are started."""

    url = "http://127.0.0.1:8000"
    is_shaped = False
    duration_s = 60.0

    def __init__(self, vus: int = 1, **options: Any) -> None:
        self.vus = vus
        self.options = options
        self.ended = False
        self.names: dict[str, int] = {}
        self.counted: list[tuple[str, str]] = []
        self.exchanges: list[Exchange] = []

    def is_over(self) -> bool:
        return self.ended

    def pause(self, duration_ns: int) -> bool:
        return not self.ended

    def end(self) -> None:
        self.ended = True

    def start_user(self, kind: UserKind) -> Callable[[], bool]:
        port = FakePort(**self.options)
        port.names, port.counted, port.exchanges = self.names, self.counted, self.exchanges
        over = port.is_over
        port.is_over = lambda: self.ended or over()  # type: ignore[method-assign]
        kind.live(port)
        return lambda: False

    def stop_user(self, is_alive: Callable[[], bool]) -> None:
        """Nobody lives on."""

    def endpoint(self, name: str) -> int:
        return self.names.setdefault(name, len(self.names))

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        FakePort.record(self, endpoint, exchange, error)  # type: ignore[arg-type]

    def samples(self) -> Samples:
        import numpy as np

        names, errors = list(self.names), ["", *dict.fromkeys(error for _, error in self.counted if error)]
        shown = list(self.exchanges)
        return Samples(
            endpoints=tuple(names),
            errors=tuple(errors),
            endpoint=np.array([names.index(name) for name, _ in self.counted], dtype=np.int32),
            due_ns=np.array([each.sent_ns for each in shown], dtype=np.int64),
            sent_ns=np.array([each.sent_ns for each in shown], dtype=np.int64),
            first_ns=np.array([each.first_ns for each in shown], dtype=np.int64),
            last_ns=np.array([each.last_ns for each in shown], dtype=np.int64),
            status=np.array([each.status for each in shown], dtype=np.int32),
            error=np.array([errors.index(error) for _, error in self.counted], dtype=np.int32),
            bytes_received=np.array([each.bytes_received for each in shown], dtype=np.int64),
            couple=np.full(len(shown), -1, dtype=np.int32),
        )


def run(workload: Workload, **options: Any) -> tuple[FakeSteering, tuple[str, ...]]:
    """One load of a file, a user of each kind unless its shape decides; what was counted and objected to."""
    steering = FakeSteering(len(workload.users), **options)
    steering.is_shaped = workload.profile is not None
    conductor = workload.conductor
    assert conductor is not None
    conductor.begin(steering)
    if steering.is_shaped:
        conductor.lead()
    else:
        for kind in workload.users:
            steering.start_user(kind)
    return steering, conductor.end()
