"""Which functions and task sets of a class are its tasks, and how often each is among them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, overload

MAX_WEIGHT = 100_000
_WEIGHT = "locust_task_weight"
_TAGS = "locust_tag_set"

T = TypeVar("T", bound=Callable[..., Any])


@overload
def task(weight: int = 1) -> Callable[[T], T]: ...
@overload
def task(weight: T) -> T: ...
def task(weight: T | int = 1) -> T | Callable[[T], T]:
    """Make a method or a nested task set a task; `@task(3)` is picked three times as often as `@task`."""
    if not isinstance(weight, int):
        if not callable(weight):
            raise TypeError(f"@task({weight!r}): the weight must be a whole number")
        return _marked(weight, 1)
    return lambda decorated: _marked(decorated, weight)


def tag(*tags: str) -> Callable[[T], T]:
    """Give a task, or every task of a task set, names by which it can be told apart.

    Raises:
        ValueError: no name is given.
    """
    if not tags or callable(tags[0]):
        raise ValueError('@tag needs a name, like @tag("slow")')

    def mark(decorated: T) -> T:
        if hasattr(decorated, "tasks"):
            for each in decorated.tasks:
                mark(each)
        else:
            setattr(decorated, _TAGS, set(decorated.__dict__.get(_TAGS, ())) | set(tags))
        return decorated

    return mark


def tasks_of(bases: Iterable[type], body: dict[str, Any]) -> list[Any]:
    """The tasks of a class: inherited, then the `tasks` attribute, then what `@task` marks; by weight."""
    found = inherited(bases)
    found += listed(body.get("tasks") or ())
    for value in body.values():
        found += marked(value)
    return found


def tasks_in_order(bases: Iterable[type], body: dict[str, Any]) -> list[Any]:
    """The tasks of a class as `tasks_of`, in the order in which its body names them."""
    found = inherited(bases)
    for name, value in body.items():
        found += listed(value or ()) if name == "tasks" else marked(value)
    return found


def inherited(bases: Iterable[type]) -> list[Any]:
    """The tasks the base classes have, in their order."""
    return [each for base in bases for each in getattr(base, "tasks", None) or ()]


def listed(tasks: Any) -> list[Any]:
    """A `tasks` attribute (a list, pairs of task and weight, or a mapping of them) as a flat list."""
    found: list[Any] = []
    for entry in tasks.items() if isinstance(tasks, dict) else tasks:
        each, weight = entry if isinstance(entry, tuple) else (entry, 1)
        found += [each] * _checked(each, weight)
    return found


def marked(value: Any) -> list[Any]:
    """A member of a class as often as `@task` says, which is not at all if it has none."""
    weight = getattr(value, _WEIGHT, None)
    return [value] * weight if isinstance(weight, int) else []


def name_of(each: Any) -> str:
    """What a task is called in reports."""
    return str(getattr(each, "__name__", None) or type(each).__name__)


def _marked(decorated: T, weight: int) -> T:
    if name_of(decorated) == "run":
        raise ValueError("a task cannot be called run: that is what lives the user")
    setattr(decorated, _WEIGHT, _checked(decorated, weight))
    return decorated


def _checked(each: Any, weight: Any) -> int:
    if not isinstance(weight, int) or not 0 <= weight <= MAX_WEIGHT:
        raise ValueError(f"task {name_of(each)}: a weight is a whole number from 0 to {MAX_WEIGHT}")
    return weight
