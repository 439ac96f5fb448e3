"""Task sets: picking a task, doing it, waiting, and what a task can raise to change that order."""

from __future__ import annotations

import logging
import time
from collections import deque
from typing import TYPE_CHECKING, Any, NoReturn

from perfgate.model import LoadOver
from perfgate.users.exceptions import (
    InterruptTaskSet,
    LocustError,
    RescheduleTask,
    RescheduleTaskImmediately,
    StopTest,
    StopUser,
)
from perfgate.users.failing import MIN_WAIT_AFTER_FAILURE_NS, record_exception
from perfgate.users.tasks import name_of, tasks_in_order, tasks_of
from perfgate.users.waiting import wait_ns

if TYPE_CHECKING:
    import random

    from perfgate.model import Port
    from perfgate.users.user import User


_log = logging.getLogger("perfgate.users")


class TaskSetMeta(type):
    """Gathers the tasks of a class when it is made."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """Make the class."""
        body["tasks"] = tasks_of(bases, body)
        return super().__new__(mcs, name, bases, body)


class TaskSet(metaclass=TaskSetMeta):
    """Tasks a user does one after the other until one of them interrupts."""

    tasks: Any = ()
    wait_time: Any = None

    def __init__(self, parent: User | TaskSet) -> None:
        self._parent = parent
        self._user: User = parent.user if isinstance(parent, TaskSet) else parent
        self._queue: deque[Any] = deque()
        self._port: Port = self._user._port
        self._paced_s = time.monotonic()
        self.rng: random.Random = self._port.rng

    @property
    def user(self) -> User:
        """The user who does these tasks."""
        return self._user

    @property
    def parent(self) -> User | TaskSet:
        """The task set this one is nested in, or the user."""
        return self._parent

    @property
    def client(self) -> Any:
        """The client of the user."""
        return self._user.client

    def on_start(self) -> None:
        """Called when the user begins with this task set."""

    def on_stop(self) -> None:
        """Called when the user leaves this task set, or ends inside it."""

    def interrupt(self, reschedule: bool = True) -> NoReturn:
        """Leave this task set; its parent goes on at once, or (`reschedule=False`) after its wait time."""
        raise InterruptTaskSet(reschedule)

    def schedule_task(self, task_callable: Any, first: bool = False) -> None:
        """Put a task before those that are picked, at the front of that queue or at its end."""
        if first:
            self._queue.appendleft(task_callable)
        else:
            self._queue.append(task_callable)

    def get_next_task(self) -> Any:
        """Pick a task; may be overridden."""
        return self._port.rng.choice(_some(self.tasks, self))

    def execute_task(self, task: Any) -> None:
        """Do one task: a nested task set, a bound method, or a function that is given this task set."""
        if isinstance(task, type) and issubclass(task, TaskSet):
            task(self).run()
        elif getattr(task, "__self__", None) is self:
            task()
        else:
            task(self)

    def wait(self) -> None:
        """Wait between two tasks.

        Raises:
            StopUser: `stop` was called.
            LoadOver: the load has ended.
        """
        self._pause(self._wait_ns())

    def run(self) -> NoReturn:
        """Do tasks until one of them, or the load, ends it."""
        try:
            self.on_start()
        except InterruptTaskSet as interrupt:
            raise _handed_up(interrupt) from interrupt
        try:
            while True:
                self._step()
        except InterruptTaskSet as interrupt:
            self._stop()
            raise _handed_up(interrupt) from interrupt
        except (StopUser, LoadOver):
            self._stop()
            raise

    def _step(self) -> None:
        task: Any = self.get_next_task
        try:
            task = self._queue.popleft() if self._queue else self.get_next_task()
            self.execute_task(task)
        except RescheduleTaskImmediately:
            # No wait follows, so this is the only place where such a user would notice the end.
            if self._port.is_over():
                raise LoadOver from None
        except RescheduleTask:
            self.wait()
        except (InterruptTaskSet, StopUser):
            raise
        except StopTest as stop:
            _log.warning("%s ends the load: %s", name_of(task), stop)
            self._user.environment.runner.quit()
            raise StopUser from stop
        except SystemExit as error:
            record_exception(self._port, name_of(task), error)
            raise StopUser from error
        except Exception as error:
            record_exception(self._port, name_of(task), error)
            self._pause(max(self._wait_ns(), MIN_WAIT_AFTER_FAILURE_NS))
        else:
            self.wait()

    def _wait_ns(self) -> int:
        if self._port.skips_think:
            return 0
        return wait_ns(self._user.wait_time if self.wait_time is None else self.wait_time)

    def _pause(self, duration_ns: int) -> None:
        if self._user._uncounted:
            self._user._settle()
        if self._user._stopping:
            raise StopUser
        if not self._port.pause(duration_ns):
            raise LoadOver

    def _stop(self) -> None:
        try:
            self.on_stop()
        except (StopUser, LoadOver):
            raise
        except Exception as error:
            record_exception(self._port, "on_stop", error)


class SequentialTaskSetMeta(TaskSetMeta):
    """Gathers the tasks of a class in the order its body names them."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """Make the class."""
        body["tasks"] = tasks_in_order(bases, body)
        return type.__new__(mcs, name, bases, body)


class SequentialTaskSet(TaskSet, metaclass=SequentialTaskSetMeta):
    """Tasks a user does in the order they are written, over and over."""

    _next = 0

    def get_next_task(self) -> Any:
        """The task after the last one."""
        tasks = _some(self.tasks, self)
        self._next += 1
        return tasks[(self._next - 1) % len(tasks)]


class RootTaskSet(TaskSet):
    """The tasks written on the user itself."""

    def get_next_task(self) -> Any:
        """Pick one of the user's tasks."""
        return self._port.rng.choice(_some(self._user.tasks, self._user))

    def execute_task(self, task: Any) -> None:
        """Do one of the user's tasks: a task set, or a function that is given the user."""
        if isinstance(task, type) and issubclass(task, TaskSet):
            task(self._user).run()
        else:
            task(self._user)


def _some(tasks: Any, owner: object) -> Any:
    if not tasks:
        raise LocustError(f"{type(owner).__name__} has no tasks: use @task, or set its 'tasks' attribute")
    return tasks


def _handed_up(interrupt: InterruptTaskSet) -> Exception:
    return RescheduleTaskImmediately() if interrupt.reschedule else RescheduleTask()
