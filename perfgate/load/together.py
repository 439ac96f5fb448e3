"""Scripts walked at the same time by one user on one side: a thread and a connection for each."""

from __future__ import annotations

import itertools
import threading
import time
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

from perfgate.load import clock
from perfgate.load.client import Client
from perfgate.load.recorder import Recorder
from perfgate.model import Action, Cookies, Exchange, Failure, Request, Response, Script, Think, Together

FAILURE_PAUSE_NS = 10_000_000
"""How long a user waits after a failure of its own script, which takes no time and may come at once again."""


class Going(Protocol):
    """The load that goes on around a script."""

    @property
    def is_over(self) -> bool:
        """Whether nothing is sent any more."""

    def pause(self, duration_ns: int, until_ns: int) -> bool:
        """Wait; False when the load is over or would be by then."""


class Sent(NamedTuple):
    """One request of a branch, and what became of it."""

    endpoint: int
    exchange: Exchange
    request: Request | None = None


def unsent(error: str) -> Exchange:
    """What is recorded of a request that was not sent."""
    return Exchange(clock.now_ns(), 0, 0, 0, 0, error, stamped=False, response=None)


def walk_together(client: Client, together: Together, going: Going, until_ns: int) -> list[list[Sent]]:
    """Walk all branches to their ends and say what each sent, in its order; nothing is recorded.

    Raises:
        RuntimeError: the machine does not start that many threads.
    """
    sent: list[list[Sent]] = [[] for _ in together.branches]
    numbers = itertools.count()
    errors: list[BaseException] = []

    def work(slot: int) -> None:
        try:
            mine = client.branch(slot)
            while (number := next(numbers)) < len(together.branches):
                _walk(mine, together.branches[number], going, until_ns, sent[number])
        except BaseException as error:
            errors.append(error)

    threads = [
        threading.Thread(target=work, args=(slot,), name="branch", daemon=True)
        for slot in range(1, min(together.limit, len(together.branches)))
    ]
    for thread in threads:
        thread.start()
    work(0)
    for thread in threads:
        thread.join()
    client.gather()
    if errors:
        raise errors[0]
    return sent


def record_branches(
    recorder: Recorder, couples: Iterator[int], sent: Mapping[int, Sequence[Sequence[Sent]]]
) -> None:
    """Record what each side sent; requests at the same place of a branch on both sides are a couple."""
    for branches in itertools.zip_longest(*sent.values(), fillvalue=()):
        for row in itertools.zip_longest(*branches):
            couple = next(couples) if len(row) == 2 and None not in row else -1
            for side, one in zip(sent, row, strict=True):
                if one is not None:
                    recorder.record(one.exchange, one.endpoint, one.exchange.error, side, couple)


def _walk(client: Client, script: Script, going: Going, until_ns: int, sent: list[Sent]) -> None:
    answer: Response | None = None
    while not going.is_over:
        try:
            action = script.send(answer)
        except StopIteration:
            return
        answer = None
        if isinstance(action, Request):
            if sent and time.monotonic_ns() >= until_ns:
                return
            exchange = client.exchange(action)
            sent.append(Sent(action.endpoint, exchange, action))
            answer = exchange.response
        elif isinstance(action, Together):
            for part in walk_together(client, action, going, until_ns):
                sent += part
        elif not _do(client, action, going, until_ns, sent):
            return


def _do(client: Client, action: Action, going: Going, until_ns: int, sent: list[Sent]) -> bool:
    """Do what is no request; False when the load is over."""
    if isinstance(action, Think):
        return going.pause(action.duration_ns, until_ns)
    if isinstance(action, Cookies):
        client.put(action)
    elif isinstance(action, Failure):
        sent.append(Sent(action.endpoint, unsent(action.error)))
        return going.pause(FAILURE_PAUSE_NS, until_ns)
    return True
