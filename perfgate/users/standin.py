"""The module `locust` as a load test meets it here: the same names for what perfgate has, and no others."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

from perfgate.users import exceptions, waiting
from perfgate.users.caught import CaughtFastResponse, CaughtHttpResponse
from perfgate.users.client import FastHttpSession, HttpSession
from perfgate.users.http import FastHttpUser, HttpUser
from perfgate.users.response import FastResponse
from perfgate.users.tasks import tag, task
from perfgate.users.taskset import SequentialTaskSet, TaskSet
from perfgate.users.user import Environment, User

_HINTS = {
    "events": "perfgate has no event hooks; do it in on_start, or in the task",
    "LoadTestShape": "the load is set in perfgate.yml",
    "MarkovTaskSet": "use a TaskSet with weights, or a SequentialTaskSet",
    "runners": "perfgate runs the users itself",
    "stats": "perfgate does its own statistics",
}


class NotProvidedError(ImportError):
    """A name of Locust's that perfgate does not have."""

    def __init__(self, module: str, name: str) -> None:
        super().__init__(f"{module} has no {name!r} in perfgate", name=name)
        self.hint = _HINTS.get(name, "docs/reference/users.md lists the names there are")


class StandIn(ModuleType):
    """A module that says what it does not have."""

    def __init__(self, name: str, names: dict[str, Any]) -> None:
        super().__init__(name, "perfgate's stand-in for a module of Locust.")
        self.__path__: list[str] = []
        self.__all__ = [each for each in names if not each.startswith("_")]
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise NotProvidedError(self.__name__, name)


def run_single_user(*_: object, **__: object) -> NoReturn:
    """Locust's way to debug a file by running it, which perfgate has no part in."""
    raise exceptions.UnsupportedError("run_single_user", "use Locust itself to debug a single user")


@contextmanager
def standing_in() -> Iterator[None]:
    """Let `import locust` find the stand-in, and afterwards what was there before."""
    before = {name: module for name, module in sys.modules.items() if _is_locust(name)}
    for name in before:
        del sys.modules[name]
    modules = stand_ins()
    sys.modules.update(modules)
    try:
        yield
    finally:
        for name in [name for name in sys.modules if _is_locust(name)]:
            del sys.modules[name]
        sys.modules.update(before)


def stand_ins() -> dict[str, StandIn]:
    """Every module a load test may import, by name; each knows those below it."""
    waits = ("between", "constant", "constant_pacing", "constant_throughput", "poisson")
    times = {name: getattr(waiting, name) for name in waits}
    tasks = {"task": task, "tag": tag, "TaskSet": TaskSet}
    sequential = {"SequentialTaskSet": SequentialTaskSet}
    users = {"User": User, "HttpUser": HttpUser}
    fast = {"FastHttpUser": FastHttpUser}
    raised = {name: value for name, value in vars(exceptions).items() if isinstance(value, type)}
    single = {"run_single_user": run_single_user}
    contents: dict[str, dict[str, Any]] = {
        "locust": {**users, **fast, **tasks, **sequential, **times, **single},
        "locust.exception": raised,
        "locust.wait_time": times,
        "locust.user": {**users, **tasks},
        "locust.user.users": users,
        "locust.user.task": tasks,
        "locust.user.sequential_taskset": sequential,
        "locust.user.wait_time": times,
        "locust.contrib": {},
        "locust.contrib.fasthttp": {
            **fast,
            "FastHttpSession": FastHttpSession,
            "FastResponse": FastResponse,
            "ResponseContextManager": CaughtFastResponse,
            "RestResponseContextManager": CaughtFastResponse,
        },
        "locust.clients": {"HttpSession": HttpSession, "ResponseContextManager": CaughtHttpResponse},
        "locust.env": {"Environment": Environment},
    }
    modules = {name: StandIn(name, names) for name, names in contents.items()}
    for name, module in modules.items():
        parent, _, own = name.rpartition(".")
        if parent:
            modules[parent].__dict__[own] = module
    return modules


def _is_locust(name: str) -> bool:
    return name == "locust" or name.startswith("locust.")
