"""The modules `locust` and `gevent` as a load test meets them here: the same names for what perfgate has."""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
from collections.abc import Iterator, MutableMapping, Sequence
from contextlib import contextmanager
from types import ModuleType
from typing import Any, NoReturn

from perfgate.users.environment import Environment
from perfgate.users.inert import TOPS, inert_modules
from perfgate.users.refusals import no_module, no_name
from perfgate.users.standins import contents_of

_TOPS = ("locust", "gevent")


class StandIn(ModuleType):
    """A module that says what it does not have."""

    def __init__(self, name: str, names: dict[str, Any]) -> None:
        super().__init__(name, "perfgate's stand-in for a module.")
        self.__path__: list[str] = []
        self.__all__ = [each for each in names if not each.startswith("_")]
        self.__dict__.update(names)

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise no_name(self.__name__, name)


class _NoOther(importlib.abc.MetaPathFinder):
    """Says of every other module of theirs that it is not there, and why."""

    def find_spec(
        self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if is_ours(fullname):
            raise no_module(fullname)
        return None


@contextmanager
def standing_in(environment: Environment, kept: MutableMapping[str, ModuleType]) -> Iterator[None]:
    """Let `import locust` find the stand-ins, and afterwards what was there before.

    Those that are in `kept` are found again, so that what a file has set in them stays set.
    """
    before = {name: module for name, module in sys.modules.items() if is_ours(name)}
    for name in before:
        del sys.modules[name]
    if not kept:
        kept.update(stand_ins(environment))
    finder = _NoOther()
    inert = [name for name in kept if name in TOPS]
    sys.modules.update(kept)
    sys.meta_path.insert(0, finder)
    try:
        yield
    finally:
        sys.meta_path.remove(finder)
        for name in [name for name in sys.modules if is_ours(name) or name in inert]:
            del sys.modules[name]
        sys.modules.update(before)


def stand_ins(environment: Environment) -> dict[str, ModuleType]:
    """Every module a load test may import, by name; each knows those below it."""
    modules: dict[str, ModuleType] = {
        **inert_modules(),
    }
    modules |= {name: StandIn(name, names) for name, names in contents_of(environment).items()}
    for name, module in modules.items():
        parent, _, own = name.rpartition(".")
        if parent:
            modules[parent].__dict__.setdefault(own, module)
    return modules


def is_ours(name: str) -> bool:
    """Whether a module is one of those stood in for."""
    return name.partition(".")[0] in _TOPS
