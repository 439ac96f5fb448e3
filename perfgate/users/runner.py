"""The runner of a load in Locust's words: its state, its users, and ending it."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from perfgate.users.exceptions import MissingError
from perfgate.users.greenlets import Group

if TYPE_CHECKING:
    from perfgate.model import Steering
    from perfgate.users.environment import Environment
    from perfgate.users.leading import Crowd
    from perfgate.users.stats import RequestStats, StatsError

STATE_INIT = "ready"
STATE_SPAWNING = "spawning"
STATE_RUNNING = "running"
STATE_CLEANUP = "cleanup"
STATE_STOPPING = "stopping"
STATE_STOPPED = "stopped"
STATE_MISSING = "missing"


class Message(NamedTuple):
    """What a file sends from one of its hooks to another."""

    type: str
    data: Any
    node_id: str | None


class Runner:
    """What runs the users; here it is always a `LocalRunner`."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self.state = STATE_INIT
        self.target_user_count = 0
        self.greenlet = Group()
        self.exceptions: dict[int, dict[str, Any]] = {}
        self.crowd: Crowd | None = None
        self.steering: Steering | None = None
        self._living: dict[str, int] = {}
        self._messages: dict[str, Callable[..., Any]] = {}

    @property
    def stats(self) -> RequestStats:
        """The figures so far."""
        return self.environment.stats

    @property
    def errors(self) -> Any:
        """What failed so far."""
        errors: dict[str, StatsError] = dict(self.stats.errors)
        return errors

    @property
    def user_classes(self) -> list[type]:
        """The kinds of users."""
        return self.environment.user_classes

    @property
    def user_classes_by_name(self) -> dict[str, type]:
        """The kinds of users by name."""
        return self.environment.user_classes_by_name

    @property
    def user_count(self) -> int:
        """How many users live now."""
        return self.crowd.count() if self.crowd else sum(self._living.values())

    @property
    def user_classes_count(self) -> dict[str, int]:
        """How many users live now, by the name of their class."""
        if self.crowd:
            return self.crowd.by_name()
        return {cls.__name__: self._living.get(cls.__name__, 0) for cls in self.user_classes}

    def quit(self) -> None:
        """End the load."""
        if self.state not in (STATE_CLEANUP, STATE_STOPPED):
            self.state = STATE_STOPPING
        if self.steering is not None:
            self.steering.end()

    def stop(self) -> None:
        """End the load; there is no second one."""
        self.quit()

    def register_message(self, msg_type: str, listener: Callable[..., Any], concurrent: bool = False) -> None:
        """Have a function called for messages of a type."""
        self._messages[msg_type] = listener

    def send_message(self, msg_type: str, data: Any = None, client_id: Any = None) -> None:
        """Call who was registered for messages of this type, in this process."""
        listener = self._messages.get(msg_type)
        if listener is not None:
            listener(environment=self.environment, msg=Message(msg_type, data, "local"))

    def count(self, name: str, change: int) -> None:
        """Note that a user began or ended."""
        self._living[name] = self._living.get(name, 0) + change

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingError(f"runner.{name}", "perfgate runs the users; docs/reference/users.md says more")


class LocalRunner(Runner):
    """The one kind of runner there is here."""

    worker_count = 1
    worker_index = 0
    client_id = "local"


class DistributedRunner(Runner):
    """Locust's base of the runners of several machines; nobody here is one."""


class MasterRunner(DistributedRunner):
    """Never met here: one process leads its own users."""


class WorkerRunner(DistributedRunner):
    """Never met here."""
