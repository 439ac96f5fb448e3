"""From lines of CSV and JSON to requests as columns, every oddity refused by its line."""

from __future__ import annotations

import csv
import json
import math
import re
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from perfgate.interchange.source import MAX_LINE_BYTES, MAX_NAMES, MAX_ROWS, BadLine, Source, shown

if TYPE_CHECKING:
    from perfgate.interchange.imported import ImportedRun

MAX_TIME_NS = 10**15
"""A request of more than eleven days is a mistake of unit."""

UNKNOWN_START_NS = 1
"""Stands for the time of a request in files that do not say it."""

_MAX_NAME = 500
_MAX_ERRORS = 200
_OTHER_ERRORS = "other errors"
_NUMBERS = re.compile(r"\d+")


class Requests:
    """Requests added one by one, as columns."""

    def __init__(self) -> None:
        self._endpoints: dict[str, int] = {}
        self._errors: dict[str, int] = {"": 0}
        self._ints = {name: array("q") for name in ("endpoint", "start", "time", "status", "error", "bytes")}

    def __len__(self) -> int:
        return len(self._ints["time"])

    def add(
        self,
        endpoint: str,
        *,
        start_ns: int,
        time_ns: int,
        status: int,
        error: str,
        bytes_received: int = 0,
    ) -> None:
        """Add one request; `status` is 0 where nothing came back, `error` empty where all went well.

        Raises:
            BadLine: a value that no request can have, or too many of them.
        """
        if not 0 <= time_ns <= MAX_TIME_NS:
            raise BadLine(f"a request of {time_ns / 1e9:g} s")
        if not 0 <= status <= 999:
            raise BadLine(f"{status} is not an HTTP status")
        if not 0 <= start_ns < 1 << 62 or not 0 <= bytes_received < 1 << 62:
            raise BadLine("a time or size that is out of range")
        if len(self) >= MAX_ROWS:
            raise BadLine(f"more than {MAX_ROWS} requests: import a part of them")
        columns = self._ints
        columns["endpoint"].append(
            _number(
                self._endpoints, endpoint, "endpoints: give requests with varying paths one name in the tool"
            )
        )
        columns["start"].append(start_ns)
        columns["time"].append(time_ns)
        columns["status"].append(status)
        columns["error"].append(self._error(error))
        columns["bytes"].append(bytes_received)

    def _error(self, error: str) -> int:
        """The number of an error's class: ports and ids in it would make a class of every request."""
        if error and not error.startswith("status "):
            error = _NUMBERS.sub("N", error).encode("utf-8", "replace").decode()
        if len(self._errors) >= _MAX_ERRORS and error not in self._errors:
            error = _OTHER_ERRORS
        return self._errors.setdefault(error, len(self._errors))

    def run(self, source: Source, *, is_wall_clock: bool, resolution_ns: int = 0) -> ImportedRun:
        """All requests as one run.

        Raises:
            UsageError: there are none.
        """
        import numpy as np

        from perfgate.interchange.imported import ImportedRun
        from perfgate.model import Samples

        if not len(self):
            source.refuse("no request is in it", "no evidence is an error: run the tool again")
        columns = {name: np.array(column, dtype=np.int64) for name, column in self._ints.items()}
        start, last = columns["start"], columns["start"] + columns["time"]
        samples = Samples(
            endpoints=tuple(self._endpoints),
            errors=tuple(self._errors),
            endpoint=columns["endpoint"].astype(np.int32),
            due_ns=start,
            sent_ns=start,
            first_ns=np.zeros_like(start),
            last_ns=last,
            status=columns["status"].astype(np.int32),
            error=columns["error"].astype(np.int32),
            bytes_received=columns["bytes"],
            couple=np.full(len(start), -1, dtype=np.int32),
        )
        begun = int(start.min())
        return ImportedRun(
            samples=samples,
            started_at_s=begun / 1e9 if is_wall_clock else None,
            duration_ns=int(last.max()) - begun if int(start.max()) > begun else 0,
            resolution_ns=resolution_ns,
        )


def _number(numbers: dict[str, int], name: str, what: str) -> int:
    number = numbers.get(name)
    if number is not None:
        return number
    if len(numbers) >= MAX_NAMES:
        raise BadLine(f"more than {MAX_NAMES} {what}")
    if len(name) > _MAX_NAME:
        raise BadLine(f"a name of more than {_MAX_NAME} characters: {shown(name)}")
    if any("\ud800" <= c <= "\udfff" for c in name):
        raise BadLine(f"a name that is no text: {shown(name)}")
    return numbers.setdefault(name, len(numbers))


