"""Reading a load test of any kind, by the driver that suits the file or the one that was asked for."""

from __future__ import annotations

import contextlib
import hashlib
import importlib
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, get_args

import click

from perfgate.config import DriverName
from perfgate.errors import UsageError
from perfgate.model import MAX_NAME_LENGTH

if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any

    from perfgate.model import Workload

DRIVERS: tuple[DriverName, ...] = get_args(DriverName)
_YAML = (".yml", ".yaml", ".json")
_K6 = (".js", ".mjs", ".cjs", ".ts")
_FIT: Mapping[str, tuple[DriverName, ...]] = {
    **dict.fromkeys(_YAML, ("native", "artillery")),
    ".py": ("native", "locust"),
    **dict.fromkeys(_K6, ("k6", "artillery")),
}
"""Which drivers run a file by its suffix; the first does where nobody says."""
_READERS = {
    "k6": ("perfgate.drivers.k6", "read_k6_script"),
    "locust": ("perfgate.drivers.locust", "read_locustfile"),
    "artillery": ("perfgate.drivers.artillery", "read_artillery_script"),
}
SUFFIXES = tuple(_FIT)

env_option = click.option(
    "-e",
    "--env",
    multiple=True,
    metavar="NAME=VALUE",
    help="A variable of the load test, or of the environment its code sees; may be repeated.",
)
driver_option = click.option(
    "--driver", type=click.Choice(DRIVERS), help="What runs the load test; else its kind decides."
)
environment_option = click.option(
    "--environment", metavar="NAME", help="Follow this one of an Artillery file's config.environments."
)


def load_test_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Give a command the options of `load_test_of`: env, driver and environment."""
    for option in (environment_option, driver_option, env_option):
        command = option(command)
    return command


@contextlib.contextmanager
def seen_by_code(workload: Workload, variables: Mapping[str, str]) -> Iterator[None]:
    """Put the variables into the environment for users that are code, which look there whenever they like.

    Other driver processes are started with this environment.
    """
    mine = dict(variables) if workload.users else {}
    before = {name: os.environ.get(name) for name in mine}
    os.environ.update(mine)
    try:
        yield
    finally:
        for name, value in before.items():
            os.environ.pop(name)
            if value is not None:
                os.environ[name] = value


def variables_of(texts: Sequence[str]) -> dict[str, str]:
    """What `-e NAME=VALUE` says.

    Raises:
        UsageError: one is not written so.
    """
    found = {}
    for text in texts:
        name, equals, value = text.partition("=")
        if not equals or not name:
            raise UsageError(f"-e {text!r}: not NAME=VALUE", "write it like -e city=Oslo")
        found[name] = value
    return found


def driver_of(path: Path, asked: DriverName | None) -> DriverName:
    """What runs a file.

    Raises:
        UsageError: the driver that was asked for does not run such files.
    """
    fitting = _FIT.get(path.suffix.lower(), ("native",))
    if asked is None:
        return fitting[0]
    if asked not in fitting:
        raise UsageError(
            f"{path}: {asked} does not run {path.suffix or 'such'} files",
            f"{' or '.join(fitting)} does: leave --driver (or driver: in perfgate.yml) out",
        )
    return asked


def read_load_test(
    path: Path,
    variables: Mapping[str, str] = MappingProxyType({}),
    environment: str | None = None,
    driver: DriverName | None = None,
    *,
    has_target: bool = False,
) -> Workload:
    """Read a load test; also called by other driver processes.

    `environment` is the one of `config.environments` to follow, in a file that has them.
    With `has_target` the load goes elsewhere than the file says, so its own target need not be complete.

    Raises:
        UsageError: it cannot be used, or the driver does not run it.
        MeasureError: the tool it is for cannot be started.
    """
    workload = _read(path, variables, environment, driver, has_target=has_target)
    longest = max(map(len, workload.endpoints), default=0)
    if longest > MAX_NAME_LENGTH:
        raise UsageError(
            f"{path}: an endpoint's name has {longest} characters, results hold at most {MAX_NAME_LENGTH}",
            "give the request a shorter name",
        )
    return workload


def _read(
    path: Path,
    variables: Mapping[str, str],
    environment: str | None,
    driver: DriverName | None,
    *,
    has_target: bool,
) -> Workload:
    chosen = driver_of(path, driver)
    if environment is not None and path.suffix.lower() not in _YAML and chosen != "artillery":
        raise UsageError(f"{path}: only Artillery's files have environments", "drop --environment")
    if chosen in _READERS:
        module, name = _READERS[chosen]
        more = {"environment": environment} if chosen == "artillery" else {}
        try:
            read: Callable[..., Workload] = getattr(importlib.import_module(module), name)
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
            raise UsageError(
                f"{path}: this perfgate has no driver for {chosen}", "upgrade perfgate, or leave --driver out"
            ) from error
        return read(path, environ=os.environ, variables=dict(variables), **more)
    if path.suffix.lower() == ".py":
        from perfgate.users.reading import read_users

        return _with_variables(read_users(path, environ={**os.environ, **variables}), variables)
    from perfgate.workload.artillery import read_workload

    return read_workload(path, variables=variables, environment=environment, has_target=has_target)


def _with_variables(workload: Workload, variables: Mapping[str, str]) -> Workload:
    """The workload with a digest that the variables its code may look at are part of."""
    if not variables:
        return workload
    meaning = json.dumps([workload.digest, sorted(variables.items())])
    return replace(workload, digest=hashlib.sha256(meaning.encode()).hexdigest())
