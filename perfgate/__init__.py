"""perfgate: a performance gate for pull requests of HTTP services.

The names for load tests written in Python are looked up when first used, so that importing perfgate costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfgate.users.http import FastHttpUser, HttpUser
    from perfgate.users.tasks import tag, task
    from perfgate.users.taskset import SequentialTaskSet, TaskSet
    from perfgate.users.user import User
    from perfgate.users.waiting import between, constant, constant_pacing, constant_throughput, poisson

__version__ = "0.1.0"

__all__ = [
    "FastHttpUser",
    "HttpUser",
    "SequentialTaskSet",
    "TaskSet",
    "User",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "poisson",
    "tag",
    "task",
]

_OWNERS = {
    "http": ("FastHttpUser", "HttpUser"),
    "tasks": ("tag", "task"),
    "taskset": ("SequentialTaskSet", "TaskSet"),
    "user": ("User",),
    "waiting": ("between", "constant", "constant_pacing", "constant_throughput", "poisson"),
}


def __getattr__(name: str) -> Any:
    import importlib

    for owner, names in _OWNERS.items():
        if name in names:
            value = getattr(importlib.import_module(f"perfgate.users.{owner}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
