"""Hooks, shape, options and settings of a file: what of them counts here, and notes on what does not."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import ModuleType
from typing import TYPE_CHECKING

from perfgate.errors import UsageError
from perfgate.model import Profile, Ramp
from perfgate.users.events import NEVER_FIRED
from perfgate.users.failing import error_class
from perfgate.users.inert import TOPS
from perfgate.users.options import ArgumentParser
from perfgate.users.shape import SHAPE_NOT_REPLAYED, LoadTestShape, is_shape
from perfgate.users.standins import SETTINGS

if TYPE_CHECKING:
    from perfgate.users.environment import Environment
    from perfgate.users.importing import Imported

_LONGEST_NS = 24 * 3_600_000_000_000
PROFILE_OF_SHAPE = Profile(
    executor="externally-controlled", vus=1, start=1, stages=(Ramp(duration_ns=_LONGEST_NS, target=1),)
)
"""The load of a file with a shape: users come and go as that says, for a day at most."""


class Notes:
    """Sentences on what a file says and perfgate does not act on."""

    def __init__(self) -> None:
        self._texts: list[str] = []

    def add(self, text: str) -> None:
        """Keep one."""
        self._texts.append(text)

    def texts(self) -> tuple[str, ...]:
        """All of them, once each."""
        return tuple(dict.fromkeys(self._texts))

    def of_hooks(self, environment: Environment) -> None:
        """Listeners for what never happens here."""
        for name, hook in environment.events.hooks().items():
            if name in NEVER_FIRED and hook._handlers:
                self.add(f"listeners of events.{name} are never called: {NEVER_FIRED[name]}")

    def of_neighbours(self, path: Path) -> None:
        """Files of Locust's beside it."""
        if (path.resolve().parent / "locust.conf").is_file():
            self.add("locust.conf is not read: say how much load there is by --vus and --duration")

    def of_stand_ins(self, imported: Imported) -> None:
        """Settings of Locust's that were changed, and greenlets that share one connection."""
        for name, settings in SETTINGS.items():
            module = imported.stand_ins.get(name)
            for setting, value in settings.items():
                if module is not None and vars(module).get(setting) != value:
                    self.add(f"{name}.{setting} changes nothing here: perfgate has reports of its own")
        for name in sorted(imported.used & imported.stand_ins.keys() & set(TOPS)):
            self.add(f"{name} does nothing here: there is no web UI")
        if any(name.partition(".")[0] == "gevent" for name in imported.used):
            self.add(
                "greenlets are threads here: requests that several of them send for one user go over its one "
                "connection, one after the other"
            )


def options_of(environment: Environment, path: Path, environ: Mapping[str, str]) -> None:
    """Have the file add its arguments, and give them their values.

    Raises:
        UsageError: an argument cannot be added, or a value is none for it.
    """
    parser = ArgumentParser(environ)
    hook = environment.events.init_command_line_parser
    hook.fire(parser=parser)
    if hook.problems:
        raise UsageError(f"{path}:1: {hook.problems[0]}", "correct the listener: it adds the arguments")
    try:
        environment.parsed_options = parser.options()
    except ValueError as error:
        raise UsageError(
            f"{path}:1: {error}", "give values of the file's arguments by -e NAME=VALUE"
        ) from error
    environment.tags = environment.parsed_options.tags
    environment.exclude_tags = environment.parsed_options.exclude_tags


def shape_of(module: ModuleType, path: Path, lines: Mapping[str, int], notes: Notes) -> LoadTestShape | None:
    """The shape of a file, the first one as in Locust; None if it has none.

    Raises:
        UsageError: it cannot be made.
    """
    shapes = list(dict.fromkeys(value for value in vars(module).values() if is_shape(value)))
    if not shapes:
        return None
    notes.add(SHAPE_NOT_REPLAYED)
    if len(shapes) > 1:
        others = ", ".join(each.__name__ for each in shapes[1:])
        notes.add(f"of several load shapes the first counts, {shapes[0].__name__}, and not {others}")
    try:
        made: LoadTestShape = shapes[0]()
    except Exception as error:
        place = f"{path}:{lines.get(shapes[0].__name__, 1)}"
        raise UsageError(
            f"{place}: {shapes[0].__name__} cannot be made: {error_class(error)}", "correct its __init__"
        ) from error
    if made.use_common_options:
        notes.add(
            f"{shapes[0].__name__} reads Locust's options for users, rate and time: give them as "
            "-e LOCUST_USERS=50 -e LOCUST_SPAWN_RATE=5 -e LOCUST_RUN_TIME=1m"
        )
    return made
