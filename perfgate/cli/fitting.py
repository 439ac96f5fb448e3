"""Whether what perfgate.yml says of the load suits the kind of workload there is."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.config import Config
    from perfgate.model import Workload


def require_fitting(config: Config, workload: Workload) -> None:
    """Refuse settings that would mean nothing for this workload.

    Raises:
        UsageError: user classes or a tool were given what only perfgate's own passes can follow.
    """
    load = config.load
    if workload.users and load.model == "open":
        raise UsageError(
            f"{config.path}: user classes pace themselves, so load.model: open has no meaning for them",
            "remove it, and say with load.connections how many users there are",
        )
    if workload.tool is None:
        return
    tool = workload.tool.name
    if load.model == "open":
        raise UsageError(
            f"{config.path}: {tool} paces its own users, so load.model: open has no meaning for it",
            "remove it, and say with load.connections how many users there are",
        )
    if load.max_rate_rps is not None or load.calibrate:
        raise UsageError(
            f"{config.path}: {tool} paces its own users, so load.max_rate has no meaning for it",
            "remove it, or keep the pauses of the file with load.think: keep",
        )
    if config.measure.budget_ns is not None:
        raise UsageError(
            f"a time budget cannot be planned where {tool} sends the load: starting it takes time of its own",
            "leave the budget out, and set measure.rounds and measure.round",
        )
