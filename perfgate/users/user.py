"""A virtual user: its class as a load test writes it, and its life from `on_start` to `on_stop`."""

from __future__ import annotations

import random
import threading
import time
from typing import Any, final

from perfgate.model import LoadOver, Port, UserKind
from perfgate.users.address import redirected
from perfgate.users.conductor import FileConductor
from perfgate.users.current import here, living
from perfgate.users.environment import Environment
from perfgate.users.exceptions import (
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from perfgate.users.failing import record_exception
from perfgate.users.missing import NotOfUsers
from perfgate.users.tasks import name_of, tasks_of
from perfgate.users.taskset import RootTaskSet
from perfgate.users.waiting import constant, is_no_wait

NO_HOST = "http://service.invalid"
"""What stands for the service in URLs where the load test names no host."""


class UserMeta(type):
    """Gathers the tasks of a user class; a class is abstract only if it says so itself."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """Make the class."""
        body["tasks"] = tasks_of(bases, body)
        body["abstract"] = bool(body.get("abstract"))
        return super().__new__(mcs, name, bases, body)


class User(NotOfUsers, metaclass=UserMeta):
    """A virtual user without a client; `HttpUser` and `FastHttpUser` bring one."""

    abstract = True
    host: str | None = None
    weight: float = 1
    fixed_count: int = 0
    tasks: Any = ()
    wait_time: Any = constant(0)
    client: Any = None

    def __init__(self, environment: Environment) -> None:
        port = environment.port or here.port
        if port is None:
            raise LocustError("a user is made by perfgate, when its life begins")
        if here.port is port:
            here.user = self
        self.environment = environment
        self._port: Port = port
        self.rng: random.Random = port.rng
        self.host = self._host()
        self._lock: threading.RLock | None = None
        self._clients: list[Any] = []
        self._stopping = False
        self._uncounted: list[Any] = []
        self._paced_s = time.monotonic()
        self._root = RootTaskSet(self)

    def _host(self) -> str:
        """Where a client of the file's own goes: its host, with the target of this load in its place."""
        written = self.host or self.environment.host or NO_HOST
        return redirected(written, self._port.url) if self._port.url else written

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
        """What listeners of `events.request` are given with each request of this user."""
        return {}

    @classmethod
    def fullname(cls) -> str:
        """The class with its module."""
        return f"{cls.__module__}.{cls.__qualname__}"

    @classmethod
    def json(cls) -> dict[str, Any]:
        """The class in Locust's words."""
        tasks = [name_of(task) for task in dict.fromkeys(cls.tasks)]
        return {"host": cls.host, "weight": cls.weight, "fixed_count": cls.fixed_count, "tasks": tasks}

    def _share(self) -> None:
        """From now on other threads send in this user's name, one request after the other."""
        if self._lock is None:
            self._lock = threading.RLock()
            for client in self._clients:
                client.share(self._lock)

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
        except StopTest:
            self.environment.runner.quit()
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
        self._is_ending = True
        try:
            self.on_stop()
        except (StopUser, LoadOver):
            return
        except (Exception, SystemExit) as error:
            record_exception(self._port, "on_stop", error)
        finally:
            self._settle()


def kind_of(user_class: type[User], environment: Environment, conductor: FileConductor) -> UserKind:
    """A user class as the driver knows it."""
    name = user_class.__name__

    def live(port: Port) -> None:
        with living(port):
            conductor.born(name)
            try:
                _live(user_class, environment, port)
            finally:
                conductor.gone(name)

    return UserKind(
        name=name,
        weight=float(user_class.weight),
        fixed_count=int(user_class.fixed_count),
        live=live,
        pauses=_pauses(user_class),
    )


def _live(user_class: type[User], environment: Environment, port: Port) -> None:
    try:
        user = user_class(environment)
    except LoadOver:
        return
    except (Exception, SystemExit) as error:
        record_exception(port, f"{user_class.__name__}.__init__", error)
        return
    if not hasattr(user, "_root"):
        missing = LocustError(f"{user_class.__name__}.__init__ does not call super().__init__(environment)")
        record_exception(port, f"{user_class.__name__}.__init__", missing)
        return
    user.run()


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
