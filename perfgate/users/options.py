"""Command-line arguments that a file adds to those of Locust, and their values from the environment."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Mapping
from typing import Any, NoReturn

from perfgate.users.timespan import parse_timespan

_OF_THE_WEB_UI = ("include_in_web_ui", "is_secret", "is_required", "is_multiple", "is_config_file")
_NOT_SET = (
    "autoquit",
    "config_users",
    "csv_prefix",
    "html_file",
    "json_file",
    "logfile",
    "profile",
)
_OFF = (
    "autostart",
    "equal_weights",
    "json",
    "master",
    "only_summary",
    "print_stats",
    "reset_stats",
    "worker",
)


class Options(argparse.Namespace):
    """What a file finds in `parsed_options`; its host is that of whoever asks, once a load has begun."""

    def __init__(self, **words: Any) -> None:
        self._written: str | None = None
        self._current: Callable[[], str | None] | None = None
        super().__init__(**words)

    @property
    def host(self) -> str | None:
        """As `environment.host`."""
        return self._current() if self._current else self._written

    @host.setter
    def host(self, host: str | None) -> None:
        self._written = host

    def follow(self, current: Callable[[], str | None]) -> None:
        """From now on `current` says what the host is."""
        self._current = current


class ArgumentParser(argparse.ArgumentParser):
    """A parser that knows the additional words of Locust's."""

    def __init__(self, environ: Mapping[str, str]) -> None:
        super().__init__(prog="perfgate run", add_help=False, allow_abbrev=False)
        self._environ = environ

    def add_argument(self, *names: Any, **words: Any) -> argparse.Action:
        """Add an argument; `env_var` names the variable its value comes from."""
        return _add(super().add_argument, names, words)

    def add_argument_group(self, *names: Any, **words: Any) -> Any:
        """Add arguments under a heading."""
        group = super().add_argument_group(*names, **words)
        plain = group.add_argument
        group.add_argument = lambda *own, **more: _add(plain, own, more)  # type: ignore[method-assign]
        return group

    def error(self, message: str) -> NoReturn:
        """Raise instead of ending the program.

        Raises:
            ValueError: always.
        """
        raise ValueError(message)

    def options(self) -> Options:
        """The file's arguments with their values, and Locust's own as they are in a headless run."""
        words: list[str] = []
        for action in self._actions:
            value = self._value_of(action)
            if value is not None and action.option_strings:
                words += _words(action, value)
        found = self.parse_args(words, Options())
        for name, value in _locusts_own(self._environ).items():
            if not hasattr(found, name):
                setattr(found, name, value)
        return found

    def _value_of(self, action: argparse.Action) -> str | None:
        variable = getattr(action, "env_var", None)
        long = [option.lstrip("-") for option in action.option_strings]
        for name in (variable, action.dest, *long):
            if name and name in self._environ:
                return self._environ[name]
        return None


def _add(plain: Any, names: tuple[Any, ...], words: dict[str, Any]) -> argparse.Action:
    env_var = words.pop("env_var", None)
    extras = {name: words.pop(name) for name in _OF_THE_WEB_UI if name in words}
    if extras.get("is_multiple"):
        words.setdefault("nargs", "+")
    action: argparse.Action = plain(*names, **words)
    action.env_var = env_var  # type: ignore[attr-defined]
    return action


def _words(action: argparse.Action, value: str) -> list[str]:
    option = action.option_strings[-1]
    if action.nargs == 0:
        is_on = value.lower() in ("true", "yes", "1", "on", "")
        return [option] if is_on else []
    if action.nargs in ("+", "*") or isinstance(action.nargs, int):
        return [option, *value.split()]
    return [f"{option}={value}"] if option.startswith("--") else [option, value]


def _locusts_own(environ: Mapping[str, str]) -> dict[str, Any]:
    users, rate, time = (environ.get(f"LOCUST_{name}") for name in ("USERS", "SPAWN_RATE", "RUN_TIME"))
    return {
        "num_users": int(users) if users else None,
        "users": int(users) if users else None,
        "spawn_rate": float(rate) if rate else None,
        "run_time": parse_timespan(time) if time else None,
        **dict.fromkeys(_NOT_SET),
        **dict.fromkeys(_OFF, False),
        "reset_stats": False,
        "headless": True,
        "headful": False,
        "host": None,
        "loglevel": "INFO",
        "processes": None,
        "stop_timeout": 0.0,
        "exit_code_on_error": 1,
        "tags": environ.get("LOCUST_TAGS", "").split() or None,
        "exclude_tags": environ.get("LOCUST_EXCLUDE_TAGS", "").split() or None,
        "user_classes": [],
    }
