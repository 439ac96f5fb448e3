"""Reading a Python load test: its user classes, found and checked, become the workload's kinds of users."""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from perfgate.errors import UsageError
from perfgate.model import Workload
from perfgate.users.address import Base
from perfgate.users.http import FastHttpUser, HttpUser
from perfgate.users.importing import import_file
from perfgate.users.taskset import TaskSet
from perfgate.users.user import NO_HOST, User, kind_of

DIGEST_VERSION = "users/1"
MAX_FILE_BYTES = 4 << 20

_REFUSED = {
    "min_wait": "use wait_time, in seconds",
    "max_wait": "use wait_time, in seconds",
    "wait_function": "use wait_time, in seconds",
    "task_set": "use tasks",
    "pool_manager": "every user has a connection of its own",
    "client_pool": "every user has a connection of its own",
    "proxy_host": "load goes straight to the service",
    "proxy_port": "load goes straight to the service",
    "ssl_context_factory": "perfgate.yml says how TLS is spoken",
    "max_retries": "a request that failed is counted, not repeated",
}


def read_users(path: Path, *, environ: Mapping[str, str]) -> Workload:
    """Import a Python file that was written for Locust or perfgate; `environ` is what it sees meanwhile.

    Raises:
        UsageError: it cannot be read or imported, or has no user perfgate can run; the message begins with
            file:line.
    """
    source = _source(path)
    imported = import_file(path, source, environ=environ)
    lines = _lines_of_classes(source)
    classes = [value for value in vars(imported.module).values() if _is_runnable(value)]
    classes = list(dict.fromkeys(classes))
    if not classes:
        raise UsageError(f"{path}:1: there is no user class", "add a class that inherits from HttpUser")
    for user_class in classes:
        _check(user_class, f"{path}:{lines.get(user_class.__name__, 1)}")
    host = _host(path, classes, lines)
    if any(issubclass(user_class, HttpUser) for user_class in classes):
        # Its errors are those of requests; importing them while measuring would hold every thread up.
        import requests  # noqa: F401
    return Workload(
        name=path.stem,
        digest=_digest(source, imported.helpers),
        users=tuple(kind_of(user_class, host or NO_HOST) for user_class in classes),
        target=Base(host).url if host else None,
    )


def _source(path: Path) -> bytes:
    try:
        with path.open("rb") as file:
            source = file.read(MAX_FILE_BYTES + 1)
    except OSError as error:
        raise UsageError(f"{path}: {error.strerror}", "name a Python file that can be read") from error
    if len(source) > MAX_FILE_BYTES:
        raise UsageError(f"{path}: larger than {MAX_FILE_BYTES >> 20} MiB", "move its data to other files")
    return source


def _lines_of_classes(source: bytes) -> dict[str, int]:
    return {node.name: node.lineno for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ClassDef)}


def _is_runnable(value: Any) -> bool:
    return isinstance(value, type) and issubclass(value, User) and not value.abstract


def _check(user_class: type[User], place: str) -> None:
    """Refuse a class that cannot run, or that says something perfgate would ignore."""
    name = user_class.__name__
    if not issubclass(user_class, HttpUser | FastHttpUser):
        raise UsageError(f"{place}: {name} has no HTTP client", "inherit from HttpUser or FastHttpUser")
    for each in (user_class, *_task_sets(user_class, place)):
        for attribute, hint in _REFUSED.items():
            if getattr(each, attribute, None):
                raise UsageError(f"{place}: {each.__name__}.{attribute} is not supported", hint)
        if each.run not in (User.run, TaskSet.run):
            raise UsageError(f"{place}: {each.__name__}.run is not supported", "write tasks: run does them")
        if not each.tasks and "get_next_task" not in vars(each):
            raise UsageError(f"{place}: {each.__name__} has no tasks", "mark its methods with @task")
    if not _is_number(user_class.weight) or user_class.weight <= 0:
        raise UsageError(f"{place}: {name}.weight must be a number above 0", "use 1 for an equal share")
    if not isinstance(user_class.fixed_count, int) or user_class.fixed_count < 0:
        raise UsageError(f"{place}: {name}.fixed_count must be a whole number", "leave it out for a share")
    wait = user_class.wait_time
    if not callable(wait) and not _is_number(wait):
        raise UsageError(f"{place}: {name}.wait_time must be a function or a number", "use between(1, 3)")


def _task_sets(holder: Any, place: str, seen: tuple[Any, ...] = ()) -> list[type[TaskSet]]:
    """The task sets among the tasks of a class, and among theirs."""
    found: list[type[TaskSet]] = []
    for each in dict.fromkeys(holder.tasks):
        if isinstance(each, type) and issubclass(each, TaskSet):
            if each not in (*seen, *found):
                found += [each, *_task_sets(each, place, (*seen, each))]
        elif not callable(each):
            raise UsageError(
                f"{place}: {each!r} of {holder.__name__} is no task", "give functions or task sets"
            )
    return found


def _host(path: Path, classes: list[type[User]], lines: Mapping[str, int]) -> str | None:
    """The one host the classes were written for; None if none of them says."""
    hosts = {user_class.host: user_class.__name__ for user_class in classes if user_class.host}
    if not hosts:
        return None
    place = f"{path}:{lines.get(next(reversed(hosts.values())), 1)}"
    if len(hosts) > 1:
        raise UsageError(f"{place}: the user classes have different hosts", "measure one service at a time")
    host = str(next(iter(hosts)))
    try:
        Base(host)
    except ValueError as error:
        raise UsageError(f"{place}: {error}", "the host is where the file's URLs lead") from error
    return host


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _digest(source: bytes, helpers: Mapping[str, bytes]) -> str:
    """SHA-256, in hex, of the file and of what it imports from its folder."""
    digest = hashlib.sha256(DIGEST_VERSION.encode())
    for name, content in (("", source), *sorted(helpers.items())):
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    return digest.hexdigest()
