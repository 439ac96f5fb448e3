"""The environment of a load in Locust's words: one for each file, given to its users and its hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from perfgate.users.events import Events
from perfgate.users.exceptions import MissingError, UnsupportedError
from perfgate.users.runner import LocalRunner
from perfgate.users.stats import RequestStats

if TYPE_CHECKING:
    from argparse import Namespace

    from perfgate.model import Port
    from perfgate.users.shape import LoadTestShape


class Environment:
    """What users and hooks are given about the load they are part of.

    Attributes:
        process_exit_code: set it to another number than 0 and the load has failed.
        web_ui: always None.
    """

    def __init__(self, port: Port | None = None, host: str | None = None, **library: Any) -> None:
        if library:
            raise UnsupportedError(
                "Environment() of the file's own", "perfgate runs the file itself: perfgate run FILE"
            )
        self.port = port
        self.host = host
        self.events = Events()
        self.stats = RequestStats()
        self.runner = LocalRunner(self)
        self.user_classes: list[type] = []
        self.shape_class: LoadTestShape | None = None
        self.parsed_options: Namespace | None = None
        self.process_exit_code: int | None = None
        self.web_ui: Any = None
        self.tags: list[str] | None = None
        self.exclude_tags: list[str] | None = None
        self.locustfile: str | None = None
        self.reset_stats = False
        self.stop_timeout = 0.0
        self.catch_exceptions = True

    @property
    def user_classes_by_name(self) -> dict[str, type]:
        """The kinds of users by name."""
        return {cls.__name__: cls for cls in self.user_classes}

    def __getattr__(self, name: str) -> NoReturn:
        if name.startswith("__"):
            raise AttributeError(name)
        raise MissingError(f"environment.{name}", "docs/reference/users.md lists what it knows")


_importing: list[Environment] = []


def being_imported() -> Environment:
    """The environment of the file that is being imported; a fresh one outside of any import."""
    return _importing[-1] if _importing else Environment()


def enter(environment: Environment) -> None:
    """Begin to import a file."""
    _importing.append(environment)


def leave() -> None:
    """Be done with it."""
    _importing.pop()
