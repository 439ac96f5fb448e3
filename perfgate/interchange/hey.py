"""hey's CSV (`hey -o csv`): one row an answered request, in seconds with four decimals."""

from __future__ import annotations

from collections.abc import Sequence

from perfgate.interchange.imported import Imported
from perfgate.interchange.rows import Requests, each_csv, nanoseconds, status_error, whole
from perfgate.interchange.source import Source

HEADER = "response-time,DNS+dialup,DNS,Request-write,Response-delay,Response-read,status-code,offset"
DEFINITION = "hey response time: request begun (a new connection included) to body read"


def is_hey_csv(head: str) -> bool:
    """Whether a file begins as hey writes it."""
    return head.startswith(HEADER)


def read_hey_csv(source: Source) -> Imported:
    """The requests of one run; hey does not say which URL they went to.

    Raises:
        UsageError: the file is not what hey writes.
    """
    requests = Requests()

    def add(row: Sequence[str]) -> None:
        status = whole(row[6], "status-code")
        requests.add(
            "all requests",
            start_ns=nanoseconds(row[7], "offset", 1e9),
            time_ns=nanoseconds(row[0], "response-time", 1e9),
            status=status,
            error=status_error(status),
        )

    each_csv(source, add, columns=8, skip=1)
    return Imported(
        tool="hey",
        latency_definition=DEFINITION,
        runs=(requests.run(source, is_wall_clock=False, resolution_ns=100_000),),
        notes=(*source.notes, "hey leaves requests without an answer out of its CSV: they are not counted"),
    )
