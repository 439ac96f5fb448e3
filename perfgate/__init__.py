"""perfgate: a performance gate for pull requests of HTTP services.

The names for load tests written in Python are looked up when first used, so that importing perfgate costs
nothing.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from perfgate.users.events import Events
    from perfgate.users.http import FastHttpUser, HttpUser
    from perfgate.users.markov import MarkovTaskSet, transition, transitions
    from perfgate.users.shape import LoadTestShape
    from perfgate.users.tasks import tag, task
    from perfgate.users.taskset import SequentialTaskSet, TaskSet
    from perfgate.users.user import User
    from perfgate.users.waiting import between, constant, constant_pacing, constant_throughput, poisson

    events: Events

__version__ = "0.1.0"

__all__ = [
    "FastHttpUser",
    "HttpUser",
    "LoadTestShape",
    "MarkovTaskSet",
    "SequentialTaskSet",
    "TaskSet",
    "User",
    "__version__",
    "between",
    "constant",
    "constant_pacing",
    "constant_throughput",
    "events",
    "poisson",
    "tag",
    "task",
    "transition",
    "transitions",
]

_OWNERS = {
    "http": ("FastHttpUser", "HttpUser"),
    "markov": ("MarkovTaskSet", "transition", "transitions"),
    "shape": ("LoadTestShape",),
    "tasks": ("tag", "task"),
    "taskset": ("SequentialTaskSet", "TaskSet"),
    "user": ("User",),
    "waiting": ("between", "constant", "constant_pacing", "constant_throughput", "poisson"),
}


def __getattr__(name: str) -> Any:
    import importlib

    if name == "events":
        # The hooks of whichever file is being imported.
        return importlib.import_module("perfgate.users.environment").being_imported().events
    for owner, names in _OWNERS.items():
        if name in names:
            value = getattr(importlib.import_module(f"perfgate.users.{owner}"), name)
            globals()[name] = value
            return value
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
