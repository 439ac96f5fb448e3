"""JMeter's results as CSV (JTL): columns found by their names, whatever the order and the delimiter."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from perfgate.interchange.imported import Imported
from perfgate.interchange.rows import UNKNOWN_START_NS, Requests, each_csv, nanoseconds, whole
from perfgate.interchange.source import BadLine, Source, shown

DEFINITION = (
    "JMeter elapsed: request begun (connecting included) to last byte received, in whole milliseconds"
)
HEADER_REMEDY = "run JMeter with -Jjmeter.save.saveservice.print_field_names=true"
_NEEDED = ("elapsed", "label")
_FORMATS = ("%Y/%m/%d %H:%M:%S.%f", "%Y-%m-%d %H:%M:%S.%f", "%Y/%m/%d %H:%M:%S", "%Y-%m-%d %H:%M:%S")


def header_of(head: str) -> tuple[tuple[str, ...], str]:
    """The names of the columns and the delimiter; no names where the first line is no header of JMeter."""
    first = head.splitlines()[0] if head.splitlines() else ""
    for delimiter in (",", ";", "\t", "|"):
        names = tuple(name.strip('"') for name in first.split(delimiter))
        if set(_NEEDED) <= set(names):
            return names, delimiter
    return (), ","


def is_jmeter_csv(head: str) -> bool:
    """Whether a file begins with a header of JMeter's."""
    return bool(header_of(head)[0])


def read_jmeter_csv(source: Source) -> Imported:
    """The samples of one run, one endpoint a label.

    Raises:
        UsageError: no header, a column twice, or the file is not what JMeter writes.
    """
    names, delimiter = header_of(source.head)
    if not names:
        source.refuse(
            "JMeter's CSV has no header with elapsed and label, so its columns have no names",
            HEADER_REMEDY,
            line=1,
        )
    if len(set(names)) < len(names):
        source.refuse("two columns have the same name", line=1)
    place = {name: number for number, name in enumerate(names)}
    if "success" not in place and "responseCode" not in place:
        source.refuse(
            "neither success nor responseCode is there, so failures cannot be told",
            "run JMeter with -Jjmeter.save.saveservice.successful=true",
            line=1,
        )
    reader = _Reader(place)
    each_csv(source, reader.add, columns=len(names), skip=1, delimiter=delimiter)
    if reader.transactions:
        source.notes.append(
            f"{reader.transactions} samples are of transaction controllers: they stand beside the requests "
            "that they are made of"
        )
    return Imported(
        tool="JMeter",
        latency_definition=DEFINITION,
        runs=(reader.requests.run(source, is_wall_clock="timeStamp" in place, resolution_ns=1_000_000),),
        notes=tuple(source.notes),
    )


class _Reader:
    def __init__(self, place: dict[str, int]) -> None:
        self.requests = Requests()
        self.transactions = 0
        self._place = place

    def add(self, row: Sequence[str]) -> None:
        def column(name: str) -> str:
            return row[self._place[name]] if name in self._place else ""

        code, label = column("responseCode").strip(), column("label")
        status = int(code) if code.isascii() and code.isdecimal() and len(code) == 3 else 0
        self.requests.add(
            label,
            start_ns=_start_ns(column("timeStamp")) if "timeStamp" in self._place else UNKNOWN_START_NS,
            time_ns=nanoseconds(column("elapsed"), "elapsed", 1e6),
            status=status,
            error=_error(column("success"), code, column("failureMessage"), status),
            bytes_received=whole(column("bytes"), "bytes") if column("bytes") else 0,
        )
        self.transactions += column("responseMessage").startswith("Number of samples in transaction")


def _error(success: str, code: str, message: str, status: int) -> str:
    verdict = success.strip().lower()
    if verdict not in ("true", "false", ""):
        raise BadLine(f"success is {shown(success)!r}, neither true nor false")
    failed = verdict == "false" if verdict else status == 0 or status >= 400
    if not failed:
        return ""
    if status >= 400:
        return f"status {status}"
    return shown(message.partition("\n")[0] or (code if not status else "")) or "failed"


def _start_ns(text: str) -> int:
    stripped = text.strip()
    if stripped.isdecimal():
        return nanoseconds(stripped, "timeStamp", 1e6)
    for pattern in _FORMATS:
        try:
            return int(datetime.strptime(stripped, pattern).astimezone().timestamp() * 1e9)
        except (ValueError, OverflowError):
            continue
    raise BadLine(
        f"timeStamp is {shown(text)!r}: run JMeter with -Jjmeter.save.saveservice.timestamp_format=ms"
    )
