"""The percentile distribution that HdrHistogram prints, and wrk2 with --latency: text of four columns."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from perfgate.interchange.hdrlog import UNITS_NS
from perfgate.interchange.imported import Imported, ImportedRun, Measured
from perfgate.interchange.rows import decimal, whole
from perfgate.interchange.source import BadLine, Source, shown

WRK2 = "wrk2 latency: due by the schedule to last byte received (corrected for coordinated omission)"
PLAIN = "values of an HdrHistogram distribution, as whoever recorded them defined them"
_HEADER = re.compile(r"\s*Value\s+Percentile\s+TotalCount\s+1/\(1-Percentile\)")
_URL = re.compile(r"Running .* test @ (\S+)")
_SECONDS = re.compile(r"^\s+\d+ requests in ([\d.]+)(us|ms|s|m|h),", re.MULTILINE)
_BAD = (
    ("no success status", re.compile(r"Non-2xx or 3xx responses: (\d+)")),
    ("socket error", re.compile(r"Socket errors: (.*)")),
)
_QUANTILES = (("p50", 0.50), ("p95", 0.95), ("p99", 0.99))
MAX_GAP = 0.10
"""Between two lines of the table so far apart a quantile is not known well enough to be kept."""


def is_hdr_text(head: str) -> bool:
    """Whether such a table is in a file's beginning."""
    return any(_HEADER.match(line) for line in head.splitlines())


def read_hdr_text(source: Source, unit: str | None = None) -> Imported:
    """The one run of which the table is.

    Raises:
        UsageError: the table is broken or cut off, or the unit of its values is not known.
    """
    is_wrk = "Thread Stats" in source.head or source.head.startswith("Running ")
    unit = unit or ("ms" if is_wrk else None)
    if unit is None:
        source.refuse("the unit of the values is not known", f"say it with --unit {', '.join(UNITS_NS)}")
    rows, text = _table(source)
    requests = rows[-1][2]
    if requests <= 0:
        source.refuse("no value is in it", "no evidence is an error: run the tool again")
    quantiles = {}
    for name, wanted in _QUANTILES:
        value = _at(rows, wanted)
        if value is None or value <= 0:
            source.notes.append(f"{name} is not kept: the table has no two close lines around it")
        else:
            quantiles[name] = value * UNITS_NS[unit]
    run = ImportedRun(
        measured=(
            Measured(
                endpoint=_endpoint(text),
                requests=max(requests, sum(_errors(text).values())),
                quantiles_ns=quantiles,
                errors=_errors(text),
            ),
        ),
        duration_ns=_duration_ns(text),
    )
    return Imported(
        tool="wrk2" if is_wrk else "HdrHistogram text",
        latency_definition=WRK2 if is_wrk else PLAIN,
        runs=(run,),
        notes=tuple(source.notes),
    )


def _table(source: Source) -> tuple[list[tuple[float, float, int]], str]:
    """The rows of the first table, and the text around it."""
    rows: list[tuple[float, float, int]] = []
    around: list[str] = []
    state, number = "before", 0
    for number, line in source.lines():
        if state == "inside" and line.lstrip().startswith("#["):
            state = "after"
        if state != "inside":
            around.append(line[:1000])
            if state == "before" and _HEADER.match(line):
                state = "inside"
        elif line.strip():
            try:
                rows.append(_row(line, rows))
            except BadLine as error:
                source.bad(error, number)
    if sum(_HEADER.match(line) is not None for line in around) > 1:
        source.notes.append("there are several tables: the first was taken")
    if state == "before":
        source.refuse("no table of Value, Percentile, TotalCount and 1/(1-Percentile) is in it")
    if state == "inside" or not rows:
        source.refuse("the table is cut off: its last lines (#[Mean …) are missing", line=number)
    return rows, "\n".join(around)


def _row(line: str, before: Sequence[tuple[float, float, int]]) -> tuple[float, float, int]:
    words = line.split()
    if len(words) not in (3, 4):
        raise BadLine(f"{len(words)} columns, and not 4")
    row = (decimal(words[0], "Value"), decimal(words[1], "Percentile"), whole(words[2], "TotalCount"))
    if not 0 <= row[1] <= 1 or row[0] < 0:
        raise BadLine(f"a value or percentile that cannot be: {shown(line)}")
    if before and (row[0] < before[-1][0] or row[1] < before[-1][1] or row[2] < before[-1][2]):
        raise BadLine("a line that does not go up")
    return row


def _at(rows: Sequence[tuple[float, float, int]], wanted: float) -> float | None:
    """The value at a percentile, between the two lines around it; None where they are too far apart."""
    below = rows[0]
    for row in rows:
        if row[1] >= wanted:
            if row[1] == wanted or row[1] == below[1]:
                return row[0]
            if row[0] - below[0] > MAX_GAP * row[0]:
                return None
            return below[0] + (row[0] - below[0]) * (wanted - below[1]) / (row[1] - below[1])
        below = row
    return None


def _endpoint(text: str) -> str:
    match = _URL.search(text)
    if match is None:
        return "all requests"
    try:
        return shown(urlsplit(match[1]).path or "/")
    except ValueError:
        return "all requests"


def _errors(text: str) -> dict[str, int]:
    errors = {}
    for name, pattern in _BAD:
        match = pattern.search(text)
        count = sum(int(digits) for digits in re.findall(r"\d{1,15}", match[1])) if match else 0
        if count:
            errors[name] = count
    return errors


def _duration_ns(text: str) -> int:
    match = _SECONDS.search(text)
    if match is None:
        return 0
    try:
        seconds = float(match[1]) * {"us": 1e-6, "ms": 1e-3, "s": 1, "m": 60, "h": 3600}[match[2]]
    except ValueError:
        return 0
    return int(min(seconds, 1e8) * 1e9)
