"""The environment of a load in Locust's words: one for each file, given to its users and its hooks."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NoReturn

from perfgate.users.address import redirected
from perfgate.users.current import here
from perfgate.users.events import Events
from perfgate.users.exceptions import MissingError, UnsupportedError
from perfgate.users.runner import LocalRunner
from perfgate.users.stats import RequestStats

if TYPE_CHECKING:
    from perfgate.model import Port
    from perfgate.users.options import Options
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
        self._host = host
        self.events = Events()
        self.stats = RequestStats()
        self.runner = LocalRunner(self)
        self.user_classes: list[type] = []
        self.shape_class: LoadTestShape | None = None
        self.parsed_options: Options | None = None
        self.process_exit_code: int | None = None
        self.web_ui: Any = None
        self.tags: list[str] | None = None
        self.exclude_tags: list[str] | None = None
        self.locustfile: str | None = None
        self.reset_stats = False
        self.stop_timeout = 0.0
        self.catch_exceptions = True

    @property
    def host(self) -> str | None:
        """The host as the file wrote it, with the root of the user's side in it.

        Raises:
            UnsupportedError: no user asks, and base and head are loaded at once: either would be wrong.
        """
        steering = self.runner.steering
        if here.port is None and steering is not None and steering.sides > 1:
            raise UnsupportedError(
                "environment.host outside of users", "base and head have different ones: read it in a task"
            )
        url = here.port.url if here.port is not None else ""
        return redirected(self._host, url) if self._host and url else self._host

    @host.setter
    def host(self, host: str | None) -> None:
        self._host = host

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
