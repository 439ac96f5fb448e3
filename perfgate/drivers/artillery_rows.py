"""The rows that perfgate's hooks in Artillery wrote, as samples."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from perfgate.model import Samples
from perfgate.model.tool import ToolThreshold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

ARTILLERY_LATENCY = (
    "Artillery's HTTP client, timed in the process by the monotonic clock: from the moment the connection is "
    "ready for the request to the end of the answer; without DNS, connecting and the TLS handshake; "
    "every redirect is a request of its own"
)
"""What the times of Artillery's requests are, in words."""

_ID = re.compile(
    r"[0-9]+|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|(?=[a-f]*[0-9])[0-9a-f]{16,}", re.I
)
_BASE = re.compile(r"^(?:https?://[^/?#]*|\{\{[^}]*\}\})(?=[/?#]|$)", re.I)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ArtilleryRows:
    """The requests, how many `before` and `after` sent beside them, and what else the hooks had to say."""

    samples: Samples
    outside: int
    origins: tuple[str, ...]
    thresholds: tuple[ToolThreshold, ...]
    torn: bool


def read_rows(path: Path) -> ArtilleryRows:
    """Read the file of rows; a last line that was cut off is left out."""
    columns, seen = _Columns(), _Said()
    for row in _lines(path, seen):
        if isinstance(row, dict):
            seen.take(row)
        elif row[12]:
            seen.outside += 1
        else:
            columns.add(row)
    return ArtilleryRows(
        samples=columns.samples(),
        outside=seen.outside,
        origins=tuple(seen.origins),
        thresholds=tuple(seen.thresholds),
        torn=seen.torn,
    )


@dataclass(slots=True, kw_only=True)
class _Said:
    outside: int = 0
    origins: dict[str, None] = field(default_factory=dict)
    thresholds: list[ToolThreshold] = field(default_factory=list)
    torn: bool = False

    def take(self, row: dict[str, Any]) -> None:
        if "origin" in row:
            self.origins[row["origin"]] = None
        elif "ensure" in row:
            metric, _, expression = str(row["ensure"]).partition(" ")
            optional = "" if row.get("strict", True) else " (optional)"
            text = expression + optional
            self.thresholds.append(ToolThreshold(metric=metric, expression=text, ok=bool(row["ok"])))


def _lines(path: Path, seen: _Said) -> Iterator[Any]:
    if not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            if not line.endswith("\n"):
                seen.torn = True
                return
            try:
                yield json.loads(line)
            except ValueError:
                # Of several threads that write to it, one that is killed may leave half a line.
                seen.torn = True


class _Columns:
    def __init__(self) -> None:
        self.endpoints: dict[str, int] = {}
        self.errors: dict[str, int] = {"": 0}
        self.rows: list[tuple[int, ...]] = []

    def add(self, row: Sequence[Any]) -> None:
        method, name, raw, url, expected, due, sent, first, last, status, error, received, _ = _padded(row)
        endpoint = endpoint_name(method, name, raw, url)
        text = error or (f"status {status}" if status >= 400 and status not in expected else "")
        sent = sent or due
        self.rows.append(
            (
                self.endpoints.setdefault(endpoint, len(self.endpoints)),
                due,
                sent,
                first,
                last if status else 0,
                status,
                self.errors.setdefault(text, len(self.errors)),
                received,
            )
        )

    def samples(self) -> Samples:
        import numpy as np

        table = np.array(self.rows, dtype=np.int64).reshape(-1, 8)
        order = np.argsort(table[:, 2], kind="stable")
        column: list[NDArray[np.int64]] = [table[order, index] for index in range(8)]

        def small(index: int) -> NDArray[np.int32]:
            return column[index].astype(np.int32)

        return Samples(
            endpoints=tuple(self.endpoints),
            errors=tuple(self.errors),
            endpoint=small(0),
            due_ns=column[1],
            sent_ns=column[2],
            first_ns=column[3],
            last_ns=column[4],
            status=small(5),
            error=small(6),
            bytes_received=column[7],
            couple=np.full(len(order), -1, dtype=np.int32),
        )


def _padded(row: Sequence[Any]) -> tuple[Any, ...]:
    method, name, raw, url, expected, due, sent, first, last, status, error, received, outside = row
    times = (int(due), int(sent), int(first), int(last))
    return (method, name, raw, url, expected, *times, int(status), error, int(received), outside)


def endpoint_name(method: str, name: str, raw: str, url: str) -> str:
    """`METHOD name`, or the path as the script writes it, with its templates and without origin and query.

    Where a hook of the script has put another URL in place, its numbers, UUIDs and long hexadecimal words
    are `{id}`.
    """
    if name:
        return f"{method} {name}"
    written = _BASE.sub("", raw).split("?")[0].split("#")[0] or "/"
    sent = urlsplit(url).path or "/"
    if raw and ("{{" in raw or sent.endswith(written)):
        return f"{method} {written}"
    return f"{method} {'/'.join('{id}' if _ID.fullmatch(part) else part for part in sent.split('/'))}"
