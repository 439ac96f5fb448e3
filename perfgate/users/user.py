"""A virtual user: its class as a load test writes it, and its life from `on_start` to `on_stop`."""

from __future__ import annotations

import random
import time
from typing import Any, NoReturn, final

from perfgate.model import LoadOver, Port, UserKind
from perfgate.users.exceptions import RescheduleTask, RescheduleTaskImmediately, StopUser, UnsupportedError
from perfgate.users.failing import record_exception
from perfgate.users.tasks import tasks_of
from perfgate.users.taskset import RootTaskSet
from perfgate.users.waiting import constant, is_no_wait

NO_HOST = "http://service.invalid"
"""What stands for the service in URLs where the load test names no host."""


class Environment:
    """What a user is given about the run it is part of."""

    def __init__(self, port: Port, host: str) -> None:
        self._port = port
        self.host = host

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise UnsupportedError(f"environment.{name}", "perfgate gives users no view of the run")


class UserMeta(type):
    """Gathers the tasks of a user class; a class is abstract only if it says so itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """Make the class."""
        body["tasks"] = tasks_of(bases, body)
        body["abstract"] = bool(body.get("abstract"))
        return super().__new__(mcs, name, bases, body)


class User(metaclass=UserMeta):
    """A virtual user; subclass `HttpUser` or `FastHttpUser`, which bring a client."""

    abstract = True
    host: str | None = None
    weight: float = 1
    fixed_count: int = 0
    tasks: Any = ()
    wait_time: Any = constant(0)
    client: Any = None

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._port = environment._port
        self.rng: random.Random = environment._port.rng
        self.host = self.host or environment.host
        self._stopping = False
        self._uncounted: list[Any] = []
        self._paced_s = time.monotonic()
        self._root = RootTaskSet(self)

    def on_start(self) -> None:
        """Called once, before the first task."""

    def on_stop(self) -> None:
        """Called once, after the last task."""

    def wait(self) -> None:
        """Wait as between two tasks.

        Raises:
            StopUser: `stop` was called.
            LoadOver: the load has ended.
        """
        self._root.wait()

    def stop(self, force: bool = False) -> None:
        """End this user after its task, or (`force`) at once.

        Raises:
            StopUser: at once is meant.
        """
        self._stopping = True
        if force:
            raise StopUser

    def context(self) -> dict[str, Any]:
        """Kept for load tests that override it; perfgate has no listeners to give it to."""
        return {}

    def _settle(self) -> None:
        """Count the requests whose responses were to be judged in a block that never came."""
        while self._uncounted:
            self._uncounted.pop().count()

    @final
    def run(self) -> None:
        """Live: `on_start`, tasks until the load is over or the user has had enough, `on_stop`."""
        try:
            self.on_start()
        except (StopUser, LoadOver):
            self._end()
            return
        except (Exception, SystemExit) as error:
            record_exception(self._port, "on_start", error)
            self._settle()
            return
        self._work()
        self._end()

    def _work(self) -> None:
        try:
            self._root.run()
        except (StopUser, LoadOver):
            return
        except (RescheduleTask, RescheduleTaskImmediately) as leaving:
            # Only an interrupt of the user itself gets here, which has nowhere to go.
            record_exception(self._port, "interrupt", leaving.__cause__ or leaving)
        except (Exception, SystemExit) as error:
            record_exception(self._port, "wait_time", error)

    def _end(self) -> None:
        try:
            self.on_stop()
        except (StopUser, LoadOver):
            return
        except (Exception, SystemExit) as error:
            record_exception(self._port, "on_stop", error)
        finally:
            self._settle()


def kind_of(user_class: type[User], host: str) -> UserKind:
    """A user class as the driver knows it; `host` is where those that name none were written for."""

    def live(port: Port) -> None:
        try:
            user = user_class(Environment(port, host))
        except LoadOver:
            return
        except (Exception, SystemExit) as error:
            record_exception(port, f"{user_class.__name__}.__init__", error)
            return
        user.run()

    return UserKind(
        name=user_class.__name__,
        weight=float(user_class.weight),
        fixed_count=int(user_class.fixed_count),
        live=live,
        pauses=_pauses(user_class),
    )


def _pauses(user_class: type[User]) -> bool:
    """Whether a user class, or a task set below it, has a wait time other than none."""
    left: list[Any] = [user_class]
    seen: set[Any] = set()
    while left:
        holder = left.pop()
        if holder in seen:
            continue
        seen.add(holder)
        wait = getattr(holder, "wait_time", None)
        if wait is not None and not is_no_wait(wait):
            return True
        left += [each for each in holder.tasks if isinstance(each, type)]
    return False
