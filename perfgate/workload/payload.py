"""`config.payload`: CSV files whose rows become variables."""

from __future__ import annotations

import csv
import hashlib
import io
import re
from dataclasses import dataclass, field
from typing import Any

from perfgate.errors import UsageError
from perfgate.workload.files import read_beside
from perfgate.workload.place import Place

_UNSUPPORTED = {
    "loadAll": "list the columns under fields; each pass gets one row",
    "name": "list the columns under fields",
    "options": "use delimiter, skipHeader, skipEmptyLines and cast",
}
_NUMBER = re.compile(r"\s*[-+]?(\d{1,15}(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?\s*", re.ASCII)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The rows of one file, one value a field; `sha256` is of the file's bytes."""

    fields: tuple[str, ...]
    sequence: bool
    sha256: str
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)


def read_payloads(place: Place) -> tuple[Payload, ...]:
    """Read every payload file of a workload.

    Raises:
        UsageError: a key that cannot be used, or a file that is missing, outside the workload's folder,
            larger than 64 MiB, not UTF-8, not CSV, without rows, or without a column for every field.
    """
    return tuple(_read(item) for item in place.one_or_more())


def _read(place: Place) -> Payload:
    known = ("path", "fields", "order", "skipHeader", "delimiter", "skipEmptyLines", "cast")
    entries = place.fields(known, _UNSUPPORTED)
    for key in ("path", "fields"):
        if key not in entries:
            raise place.fail(f"a payload needs {key!r}", f"add {key}")
    names = tuple(item.text() for item in entries["fields"].items())
    if len(set(names)) < len(names):
        raise entries["fields"].fail("two fields have the same name", "rename one of them")
    raw = read_beside(entries["path"], "payload")
    rows = _parse(entries, raw, len(names))
    cast = entries["cast"].flag() if "cast" in entries else True
    order = entries["order"].choice(("sequence", "random")) if "order" in entries else "random"
    return Payload(
        fields=names,
        sequence=order == "sequence",
        sha256=hashlib.sha256(raw).hexdigest(),
        rows=tuple(tuple(_cast(cell) if cast else cell for cell in row[: len(names)]) for row in rows),
    )


def _parse(entries: dict[str, Place], raw: bytes, columns: int) -> list[list[str]]:
    place = entries["path"]
    delimiter = entries["delimiter"].text() if "delimiter" in entries else ","
    if len(delimiter) != 1 or delimiter in '"\r\n ':
        raise entries["delimiter"].fail("'delimiter' must be one character", 'use one like ";" or "\\t"')
    try:
        reader = csv.reader(
            io.StringIO(raw.decode("utf-8-sig"), newline=""), delimiter=delimiter, strict=True
        )
        numbered = [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise place.fail(f"the payload is not CSV in UTF-8: {error}", "save it as CSV in UTF-8") from error
    if "skipHeader" in entries and entries["skipHeader"].flag():
        numbered = numbered[1:]
    if "skipEmptyLines" not in entries or entries["skipEmptyLines"].flag():
        numbered = [(line, row) for line, row in numbered if row]
    for line, row in numbered:
        if len(row) < columns:
            raise _short_row(place, line, len(row), columns)
    if not numbered:
        raise place.fail("the payload has no rows", "add rows, or remove the payload")
    return [row for _, row in numbered]


def _short_row(place: Place, line: int, found: int, wanted: int) -> UsageError:
    return place.fail(
        f"line {line} of the payload has {found} columns, {wanted} fields are named",
        "complete the row, or name fewer fields",
    )


def _cast(cell: str) -> Any:
    if not _NUMBER.fullmatch(cell):
        return cell
    value = float(cell)
    return int(value) if value.is_integer() else value
