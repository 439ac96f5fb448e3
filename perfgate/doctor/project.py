"""The project: its git repository, its configuration, a place for results, and a service that gets ready."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.config.commands import require_own
from perfgate.doctor.check import Check, failed
from perfgate.errors import PerfgateError, UsageError
from perfgate.git import Repository, git_version, open_repository
from perfgate.measure.trial import rehearse
from perfgate.store.atomic import require_writable
from perfgate.units import format_duration_ns

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.progress import Progress

_OLDEST_GIT = (2, 30)


def check_git(folder: Path) -> tuple[Check, Repository | None]:
    """Whether git and the repository around `folder` have what comparing commits takes."""
    try:
        version = git_version()
        if _numbers(version) < _OLDEST_GIT:
            oldest = ".".join(map(str, _OLDEST_GIT))
            raise UsageError(f"git {version} is too old", f"install git {oldest} or newer")
        repository = open_repository(folder)
        head = repository.resolve("HEAD")
    except PerfgateError as error:
        return failed("git", error), None
    text = f"git {version}, HEAD is {head.sha[:12]}" + (f" on {head.branch}" if head.branch else "")
    if repository.is_shallow():
        return Check(
            name="git",
            status="warn",
            text=f"{text}; a shallow clone: the base of a change may be missing",
            remedy="set `fetch-depth: 0` on actions/checkout, or run `git fetch --unshallow`",
        ), repository
    return Check(name="git", status="ok", text=text), repository


def check_store(config: Config) -> Check:
    """Whether results can be written."""
    try:
        require_writable(config.store)
    except PerfgateError as error:
        return failed("store", error)
    return Check(name="store", status="ok", text=f"{config.store} can be written")


def check_service(config: Config, repository: Repository, progress: Progress) -> Check:
    """Whether HEAD builds, starts and becomes ready, the way a run would do it."""
    service = config.service
    if service is None or not service.command:
        return Check(
            name="service",
            status="warn",
            text=f"{config.path} has no service.command: only running services can be measured",
            remedy="say how to start the service, or give --base-url and --head-url",
        )
    try:
        require_own(service.command, config.path)
        ready_ns = rehearse(config, repository, repository.resolve("HEAD"), progress)
    except PerfgateError as error:
        return failed("service", error)
    return Check(name="service", status="ok", text=f"HEAD was ready after {format_duration_ns(ready_ns)}")


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdigit())
