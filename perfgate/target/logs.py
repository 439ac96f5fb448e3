"""What a service or a build step printed: kept in a file of bounded size, quoted safely in errors."""

from __future__ import annotations

import os
import re
from pathlib import Path
from typing import BinaryIO

from perfgate.errors import MeasureError

LIMIT_BYTES = 16 * 2**20
_TAIL_BYTES = 64 * 2**10
_LINES = 20
_LINE_CHARACTERS = 300
_ESCAPES = re.compile(r"\x1b(?:\[[0-?]*[ -/]*[@-~]|\][^\x07\x1b]*(?:\x07|\x1b\\)|[@-Z\\-_])")


def open_log(path: Path) -> BinaryIO:
    """An empty log, to be given to a process as its output.

    It is opened for appending, so that `trim` can shorten it under a process that goes on writing.

    Raises:
        MeasureError: the file cannot be made.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.unlink(missing_ok=True)
        return path.open("ab", buffering=0)
    except OSError as error:
        raise MeasureError(
            f"{path}: the log cannot be written ({error.strerror})",
            "check the free space and the permissions",
        ) from error


def trim(path: Path) -> None:
    """Cut a log beyond 16 MiB down to its last 64 KiB, saying so in it.

    It runs when a service becomes ready, after each round and at its stop; within one round a log may grow
    beyond.
    """
    try:
        if path.stat().st_size <= LIMIT_BYTES:
            return
        kept = _tail(path)
        os.truncate(path, 0)
        with path.open("ab", buffering=0) as log:
            log.write(b"[perfgate: earlier output was cut, the log had grown beyond 16 MiB]\n" + kept)
    except OSError:
        return


def last_lines(path: Path) -> tuple[str, ...]:
    """The last 20 lines with something in them, free of control characters and of any length that hurts."""
    lines = (printable(line).rstrip() for line in re.split(r"[\r\n]+", tail(path)))
    return tuple(line[:_LINE_CHARACTERS] for line in lines if line)[-_LINES:]


def tail(path: Path) -> str:
    """The last 64 KiB as they are, "" if there is no log."""
    try:
        return _tail(path).decode("utf-8", "replace")
    except OSError:
        return ""


def quoted(path: Path) -> str:
    """The last lines as the end of a hint, each behind a bar; also says where the rest is.

    Not in CI, though: the file is gone with its machine when somebody reads this.

    The bar keeps CI systems from taking a line that begins with `::` for a command to them.
    """
    lines, where = last_lines(path), "" if os.environ.get("CI") else f" ({path})"
    if not lines:
        return f"it printed nothing{where}"
    return "\n".join([f"its last lines{where}:", *(f"  | {line}" for line in lines)])


def printable(text: str) -> str:
    """The text without escape sequences and control characters; tabs become spaces."""
    text = _ESCAPES.sub("", text).replace("\t", "    ")
    return "".join(c for c in text if c.isprintable())


def _tail(path: Path) -> bytes:
    with path.open("rb") as log:
        log.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return log.read(_TAIL_BYTES)
