"""Following a load shape: how many users of which class live, and starting and stopping them at its rate."""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, NamedTuple

from perfgate.model import Steering, UserKind
from perfgate.users.exceptions import UnsupportedError

TICK_S = 1.0
MOST_USERS = 10_000


class Tick(NamedTuple):
    """What a shape asks for: so many users, reached at so many a second, of these classes (None: all)."""

    users: int
    rate: float
    classes: tuple[type, ...] | None


def tick_of(answer: Any) -> Tick | None:
    """What `tick()` returned, checked.

    Raises:
        UnsupportedError: it is no such tuple.
    """
    if answer is None:
        return None
    if not isinstance(answer, tuple | list) or len(answer) not in (2, 3):
        raise _strange(answer)
    users, rate, classes = (*answer, None)[:3]
    for number in (users, rate):
        if isinstance(number, bool) or not isinstance(number, int | float) or not math.isfinite(number):
            raise _strange(answer)
    if not 0 <= users <= MOST_USERS or rate <= 0:
        raise _strange(answer)
    return Tick(round(users), rate, tuple(classes) if classes else None)


def _strange(answer: Any) -> UnsupportedError:
    return UnsupportedError(
        f"tick() returned {answer!r}",
        f"return None, or (users, spawn_rate[, user_classes]) with at most {MOST_USERS} users",
    )


class Crowd:
    """The users who live now, each known by whether it still does; starts and stops them."""

    def __init__(self, steering: Steering, kinds: Sequence[tuple[type, UserKind]]) -> None:
        self._steering = steering
        self._kinds = kinds
        self._living: list[tuple[UserKind, Callable[[], bool]]] = []

    def count(self) -> int:
        """How many live; those who have had enough are forgotten."""
        self._living = [one for one in self._living if one[1]()]
        return len(self._living)

    def by_name(self) -> dict[str, int]:
        """How many live, by the name of their class."""
        self.count()
        counts = {kind.name: 0 for _, kind in self._kinds}
        for kind, _ in self._living:
            counts[kind.name] += 1
        return counts

    def changes(self, tick: Tick) -> list[Callable[[], None]]:
        """The way to what a tick asks for, user by user: first who goes, then who comes."""
        counts = self.by_name()
        asked_for = [kind for cls, kind in self._kinds if not tick.classes or cls in tick.classes]
        wanted = wanted_of(asked_for, tick.users)
        going, coming = [], []
        for _, kind in self._kinds:
            more = wanted.get(kind.name, 0) - counts[kind.name]
            going += [partial(self._stop, kind)] * max(-more, 0)
            coming += [partial(self._start, kind)] * max(more, 0)
        return [*going, *coming]

    def _start(self, kind: UserKind) -> None:
        self._living.append((kind, self._steering.start_user(kind)))

    def _stop(self, kind: UserKind) -> None:
        # The longest-lived go first, as in Locust; one may have gone by itself meanwhile.
        for one in self._living:
            if one[0] is kind:
                self._living.remove(one)
                self._steering.stop_user(one[1])
                return


def wanted_of(kinds: Sequence[UserKind], users: int) -> dict[str, int]:
    """How many users of each kind: fixed counts first, the others by weight, to whole users."""
    wanted: dict[str, int] = {kind.name: 0 for kind in kinds}
    left = users
    for kind in kinds:
        wanted[kind.name] = min(kind.fixed_count, left)
        left -= wanted[kind.name]
    weighted = [kind for kind in kinds if not kind.fixed_count]
    total = sum(kind.weight for kind in weighted)
    for placed in range(1, left + 1) if weighted else ():
        behind = max(weighted, key=lambda kind: kind.weight / total * placed - wanted[kind.name])
        wanted[behind.name] += 1
    return wanted


class Follower:
    """Follows one shape to its end."""

    def __init__(self, steering: Steering, crowd: Crowd, tick: Callable[[], Any]) -> None:
        self._steering, self._crowd, self._tick = steering, crowd, tick

    def follow(self, on_target: Callable[[int], None], on_reached: Callable[[int], None]) -> None:
        """Until the shape returns None, or the load is ended.

        `on_target` is told how many users the shape asks for, `on_reached` that they are there.
        """
        last: Tick | None = None
        while not self._steering.is_over():
            began_s = time.monotonic()
            tick = tick_of(self._tick())
            if tick is None:
                return
            if tick != last:
                on_target(tick.users)
                if self._go_to(tick):
                    on_reached(self._crowd.count())
                last = tick
            left_s = TICK_S - (time.monotonic() - began_s)
            if left_s > 0 and not self._steering.pause(round(left_s * 1e9)):
                return

    def _go_to(self, tick: Tick) -> bool:
        """Change the crowd at the tick's rate; as in Locust, the next tick waits until it is done."""
        began_s = time.monotonic()
        for number, change in enumerate(self._crowd.changes(tick), start=1):
            change()
            wait_s = began_s + number / tick.rate - time.monotonic()
            if wait_s > 0 and not self._steering.pause(round(wait_s * 1e9)):
                return False
        return True
