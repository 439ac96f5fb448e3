"""The process that outlives perfgate: once perfgate is gone, it ends what perfgate started.

It runs as a script (`python -I -S watchdog.py PARENT_PID`) and so imports the standard library only. The
functions that find and signal processes live here because the script cannot import its siblings.

Standard input carries one JSON object a line: `{"key": KEY, "group": PGID or null, "marker": TEXT}` and
`{"key": KEY, "worktree": PATH, "repository": PATH}` register something to clean, `{"key": KEY}` forgets it.
"""

import json
import os
import select
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

MARKER_NAME = "PERFGATE_SERVICE"
GRACE_S = 2.0
"""How long processes have between SIGTERM and SIGKILL once perfgate is gone."""

_POLL_S = 0.002
_GIT_TIMEOUT_S = 30.0
_SWEEPS = 100


def processes() -> Iterator[int]:
    """The ids of all processes; none where there is no /proc."""
    try:
        with os.scandir("/proc") as entries:
            names = [entry.name for entry in entries]
    except OSError:
        return
    yield from (int(name) for name in names if name.isdigit())


def stat_fields(pid: int) -> list[bytes] | None:
    """The fields of /proc/PID/stat from the state on: state, parent, group, session, …; None if gone."""
    try:
        text = Path(f"/proc/{pid}/stat").read_bytes()
    except OSError:
        return None
    return parse_stat(text)


def parse_stat(text: bytes) -> list[bytes]:
    """The fields of the text of /proc/PID/stat from the state on; a name may hold spaces and parentheses."""
    return text[text.rfind(b")") + 2 :].split()


def has_marker(pid: int, marker: str) -> bool:
    """Whether a living process was started with this marker in its environment."""
    try:
        environment = Path(f"/proc/{pid}/environ").read_bytes()
    except OSError:
        return False
    return f"{MARKER_NAME}={marker}".encode() in environment.split(b"\0")


def marked(marker: str) -> list[int]:
    """The living processes that carry the marker, also those that left their process group."""
    return [pid for pid in processes() if has_marker(pid, marker)]


def signal_group(pgid: int, number: int) -> bool:
    """Send a signal to a process group; False when nobody of it is left or within reach."""
    if pgid <= 1 or pgid == os.getpgrp():
        raise ValueError(f"process group {pgid} is not one that perfgate started")
    try:
        os.killpg(pgid, number)
    except (ProcessLookupError, PermissionError):
        return False
    return True


def group_lives(pgid: int) -> bool:
    """Whether any process of the group still runs; zombies, which nobody may ever reap, do not count."""
    if not signal_group(pgid, 0):
        return False
    everyone = list(processes())
    if not everyone:
        return True
    wanted = str(pgid).encode()
    fields = (stat_fields(pid) for pid in everyone)
    return any(f is not None and f[2] == wanted and f[0] not in b"ZX" for f in fields)


def sweep(marker: str) -> list[int]:
    """Kill every process that carries the marker, also those born meanwhile; returns whom it killed."""
    killed: list[int] = []
    for _ in range(_SWEEPS):
        found = marked(marker)
        if not found:
            break
        for pid in found:
            send(pid, signal.SIGKILL)
        killed += found
        time.sleep(_POLL_S)
    return killed


def send(pid: int, number: int) -> None:
    """Signal one process, which may be gone or beyond reach."""
    try:
        os.kill(pid, number)
    except (ProcessLookupError, PermissionError):
        return


def _end_all(watched: Mapping[str, Mapping[str, Any]]) -> None:
    groups = [entry["group"] for entry in watched.values() if entry.get("group")]
    markers = [entry["marker"] for entry in watched.values() if entry.get("marker")]
    groups = [pgid for pgid in groups if signal_group(pgid, signal.SIGTERM)]
    for marker in markers:
        for pid in marked(marker):
            send(pid, signal.SIGTERM)
    deadline = time.monotonic() + GRACE_S
    while time.monotonic() < deadline and (any(map(group_lives, groups)) or any(map(marked, markers))):
        time.sleep(0.02)
    for pgid in groups:
        signal_group(pgid, signal.SIGKILL)
    for marker in markers:
        sweep(marker)


def _git(repository: str, *arguments: str) -> None:
    command = ["git", "-C", repository, "worktree", *arguments]
    quiet = subprocess.DEVNULL
    try:
        subprocess.run(command, stdin=quiet, stdout=quiet, stderr=quiet, timeout=_GIT_TIMEOUT_S, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return


def _remove_worktree(repository: str, path: str) -> None:
    """Remove the directory and git's record of it.

    The second call catches what git refused to remove while it was there. `git worktree prune` would also
    forget worktrees of the user's that lie on a disk that is not mounted now.
    """
    _git(repository, "remove", "--force", "--force", "--", path)
    if not Path(path).is_symlink():
        shutil.rmtree(path, ignore_errors=True)
    _git(repository, "remove", "--force", "--force", "--", path)


def _listen(parent: int) -> dict[str, dict[str, Any]]:
    """What is registered by the time perfgate is gone.

    The pipe closes then, unless a forked child of perfgate still holds it: hence the second watch.
    """
    watched: dict[str, dict[str, Any]] = {}
    sources = [sys.stdin.fileno()]
    if hasattr(os, "pidfd_open"):
        try:
            sources.append(os.pidfd_open(parent))
        except OSError:
            sources = sources[:1]
    pending = b""
    while True:
        readable, _, _ = select.select(sources, [], [])
        if sources[0] not in readable:
            return watched
        chunk = os.read(sources[0], 65536)
        if not chunk:
            return watched
        *lines, pending = (pending + chunk).split(b"\n")
        for line in lines:
            entry = json.loads(line)
            watched.pop(entry["key"], None)
            if len(entry) > 1:
                watched[entry["key"]] = entry


def main() -> None:
    """Wait for perfgate's end, clean up, exit."""
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGQUIT, signal.SIGPIPE):
        signal.signal(number, signal.SIG_IGN)
    watched = _listen(int(sys.argv[1]))
    _end_all(watched)
    for entry in watched.values():
        if "worktree" in entry:
            _remove_worktree(entry["repository"], entry["worktree"])


if __name__ == "__main__":
    main()
