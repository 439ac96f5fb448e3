"""Reads the rows that the listener inside Locust wrote back as the columns of samples."""

from __future__ import annotations

import json
from array import array
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from perfgate.drivers.locust_names import endpoint_name, error_name
from perfgate.model.answered import Samples

_MOST_ERRORS = 200
_OTHER = "other"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LocustRows:
    """The requests in the order they ended, and whether the last line was cut off.

    `stateless` counts successes of clients whose answers have no status; they count as 200.
    """

    samples: Samples
    stateless: int
    torn: bool


def read_rows(path: Path, address: str) -> LocustRows:
    """Read the file; names and errors are without `address`, the service's host and port.

    A file that is not there has no rows: Locust came to no request.
    """
    columns = _Columns(address)
    torn = False
    if path.exists():
        for row in _lines(path):
            if row is None:
                torn = True
            elif isinstance(row, dict):
                columns.define(row)
            else:
                columns.add(row)
    return LocustRows(samples=columns.samples(), stateless=columns.stateless, torn=torn)


def _lines(path: Path) -> Iterator[Any]:
    with path.open(encoding="utf-8", errors="replace") as lines:
        for line in lines:
            try:
                yield json.loads(line) if line.endswith("\n") else None
            except ValueError:
                yield None


class _Columns:
    def __init__(self, address: str) -> None:
        self._address = address
        self._names: list[tuple[str, str]] = []
        self._errors: list[tuple[str, str]] = [("", "")]
        self._endpoint_of: list[int] = []
        self._error_of: dict[tuple[int, int], int] = {}
        self._endpoints: dict[str, int] = {}
        self._error_names: dict[str, int] = {"": 0}
        self._endpoint, self._status, self._error = array("i"), array("i"), array("i")
        self._sent, self._last, self._bytes = array("q"), array("q"), array("q")
        self.stateless = 0

    def define(self, row: dict[str, list[str]]) -> None:
        """Take down what a number stands for."""
        if "name" in row:
            method, name = row["name"]
            named = endpoint_name(method, name, self._address)
            self._endpoint_of.append(self._endpoints.setdefault(named, len(self._endpoints)))
        else:
            kind, text = row["error"]
            self._errors.append((kind, text))

    def add(self, row: tuple[float, float, int, int, int, int]) -> None:
        """Take down one request."""
        begun_s, spent_ms, name, status, length, error = row
        sent_ns = round(begun_s * 1e9)
        status = status if 0 <= status < 1000 else 0
        nothing = error and not status
        if not (status or error):
            self.stateless += 1
            status = 200
        self._endpoint.append(self._endpoint_of[name])
        self._status.append(status)
        self._error.append(self._classed(error, status))
        self._sent.append(sent_ns)
        self._last.append(0 if nothing else sent_ns + round(spent_ms * 1e6))
        self._bytes.append(max(0, min(length, 1 << 62)))

    def _classed(self, error: int, status: int) -> int:
        if not error:
            return 0
        known = self._error_of.get((error, status))
        if known is None:
            kind, text = self._errors[error]
            name = error_name(kind, text, status).replace(self._address, "HOST")
            if name not in self._error_names and len(self._error_names) > _MOST_ERRORS:
                name = _OTHER
            known = self._error_names.setdefault(name, len(self._error_names))
            self._error_of[error, status] = known
        return known

    def samples(self) -> Samples:
        """The columns; Locust does not time the first byte, so that `first_ns` is `last_ns`."""
        import numpy as np

        sent = np.array(self._sent, dtype=np.int64)
        return Samples(
            endpoints=tuple(self._endpoints),
            errors=tuple(self._error_names),
            endpoint=np.array(self._endpoint, dtype=np.int32),
            due_ns=sent,
            sent_ns=sent,
            first_ns=np.array(self._last, dtype=np.int64),
            last_ns=np.array(self._last, dtype=np.int64),
            status=np.array(self._status, dtype=np.int32),
            error=np.array(self._error, dtype=np.int32),
            bytes_received=np.array(self._bytes, dtype=np.int64),
            couple=np.full(len(sent), -1, dtype=np.int32),
        )
