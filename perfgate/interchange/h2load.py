"""h2load's log (`--log-file`): start in microseconds, status (-1: failed), duration in microseconds."""

from __future__ import annotations

import re
from collections.abc import Sequence

from perfgate.interchange.imported import Imported
from perfgate.interchange.rows import Requests, each_csv, nanoseconds, status_error, whole
from perfgate.interchange.source import Source

DEFINITION = "h2load request time: request sent to end of stream"
_LINE = re.compile(r"\d{10,17}\t-?\d{1,3}\t\d+(?:\t|\n|\r|$)")


def is_h2load_log(head: str) -> bool:
    """Whether a file begins as h2load writes it."""
    return _LINE.match(head) is not None


def read_h2load_log(source: Source) -> Imported:
    """The requests of one run; h2load does not say which URL they went to.

    Raises:
        UsageError: the file is not what h2load writes.
    """
    requests = Requests()

    def add(row: Sequence[str]) -> None:
        status = whole(row[1], "the status")
        requests.add(
            "all requests",
            start_ns=nanoseconds(row[0], "the start", 1e3),
            time_ns=nanoseconds(row[2], "the duration", 1e3),
            status=0 if status == -1 else status,
            error="no answer" if status == -1 else status_error(status),
        )

    each_csv(source, add, columns=3, delimiter="\t")
    return Imported(
        tool="h2load",
        latency_definition=DEFINITION,
        runs=(requests.run(source, is_wall_clock=True, resolution_ns=1000),),
        notes=tuple(source.notes),
    )
