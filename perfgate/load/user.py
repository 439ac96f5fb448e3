"""One virtual user: walks scenarios and sends what they ask for, to both sides in lockstep or to one.

In lockstep every request becomes a couple: base and head receive it back to back in random order, so
whatever disturbs the machine at that moment disturbs both.
"""

from __future__ import annotations

import itertools
import random
import time
from bisect import bisect
from collections.abc import Sequence

from perfgate.load import chance
from perfgate.load.client import Client
from perfgate.load.recorder import Recorder
from perfgate.load.running import Running
from perfgate.load.scripts import advance, first_endpoint
from perfgate.load.together import FAILURE_PAUSE_NS, Sent, record_branches, unsent, walk_together
from perfgate.model import Action, Cookies, Failure, Request, Response, Scenario, Script, Think, Together


class VirtualUser:
    """A user with one client a side; what it does follows from `seed`, and that of a pass with a number from
    that number and the load's seed.

    It sends nothing from `until_ns` (monotonic) on. `min_gap_ns` is the least time between two requests of
    this user (a bound on the rate; 0 for none).
    """

    def __init__(
        self,
        running: Running,
        clients: Sequence[Client],
        recorder: Recorder,
        *,
        seed: int,
        min_gap_ns: int = 0,
    ) -> None:
        self._running = running
        self._clients = clients
        self._recorder = recorder
        self._scenarios = running.plan.scenarios
        self._weights = list(itertools.accumulate(s.weight for s in self._scenarios))
        self._only = self._scenarios[0] if len(self._scenarios) == 1 else None
        self._given = [
            {id(s): s.given(dict(variables)) for s in self._scenarios if s.given is not None}
            for variables in running.plan.given
        ]
        self._random = random.Random(seed)
        self._min_gap_ns = min_gap_ns
        self._skips_think = running.plan.skip_think
        self.until_ns = running.end_ns
        # Users that all began at once would stay in step and send the bounded rate in bursts.
        spread_ns = len(clients) * min_gap_ns * random.Random(~seed).random()
        self._not_before_ns = time.monotonic_ns() + round(spread_ns)

    def walk_both(self) -> bool:
        """One pass through a random scenario, on all sides in lockstep, with the same random choices.

        Returns:
            False when the load was over before the pass was.
        """
        scenario, seed = self._choose()
        number = self._ordinal(scenario, -1)
        sides = range(len(self._clients))
        scripts: list[Script | None] = [self._begin(side, scenario, seed, number) for side in sides]
        actions = [self._next(side, scripts[side], None) for side in sides]
        while any(action is not None for action in actions) and not self._running.is_over:
            answers = self._answer(actions)
            if answers is None:
                return False
            for side, action in enumerate(actions):
                actions[side] = None if action is None else self._next(side, scripts[side], answers[side])
        return True

    def walk_one(self, side: int, due_ns: int = 0, lateness_ns: int = 0, number: int = -1) -> bool:
        """One pass through a random scenario on one side; its first request was due at `due_ns` (0: at once).

        Returns:
            False when the load was over before the pass was.
        """
        scenario, seed = self._choose(number)
        advance = self._begin(side, scenario, seed, self._ordinal(scenario, number)).send
        answer: Response | None = None
        while True:
            try:
                action = advance(answer)
            except StopIteration as end:
                failed = end.value is False
                self._recorder.ended(scenario.name, completed=not failed, failed=failed)
                return True
            answer = None
            if not isinstance(action, Request):
                due_ns = self._do(side, action, due_ns, lateness_ns)
                if due_ns < 0:
                    return False
                lateness_ns = lateness_ns if due_ns else 0
                continue
            # What was due before the end is owed, however late.
            if not due_ns and not self._wait(0, 1):
                return False
            exchange = self._clients[side].exchange(action)
            if self._running.is_over:
                return False
            self._recorder.record(exchange, action.endpoint, exchange.error, side, -1, due_ns, lateness_ns)
            due_ns = lateness_ns = 0
            answer = exchange.response

    def walk_on(self, end_ns: int) -> None:
        """Pass after pass on the only side, as long as they begin before `end_ns` and the load goes on."""
        if self._only is not None and self._only.fixed and not self._min_gap_ns:
            self._walk_fixed(self._only, end_ns)
            return
        while time.monotonic_ns() < end_ns and self.walk_one(0):
            pass

    def _walk_fixed(self, scenario: Scenario, end_ns: int) -> None:
        """`walk_on` for a pass that never varies: no script, and no call that the others need.

        What a pass of one request takes beside sending and recording went from 0.9 to 0.4 µs.
        """
        client, running, now_ns = self._clients[0], self._running, time.monotonic_ns
        exchange_with, record = client.exchange, self._recorder.record
        completed, failed, fixed = 0, 0, scenario.fixed
        try:
            while now_ns() < end_ns:
                begun = True
                for action in fixed:
                    if type(action) is Request:
                        if not begun and now_ns() >= self.until_ns:
                            return
                        begun = False
                        exchange = exchange_with(action)
                        if running.is_over:
                            return
                        _, _, _, _, _, error, _, answer, _, _ = exchange
                        record(exchange, action.endpoint, error)
                        if answer is None:
                            failed += 1
                            break
                    elif isinstance(action, Cookies):
                        client.put(action)
                    elif isinstance(action, Think) and not self._wait(action.duration_ns, 0):
                        return
                else:
                    completed += 1
                if client.has_cookies:
                    client.forget()
        finally:
            self._recorder.ended(scenario.name, completed=completed, failed=failed)

    def miss(self, side: int, due_ns: int, number: int = -1) -> None:
        """Record that a pass due at `due_ns` was never begun: its first request counts as an error."""
        scenario, seed = self._choose(number)
        script = self._begin(side, scenario, seed, self._ordinal(scenario, number))
        endpoint = first_endpoint(script)
        if endpoint is not None:
            self._recorder.record(unsent(NOT_SENT), endpoint, NOT_SENT, side, -1, due_ns)

    def _begin(self, side: int, scenario: Scenario, seed: int, number: int) -> Script:
        """A pass at its beginning; the same on every side but for what `before` has left there."""
        if self._given:
            scenario = self._given[side].get(id(scenario), scenario)
        return scenario.start(seed) if scenario.start_nth is None else scenario.start_nth(seed, number)

    def _next(self, side: int, script: Script | None, answer: Response | None) -> Action | None:
        """The script's next wish that takes time, or None when it has ended or the load has."""
        action = advance(script, answer)
        while isinstance(action, Cookies | Failure):
            if not self._note(side, action):
                return None
            action = advance(script, None)
        return action

    def _note(self, side: int, action: Cookies | Failure) -> bool:
        """Do what takes no time; False when the load is over."""
        if isinstance(action, Cookies):
            self._clients[side].put(action)
            return True
        self._recorder.record(unsent(action.error), action.endpoint, action.error, side)
        return self._wait(FAILURE_PAUSE_NS, 0)

    def _do(self, side: int, action: Action, due_ns: int, lateness_ns: int) -> int:
        """Do what is no request on one side; when the next request is due (0: at once), or -1 if never."""
        if isinstance(action, Think):
            if self._skips_think:
                return due_ns
            if not self._wait(action.duration_ns, 0):
                return -1
            return due_ns and due_ns + action.duration_ns
        if isinstance(action, Cookies | Failure):
            return due_ns if self._note(side, action) else -1
        if not isinstance(action, Together):
            raise TypeError(f"a script asked for {action!r}")
        if not due_ns and not self._wait(0, len(action.branches)):
            return -1
        branches = walk_together(self._clients[side], action, self._running, self.until_ns)
        if self._running.is_over:
            return -1
        for branch in branches:
            for place, (endpoint, exchange, _) in enumerate(branch):
                due, late = (due_ns, lateness_ns) if place == 0 else (0, 0)
                self._recorder.record(exchange, endpoint, exchange.error, side, -1, due, late)
        return 0

    def _ordinal(self, scenario: Scenario, number: int) -> int:
        """Which pass of the load this is, where that matters; one without a number gets the next."""
        if number >= 0 or scenario.start_nth is None:
            return number
        index, count = self._running.plan.part
        return next(self._running.passes) * count + index

    def _choose(self, number: int = -1) -> tuple[Scenario, int]:
        """A scenario for the next pass, which is a new visitor: nobody's cookies are kept for it."""
        for client in self._clients:
            if client.has_cookies:
                client.forget()
        if number >= 0:
            which, seed = chance.of_pass(self._running.plan.seed, number)
            chosen = (
                self._only
                or self._scenarios[bisect(self._weights, (which >> 11) * 2**-53 * self._weights[-1])]
            )
            return chosen, seed
        if self._only is not None:
            return self._only, self._random.getrandbits(64)
        chosen = self._random.choices(self._scenarios, cum_weights=self._weights)[0]
        return chosen, self._random.getrandbits(64)

    def _answer(self, actions: Sequence[Action | None]) -> list[Response | None] | None:
        """Do what every side's script asks for; the sides that send do so in random order.

        Returns:
            None when the load is over.
        """
        answers: list[Response | None] = [None] * len(actions)
        longest_ns = max((a.duration_ns for a in actions if isinstance(a, Think)), default=0)
        senders = [side for side, action in enumerate(actions) if isinstance(action, Request)]
        if len(senders) < len(actions) and any(isinstance(action, Together) for action in actions):
            return self._answer_together(actions, longest_ns)
        if not self._wait(longest_ns, len(senders)):
            return None
        couple = -1
        if len(senders) == 2:
            couple = next(self._running.couples)
            if self._random.random() < 0.5:
                senders.reverse()
        for side in senders:
            action = actions[side]
            if isinstance(action, Request):
                answers[side] = self._send(side, action, couple)
        return answers

    def _answer_together(
        self, actions: Sequence[Action | None], longest_ns: int
    ) -> list[Response | None] | None:
        """`_answer` where a side sends several requests at the same time: all of them, then the other's."""
        answers: list[Response | None] = [None] * len(actions)
        sent: dict[int, list[list[Sent]]] = {}
        senders = [side for side, action in enumerate(actions) if isinstance(action, Request | Together)]
        count = sum(len(a.branches) if isinstance(a, Together) else a is not None for a in actions)
        if not self._wait(longest_ns, count):
            return None
        if self._random.random() < 0.5:
            senders.reverse()
        for side in senders:
            action = actions[side]
            if isinstance(action, Request):
                answers[side] = self._send(side, action, -1)
            elif isinstance(action, Together):
                sent[side] = walk_together(self._clients[side], action, self._running, self.until_ns)
        if not self._running.is_over:
            record_branches(self._recorder, self._running.couples, sent)
        return answers

    def _send(self, side: int, request: Request, couple: int) -> Response | None:
        exchange = self._clients[side].exchange(request)
        if not self._running.is_over:
            self._recorder.record(exchange, request.endpoint, exchange.error, side, couple)
        return exchange.response

    def _wait(self, think_ns: int, requests: int) -> bool:
        """Think, and keep under the bound before a couple, never inside it: it belongs back to back."""
        now_ns = time.monotonic_ns()
        think_ns = 0 if self._skips_think else think_ns
        wait_ns = think_ns
        if self._min_gap_ns and requests:
            wait_ns = max(think_ns, self._not_before_ns - now_ns)
        if wait_ns > 0:
            if not self._running.pause(wait_ns, self.until_ns):
                return False
        elif now_ns >= self.until_ns or self._running.is_over:
            return False
        if self._min_gap_ns and requests:
            self._not_before_ns = time.monotonic_ns() + requests * self._min_gap_ns
        return True


NOT_SENT = "not sent"
"""The error class of an arrival that no user was free to take in time."""
