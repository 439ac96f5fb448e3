"""A commit tried out before it is measured: whether it can be checked out, built and started at all."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from perfgate.errors import PerfgateError
from perfgate.measure.checkout import Checkouts, exclusive
from perfgate.target import service
from perfgate.target.keeper import Keeper

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.git import Repository
    from perfgate.model import Commit
    from perfgate.progress import Progress


def rehearse(config: Config, repository: Repository, commit: Commit, progress: Progress) -> int:
    """Build a commit and start it once, the way a run would; nanoseconds until it was ready.

    Raises:
        UsageError: its command cannot be used.
        MeasureError: it cannot be built, started or stopped, or another perfgate is measuring here.
    """
    with _checkouts(config, repository, progress) as checkouts:
        return _start_once(checkouts, commit)


def why_not_startable(
    config: Config, repository: Repository, commit: Commit, progress: Progress
) -> PerfgateError | None:
    """What stands in the way of starting a commit, or None. The build stays in the cache.

    Raises:
        MeasureError: another perfgate is measuring here.
    """
    with _checkouts(config, repository, progress) as checkouts:
        try:
            _start_once(checkouts, commit)
        except PerfgateError as error:
            return error
    return None


@contextmanager
def _checkouts(config: Config, repository: Repository, progress: Progress) -> Iterator[Checkouts]:
    if config.service is None:
        raise ValueError("a commit cannot be started without service.command")
    folder = repository.toplevel / ".perfgate"
    with exclusive(folder), Keeper() as keeper:
        yield Checkouts(
            repository=repository,
            folder=folder,
            inside=config.root.relative_to(repository.toplevel),
            service=config.service,
            keeper=keeper,
            progress=progress,
        )


def _start_once(checkouts: Checkouts, commit: Commit) -> int:
    with checkouts.prepare((commit,)) as (spec,):
        checkouts.progress.phase("starting the service")
        logs = checkouts.folder / "logs"
        logs.mkdir(parents=True, exist_ok=True)
        began_ns = time.monotonic_ns()
        started = service.start(
            spec, side="base", cpus=None, log_path=logs / "trial.log", keeper=checkouts.keeper
        )
        try:
            service.wait_ready(started)
            return time.monotonic_ns() - began_ns
        finally:
            service.stop(started)
