"""The points of http_req_* and http_reqs in k6's two outputs, one after another, and what else was there."""

from __future__ import annotations

import csv
import functools
import json
import operator
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from perfgate.errors import UsageError

_HINT = "give the file that k6 wrote with `--out json=FILE` or `--out csv=FILE`"
_CSV_NEEDED = ("metric_name", "timestamp", "metric_value")
_POINT = re.compile(
    rb'\{"metric":"(http_req\w*)","type":"Point","data":\{"time":"([^"\\]+)","value":([^,"]+),"tags":(\{.*\})\}\}\s*$'
)
_REMEMBERED = 10_000
_UNIX_UNITS = ((10**11, 10**9), (10**14, 10**6), (10**17, 10**3))


class Point(NamedTuple):
    """One point of one metric; `value` is milliseconds for times."""

    metric: str
    time_ns: int
    value: float
    tags: Mapping[str, str]


@dataclass(slots=True, kw_only=True)
class Seen:
    """What a pass over a file met beside the points of requests.

    `others` are points of other metrics by name (NDJSON: 0 for each that was declared), `resolution_ns` how
    fine its timestamps are, `torn` whether its last line was cut off.
    """

    others: dict[str, int] = field(default_factory=dict)
    resolution_ns: int = 1
    torn: bool = False


class Clock:
    """Timestamps as k6 writes them, in nanoseconds since 1970; remembers the last one, and its second."""

    def __init__(self, seen: Seen) -> None:
        self._seen = seen
        self._text = ""
        self._ns = 0
        self._second = ""
        self._second_ns = 0

    def __call__(self, text: str) -> int:
        """Nanoseconds of RFC 3339 or of a unix time in s, ms, µs or ns.

        Raises:
            ValueError: it is neither.
        """
        if text != self._text:
            self._ns = self._unix(int(text)) if text.isdigit() else self._rfc3339(text)
            self._text = text
        return self._ns

    def _rfc3339(self, text: str) -> int:
        zone = text[19:].lstrip(".0123456789")
        fraction = text[19 : len(text) - len(zone)].lstrip(".")
        second = text[:19] + zone
        if second != self._second:
            moment = datetime.fromisoformat(second)
            if moment.tzinfo is None:
                raise ValueError(text)
            self._second, self._second_ns = second, int(moment.timestamp()) * 10**9
        return self._second_ns + int(fraction[:9].ljust(9, "0"))

    def _unix(self, number: int) -> int:
        unit = next((unit for limit, unit in _UNIX_UNITS if number < limit), 1)
        self._seen.resolution_ns = max(self._seen.resolution_ns, unit)
        return number * unit


def ndjson_points(lines: Iterable[bytes], where: str, seen: Seen) -> Iterator[Point]:
    """The points of requests in NDJSON.

    Raises:
        UsageError: a line that is not the last is none of k6's; the message begins with file:line.
    """
    clock, tags_of = Clock(seen), functools.lru_cache(_REMEMBERED)(json.loads)
    broken: tuple[int, str] | None = None
    for number, line in enumerate(lines, start=1):
        if broken is not None:
            raise UsageError(f"{where}:{broken[0]}: {broken[1]}", _HINT)
        match = _POINT.match(line)
        if match is not None:
            try:
                yield Point(match[1].decode(), clock(match[2].decode()), float(match[3]), tags_of(match[4]))
            except ValueError as error:
                broken = number, f"this is no line of k6's JSON output ({type(error).__name__})"
            continue
        declared = b'"Metric"' in line
        if not declared and b'"http_req' not in line:
            if not line.startswith(b"{") and line.strip():
                broken = number, "this is no line of k6's JSON output"
            continue
        try:
            document = json.loads(line)
            if document["type"] == "Metric":
                _declare(document, seen)
                continue
            metric = document["metric"]
            if document["type"] == "Point" and metric.startswith("http_req"):
                data = document["data"]
                yield Point(metric, clock(data["time"]), float(data["value"]), data.get("tags") or {})
        except (ValueError, KeyError, TypeError, AttributeError) as error:
            broken = number, f"this is no line of k6's JSON output ({type(error).__name__})"
    seen.torn = broken is not None


def _declare(document: Mapping[str, object], seen: Seen) -> None:
    data = document["data"]
    name = data.get("name") if isinstance(data, dict) else None
    name = name or document.get("metric")
    if isinstance(name, str) and not name.startswith("http_req"):
        seen.others.setdefault(name, 0)


def csv_points(lines: Iterable[str], where: str, seen: Seen) -> Iterator[Point]:
    """The points of requests in CSV.

    Raises:
        UsageError: it has not k6's columns, or a row that is not the last is broken.
    """
    rows = csv.reader(lines, strict=False)
    header = next(rows, [])
    if missing := [name for name in _CSV_NEEDED if name not in header]:
        raise UsageError(f"{where}:1: k6's CSV has a column {missing[0]}, this has none", _HINT)
    clock = Clock(seen)
    places = [header.index(name) for name in _CSV_NEEDED]
    names = [(at, name) for at, name in enumerate(header) if name not in _CSV_NEEDED]

    @functools.lru_cache(_REMEMBERED)
    def tags_of(*values: str) -> Mapping[str, str]:
        return {name: value for (_, name), value in zip(names, values, strict=True) if value}

    pick = operator.itemgetter(*(at for at, _ in names)) if len(names) > 1 else None
    broken = 0
    for row in rows:
        if broken:
            raise UsageError(f"{where}:{broken}: this is no row of k6's CSV output", _HINT)
        if len(row) != len(header):
            broken = rows.line_num if row else 0
            continue
        metric = row[places[0]]
        if not metric.startswith("http_req"):
            seen.others[metric] = seen.others.get(metric, 0) + 1
            continue
        try:
            tags = tags_of(*pick(row)) if pick else {name: row[at] for at, name in names if row[at]}
            yield Point(metric, clock(row[places[1]]), float(row[places[2]]), tags)
        except ValueError:
            broken = rows.line_num
    seen.torn = bool(broken)
