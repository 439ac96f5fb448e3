"""How a thread spends the load: as a user of a closed model, a taker of arrivals, or somebody's code."""

from __future__ import annotations

import itertools
import random
import time
from collections.abc import Iterator, Sequence

from perfgate.load.client import Client
from perfgate.load.pacing import share, windows_ns
from perfgate.load.port import LivePort
from perfgate.load.recorder import Recorder
from perfgate.load.running import Running
from perfgate.load.user import VirtualUser
from perfgate.model import UserKind


def live(running: Running, number: int, recorder: Recorder, clients: Sequence[Client], side: int = 0) -> None:
    """The whole life of user `number` (counted over all processes); what it raises is kept for the engine.

    A user that is code is on one side only, and does there what its twin does on the other.
    """
    plan = running.plan
    seed = random.Random(f"{plan.seed}/user/{number}").getrandbits(64)
    gap_ns = round(plan.profile.vus / plan.max_rate_rps * 1e9) if plan.max_rate_rps else 0
    try:
        if plan.users:
            kind = kind_of(plan.users, number)
            port = LivePort(
                running,
                clients[side],
                recorder,
                seed=seed,
                side=side,
                min_gap_ns=gap_ns * len(clients),
            )
            _be(running, kind, number, port)
        else:
            user = VirtualUser(running, clients, recorder, seed=seed, min_gap_ns=gap_ns)
            if plan.profile.is_open:
                _take_arrivals(running, user)
            else:
                _repeat(running, user, number, paired=len(clients) > 1)
    except BaseException as error:
        running.failures.append(error)
        running.abandon()
    finally:
        for client in clients:
            client.close()


def kind_of(kinds: Sequence[UserKind], number: int) -> UserKind:
    """Which kind user `number` is: fixed counts first, then by weight, evenly mixed at every head count.

    Each user goes to the kind that is furthest behind its share (the largest remainder, user by user).
    """
    for kind in kinds:
        if number < kind.fixed_count:
            return kind
        number -= kind.fixed_count
    weighted = [kind for kind in kinds if not kind.fixed_count] or list(kinds)
    total = sum(kind.weight for kind in weighted)
    counts = [0] * len(weighted)
    for placed in range(number + 1):
        behind = [kind.weight / total * (placed + 1) - counts[i] for i, kind in enumerate(weighted)]
        chosen = behind.index(max(behind))
        counts[chosen] += 1
    return weighted[chosen]


def _windows(running: Running, number: int) -> list[tuple[int, int]]:
    return [
        (running.start_ns + begin, running.start_ns + end)
        for begin, end in windows_ns(running.plan.profile, number)
    ]


def _be(running: Running, kind: UserKind, number: int, port: LivePort) -> None:
    for begin_ns, end_ns in _windows(running, number):
        if not running.sleep_until(begin_ns, end_ns):
            return
        port.until_ns = end_ns
        kind.live(port)


def _repeat(running: Running, user: VirtualUser, number: int, *, paired: bool) -> None:
    """Pass after pass while the profile says so, or while there are any left to do."""
    profile = running.plan.profile
    numbers = _numbers(running)
    for begin_ns, end_ns in _windows(running, number):
        if not running.sleep_until(begin_ns, end_ns):
            return
        user.until_ns = end_ns + profile.graceful_stop_ns
        if not (profile.iterations or paired):
            user.walk_on(end_ns)
            continue
        while time.monotonic_ns() < end_ns and (nth := next(numbers, None)) is not None:
            if not (user.walk_both() if paired else user.walk_one(0, number=nth)):
                break


def _numbers(running: Running) -> Iterator[int]:
    """The passes that may begin, each by its number among those of all users, or -1 where it has none."""
    profile = running.plan.profile
    index, count = running.plan.part
    if profile.executor == "shared-iterations":
        mine = share(profile.iterations, index, count)
        return (n * count + index for n in itertools.takewhile(lambda n: n < mine, running.iterations))
    if profile.executor == "per-vu-iterations":
        return itertools.repeat(-1, profile.iterations)
    return itertools.repeat(-1)


def _take_arrivals(running: Running, user: VirtualUser) -> None:
    """Take the next arrival nobody has taken yet, wait until it is due, send it; late if all are busy.

    Where a cap is set (Artillery's `maxVusers`) an arrival that finds as many busy is not sent at all.
    """
    plan, arrivals = running.plan, running.arrivals_ns
    part, parts = plan.part
    user.until_ns = running.end_ns + plan.profile.graceful_stop_ns
    give_up_ns = running.end_ns + plan.timeouts.total_ns
    busy_until_ns = 0
    while not running.is_over:
        index = next(running.next_arrival)
        if index >= len(arrivals):
            return
        number = index * parts + part
        side = running.sides[index] if running.sides else 0
        due_ns = running.start_ns + arrivals[index]
        free_ns = time.monotonic_ns()
        if not running.sleep_until(due_ns, running.end_ns):
            return
        now_ns = time.monotonic_ns()
        due_wall_ns = due_ns + running.wall_ahead_ns
        cap = running.caps[index] if running.caps else 0
        # Nobody had taken it when it was due: all users were busy, this one too.
        too_many = cap and due_ns < busy_until_ns
        if now_ns >= give_up_ns or too_many or not running.take_place(cap):
            user.miss(side, due_wall_ns, number)
            continue
        try:
            user.walk_one(side, due_wall_ns, max(1, now_ns - max(due_ns, free_ns)), number)
        finally:
            running.leave_place()
            busy_until_ns = time.monotonic_ns()
