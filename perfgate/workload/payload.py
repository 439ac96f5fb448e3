"""`config.payload`: CSV files whose rows become variables."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import Any

from perfgate.workload.csvrows import parse_rows, read_options
from perfgate.workload.files import read_beside
from perfgate.workload.place import Place

_KNOWN = (
    *("path", "fields", "order", "skipHeader", "delimiter", "skipEmptyLines", "cast"),
    *("name", "loadAll", "options"),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Payload:
    """The rows of one file; `sha256` is of the file's bytes.

    A pass gets one row, a value a field: a random one or, with `sequence`, the next. Where `table` is not
    empty it gets all of them as that variable.
    """

    fields: tuple[str, ...]
    sequence: bool
    sha256: str
    table: str = ""
    rows: tuple[tuple[Any, ...], ...] = field(repr=False)

    def records(self) -> list[Any]:
        """All rows: mappings by the fields, or lists where no field is named."""
        if not self.fields:
            return [list(row) for row in self.rows]
        return [dict(zip(self.fields, row, strict=True)) for row in self.rows]


def read_payloads(place: Place) -> tuple[Payload, ...]:
    """Read every payload file of a workload.

    Raises:
        UsageError: a key that cannot be used, or a file that is missing, outside the workload's folder,
            larger than 64 MiB, not UTF-8, not CSV, without rows, or without a column for every field.
    """
    return tuple(_read(item) for item in place.one_or_more())


def _read(place: Place) -> Payload:
    entries = place.fields(_KNOWN)
    if "path" not in entries:
        raise place.fail("a payload needs 'path'", "add path (artillery run --payload FILE is written so)")
    table = _table(place, entries)
    if "fields" not in entries and not table:
        raise place.fail("a payload needs 'fields'", "add fields")
    names = tuple(item.text() for item in entries["fields"].items()) if "fields" in entries else ()
    if len(set(names)) < len(names):
        raise entries["fields"].fail("two fields have the same name", "rename one of them")
    raw = read_beside(entries["path"], "payload")
    rows = parse_rows(entries["path"], raw, _options(entries))
    if len(rows[0]) < len(names):
        raise entries["path"].fail(
            f"the rows of the payload have {len(rows[0])} columns, {len(names)} fields are named",
            "complete the rows, or name fewer fields",
        )
    order = entries["order"].choice(("sequence", "random")) if "order" in entries else "random"
    width = len(names) or len(rows[0])
    return Payload(
        fields=names,
        sequence=order == "sequence",
        sha256=hashlib.sha256(raw).hexdigest(),
        table=table,
        rows=tuple(tuple(row[:width]) for row in rows),
    )


def _table(place: Place, entries: dict[str, Place]) -> str:
    """The variable for all rows, "" where a pass gets one of them."""
    if "loadAll" not in entries or not entries["loadAll"].flag():
        if "name" in entries:
            raise entries["name"].fail("'name' is for all rows at once", "add loadAll: true, or remove name")
        return ""
    if "name" not in entries:
        raise place.fail("loadAll needs 'name'", "add name: the variable that shall hold the rows")
    if "order" in entries:
        raise entries["order"].fail("loadAll gives every row, so there is no 'order'", "remove one of them")
    return entries["name"].text()


def _options(entries: dict[str, Place]) -> dict[str, Place]:
    """What the parser is told; as in Artillery `options` wins over the keys of its own."""
    own = {"delimiter": "delimiter", "skipEmptyLines": "skip_empty_lines", "cast": "cast"}
    found = {name: entries[key] for key, name in own.items() if key in entries}
    if "skipHeader" in entries and entries["skipHeader"].flag():
        skipped = entries["skipHeader"]
        found["from_line"] = Place(document=skipped.document, keys=skipped.keys, value=2)
    return found | (read_options(entries["options"]) if "options" in entries else {})
