"""The driver as hooks and shapes of a load test see it: users that come and go, and what was counted."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from perfgate.load.address import url_of
from perfgate.load.client import Client
from perfgate.load.port import LivePort
from perfgate.load.recorder import Recorder
from perfgate.load.running import Running

if TYPE_CHECKING:
    from perfgate.model import Exchange, Samples, UserKind

_LOOK_UP_S = 1.0
SHAPED = "externally-controlled"

Life = Callable[[], None]
Enlist = Callable[[Callable[[Recorder, list[Client]], Life]], threading.Thread]
"""Adds a thread to the load, which will lead the life made for its recorder and clients."""


class LedPort(LivePort):
    """The port of a user whom a shape may end at any time."""

    def __init__(self, running: Running, client: Client, recorder: Recorder, *, seed: int) -> None:
        super().__init__(running, client, recorder, seed=seed)
        self._leaving = threading.Lock()
        self._leaving.acquire()

    def pause(self, duration_ns: int) -> bool:
        """Wait; False, early, when the user has to go or the load is over."""
        due_ns = time.monotonic_ns() + duration_ns
        while (left_ns := due_ns - time.monotonic_ns()) > 0 and not self.is_over():
            if self._leaving.acquire(timeout=min(left_ns / 1e9, _LOOK_UP_S)):
                return False
        return not self.is_over()

    def leave(self) -> None:
        """End the user after the request that is under way."""
        self.until_ns = 0
        with contextlib.suppress(RuntimeError):
            self._leaving.release()


class LoadSteering:
    """What a load test may ask of one load under way (`perfgate.model.Steering`)."""

    def __init__(self, running: Running, recorders: Sequence[Recorder], enlist: Enlist) -> None:
        self.url = url_of(running.plan.addresses[0])
        self.sides = len(running.plan.addresses)
        self.is_shaped = running.plan.profile.executor == SHAPED
        part, parts = running.plan.part
        self.vus = len(range(part, running.plan.profile.vus, parts))
        self.duration_s = running.plan.profile.duration_ns / 1e9
        self.recorder = Recorder(running.errors)
        self._running = running
        self._recorders = recorders
        self._enlist = enlist
        self._started = 0
        self._ports: dict[Any, LedPort] = {}

    def is_over(self) -> bool:
        """Whether the load has ended."""
        return self._running.is_over or time.monotonic_ns() >= self._running.end_ns

    def pause(self, duration_ns: int) -> bool:
        """Wait; False, early, when the load has ended."""
        return self._running.pause(duration_ns, self._running.end_ns)

    def end(self) -> None:
        """End the load now; what is under way is not waited for."""
        self._running.abandon()

    def start_user(self, kind: UserKind) -> Callable[[], bool]:
        """Let one more user live; the answer says whether it still does."""
        running, number = self._running, self._started
        self._started += 1
        seed = random.Random(f"{running.plan.seed}/user/{number}").getrandbits(64)
        ports: list[LedPort] = []

        def life_of(recorder: Recorder, clients: list[Client]) -> Life:
            port = LedPort(running, clients[0], recorder, seed=seed)
            ports.append(port)
            return lambda: _live(running, kind, port, clients)

        thread = self._enlist(life_of)
        thread.start()
        is_alive = thread.is_alive
        self._ports[is_alive] = ports[0]
        return is_alive

    def stop_user(self, is_alive: Callable[[], bool]) -> None:
        """End a user, known by what `start_user` gave."""
        self._ports.pop(is_alive).leave()

    def endpoint(self, name: str) -> int:
        """The number of an endpoint, given out on first sight."""
        return self._running.endpoints.number(name)

    def record(self, endpoint: int, exchange: Exchange, error: str) -> None:
        """Count an exchange that no user of this load had.

        Raises:
            RuntimeError: there are two sides, and nothing says whose it was.
        """
        if len(self._running.plan.addresses) > 1:
            raise RuntimeError("a request that no user sent belongs to neither base nor head")
        if not self._running.is_over:
            self.recorder.record(exchange, endpoint, error)

    def samples(self) -> Samples:
        """Everything counted so far, the warm-up left out."""
        from perfgate.load import samples

        running = self._running
        # The names are read after the rows: a name that is new meanwhile would be missing.
        parts = [recorder.rows[:] for recorder in self._recorders]
        rows = samples.joined(parts, since_ns=running.measured_since_ns)
        sides = len(running.plan.addresses)
        found = samples.by_side(
            rows, errors=running.errors.names(), endpoints=running.endpoints.names(), sides=sides
        )
        return found[0]

    def lead(self) -> None:
        """The life of the thread that follows the shape; what it raises is kept for the engine."""
        running, conductor = self._running, self._running.plan.conductor
        if conductor is None or not self.is_shaped:
            return
        try:
            conductor.lead()
        except BaseException as error:
            running.failures.append(error)
            running.abandon()
        finally:
            for port in self._ports.values():
                port.leave()


def _live(running: Running, kind: UserKind, port: LedPort, clients: Sequence[Client]) -> None:
    try:
        kind.live(port)
    except BaseException as error:
        running.failures.append(error)
        running.abandon()
    finally:
        for client in clients:
            client.close()
