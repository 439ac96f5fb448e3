"""Reading a Python load test: its user classes, found and checked, become the workload's kinds of users."""

from __future__ import annotations

import ast
import hashlib
import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import ModuleType
from typing import Any

from perfgate.errors import UsageError
from perfgate.model import Workload
from perfgate.users.address import Base
from perfgate.users.conductor import FileConductor
from perfgate.users.environment import Environment
from perfgate.users.http import FastHttpUser, HttpUser
from perfgate.users.importing import import_file
from perfgate.users.missing import ONE_CONNECTION, STRAIGHT, TLS
from perfgate.users.noting import PROFILE_OF_SHAPE, Notes, options_of, shape_of
from perfgate.users.tagging import filter_tasks
from perfgate.users.taskset import TaskSet
from perfgate.users.user import User, kind_of

DIGEST_VERSION = "users/1"
MAX_FILE_BYTES = 4 << 20
TAG_VARIABLES = ("LOCUST_TAGS", "LOCUST_EXCLUDE_TAGS")

_REFUSED = {
    "min_wait": "use wait_time, in seconds",
    "max_wait": "use wait_time, in seconds",
    "wait_function": "use wait_time, in seconds",
    "task_set": "use tasks",
    "pool_manager": ONE_CONNECTION,
    "client_pool": ONE_CONNECTION,
    "proxy_host": STRAIGHT,
    "proxy_port": STRAIGHT,
    "ssl_context_factory": TLS,
    "max_retries": "a request that failed is counted, not repeated",
}


def read_users(path: Path, *, environ: Mapping[str, str]) -> Workload:
    """Import a Python file that was written for Locust or perfgate; `environ` is what it sees meanwhile.

    Raises:
        UsageError: it cannot be read or imported, or has no user perfgate can run; the message begins with
            file:line.
    """
    source = _source(path)
    environment = Environment()
    imported = import_file(path, source, environ=environ, environment=environment)
    lines = _lines_of_classes(source)
    classes = [value for value in vars(imported.module).values() if _is_runnable(value)]
    classes = list(dict.fromkeys(classes))
    if not classes:
        raise UsageError(f"{path}:1: there is no user class", _instead_of_tests(imported.module))
    _refuse_sessions(path, source)
    options_of(environment, path, environ)
    notes = Notes()
    classes = _chosen(path, classes, environ, notes)
    for user_class in classes:
        _check(user_class, f"{path}:{lines.get(user_class.__name__, 1)}")
    host = _host(path, classes, lines, notes)
    environment.host = host
    environment.user_classes = list(classes)
    environment.locustfile = path.name
    shape = shape_of(imported.module, path, lines, notes)
    if shape is not None:
        environment.shape_class = shape
        shape.runner = environment.runner
    notes.of_hooks(environment)
    notes.of_neighbours(path)
    notes.of_stand_ins(imported)
    if any(issubclass(user_class, HttpUser) for user_class in classes):
        # Its errors are those of requests; importing them while measuring would hold every thread up.
        import requests  # noqa: F401
    conductor = FileConductor(environment)
    kinds = tuple(kind_of(user_class, environment, conductor) for user_class in classes)
    conductor.know(tuple(zip(classes, kinds, strict=True)))
    tags = [environ.get(name, "") for name in TAG_VARIABLES]
    return Workload(
        name=path.stem,
        digest=_digest(source, imported.helpers, tags),
        users=kinds,
        conductor=conductor,
        target=_target(host),
        profile=PROFILE_OF_SHAPE if shape is not None else None,
        notes=notes.texts(),
    )


def _instead_of_tests(module: ModuleType) -> str:
    if any(name.startswith("test_") and callable(value) for name, value in vars(module).items()):
        return "write the tests as tasks: methods with @task of a class that inherits from HttpUser"
    return "add a class that inherits from HttpUser"


def _refuse_sessions(path: Path, source: bytes) -> None:
    """Another client than the user's own would lead to another host."""
    for node in ast.walk(ast.parse(source)):
        name = getattr(node.func, "id", getattr(node.func, "attr", "")) if isinstance(node, ast.Call) else ""
        if name in ("HttpSession", "FastHttpSession"):
            raise UsageError(
                f"{path}:{getattr(node, 'lineno', 1)}: {name}() of the file's own is not supported",
                "measure one service at a time, by self.client; or run the file by Locust: driver: locust",
            )


