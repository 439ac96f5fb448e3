"""What k6 logged while it ran: errors of the script, redirected origins, and its last words."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from perfgate.drivers.k6_wrapper import MARKER

_LAST = 20
_MOST_ERRORS = 100
_REQUEST_FAILED = "Request Failed"


@dataclass(slots=True, kw_only=True)
class K6Log:
    """`exceptions` counts what the script threw, which k6 survives; `errors` has texts and their numbers."""

    errors: dict[str, int] = field(default_factory=dict)
    exceptions: int = 0
    origins: dict[str, None] = field(default_factory=dict)
    last_lines: tuple[str, ...] = ()


def read_log(path: Path, copied: Path | None) -> K6Log:
    """The log in JSON lines; names of files below `copied` are those of the user's files again."""
    log = K6Log()
    last: deque[str] = deque(maxlen=_LAST)
    hidden = str(copied) if copied is not None else None
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            text = line.replace(hidden, "") if hidden else line
            _take(log, last, text.rstrip("\n"))
    log.last_lines = tuple(last)
    return log


def _take(log: K6Log, last: deque[str], line: str) -> None:
    try:
        entry = json.loads(line)
        level, message = entry.get("level", ""), str(entry.get("msg", ""))
    except (ValueError, AttributeError):
        if line.strip():
            last.append(line[:500])
        return
    if message.startswith(MARKER):
        log.origins[message.removeprefix(MARKER)] = None
        return
    detail = str(entry.get("error", ""))
    text = " ".join(f"{message} {detail}".replace("file://", "").split())[:500]
    last.append(f"{level}: {text}" if level else text)
    if message == _REQUEST_FAILED:
        return  # such a request is among the samples, with its error
    if level in ("error", "fatal", "panic") and entry.get("source") != "console":
        # Its own verdict on thresholds is in the report by itself.
        if message.startswith("thresholds on metrics"):
            return
        log.exceptions += entry.get("source") == "stacktrace"
        if text in log.errors or len(log.errors) < _MOST_ERRORS:
            log.errors[text] = log.errors.get(text, 0) + 1
        else:
            log.errors["other errors"] = log.errors.get("other errors", 0) + 1
