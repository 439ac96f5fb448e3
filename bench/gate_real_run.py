"""One `perfgate compare` of bench.gate_real: a process group of its own, with a limit, and its verdict."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.gate_real_setup import policy_file

LIMIT_S = 600.0
STOP_S = 30.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Ran:
    """How a comparison went; `verdict` is None where it wrote none, and `said` is then the end of stderr."""

    verdict: dict[str, Any] | None
    exit_code: int
    seconds: float
    said: str


def compare(repository: Path, branch: str, policy: str, env: Mapping[str, str]) -> Ran:
    """Compare `main` with a branch as a user would; stored results are removed, they would fill the disk."""
    written = repository.parent / f"{repository.name}-verdict.json"
    written.unlink(missing_ok=True)
    argv = [sys.executable, "-m", "perfgate", "compare", "main", branch]
    argv += ["-c", policy_file(policy), "-q", "-o", f"json={written}"]
    begun = time.monotonic()
    with subprocess.Popen(
        argv, cwd=repository, env=_environment(env), stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE, start_new_session=True, text=True,
    ) as running:  # fmt: skip
        said = _wait(running)
    seconds = time.monotonic() - begun
    shutil.rmtree(repository / ".perfgate", ignore_errors=True)
    return Ran(verdict=_read(written), exit_code=running.returncode, seconds=round(seconds, 1), said=said)


def _wait(running: subprocess.Popen[str]) -> str:
    try:
        return running.communicate(timeout=LIMIT_S)[1].strip()[-500:]
    except subprocess.TimeoutExpired:
        _stop(running)
        return f"ended after {LIMIT_S:.0f} s"
    except BaseException:
        _stop(running)
        raise


def _stop(running: subprocess.Popen[str]) -> None:
    """Ask it to stop its services and remove its worktrees, and kill what does not."""
    # Not SIGINT: what a shell has put into the background is deaf to it, and so is what that starts.
    for how in (signal.SIGTERM, signal.SIGKILL):
        with suppress(ProcessLookupError):
            os.killpg(running.pid, how)
        with suppress(subprocess.TimeoutExpired):
            running.communicate(timeout=STOP_S)
            return


def _environment(env: Mapping[str, str]) -> dict[str, str]:
    """Nothing a benchmark starts has business beyond this machine, so no proxies."""
    inherited = {name: value for name, value in os.environ.items() if not name.lower().endswith("_proxy")}
    return inherited | dict(env)


def _read(path: Path) -> dict[str, Any] | None:
    try:
        document = json.loads(path.read_text())
    except (OSError, ValueError):
        return None
    return document if isinstance(document, dict) else None
