"""Markov task sets: each task says which may follow it, and how likely."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterable, Mapping
from typing import Any, TypeVar

from perfgate.users.exceptions import LocustError
from perfgate.users.tasks import name_of
from perfgate.users.taskset import TaskSet, TaskSetMeta

F = TypeVar("F", bound=Callable[..., Any])
_log = logging.getLogger("perfgate.users")


class NoMarkovTasksError(LocustError):
    """A Markov task set has no task with a transition."""


class InvalidTransitionError(LocustError):
    """A transition leads to something that is not there."""


class NonMarkovTaskTransitionError(LocustError):
    """A transition leads to a task that has no transition of its own."""


class MarkovTaskTagError(LocustError):
    """A task of a Markov task set has a tag, and choosing by tags would break the chain."""


def transition(func_name: str, weight: int = 1) -> Callable[[F], F]:
    """Let a task be followed by another."""
    return transitions({func_name: weight})


def transitions(weights: Mapping[str, int] | Iterable[str | tuple[str, int]]) -> Callable[[F], F]:
    """Let a task be followed by others: a mapping of names and weights, or a list of names or pairs."""
    pairs = weights.items() if isinstance(weights, Mapping) else [_pair(each) for each in weights]
    found = dict(pairs)

    def mark(decorated: F) -> F:
        decorated.transitions = {**getattr(decorated, "transitions", {}), **found}  # type: ignore[attr-defined]
        return decorated

    return mark


def _pair(each: str | tuple[str, int]) -> tuple[str, int]:
    return each if isinstance(each, tuple) else (each, 1)


class MarkovTaskSetMeta(TaskSetMeta):
    """Checks the chain of a class that is not abstract."""

    def __new__(mcs, name: str, bases: tuple[type, ...], body: dict[str, Any]) -> type:
        """Make the class.

        Raises:
            LocustError: the chain leads nowhere.
        """
        if body.get("abstract"):
            return type.__new__(mcs, name, bases, body)
        body["abstract"] = False
        chain = [value for value in body.values() if hasattr(value, "transitions")]
        _check(chain, body, name)
        body["current"] = chain[0]
        # What the rest of perfgate asks a task set for: that it has tasks, and of which kind they are.
        body["tasks"] = chain
        return type.__new__(mcs, name, bases, body)


class MarkovTaskSet(TaskSet, metaclass=MarkovTaskSetMeta):
    """Tasks of which each says what follows it; the first one written is the first one done."""

    abstract = True
    current: Any = None

    def get_next_task(self) -> Any:
        """The current task; the one after it is drawn from its transitions."""
        task = self.current
        following: Mapping[str, int] = task.transitions
        (name,) = self.rng.choices(list(following), weights=list(following.values()))
        self.current = getattr(self, name)
        return task


def _check(chain: list[Any], body: Mapping[str, Any], name: str) -> None:
    if not chain:
        raise NoMarkovTasksError(f"{name} has no task with @transition or @transitions")
    for task in chain:
        if name_of(task) == "run":
            raise ValueError("a task cannot be called run: that is what lives the user")
        if getattr(task, "locust_tag_set", None):
            raise MarkovTaskTagError(f"{name}.{name_of(task)} has a tag, which a chain cannot have")
        if sum(task.transitions.values()) <= 0:
            raise InvalidTransitionError(f"{name}.{name_of(task)} has no transition of a weight above 0")
        for target in task.transitions:
            if target not in body:
                raise InvalidTransitionError(f"{name}.{name_of(task)} leads to {target}, which is not there")
            if not hasattr(body[target], "transitions"):
                raise NonMarkovTaskTransitionError(
                    f"{name}.{name_of(task)} leads to {target}, which has no transition of its own"
                )
    unreached = {name_of(task) for task in chain} - _reached(chain[0], body)
    if unreached:
        _log.warning("%s: nothing leads to %s", name, ", ".join(sorted(unreached)))


def _reached(first: Any, body: Mapping[str, Any]) -> set[str]:
    reached, ahead = {name_of(first)}, [first]
    while ahead:
        for name, weight in ahead.pop().transitions.items():
            if weight and name not in reached:
                reached.add(name)
                ahead.append(body[name])
    return reached