def _target(host: str | None) -> str | None:
    """Where the file leads to, if perfgate can connect there."""
    try:
        return Base(host).url if host else None
    except ValueError:
        return None


def _chosen(
    path: Path, classes: list[type[User]], environ: Mapping[str, str], notes: Notes
) -> list[type[User]]:
    """The classes that are to run: those of some weight, with tasks left after choosing by tags."""
    only, without = (set(environ.get(name, "").split()) for name in TAG_VARIABLES)
    chosen = []
    for user_class in classes:
        if only or without:
            filter_tasks(user_class, only, without)
            if not user_class.tasks:
                notes.add(f"{user_class.__name__} does not run: none of its tasks has the tags asked for")
                continue
        if user_class.weight == 0 and not user_class.fixed_count:
            notes.add(f"{user_class.__name__} does not run: its weight is 0")
            continue
        if _is_only_inherited_from(user_class, classes):
            notes.add(f"{user_class.__name__} does not run: it has no tasks, and others inherit from it")
            continue
        chosen.append(user_class)
    if not chosen:
        what = "no task has the tags asked for" if only or without else "every user class has weight 0"
        raise UsageError(
            f"{path}:1: {what}", "see --tags and --exclude-tags" if only or without else "raise one"
        )
    return chosen


def _is_only_inherited_from(user_class: type[User], classes: list[type[User]]) -> bool:
    """Whether a class forgot to say that it is abstract: in Locust its users would do nothing but fail."""
    has_tasks = bool(user_class.tasks) or "get_next_task" in vars(user_class)
    return not has_tasks and any(user_class in other.__mro__[1:] for other in classes)


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
    holders: list[Any] = [user_class, *_task_sets(user_class, place)]
    for each in holders:
        for attribute, hint in _REFUSED.items():
            if getattr(each, attribute, None):
                raise UsageError(f"{place}: {each.__name__}.{attribute} is not supported", hint)
        if each.run not in (User.run, TaskSet.run):
            raise UsageError(f"{place}: {each.__name__}.run is not supported", "write tasks: run does them")
        if not each.tasks and "get_next_task" not in vars(each):
            hint = "mark its methods with @task; a class that is only inherited from says abstract = True"
            raise UsageError(f"{place}: {each.__name__} has no tasks", hint)
    if not _is_number(user_class.weight) or user_class.weight < 0:
        raise UsageError(f"{place}: {name}.weight must be a number", "use 1 for an equal share")
    if not isinstance(user_class.fixed_count, int) or user_class.fixed_count < 0:
        raise UsageError(f"{place}: {name}.fixed_count must be a whole number", "leave it out for a share")
    wait = user_class.wait_time
    if not callable(wait) and not isinstance(wait, property) and not _is_number(wait):
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


def _host(path: Path, classes: list[type[User]], lines: Mapping[str, int], notes: Notes) -> str | None:
    """The host the classes were written for, that of the first if they differ; None if none of them says."""
    hosts = {str(user_class.host): user_class for user_class in reversed(classes) if user_class.host}
    for host, user_class in hosts.items():
        if issubclass(user_class, HttpUser | FastHttpUser):
            try:
                Base(host)
            except ValueError as error:
                place = f"{path}:{lines.get(user_class.__name__, 1)}"
                raise UsageError(f"{place}: {error}", "the host is where the file's URLs lead") from error
    if len(hosts) > 1:
        listed = ", ".join(sorted(hosts))
        notes.add(
            f"the user classes were written for several hosts ({listed}): all are sent to the one target"
        )
    for user_class in classes:
        if not issubclass(user_class, HttpUser | FastHttpUser):
            notes.add(
                f"{user_class.__name__} has a client of its own: perfgate counts what it reports, gives it "
                "the target as its host, and cannot see where it connects to"
            )
    return next(reversed(hosts), None)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and math.isfinite(value)


def _digest(source: bytes, helpers: Mapping[str, bytes], tags: Sequence[str]) -> str:
    """SHA-256, in hex, of the file, of what it imports from its folder, and of the tags it is run with."""
    digest = hashlib.sha256(DIGEST_VERSION.encode())
    for name, content in (("", source), *sorted(helpers.items())):
        digest.update(b"%s\0%d\0%s" % (name.encode(), len(content), content))
    if any(tags):
        digest.update("\0".join(" ".join(sorted(text.split())) for text in tags).encode())
    return digest.hexdigest()