def status_error(status: int) -> str:
    """The error of an answer that the tool itself makes no judgement of."""
    return f"status {status}" if status >= 400 else ""


def each_csv(
    source: Source,
    consume: Callable[[Sequence[str]], None],
    *,
    columns: int,
    skip: int = 0,
    delimiter: str = ",",
) -> None:
    """Give every row of a CSV file to `consume`, after `skip` of them; each must have so many columns.

    Raises:
        UsageError: a row is broken, or `consume` said so (`BadLine`).
    """
    numbers = _LineNumbers(source)
    reader = csv_rows(numbers, delimiter=delimiter)
    begun = 1
    try:
        for count, row in enumerate(reader):
            if count >= skip and row:
                if len(row) != columns:
                    source.bad(BadLine(f"{len(row)} columns, and not {columns}"), begun)
                else:
                    _consumed(source, consume, row, begun)
            begun = numbers.number + 1
    except csv.Error as error:
        source.bad(f"not CSV: {error}", begun)


def csv_rows(lines: Iterable[str], *, delimiter: str = ",") -> Iterator[list[str]]:
    """The rows that CSV lines make; a cell, such as the body of an answer, may be as long as a line."""
    csv.field_size_limit(MAX_LINE_BYTES)
    return csv.reader(lines, delimiter=delimiter, strict=True)


def each_json(source: Source, consume: Callable[[Mapping[str, Any]], None]) -> None:
    """Give every line, a JSON object, to `consume`.

    Raises:
        UsageError: a line is broken, or `consume` said so (`BadLine`).
    """
    for number, line in source.lines():
        if not line.strip():
            continue
        try:
            value = json.loads(line)
        except (ValueError, RecursionError) as error:
            source.bad(f"not JSON: {shown(error)}", number)
            continue
        if not isinstance(value, dict):
            source.refuse("not a JSON object", line=number)
        _consumed(source, consume, value, number)


def _consumed(source: Source, consume: Callable[[Any], None], row: Any, line: int) -> None:
    try:
        consume(row)
    except BadLine as error:
        source.bad(error, line)


class _LineNumbers:
    """Lines for `csv.reader`, which needs to be told apart from the rows they make."""

    def __init__(self, source: Source) -> None:
        self._lines = source.lines()
        self.number = 0

    def __iter__(self) -> Iterator[str]:
        for number, line in self._lines:
            self.number = number
            yield line + "\n"


def whole(text: Any, what: str) -> int:
    """A whole number from a column or a JSON value.

    Raises:
        BadLine: it is none.
    """
    if isinstance(text, bool) or not isinstance(text, int | str):
        raise BadLine(f"{what} is {shown(text)!r}, not a whole number")
    if isinstance(text, int):
        return text
    stripped = text.strip()
    if len(stripped) > 25 or not stripped.lstrip("-").isdecimal() or not stripped.isascii():
        raise BadLine(f"{what} is {shown(text)!r}, not a whole number")
    try:
        return int(stripped)
    except ValueError as error:
        raise BadLine(f"{what} is {shown(text)!r}, not a whole number") from error


def decimal(text: Any, what: str) -> float:
    """A finite decimal from a column or a JSON value.

    Raises:
        BadLine: it is none.
    """
    if isinstance(text, bool) or not isinstance(text, int | float | str):
        raise BadLine(f"{what} is {shown(text)!r}, not a number")
    try:
        value = float(text)
    except (ValueError, OverflowError) as error:
        raise BadLine(f"{what} is {shown(text)!r}, not a number") from error
    if not math.isfinite(value) or (isinstance(text, str) and "_" in text):
        raise BadLine(f"{what} is {shown(text)!r}, not a finite number")
    return value


def nanoseconds(text: Any, what: str, unit_ns: float) -> int:
    """A time of so many nanoseconds a unit, rounded to whole ones.

    Raises:
        BadLine: no number, or one that no time can be.
    """
    value = decimal(text, what) * unit_ns
    if not 0 <= value < 1 << 62:
        raise BadLine(f"{what} is {shown(text)!r}, which no time can be")
    return round(value)
