"""One virtual user: walks scenarios and sends what they ask for, to both sides in lockstep or to one.

In lockstep every request becomes a couple: base and head receive it back to back in random order, so
whatever disturbs the machine at that moment disturbs both.
"""

from __future__ import annotations

import itertools
import random
import time
from typing import TYPE_CHECKING

from perfgate.load import clock
from perfgate.load.connection import Connection, Exchange
from perfgate.model import Request, Response, Scenario, Script, Think

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Sequence

    from perfgate.load.recorder import Recorder


class VirtualUser:
    """A user with one connection a side; everything it does follows from `seed`.

    `pause(ns)` waits out think time and returns False, at once, when the load is over or would be by then.
    `min_gap_ns` is the least time between two requests of this user (a bound on the rate; 0 for none).
    """

    def __init__(
        self,
        *,
        connections: Sequence[Connection],
        scenarios: Sequence[Scenario],
        seed: int,
        recorder: Recorder,
        couples: itertools.count[int],
        pause: Callable[[int], bool],
        over: threading.Event,
        min_gap_ns: int = 0,
    ) -> None:
        self._connections = connections
        self._scenarios = scenarios
        self._weights = list(itertools.accumulate(s.weight for s in scenarios))
        self._random = random.Random(seed)
        self._recorder = recorder
        self._couples = couples
        self._pause = pause
        self._over = over
        self._min_gap_ns = min_gap_ns
        # Users that all began at once would stay in step and send the bounded rate in bursts.
        spread_ns = len(connections) * min_gap_ns * random.Random(~seed).random()
        self._not_before_ns = time.monotonic_ns() + round(spread_ns)

    def walk_both(self) -> bool:
        """One pass through a random scenario, on all sides in lockstep, with the same random choices.

        Returns:
            False when the load was over before the pass was.
        """
        scenario, seed = self._choose()
        scripts: list[Script | None] = [scenario.start(seed) for _ in self._connections]
        actions = [_advance(script, None) for script in scripts]
        while any(action is not None for action in actions) and not self._over.is_set():
            answers = self._answer(actions)
            if answers is None:
                return False
            for side, action in enumerate(actions):
                actions[side] = None if action is None else _advance(scripts[side], answers[side])
        return True

    def walk_one(self, side: int, due_ns: int) -> None:
        """One pass through a random scenario on one side; its first request was due at `due_ns`."""
        scenario, seed = self._choose()
        script = scenario.start(seed)
        action = _advance(script, None)
        while action is not None and not self._over.is_set():
            response = None
            if isinstance(action, Think):
                if not self._pause(action.duration_ns):
                    return
                due_ns = due_ns and due_ns + action.duration_ns
            elif due_ns or self._pause(0):
                response = self._send(side, action, couple=-1, due_ns=due_ns)
                due_ns = 0
            else:
                return
            action = _advance(script, response)

    def miss(self, side: int, due_ns: int) -> None:
        """Record that a pass due at `due_ns` was never begun: its first request counts as an error."""
        scenario, seed = self._choose()
        script = scenario.start(seed)
        action = _advance(script, None)
        while isinstance(action, Think):
            action = _advance(script, None)
        if action is not None:
            unsent = Exchange(clock.now_ns(), 0, 0, 0, 0, "not sent", stamped=False, response=None)
            self._recorder.record(
                side=side, endpoint=action.endpoint, couple=-1, due_ns=due_ns, exchange=unsent
            )

    def _choose(self) -> tuple[Scenario, int]:
        if len(self._scenarios) == 1:
            return self._scenarios[0], self._random.getrandbits(64)
        chosen = self._random.choices(self._scenarios, cum_weights=self._weights)[0]
        return chosen, self._random.getrandbits(64)

    def _answer(self, actions: Sequence[Request | Think | None]) -> list[Response | None] | None:
        """Do what every side's script asks for; the sides that send do so in random order.

        Returns:
            None when the load is over.
        """
        answers: list[Response | None] = [None] * len(actions)
        longest_ns = max((a.duration_ns for a in actions if isinstance(a, Think)), default=0)
        senders = [side for side, action in enumerate(actions) if isinstance(action, Request)]
        if not self._wait(longest_ns, len(senders)):
            return None
        couple = -1
        if len(senders) == 2:
            couple = next(self._couples)
            if self._random.random() < 0.5:
                senders.reverse()
        for side in senders:
            action = actions[side]
            if isinstance(action, Request):
                answers[side] = self._send(side, action, couple=couple, due_ns=0)
        return answers

    def _wait(self, think_ns: int, requests: int) -> bool:
        """Think, and keep under the bound before a couple, never inside it: it belongs back to back."""
        bounded = self._min_gap_ns and requests
        wait_ns = max(think_ns, self._not_before_ns - time.monotonic_ns()) if bounded else think_ns
        if not self._pause(wait_ns):
            return False
        if bounded:
            self._not_before_ns = time.monotonic_ns() + requests * self._min_gap_ns
        return True

    def _send(self, side: int, request: Request, *, couple: int, due_ns: int) -> Response | None:
        due_ns = due_ns or clock.now_ns()
        exchange = self._connections[side].exchange(request)
        if not self._over.is_set():
            self._recorder.record(
                side=side, endpoint=request.endpoint, couple=couple, due_ns=due_ns, exchange=exchange
            )
        return exchange.response


def _advance(script: Script | None, answer: Response | None) -> Request | Think | None:
    """The script's next wish, or None when it has ended."""
    if script is None:
        return None
    try:
        return script.send(answer)
    except StopIteration:
        return None
