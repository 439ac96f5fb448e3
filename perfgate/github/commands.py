"""Speaks to the runner of GitHub Actions: outputs, the step summary, and messages in the log."""

import re
import secrets
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from perfgate.errors import MeasureError
from perfgate.github.plain import plain

MAX_FILE_BYTES = (
    1_000_000  # of 1 MiB; just below it the runner drops a summary in silence (actions/runner#4337)
)
_OUTPUT_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_-]*")
_CUT = "\n\n*The rest did not fit in this summary.*\n"


def output_text(values: Mapping[str, str]) -> str:
    """The values as lines for GITHUB_OUTPUT; no value can end its own block and set another output.

    Raises:
        ValueError: a name is no name of an output, or all is more than 1 MB, which is what a job may set.
    """
    text = ""
    for name, value in values.items():
        if not _OUTPUT_NAME.fullmatch(name):
            raise ValueError(f"{name!r} is not the name of an output")
        delimiter = f"perfgate_{secrets.token_hex(16)}"
        text += f"{name}<<{delimiter}\n{value}\n{delimiter}\n"
    if len(_encoded(text)) > MAX_FILE_BYTES:
        raise ValueError("the outputs are larger than 1 MB")
    return text


def notice(
    level: Literal["notice", "warning", "error"],
    message: str,
    *,
    title: str = "",
    file: str = "",
    line: int = 0,
) -> str:
    """A line for the log that GitHub shows on the run's page and beside a line of a file."""
    given = {"title": title, "file": file, "line": str(line) if line else ""}
    properties = ",".join(f"{name}={_property(value)}" for name, value in given.items() if value)
    return f"::{level}{' ' if properties else ''}{properties}::{_data(message)}"


def append(path: Path, text: str) -> None:
    """Add text to one of the runner's files; more than 1 MB in all is cut after a whole line.

    Raises:
        MeasureError: the file cannot be written.
    """
    try:
        with path.open("ab") as file:
            file.write(fitting(text, MAX_FILE_BYTES - file.tell()).encode())
    except (OSError, ValueError) as error:
        raise MeasureError(
            f"{plain(path)}: cannot be written: {plain(error)}",
            "leave GITHUB_OUTPUT and GITHUB_STEP_SUMMARY as the runner sets them",
        ) from error


def fitting(text: str, room_bytes: int) -> str:
    """The text, cut after a whole line and with a word about it where it needs more than `room_bytes`."""
    content = _encoded(text)
    if len(content) <= room_bytes:
        return content.decode()
    kept = content[: max(room_bytes - len(_CUT), 0)]
    whole = kept[: kept.rfind(b"\n") + 1] or kept
    return whole.decode("utf-8", "ignore") + _CUT if kept else ""


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")


def _data(text: str) -> str:
    """As the runner decodes a command's message (actions/runner, ActionCommand)."""
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
