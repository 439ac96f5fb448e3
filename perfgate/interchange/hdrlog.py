"""HdrHistogram interval logs: the intervals of each tag added up to one run."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from perfgate.interchange.hdrhistogram import decode
from perfgate.interchange.imported import Counted, Imported, ImportedRun, Measured
from perfgate.interchange.rows import decimal
from perfgate.interchange.source import MAX_NAMES, BadLine, Source, shown

DEFINITION = "values of an HdrHistogram log, as whoever recorded them defined them"
UNITS_NS = {"ns": 1, "us": 1_000, "ms": 1_000_000, "s": 1_000_000_000}
_LEGEND = '"StartTimestamp"'
_LINE = re.compile(
    r"(?:Tag=(?P<tag>[^,]*),)?(?P<start>[^,]+),(?P<length>[^,]+),(?P<most>[^,]+),(?P<payload>\S+)"
)
_START = re.compile(r"#\[StartTime: ([\d.]+)")
_NANOSECONDS_IN_A_MILLISECOND = 1e6


def is_hdr_log(head: str) -> bool:
    """Whether a file begins as HdrHistogram's log writers do."""
    lines = [line for line in head.splitlines()[:50] if line.strip()]
    return any(
        line.startswith("#[Histogram log format")
        or line.startswith(_LEGEND)
        or re.match(r"(?:Tag=[^,]*,)?[\d.]+,[\d.]+,[\d.]+,HIST", line) is not None
        for line in lines
    )


def read_hdr_log(source: Source, unit: str | None = None) -> Imported:
    """All intervals of a log as one run, an endpoint a tag.

    Raises:
        UsageError: a line is broken, or the unit of the values is not known and not given.
    """
    log = _Log(source, unit)
    for number, line in source.lines():
        try:
            log.add(line)
        except BadLine as error:
            source.bad(error, number)
    measured = tuple(log.measured())
    if not measured:
        source.refuse("no value is in it", "no evidence is an error: run the tool again")
    run = ImportedRun(
        measured=measured,
        started_at_s=log.started_at_s,
        duration_ns=int(min(log.seconds, 1e8) * 1e9),
    )
    return Imported(
        tool="HdrHistogram log", latency_definition=DEFINITION, runs=(run,), notes=tuple(source.notes)
    )


class _Log:
    def __init__(self, source: Source, unit: str | None) -> None:
        self.started_at_s: float | None = None
        self.seconds = 0.0
        self._source = source
        self._unit = unit
        self._counts: dict[str, dict[tuple[int, float], int]] = {}

    def add(self, line: str) -> None:
        """Add one line.

        Raises:
            BadLine: it is none of a log.
        """
        if started := _START.match(line):
            self.started_at_s = decimal(started[1], "StartTime")
        if not line.strip() or line.startswith(("#", _LEGEND)):
            return
        match = _LINE.fullmatch(line.strip())
        if match is None:
            raise BadLine("no interval: a log has lines of start, length, maximum and payload")
        tag = match["tag"] or "all requests"
        if tag not in self._counts and len(self._counts) >= MAX_NAMES:
            raise BadLine(f"more than {MAX_NAMES} tags")
        values, counts, widths = decode(match["payload"])
        self.seconds += max(0.0, decimal(match["length"], "the length of the interval"))
        self._know_unit(values, widths, decimal(match["most"], "the maximum of the interval"))
        slots = self._counts.setdefault(tag, {})
        for value, count, width in zip(map(int, values), map(int, counts), map(float, widths), strict=True):
            slots[value, width] = slots.get((value, width), 0) + count

    def _know_unit(self, values: Any, widths: Any, most: float) -> None:
        """Writers state the maximum in milliseconds of nanoseconds unless told otherwise; that tells both."""
        if self._unit is not None or not len(values) or most <= 0:
            return
        top = float((values + widths).max())
        in_ms = top / _NANOSECONDS_IN_A_MILLISECOND
        # Some writers round it down to whole milliseconds.
        if in_ms > most / 2 and abs(in_ms - most) <= max(1.0, 0.05 * most):
            self._unit = "ns"
            return
        raise BadLine(
            f"the unit of the values is not known (the largest is {top:g}, and the log says {shown(most)}): "
            f"say it with --unit {', '.join(UNITS_NS)}"
        )

    def measured(self) -> Iterator[Measured]:
        """What each tag counted.

        Raises:
            UsageError: there are values, and their unit is not known.
        """
        import numpy as np

        for tag, slots in self._counts.items():
            if not slots:
                continue
            if self._unit is None:
                self._source.refuse(
                    "the unit of the values is not known", "say it with --unit ns, us, ms or s"
                )
            unit_ns = float(UNITS_NS[self._unit])
            ordered = sorted(slots)
            yield Measured(
                endpoint=shown(tag),
                requests=sum(slots.values()),
                distribution=Counted(
                    times_ns=np.array([value * unit_ns for value, _ in ordered], dtype=np.float64),
                    counts=np.array([slots[key] for key in ordered], dtype=np.int64),
                    width_ns=np.array([width * unit_ns for _, width in ordered], dtype=np.float64),
                ),
            )
