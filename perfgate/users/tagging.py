"""Choosing tasks by their tags, as `--tags` and `--exclude-tags` ask for."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from typing import Any

from perfgate.users.markov import MarkovTaskSet


def filter_tasks(
    holder: Any, only: AbstractSet[str], without: AbstractSet[str], known: dict[Any, bool] | None = None
) -> None:
    """Keep the tasks of a class that have one of the tags (if there are any) and none of the others.

    A task set is kept if any of its tasks is. A Markov task set is kept whole.
    """
    known = {} if known is None else known
    kept = []
    for task in holder.tasks:
        if task not in known:
            known[task] = _passes(task, only, without, known)
        if known[task]:
            kept.append(task)
    holder.tasks = kept


def _passes(task: Any, only: AbstractSet[str], without: AbstractSet[str], known: dict[Any, bool]) -> bool:
    if isinstance(task, type) and issubclass(task, MarkovTaskSet):
        return True
    if hasattr(task, "tasks"):
        # A task set among its own tasks would be asked for ever.
        known[task] = True
        filter_tasks(task, only, without, known)
        return bool(task.tasks)
    tags: set[str] = getattr(task, "locust_tag_set", set())
    return (not only or bool(tags & only)) and not tags & without
