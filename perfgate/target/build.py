"""Running a commit's build steps, each in a process group of its own, nothing of which outlives it."""

from __future__ import annotations

import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from perfgate.errors import MeasureError
from perfgate.target import logs
from perfgate.target.group import describe_status, end, spawn
from perfgate.target.keeper import Keeper
from perfgate.units import format_duration_ns

_COMMAND_CHARACTERS = 60


def run_build(
    steps: tuple[tuple[str, ...], ...],
    *,
    cwd: Path,
    env: Mapping[str, str],
    log_path: Path,
    keeper: Keeper,
    timeout_ns: int | None = None,
) -> None:
    """Run the steps in order, output of all of them in one log; the first that fails ends it.

    A step's background processes are ended with it: they would run beside the measurement, and would be
    missing when the next run takes the build from the cache.

    Args:
        steps: an argument list each; no shell reads them.
        cwd: where they run.
        env: variables added to perfgate's own environment.
        log_path: overwritten.
        keeper: ends the step should perfgate be killed.
        timeout_ns: for all steps together; None for as long as they take.

    Raises:
        UsageError: a program or the directory is missing.
        MeasureError: a step failed or the time was up.
    """
    deadline = None if timeout_ns is None else time.monotonic() + timeout_ns / 1e9
    with logs.open_log(log_path) as log:
        for number, argv in enumerate(steps, 1):
            key = f"service.build, step {number} of {len(steps)}"
            group = spawn(argv, key=key, cwd=cwd, env=env, log=log, keeper=keeper)
            try:
                remaining_s = None if deadline is None else max(0.0, deadline - time.monotonic())
                group.process.wait(remaining_s)
            except subprocess.TimeoutExpired:
                limit = format_duration_ns(timeout_ns or 0)
                raise _failed(number, steps, f"was not done when {limit} were up", log_path) from None
            finally:
                end(group, grace_ns=0)
                logs.trim(log_path)
            if group.process.returncode != 0:
                what = f"failed: {describe_status(group.process.returncode)}"
                raise _failed(number, steps, what, log_path)


def _failed(number: int, steps: tuple[tuple[str, ...], ...], what: str, log_path: Path) -> MeasureError:
    command = logs.printable(" ".join(steps[number - 1]))
    if len(command) > _COMMAND_CHARACTERS:
        command = f"{command[:_COMMAND_CHARACTERS]}…"
    return MeasureError(
        f"build step {number} of {len(steps)} ({command}) {what}",
        f"run it in a checkout of this commit to see why; {logs.quoted(log_path)}",
    )
