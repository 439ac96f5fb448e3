"""vegeta's JSON and CSV encodings (`vegeta encode`), one line a request, and its JSON report, a summary."""

from __future__ import annotations

import csv
import re
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from perfgate.interchange.imported import Imported, Shown
from perfgate.interchange.rows import Requests, csv_rows, each_csv, each_json, status_error, whole
from perfgate.interchange.source import BadLine, Source, shown
from perfgate.interchange.summary import numbers_in

DEFINITION = "vegeta latency: request begun (a new connection included) to body read"
_CSV = re.compile(r"\d{15,20},\d{1,3},\d+,\d+,\d+,")
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_FEWEST_COLUMNS = 8


def is_vegeta_csv(head: str) -> bool:
    """Whether a file begins as vegeta's CSV, which has no header."""
    return _CSV.match(head) is not None


def is_vegeta_json(first: Any) -> bool:
    """Whether the first line of a file is a result of vegeta."""
    return isinstance(first, dict) and {"code", "timestamp", "latency", "seq"} <= first.keys()


def is_gob(raw: bytes) -> bool:
    """Whether a file is vegeta's own binary encoding."""
    return b"\0" in raw[:4096] and b"Result" in raw[:4096] and b"Latency" in raw[:4096]


def read_vegeta_json(source: Source) -> Imported:
    """The requests of one attack.

    Raises:
        UsageError: the file is not what vegeta writes.
    """
    requests = Requests()

    def add(row: Mapping[str, Any]) -> None:
        if not is_vegeta_json(row):
            raise BadLine("no result of vegeta: it needs code, timestamp, latency and seq")
        _add(
            requests,
            endpoint=_endpoint(row.get("method"), row.get("url"), row.get("attack")),
            start_ns=_instant_ns(row["timestamp"]),
            numbers=(row["code"], row["latency"], row.get("bytes_in", 0)),
            error=row.get("error") or "",
        )

    each_json(source, add)
    return _imported(requests, source)


def read_vegeta_csv(source: Source) -> Imported:
    """The requests of one attack.

    Raises:
        UsageError: the file is not what vegeta writes.
    """
    requests = Requests()
    try:
        columns = len(next(csv_rows([source.first_line().rstrip("\r")])))
    except csv.Error as error:
        source.refuse(f"not CSV: {error}", line=1)
    if columns < _FEWEST_COLUMNS:
        source.refuse(f"{columns} columns: vegeta's CSV has {_FEWEST_COLUMNS} or more", line=1)

    def add(row: Sequence[str]) -> None:
        method, url = (row[9], row[10]) if columns > 10 else ("", "")
        _add(
            requests,
            endpoint=_endpoint(method, url, row[7]),
            start_ns=whole(row[0], "the timestamp"),
            numbers=(row[1], row[2], row[4]),
            error=row[5],
        )

    each_csv(source, add, columns=columns)
    return _imported(requests, source)


def _add(
    requests: Requests, *, endpoint: str, start_ns: int, numbers: tuple[Any, Any, Any], error: Any
) -> None:
    status = whole(numbers[0], "code")
    requests.add(
        endpoint,
        start_ns=start_ns,
        time_ns=whole(numbers[1], "latency"),
        status=status,
        error=_error(status, str(error)),
        bytes_received=whole(numbers[2], "bytes_in"),
    )


def _error(status: int, error: str) -> str:
    """Vegeta repeats the status line as the error of an answer, and lets only 200 to 399 pass."""
    if not status:
        return shown(error) or "no answer"
    return status_error(status) or (f"status {status}" if status < 200 else "")


def _endpoint(method: Any, url: Any, attack: Any) -> str:
    try:
        path = urlsplit(str(url or "")).path or "/"
    except ValueError:
        path = str(url)
    return f"{method} {path}" if method and url else str(attack or "") or "all requests"


def _instant_ns(text: Any) -> int:
    match = _INSTANT.fullmatch(text) if isinstance(text, str) else None
    if match is None:
        raise BadLine(f"timestamp is {shown(text)!r}, not an instant such as 2030-01-02T03:04:05.678Z")
    try:
        seconds = datetime.fromisoformat(match[1] + match[3]).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadLine(f"timestamp is {shown(text)!r}, which no clock shows") from error
    return int(seconds) * 10**9 + int((match[2] or "").ljust(9, "0"))


def _imported(requests: Requests, source: Source) -> Imported:
    return Imported(
        tool="vegeta",
        latency_definition=DEFINITION,
        runs=(requests.run(source, is_wall_clock=True),),
        notes=tuple(source.notes),
    )


def is_vegeta_report(document: Any) -> bool:
    """Whether a JSON document is vegeta's report."""
    return isinstance(document, dict) and {"latencies", "status_codes", "success"} <= document.keys()


def show_vegeta_report(document: Any, source: Source) -> Shown:
    """Vegeta's summary."""
    rows = [
        *(("", f"latency {name} (ns)", value) for name, value in numbers_in(document["latencies"])),
        *(("", name, value) for name, value in numbers_in(document)),
        *(("", f"status {name}", value) for name, value in numbers_in(document["status_codes"])),
    ]
    return Shown(
        tool="vegeta report",
        rows=tuple(rows),
        why="it holds percentiles of a whole attack, without the requests behind them",
        instead="give vegeta's requests: vegeta encode --to json results.bin > run.json",
    )
