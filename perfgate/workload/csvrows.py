"""The rows of a CSV file as Artillery's parser reads them: cells as they stand, numbers as numbers."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping
from typing import Any

from perfgate.errors import UsageError
from perfgate.workload.place import Place

_NUMBER = re.compile(r"\s*[-+]?(\d{1,15}(\.\d*)?|\.\d+)([eE][-+]?\d{1,2})?\s*", re.ASCII)
_UNSUPPORTED = {
    **dict.fromkeys(("columns", "objname", "info", "raw"), "remove it: rows are lists, named by fields"),
    **dict.fromkeys(("trim", "ltrim", "rtrim"), "take the spaces out of the file"),
    **dict.fromkeys(("relax", "relax_column_count", "escape"), "correct the file instead"),
    **dict.fromkeys(("from", "to", "to_line", "comment", "encoding"), "cut or convert the file itself"),
}
OPTIONS = ("delimiter", "quote", "bom", "skip_empty_lines", "cast", "from_line")


def read_options(place: Place) -> dict[str, Place]:
    """The options for the parser that `payload.options` gives, by their names with underscores.

    Raises:
        UsageError: an option perfgate cannot follow.
    """
    named = {re.sub("[A-Z]", lambda m: f"_{m[0].lower()}", key): key for key in place.entries()}
    both = {camel: _UNSUPPORTED[key] for key, camel in named.items() if key in _UNSUPPORTED}
    entries = place.fields([named.get(key, key) for key in OPTIONS], both)
    return {key: entries[camel] for key, camel in named.items()}


def parse_rows(place: Place, raw: bytes, entries: Mapping[str, Place]) -> list[list[Any]]:
    """The rows that `place` names the file of, as its options (by their names with underscores) say.

    Raises:
        UsageError: not CSV in UTF-8, no rows, or rows of different lengths.
    """
    quote = entries["quote"].value if "quote" in entries else '"'
    if quote not in ("", False, None) and (not isinstance(quote, str) or len(quote) != 1 or quote in ",\r\n"):
        raise entries["quote"].fail("'quote' must be one character", 'use one like "\'", or false for none')
    if "bom" in entries:
        entries["bom"].flag()
    numbered = _numbered(place, raw, _delimiter(entries), quote or None)
    first_line = entries["from_line"].whole() if "from_line" in entries else 1
    numbered = numbered[max(first_line - 1, 0) :]
    if "skip_empty_lines" not in entries or entries["skip_empty_lines"].flag():
        numbered = [(line, row) for line, row in numbered if row]
    if not numbered:
        raise place.fail("the payload has no rows", "add rows, or remove the payload")
    width = len(numbered[0][1] or [""])
    for line, row in numbered:
        if len(row or [""]) != width:
            raise _uneven(place, line, len(row), width)
    casts = entries["cast"].flag() if "cast" in entries else True
    return [[_cast(cell) if casts else cell for cell in row or [""]] for _, row in numbered]


def _delimiter(entries: Mapping[str, Place]) -> str:
    delimiter = entries["delimiter"].text() if "delimiter" in entries else ","
    if len(delimiter) != 1 or delimiter in '"\r\n ':
        raise entries["delimiter"].fail("'delimiter' must be one character", 'use one like ";" or "\\t"')
    return delimiter


def _numbered(place: Place, raw: bytes, delimiter: str, quote: str | None) -> list[tuple[int, list[str]]]:
    """Every row with its line; an empty line is a row without cells."""
    try:
        reader = csv.reader(
            io.StringIO(raw.decode("utf-8-sig"), newline=""),
            delimiter=delimiter,
            quotechar=quote,
            quoting=csv.QUOTE_MINIMAL if quote else csv.QUOTE_NONE,
            strict=True,
        )
        return [(reader.line_num, row) for row in reader]
    except (UnicodeDecodeError, csv.Error) as error:
        raise place.fail(f"the payload is not CSV in UTF-8: {error}", "save it as CSV in UTF-8") from error


def _uneven(place: Place, line: int, found: int, wanted: int) -> UsageError:
    return place.fail(
        f"line {line} of the payload has {found} columns, its first row has {wanted}",
        "complete the row, or quote the cell that holds the delimiter",
    )


def _cast(cell: str) -> Any:
    if not _NUMBER.fullmatch(cell):
        return cell
    value = float(cell)
    return int(value) if value.is_integer() else value
