"""Flask where it is not installed: files import it for the web UI of Locust, and there is none here."""

from __future__ import annotations

import importlib.util
from types import ModuleType
from typing import Any

TOPS = ("flask", "flask_login")


class Inert:
    """Anything of Flask's: it can be called, subclassed, and asked for more of the same."""

    def __init__(self, *_: Any, **__: Any) -> None:
        pass

    def __call__(self, *_: Any, **__: Any) -> Inert:  # noqa: D102 - see the class
        return self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return self


class InertModule(ModuleType):
    """A module of such things."""

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        # A class, because files inherit from some of these.
        return Inert


def inert_modules() -> dict[str, ModuleType]:
    """Stand-ins for those of these modules that are not installed."""
    return {name: InertModule(name) for name in TOPS if importlib.util.find_spec(name) is None}
