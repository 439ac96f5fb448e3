"""A command in a session of its own, with a marker by which its every descendant can be found and ended."""

from __future__ import annotations

import os
import secrets
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from perfgate.errors import MeasureError, UsageError
from perfgate.target import watchdog
from perfgate.target.childenv import child_environment
from perfgate.target.keeper import Keeper

_POLL_S = 0.002
_KILL_TIMEOUT_S = 5.0


class Group:
    """A running command; made by `spawn`, ended by `end`.

    Its leader is not reaped before `end`, so that its number, which is the group's too, cannot meanwhile be
    given to a process of somebody else's.
    """

    def __init__(self, process: subprocess.Popen[bytes], marker: str, keeper: Keeper) -> None:
        self.process = process
        self.marker = marker
        self.keeper = keeper
        self.ended = False

    @property
    def pgid(self) -> int:
        """The number of the leader, its session and its process group."""
        return self.process.pid

    def exit_status(self) -> int | None:
        """What the leader ended with (negative: the signal that killed it), None while it runs."""
        if self.process.returncode is not None or not hasattr(os, "waitid"):
            return self.process.poll()
        try:
            found = os.waitid(os.P_PID, self.pgid, os.WEXITED | os.WNOHANG | os.WNOWAIT)
        except ChildProcessError:
            return self.process.poll()
        if found is None:
            return None
        return found.si_status if found.si_code == os.CLD_EXITED else -found.si_status


def spawn(
    argv: tuple[str, ...],
    *,
    key: str,
    cwd: Path,
    env: Mapping[str, str],
    log: BinaryIO,
    keeper: Keeper,
    cpus: tuple[int, ...] | None = None,
) -> Group:
    """Start a command with no input and its output in `log`; `env` is added to perfgate's environment.

    Args:
        argv: the program and its arguments; no shell reads them.
        key: what in perfgate.yml the command comes from, for the error.
        cwd: where it runs.
        env: variables added to perfgate's own environment.
        log: where standard output and standard error go.
        keeper: is told before the process exists.
        cpus: the CPUs it may run on, None for those of this thread.

    Raises:
        UsageError: the program or its directory is missing or cannot be run.
        MeasureError: the CPUs cannot be had.
    """
    _require_command(argv, cwd, key)
    marker = secrets.token_hex(16)
    keeper.watch_group(None, marker)
    try:
        with _on_cpus(cpus):
            process = subprocess.Popen(
                argv,
                cwd=cwd,
                env=child_environment(env, marker=marker),
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
    except (OSError, ValueError) as error:
        keeper.forget_group(marker)
        raise _cannot_run(argv, cwd, key, error) from error
    keeper.watch_group(process.pid, marker)
    return Group(process, marker, keeper)


def ask_to_stop(group: Group, number: int) -> None:
    """Send the stop signal to a group that has not ended, and do not wait."""
    if not group.ended:
        watchdog.signal_group(group.pgid, number)


def end(group: Group, *, grace_ns: int) -> None:
    """Wait until the whole group is gone, killing what is left after the grace, then sweep by marker.

    May be called twice. Ctrl-C cuts the grace short, it does not leave anything running.

    Raises:
        MeasureError: a process survived SIGKILL, which only the kernel can explain.
    """
    if group.ended:
        return
    try:
        _wait_until_gone(group, grace_ns / 1e9)
    finally:
        _kill(group)


def describe_status(status: int) -> str:
    """An exit status in words: `exit status 1`, `killed by SIGSEGV`."""
    if status >= 0:
        return f"exit status {status}"
    try:
        return f"killed by {signal.Signals(-status).name}"
    except ValueError:
        return f"killed by signal {-status}"


def _wait_until_gone(group: Group, timeout_s: float) -> bool:
    """Whether nobody of the group runs any more. Reaps the leader once it has exited."""
    deadline = time.monotonic() + timeout_s
    while True:
        # The order matters: a leader that has exited but was not reaped still counts for killpg.
        if group.process.poll() is not None and not watchdog.group_lives(group.pgid):
            return True
        if time.monotonic() >= deadline:
            return False
        time.sleep(_POLL_S)


def _kill(group: Group) -> None:
    if group.process.returncode is None or watchdog.group_lives(group.pgid):
        watchdog.signal_group(group.pgid, signal.SIGKILL)
    gone = _wait_until_gone(group, _KILL_TIMEOUT_S)
    _reap(watchdog.sweep(group.marker))
    if not gone:
        raise MeasureError(
            f"process group {group.pgid} is still there {_KILL_TIMEOUT_S:.0f} s after SIGKILL",
            "it hangs inside the kernel, often on a disk or network file system: look at the system's log",
        )
    group.ended = True
    group.keeper.forget_group(group.marker)


def _reap(pids: list[int]) -> None:
    """Collect orphans: they are ours only where perfgate is the container's first process."""
    for pid in pids:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)


@contextmanager
def _on_cpus(cpus: tuple[int, ...] | None) -> Iterator[None]:
    """Run this thread on `cpus`, so that a child forked meanwhile inherits them before its first instruction.

    Two system calls, safe with threads (the mask belongs to this thread alone), unlike code run between fork
    and exec; and no wrapper program shows up in the service's command line or CPU time.
    """
    if cpus is None:
        yield
        return
    before = os.sched_getaffinity(0)
    try:
        os.sched_setaffinity(0, cpus)
    except OSError as error:
        raise MeasureError(
            f"the service cannot be placed on CPUs {', '.join(map(str, cpus))}: {error.strerror}",
            "set placement.pin to false in perfgate.yml",
        ) from error
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def _require_command(argv: tuple[str, ...], cwd: Path, key: str) -> None:
    if not argv or not argv[0]:
        raise UsageError(f"perfgate.yml: {key} is empty", "write the program and its arguments")
    if not cwd.is_dir():
        raise UsageError(
            f"perfgate.yml: {key} cannot run in {cwd}: there is no such directory",
            "service.cwd is relative to perfgate.yml and has to exist in both commits",
        )


def _cannot_run(argv: tuple[str, ...], cwd: Path, key: str, error: Exception) -> UsageError | MeasureError:
    program = argv[0]
    what = f"perfgate.yml: {key}: {program!r}"
    if isinstance(error, FileNotFoundError):
        hint = f"install it, or correct {key}"
        if os.sep in program and not Path(program).is_absolute():
            hint = (
                f"commit it, let service.build make it, or correct {key}: "
                "in a checkout of the commit the path counts from perfgate.yml's folder, or service.cwd"
            )
        if os.sep in program and (cwd / program).exists():
            hint = "it exists, so the interpreter in its first line (#!) is missing: rebuild or name it"
        return UsageError(f"{what} was not found", hint)
    if isinstance(error, PermissionError):
        return UsageError(f"{what} may not be executed", f"chmod +x {program}, and commit that")
    if isinstance(error, ValueError) or getattr(error, "errno", None) in {7, 8, 20}:
        return UsageError(
            f"{what} cannot be executed: {error}", "is it a program, or a script with #! on top?"
        )
    return MeasureError(f"{what} could not be started: {error}", "check the limits on processes and memory")
