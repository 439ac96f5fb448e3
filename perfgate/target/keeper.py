"""perfgate's side of the watchdog: says what has to be cleaned up should perfgate not live to do it."""

import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Self

from perfgate.errors import MeasureError

_ENVIRONMENT = frozenset({"PATH", "HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"})
_GIT_SETTINGS = ("GIT_CONFIG_COUNT", "GIT_CONFIG_KEY_", "GIT_CONFIG_VALUE_")
"""How a container says which repository git may trust, without which no worktree can be removed from it."""

_CLOSE_TIMEOUT_S = 60.0


class Keeper:
    """A watchdog process for one invocation of perfgate; a context manager, used from one thread.

    Whatever is registered when perfgate exits, crashes or is killed is cleaned up: process groups and all
    processes with their marker are ended, git worktrees are removed. The watchdog is no match for its own
    SIGKILL; then the next registration starts another and tells it everything again.

    Raises:
        MeasureError: the watchdog cannot be started.
    """

    def __init__(self) -> None:
        self._registered: dict[str, bytes] = {}
        self._process = _start()

    def watch_group(self, pgid: int | None, marker: str) -> None:
        """Register a process group; None before it exists, so that not even its birth goes unwatched."""
        self._register(f"group {marker}", group=pgid, marker=marker)

    def forget_group(self, marker: str) -> None:
        """The group with this marker has been ended."""
        self._forget(f"group {marker}")

    def watch_worktree(self, repository: Path, path: Path) -> None:
        """Register a git worktree directory of a repository."""
        where = _absolute(path)
        self._register(f"worktree {where}", worktree=where, repository=str(repository.resolve()))

    def forget_worktree(self, repository: Path, path: Path) -> None:
        """The worktree has been removed."""
        del repository  # the path alone is unique; both are taken so that the calls read alike
        self._forget(f"worktree {_absolute(path)}")

    def close(self) -> None:
        """Let the watchdog clean up what is still registered, and wait for it. May be called twice."""
        pipe = self._process.stdin
        if pipe is not None and not pipe.closed:
            pipe.close()
        try:
            self._process.wait(_CLOSE_TIMEOUT_S)
        except subprocess.TimeoutExpired:
            raise MeasureError(
                f"what perfgate started was not cleaned up within {_CLOSE_TIMEOUT_S:.0f} s",
                f"process {self._process.pid} is still at it; see what it waits for, or end it",
            ) from None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def _register(self, key: str, **what: str | int | None) -> None:
        line = json.dumps({"key": key, **what}).encode() + b"\n"
        self._registered[key] = line
        self._send(line)

    def _forget(self, key: str) -> None:
        if self._registered.pop(key, None) is not None:
            self._send(json.dumps({"key": key}).encode() + b"\n")

    def _send(self, line: bytes) -> None:
        try:
            _write(self._process, line)
        except BrokenPipeError:
            self.close()
            self._process = _start()
            for registered in self._registered.values():
                _write(self._process, registered)


def _absolute(path: Path) -> str:
    return os.path.abspath(path)  # noqa: PTH100 - resolve() would follow a symlink put in its place


def _start() -> subprocess.Popen[bytes]:
    script = str(Path(__file__).with_name("watchdog.py").resolve())
    try:
        return subprocess.Popen(
            [sys.executable, "-I", "-S", script, str(os.getpid())],
            bufsize=0,
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            # Nothing else: CI systems hunt down what a job left behind by variables it inherits.
            env={n: v for n, v in os.environ.items() if n in _ENVIRONMENT or n.startswith(_GIT_SETTINGS)},
            start_new_session=True,
        )
    except OSError as error:
        raise MeasureError(
            f"the watchdog process could not be started: {error.strerror}",
            "perfgate needs one more process to clean up after it; check the limits on processes and memory",
        ) from error


def _write(process: subprocess.Popen[bytes], line: bytes) -> None:
    assert process.stdin is not None  # noqa: S101 - Popen was given PIPE
    process.stdin.write(line)
