"""What k6 logged while it ran: errors of the script, redirected origins, and its last words."""

from __future__ import annotations

import json
from collections import deque
from dataclasses import dataclass, field
from pathlib import Path

from perfgate.drivers.k6_wrapper import MARKER

_LAST = 20
_MOST_TEXTS = 100
_THRESHOLDS = "thresholds on metrics"
"""k6's verdict on thresholds, which is in the report by itself."""

_REQUEST_FAILED = "Request Failed"
_NEVER_SENT = "invalid URL"
"""A failed request is among the samples with its error; one that could not be sent is not."""


@dataclass(slots=True, kw_only=True)
class K6Log:
    """`exceptions` counts what the script threw, which k6 survives; `errors` has texts and their numbers."""

    errors: dict[str, int] = field(default_factory=dict)
    warnings: dict[str, int] = field(default_factory=dict)
    exceptions: int = 0
    origins: dict[str, None] = field(default_factory=dict)
    last_lines: tuple[str, ...] = ()


def read_log(path: Path, copied: Path) -> K6Log:
    """The log in JSON lines; names of files below `copied` are those of the user's files again."""
    log = K6Log()
    last: deque[str] = deque(maxlen=_LAST)
    hidden = str(copied)
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            _take(log, last, line.replace(hidden, "").rstrip("\n"))
    log.last_lines = tuple(last)
    return log


def last_said(path: Path) -> tuple[str, ...]:
    """The end of k6's standard output: what the script's own handleSummary printed."""
    with path.open(encoding="utf-8", errors="replace") as lines:
        return tuple(deque((line.rstrip("\n")[:500] for line in lines if line.strip()), maxlen=_LAST))


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
    if entry.get("source") == "console" or message.startswith(_THRESHOLDS):
        return
    if message == _REQUEST_FAILED:
        if detail.startswith(_NEVER_SENT):
            _count(log.errors, detail)
    elif level in ("error", "fatal", "panic"):
        log.exceptions += entry.get("source") == "stacktrace"
        _count(log.errors, text)
    elif level == "warning":
        _count(log.warnings, text)


def _count(texts: dict[str, int], text: str) -> None:
    name = text if text in texts or len(texts) < _MOST_TEXTS else "others"
    texts[name] = texts.get(name, 0) + 1
