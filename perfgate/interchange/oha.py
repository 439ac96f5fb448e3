"""oha's CSV (`--output-format csv`), one row an answered request, and its JSON, which is a summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from perfgate.interchange.imported import Imported, Shown
from perfgate.interchange.rows import Requests, each_csv, nanoseconds, status_error, whole
from perfgate.interchange.source import Source
from perfgate.interchange.summary import numbers_in

DEFINITION = "oha request duration: request begun (a new connection included) to body read"
_NEEDED = ("request-start", "request-duration", "bytes", "status")
_KNOWN = {*_NEEDED, "DNS", "DNS+dialup", "Response-delay"}


def is_oha_csv(head: str) -> bool:
    """Whether a file begins as oha writes it."""
    return head.startswith("request-start,")


def read_oha_csv(source: Source) -> Imported:
    """The requests of one run; oha does not say which URL they went to.

    Raises:
        UsageError: the file is not what oha writes.
    """
    header = source.head.splitlines()[0].split(",")
    if missing := [name for name in _NEEDED if name not in header]:
        source.refuse(f"oha's CSV has no column {', '.join(missing)}", line=1)
    if unknown := [name for name in header if name not in _KNOWN]:
        source.notes.append(f"columns that say nothing here: {', '.join(unknown)}")
    start, duration, size, code = (header.index(name) for name in _NEEDED)
    requests = Requests()

    def add(row: Sequence[str]) -> None:
        status = whole(row[code], "status")
        requests.add(
            "all requests",
            start_ns=nanoseconds(row[start], "request-start", 1e9),
            time_ns=nanoseconds(row[duration], "request-duration", 1e9),
            status=status,
            error=status_error(status),
            bytes_received=whole(row[size], "bytes"),
        )

    each_csv(source, add, columns=len(header), skip=1)
    return Imported(
        tool="oha",
        latency_definition=DEFINITION,
        runs=(requests.run(source, is_wall_clock=False),),
        notes=(*source.notes, "oha leaves requests without an answer out of its CSV: they are not counted"),
    )


def is_oha_json(document: Any) -> bool:
    """Whether a JSON document is oha's."""
    return isinstance(document, dict) and {"summary", "latencyPercentiles"} <= document.keys()


def show_oha_json(document: Any, source: Source) -> Shown:
    """Oha's summary."""
    rows = [
        *(
            ("", f"{name} (s)" if name in _SECONDS else name, v)
            for name, v in numbers_in(document["summary"])
        ),
        *(("", f"latency {name} (s)", value) for name, value in numbers_in(document["latencyPercentiles"])),
        *(
            ("", f"{title} {name}", value)
            for key, title in (("statusCodeDistribution", "status"), ("errorDistribution", "error"))
            for name, value in numbers_in(document.get(key))
        ),
    ]
    return Shown(
        tool="oha JSON",
        rows=tuple(rows),
        why="it holds percentiles of a whole run, without the requests behind them",
        instead="give oha's requests: oha --output-format csv -o run.csv URL",
    )


_SECONDS = ("total", "slowest", "fastest", "average")
