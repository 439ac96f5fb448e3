"""Requests that a Locust listener wrote, as CSV or JSON lines in the words of Locust's request event."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from perfgate.interchange.imported import Imported
from perfgate.interchange.rows import (
    UNKNOWN_START_NS,
    Requests,
    decimal,
    each_csv,
    each_json,
    nanoseconds,
    status_error,
    whole,
)
from perfgate.interchange.source import BadLine, Source, shown

DEFINITION = "Locust response_time: request handed to the client (connecting included) to body read"
COLUMNS: Mapping[str, tuple[str, ...]] = {
    "time": ("response_time", "response_time_ms"),
    "name": ("name", "url", "path"),
    "method": ("request_type", "method", "type"),
    "start": ("start_time", "timestamp", "time"),
    "error": ("exception", "error"),
    "success": ("success",),
    "status": ("status_code", "status", "response_code"),
    "size": ("response_length", "content_length", "bytes"),
}
"""What each thing may be called; the first that a file has is taken."""

_EPOCH_IN_MS = 1e11
_NO = ("false", "0", "no", "fail", "failed", "failure", "ko")
_YES = ("true", "1", "yes", "success", "ok", "pass", "passed")
_NOTHING = ("", "None", "null", "none", "NULL")


def is_locust_names(names: Sequence[str]) -> bool:
    """Whether a header, or the keys of a line, are those of a request log."""
    return any(name in names for name in COLUMNS["time"]) and any(name in names for name in COLUMNS["name"])


def is_locust_csv(head: str) -> bool:
    """Whether a file begins with such a header."""
    return is_locust_names(_header(head))


def read_locust_csv(source: Source) -> Imported:
    """The requests of one run.

    Raises:
        UsageError: the header lacks a time or a name, or a row is broken.
    """
    names = _header(source.head)
    if not is_locust_names(names):
        source.refuse("no header with response_time and name", HEADER_REMEDY, line=1)
    if len(set(names)) < len(names):
        source.refuse("two columns have the same name", line=1)
    reader = _Reader(names, source)
    each_csv(source, lambda row: reader.add(dict(zip(names, row, strict=True))), columns=len(names), skip=1)
    return reader.imported()


def read_locust_json(source: Source) -> Imported:
    """The requests of one run.

    Raises:
        UsageError: a line lacks a time or a name, or is broken.
    """
    reader: list[_Reader] = []

    def add(row: Mapping[str, Any]) -> None:
        if not is_locust_names(list(row)):
            raise BadLine("no response_time and name")
        if not reader:
            reader.append(_Reader(list(row), source))
        reader[0].add(row)

    each_json(source, add)
    if not reader:
        source.refuse("no request is in it", "no evidence is an error: run the tool again")
    return reader[0].imported()


HEADER_REMEDY = (
    "write response_time (ms), name, request_type, start_time, exception; see perfgate's import page"
)


def _header(head: str) -> tuple[str, ...]:
    first = head.splitlines()[0] if head.splitlines() else ""
    return tuple(name.strip().strip('"') for name in first.split(","))


class _Reader:
    def __init__(self, names: Sequence[str], source: Source) -> None:
        self._source = source
        self._requests = Requests()
        self._key = {what: next((a for a in aliases if a in names), "") for what, aliases in COLUMNS.items()}
        self._is_whole = True
        if not any(self._key[what] for what in ("error", "success", "status")):
            source.refuse(
                "failures cannot be told: none of exception, success and status_code is there",
                HEADER_REMEDY,
                line=1,
            )
        if unused := [name for name in names if name not in self._key.values()]:
            source.notes.append(f"columns that say nothing here: {shown(', '.join(map(shown, unused)))}")

    def add(self, row: Mapping[str, Any]) -> None:
        values = {what: row.get(key) if key else None for what, key in self._key.items()}
        time_ms = decimal(values["time"], self._key["time"])
        self._is_whole = self._is_whole and time_ms.is_integer()
        status = 0 if _is_empty(values["status"]) else whole(values["status"], self._key["status"])
        method, name = values["method"], values["name"]
        if not isinstance(name, str):
            raise BadLine(f"{self._key['name']} is {shown(name)!r}, not text")
        self._requests.add(
            name if _is_empty(method) else f"{method} {name}",
            start_ns=_start_ns(values["start"], self._key["start"]),
            time_ns=nanoseconds(time_ms, self._key["time"], 1e6),
            status=status,
            error=_error(values, status),
            bytes_received=0
            if _is_empty(values["size"])
            else int(decimal(values["size"], self._key["size"])),
        )

    def imported(self) -> Imported:
        """Everything read."""
        run = self._requests.run(
            self._source,
            is_wall_clock=bool(self._key["start"]),
            resolution_ns=1_000_000 if self._is_whole else 0,
        )
        return Imported(
            tool="Locust", latency_definition=DEFINITION, runs=(run,), notes=tuple(self._source.notes)
        )


def _is_empty(value: Any) -> bool:
    return value is None or (isinstance(value, str) and value.strip() in _NOTHING)


def _error(values: Mapping[str, Any], status: int) -> str:
    if not _is_empty(values["error"]):
        return f"status {status}" if status >= 400 else shown(values["error"])
    if not _is_empty(values["success"]):
        verdict = str(values["success"]).strip().lower()
        if verdict in _NO:
            return f"status {status}" if status >= 400 else "failed"
        if verdict not in _YES:
            raise BadLine(f"success is {shown(values['success'])!r}, neither true nor false")
        return ""
    # A response that the test itself called a success may have any status.
    return status_error(status) if values["error"] is None else ""


def _start_ns(value: Any, key: str) -> int:
    if not key:
        return UNKNOWN_START_NS
    if _is_empty(value):
        raise BadLine(f"{key} is empty")
    if isinstance(value, str) and not value.strip()[:5].replace(".", "").isdecimal():
        raise BadLine(f"{key} is {shown(value)!r}, not an instant")
    if isinstance(value, str) and "-" in value[1:]:
        try:
            return int(datetime.fromisoformat(value.strip()).astimezone().timestamp() * 1e9)
        except (ValueError, OverflowError) as error:
            raise BadLine(f"{key} is {shown(value)!r}, not an instant") from error
    number = decimal(value, key)
    return nanoseconds(number, key, 1e6 if number > _EPOCH_IN_MS else 1e9)
