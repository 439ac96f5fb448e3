"""A commit tried out before it is measured: whether it can be checked out, built and started at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.errors import PerfgateError
from perfgate.measure.checkout import Checkouts, exclusive
from perfgate.target import service
from perfgate.target.keeper import Keeper

if TYPE_CHECKING:
    from pathlib import Path

    from perfgate.config import Config
    from perfgate.git import Repository
    from perfgate.model import Commit
    from perfgate.progress import Progress


def why_not_startable(
    config: Config, repository: Repository, commit: Commit, progress: Progress
) -> PerfgateError | None:
    """Build a commit and start it once; what stood in the way, or None. The build stays in the cache.

    Raises:
        UsageError: perfgate.yml has no service to start.
        MeasureError: another perfgate is measuring here, or what was started cannot be stopped.
    """
    if config.service is None:
        raise ValueError("a commit cannot be started without service.command")
    folder = repository.toplevel / ".perfgate"
    with exclusive(folder), Keeper() as keeper:
        checkouts = Checkouts(
            repository=repository,
            folder=folder,
            inside=config.root.relative_to(repository.toplevel),
            service=config.service,
            keeper=keeper,
            progress=progress,
        )
        try:
            with checkouts.prepare((commit,)) as (spec,):
                _start_once(spec, folder / "logs", keeper)
        except PerfgateError as error:
            return error
    return None


def _start_once(spec: service.ServiceSpec, logs: Path, keeper: Keeper) -> None:
    logs.mkdir(parents=True, exist_ok=True)
    started = service.start(spec, side="base", cpus=None, log_path=logs / "base-trial.log", keeper=keeper)
    try:
        service.wait_ready(started)
    finally:
        service.stop_all((started,), at_once=True)
