"""Locust's own statistics: `locust --json`, a distribution of rounded times, and `_stats.csv`, a summary."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perfgate.interchange.imported import Counted, Imported, ImportedRun, Measured, Shown
from perfgate.interchange.rows import decimal, whole
from perfgate.interchange.source import MAX_NAMES, BadLine, Source, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

DEFINITION = (
    "Locust response_time as rounded by Locust (to 1 ms below 100 ms, 10 ms below 1 s, 100 ms below 10 s), "
    "failed requests included"
)
_STATS = "Type,Name,Request Count,Failure Count"
_HISTORY = "Timestamp,User Count,Type,Name"
_KEYS = {"name", "num_requests", "num_failures", "response_times"}
_INSTEAD = "write each request with a listener (perfgate's import page has one), and import that log"


def is_locust_stats(document: Any) -> bool:
    """Whether a JSON document is what `locust --json` prints."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(entry, dict) and entry.keys() >= _KEYS for entry in document)
    )


def read_locust_stats(document: Any, source: Source) -> Imported:
    """The distribution of one run, endpoint by endpoint.

    Raises:
        UsageError: an entry is not what Locust prints.
    """
    try:
        measured = [_measured(entry) for entry in document[:MAX_NAMES]]
        starts = [decimal(entry["start_time"], "start_time") for entry in document if entry.get("start_time")]
        ends = [
            decimal(entry["last_request_timestamp"], "last_request_timestamp")
            for entry in document
            if entry.get("last_request_timestamp")
        ]
    except BadLine as error:
        source.refuse(str(error))
    measured = [each for each in measured if each.requests]
    if not measured:
        source.refuse("no request is in it", "no evidence is an error: run the tool again")
    span_s = max(0.0, min(max(ends) - min(starts), 1e8)) if starts and ends else 0.0
    run = ImportedRun(
        measured=measured,
        started_at_s=min(starts) if starts else None,
        duration_ns=int(span_s * 1e9),
    )
    note = "Locust had rounded every time before it wrote them: changes below that step cannot be seen"
    return Imported(
        tool="Locust --json", latency_definition=DEFINITION, runs=(run,), notes=(*source.notes, note)
    )


def _measured(entry: Mapping[str, Any]) -> Measured:
    import numpy as np

    counts = entry["response_times"]
    if not isinstance(counts, dict):
        raise BadLine("response_times is not an object of times and counts")
    pairs = sorted((decimal(time, "a response time"), whole(n, "a count")) for time, n in counts.items())
    times_ms = np.array([time for time, _ in pairs], dtype=np.float64)
    numbers = np.array([number for _, number in pairs], dtype=np.float64)
    requests = whole(entry["num_requests"], "num_requests")
    failures = whole(entry["num_failures"], "num_failures")
    if (numbers < 0).any() or (times_ms < 0).any() or not 0 <= failures <= requests < 1 << 53:
        raise BadLine(f"counts of {shown(entry['name'])} that cannot be")
    if numbers.sum() + whole(entry.get("num_none_requests", 0), "num_none_requests") != requests:
        raise BadLine(f"response_times of {shown(entry['name'])} do not add up to its {requests} requests")
    method = entry.get("method")
    return Measured(
        endpoint=shown(f"{method} {entry['name']}" if method else entry["name"]),
        requests=requests,
        distribution=Counted(
            times_ns=np.asarray(times_ms * 1e6, dtype=np.float64),
            counts=numbers.astype(np.int64),
            width_ns=np.asarray(_steps_ms(times_ms) * 1e6, dtype=np.float64),
        ),
        errors={"failed": failures} if failures else {},
    )


def _steps_ms(times_ms: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far Locust rounds a time of about this length."""
    import numpy as np

    steps: NDArray[np.float64] = np.select(
        [times_ms < 100, times_ms < 1000, times_ms < 10_000], [1.0, 10.0, 100.0], 1000.0
    )
    return steps


def is_locust_stats_csv(head: str) -> bool:
    """Whether a file is one of those that `locust --csv` writes of its statistics."""
    return head.startswith((_STATS, _HISTORY))


def show_locust_stats_csv(source: Source) -> Shown:
    """The summary in `_stats.csv` or `_stats_history.csv`.

    Raises:
        UsageError: a row has more or fewer columns than the header.
    """
    reader = csv.reader(line + "\n" for _, line in source.lines())
    try:
        header = next(reader)
        rows = [row for row in reader if row]
    except csv.Error as error:
        source.refuse(f"not CSV: {error}")
    for number, row in enumerate(rows, start=2):
        if len(row) != len(header):
            source.refuse(f"{len(row)} columns, and not {len(header)}", line=number)
    keys = [header.index("Type"), header.index("Name")]
    return Shown(
        tool="Locust statistics (CSV)",
        rows=tuple(
            (" ".join(row[key] for key in keys).strip(), header[place], cell)
            for row in rows
            for place, cell in enumerate(row)
            if place not in keys
        ),
        why="it holds percentiles that Locust had rounded, without the requests behind them",
        instead=_INSTEAD,
    )
