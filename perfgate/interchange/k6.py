"""k6's points (`--out json=…` and `--out csv=…`): every http_req_duration is a request."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from perfgate.interchange.imported import Imported
from perfgate.interchange.rows import Requests, each_csv, each_json, nanoseconds, whole
from perfgate.interchange.source import BadLine, Source, shown
from perfgate.k6points import K6_LATENCY
from perfgate.k6points.names import endpoint_name, error_name

_METRIC = "http_req_duration"
_HEADER = "metric_name,timestamp,metric_value"
_INSTANT = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?(Z|[+-]\d\d:\d\d)")
_UNITS_NS = {10: 10**9, 13: 10**6, 16: 10**3, 19: 1}
"""By the digits of a timestamp of these years: k6 writes seconds unless K6_CSV_TIME_FORMAT says otherwise."""

_OUTSIDE = ("::setup", "::teardown")
_FEW = 12


def is_k6_json(first: Any) -> bool:
    """Whether the first line of a file is one of k6's."""
    return isinstance(first, dict) and first.get("type") in ("Metric", "Point") and "metric" in first


def is_k6_csv(head: str) -> bool:
    """Whether a file begins as k6's CSV."""
    return head.startswith(_HEADER)


def read_k6_json(source: Source) -> Imported:
    """The requests of one run.

    Raises:
        UsageError: the file is not what k6 writes, or no HTTP request is in it.
    """
    points = _Points()

    def add(line: Mapping[str, Any]) -> None:
        if not is_k6_json(line):
            raise BadLine("no line of k6: it needs type (Metric or Point) and metric")
        if line["type"] == "Metric":
            return
        data = line.get("data")
        tags = data.get("tags") or {} if isinstance(data, dict) else None
        if not isinstance(data, dict) or not isinstance(tags, dict):
            raise BadLine("a point without data")
        points.add(str(line["metric"]), data.get("time"), data.get("value"), tags)

    each_json(source, add)
    return points.imported(source)


def read_k6_csv(source: Source) -> Imported:
    """The requests of one run.

    Raises:
        UsageError: the file is not what k6 writes, or no HTTP request is in it.
    """
    names = source.head.splitlines()[0].split(",")
    points = _Points()

    def add(row: Sequence[str]) -> None:
        if row[0] == _METRIC:
            tags = {name: cell for name, cell in zip(names, row, strict=True) if cell}
            points.add(row[0], row[1], row[2], tags)
        else:
            points.others[row[0]] += 1

    each_csv(source, add, columns=len(names), skip=1)
    return points.imported(source)


class _Points:
    def __init__(self) -> None:
        self.others: Counter[str] = Counter()
        self.outside = 0
        self._requests = Requests()

    def add(self, metric: str, time: Any, value: Any, tags: Mapping[str, Any]) -> None:
        if metric != _METRIC:
            self.others[metric] += 1
            return
        words = {key: str(value) for key, value in tags.items()}
        if words.get("group", "").startswith(_OUTSIDE):
            self.outside += 1
            return
        taken_ns = nanoseconds(value, metric, 1e6)
        status = whole(tags.get("status") or 0, "status")
        self._requests.add(
            endpoint_name(words),
            start_ns=max(0, _end_ns(time) - taken_ns),
            time_ns=taken_ns,
            status=status,
            error=error_name(words, None),
        )

    def imported(self, source: Source) -> Imported:
        if not len(self._requests):
            there = ", ".join(shown(name) for name, _ in self.others.most_common(_FEW)) or "nothing at all"
            source.refuse(
                f"no {_METRIC} is in it (there is {there})",
                "only HTTP requests can be compared; let the script finish some",
            )
        if self.outside:
            source.notes.append(f"{self.outside} requests of setup() and teardown() are no part of the load")
        return Imported(
            tool="k6",
            latency_definition=K6_LATENCY,
            runs=(self._requests.run(source, is_wall_clock=True),),
            notes=tuple(source.notes),
        )


def _end_ns(time: Any) -> int:
    if isinstance(time, str) and time.isdecimal() and len(time) in _UNITS_NS:
        return int(time) * _UNITS_NS[len(time)]
    match = _INSTANT.fullmatch(time) if isinstance(time, str) else None
    if match is None:
        raise BadLine(f"the time is {shown(time)!r}, which k6 does not write")
    try:
        seconds = datetime.fromisoformat(match[1] + match[3]).timestamp()
    except (ValueError, OverflowError) as error:
        raise BadLine(f"the time is {shown(time)!r}, which no clock shows") from error
    return int(seconds) * 10**9 + int((match[2] or "").ljust(9, "0"))
