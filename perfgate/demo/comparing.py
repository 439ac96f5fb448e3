"""Run the real `perfgate compare` on a branch of the demo, and read its verdict back."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

from perfgate.demo.branches import Branch

STOP_SECONDS = 30
"""How long a stopped comparison may take to stop its services and remove its worktrees."""


def compare(branch: Branch, repository: Path, verdict: Path) -> dict[str, Any] | None:
    """Compare `main` with the branch; what `-o json=` wrote to `verdict`, None if it wrote nothing readable.

    Raises:
        KeyboardInterrupt: passed on after the comparison has ended.
    """
    command = [sys.executable, "-m", "perfgate", "compare", "main", branch.name, "-o", f"json={verdict}"]
    # In a process group of its own, so that Ctrl-C reaches the comparison once, from here, and not twice.
    with subprocess.Popen(command, cwd=repository, stdin=subprocess.DEVNULL, process_group=0) as child:
        try:
            child.wait()
        except BaseException:
            _stop(child)
            raise
    return _read(verdict)


def _stop(child: subprocess.Popen[bytes]) -> None:
    # From here on nothing but stopping is left to do, and a second Ctrl-C must not cut it short.
    for signum in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(signum, signal.SIG_IGN)
    child.send_signal(signal.SIGINT)
    try:
        child.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        child.kill()


def _read(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
