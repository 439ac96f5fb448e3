"""The hooks of a file around one load: init and test_start, its shape, test_stop and quitting."""

from __future__ import annotations

import contextlib
import logging
import threading
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfgate.model import Steering, UserKind
from perfgate.users.address import redirected
from perfgate.users.current import steered_sleep
from perfgate.users.exceptions import STEERING
from perfgate.users.failing import error_class
from perfgate.users.leading import Crowd, Follower
from perfgate.users.runner import STATE_CLEANUP, STATE_RUNNING, STATE_SPAWNING, STATE_STOPPED

if TYPE_CHECKING:
    from perfgate.users.environment import Environment
    from perfgate.users.events import EventHook

_log = logging.getLogger("perfgate.users")


class FileConductor:
    """Fires the events of one file's load, and follows its shape if it decides."""

    def __init__(self, environment: Environment) -> None:
        self._environment = environment
        self._host = environment.host
        self._kinds: Sequence[tuple[type, UserKind]] = ()
        self._is_known = False
        self._lock = threading.Lock()
        self._spawned = 0

    def know(self, kinds: Sequence[tuple[type, UserKind]]) -> None:
        """The classes of users, and what the driver knows them as."""
        self._kinds = kinds

    def begin(self, steering: Steering) -> None:
        """Before the first user: `init` once, `test_start` for each load."""
        environment, runner = self._environment, self._environment.runner
        runner.steering = environment.stats._steering = environment.events.request.anywhere = steering
        environment.stats._seen = None
        environment.host = redirected(self._host, steering.url) if self._host else steering.url
        environment.process_exit_code = None
        for hook in environment.events.hooks().values():
            hook.problems.clear()
        self._spawned, runner._living = 0, {}
        runner.target_user_count = steering.vus
        self._tell_options(steering)
        runner.state = STATE_SPAWNING
        with steered_sleep():
            if not self._is_known:
                self._is_known = True
                self._fire(environment.events.init, runner=runner, web_ui=None)
            self._fire(environment.events.test_start)

    def lead(self) -> None:
        """Follow the shape, and end the load with it."""
        environment, runner = self._environment, self._environment.runner
        shape, steering = environment.shape_class, runner.steering
        if shape is None or steering is None:
            return
        runner.crowd = Crowd(steering, self._kinds)
        shape.runner = runner
        shape.reset_time()

        def target(users: int) -> None:
            runner.target_user_count, runner.state = users, STATE_SPAWNING

        try:
            with steered_sleep():
                Follower(steering, runner.crowd, shape.tick).follow(target, self._reached)
        except STEERING as steer:
            _log.info("the shape ended the load: %r", steer)
        except Exception as error:
            environment.events.init.problems.append(f"the load shape raised {error_class(error)}")
            _log.exception("the load shape failed")
        steering.end()

    def end(self) -> tuple[str, ...]:
        """After the last user: `test_stopping`, `test_stop`, `quitting` and `quit`."""
        environment, runner = self._environment, self._environment.runner
        events = environment.events
        said = _Said()
        logging.getLogger().addHandler(said)
        try:
            runner.state = STATE_CLEANUP
            self._fire(events.test_stopping)
            runner.state = STATE_STOPPED
            self._fire(events.test_stop)
            self._fire(events.quitting, reverse=True)
        finally:
            logging.getLogger().removeHandler(said)
        code = environment.process_exit_code
        problems = tuple(events.problems())
        with contextlib.suppress(*STEERING):
            events.quit.fire(exit_code=code or 0)
        runner.crowd = None
        if not code:
            return problems
        why = f": {'; '.join(said.texts)}" if said.texts else ""
        return (f"the load test set process_exit_code to {code}{why}", *problems)

    def born(self, name: str) -> None:
        """A user of a class begins; the last of those the load begins with completes the spawning."""
        runner = self._environment.runner
        if runner.steering is None:
            self._begin_unsteered()
        with self._lock:
            runner.count(name, +1)
            self._spawned += 1
            is_last = self._spawned == runner.target_user_count
        if is_last and runner.crowd is None:
            self._reached(self._spawned)

    def gone(self, name: str) -> None:
        """A user ended."""
        with self._lock:
            self._environment.runner.count(name, -1)

    def _reached(self, users: int) -> None:
        self._environment.runner.state = STATE_RUNNING
        try:
            self._environment.events.spawning_complete.fire(user_count=users)
        except STEERING as steer:
            _log.info("spawning_complete asks to end the load: %r", steer)
            self._environment.runner.quit()

    def _begin_unsteered(self) -> None:
        """Where the driver knows of no hooks, the first user finds what they prepare all the same."""
        with self._lock:
            if not self._is_known:
                self._is_known = True
                self._fire(self._environment.events.init, runner=self._environment.runner, web_ui=None)
                self._fire(self._environment.events.test_start)

    def _tell_options(self, steering: Steering) -> None:
        options = self._environment.parsed_options
        if options is not None:
            options.follow(lambda: self._environment.host)
        if options is not None and not steering.is_shaped:
            options.num_users = options.users = steering.vus
            options.spawn_rate = steering.vus
            options.run_time = steering.duration_s

    def _fire(self, hook: EventHook, *, reverse: bool = False, **told: object) -> None:
        try:
            hook.fire(reverse=reverse, environment=self._environment, **told)
        except STEERING as steer:
            _log.info("%s asks to end the load: %r", hook.name, steer)
            self._environment.runner.quit()


class _Said(logging.Handler):
    """Keeps what is logged as an error: it is the reason why a file sets an exit code."""

    def __init__(self) -> None:
        super().__init__(logging.ERROR)
        self.texts: list[str] = []

    def emit(self, record: logging.LogRecord) -> None:
        text = " ".join(record.getMessage().split())[:200]
        if text not in self.texts and len(self.texts) < 5 and not record.name.startswith("perfgate"):
            self.texts.append(text)
