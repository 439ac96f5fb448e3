"""One of k6's output files as the columns of its requests."""

from __future__ import annotations

import gzip
import io
import zlib
from array import array
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

from perfgate.errors import UsageError
from perfgate.k6points.lines import Point, Seen, csv_points, ndjson_points
from perfgate.k6points.names import endpoint_name, error_name, status_of
from perfgate.model import Samples

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

K6_LATENCY = (
    "k6 http_req_duration: sending + waiting + receiving, from the first byte written to the last byte read; "
    "without DNS, connecting and the TLS handshake; every redirect is a request of its own"
)
"""What the times of k6's requests are, in words."""

PHASES = ("blocked", "connecting", "tls_handshaking", "sending", "waiting", "receiving")
_OUTSIDE = ("::setup", "::teardown")
_TIMES = {f"http_req_{phase}": index for index, phase in enumerate(PHASES)}


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class K6Points:
    """The requests of a file, and what of it is not among them.

    `phases` are k6's parts of each request in nanoseconds, in the order of `samples`. `outside` counts the
    requests of setup() and teardown(), `unmatched` points of a request without its http_req_duration,
    `others` are the other metrics in the file (points, or 0 where NDJSON only declares them),
    `resolution_ns` is how fine the timestamps are, and `torn` says that the last line was cut off.
    """

    samples: Samples
    phases: Mapping[str, NDArray[np.int64]]
    outside: int
    unmatched: int
    others: Mapping[str, int]
    resolution_ns: int
    torn: bool


def read_points(path: Path) -> K6Points:
    """Read NDJSON or CSV of k6, gzipped or not, in one pass.

    Raises:
        UsageError: it cannot be read or is neither; the message begins with the file.
    """
    seen = Seen()
    try:
        with path.open("rb") as file:
            start = file.read(2)
            file.seek(0)
            raw = cast("BinaryIO", gzip.open(file)) if start == b"\x1f\x8b" else file  # noqa: SIM115 - closes file
            return _collected(_points(io.BufferedReader(_Whole(raw, seen)), str(path), seen), seen)
    except OSError as error:
        reason = error.strerror or str(error)
        raise UsageError(f"{path}: {reason}", "name a file that k6 wrote") from error


class _Whole(io.RawIOBase):
    """What can be had of a file whose compressed end may be missing because k6 was killed."""

    def __init__(self, raw: BinaryIO, seen: Seen) -> None:
        self._raw, self._seen = raw, seen

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: bytearray | memoryview) -> int:  # type: ignore[override]  # typeshed: Buffer
        try:
            some = self._raw.read(len(buffer))
        except (EOFError, zlib.error):
            self._seen.torn = True
            return 0
        buffer[: len(some)] = some
        return len(some)


def _points(file: io.BufferedReader, where: str, seen: Seen) -> Iterator[Point]:
    head = file.peek(16)[:16].removeprefix(b"\xef\xbb\xbf").lstrip()
    if head[:1] == b"{" or not head:
        return ndjson_points(file, where, seen)
    text = io.TextIOWrapper(file, encoding="utf-8-sig", errors="replace", newline="")
    return csv_points((line.replace("\0", "") for line in text), where, seen)


class _Columns:
    """The columns under way; a request is written down when the next one begins."""

    def __init__(self) -> None:
        self.endpoints: dict[str, int] = {}
        self.errors: dict[str, int] = {"": 0}
        self.names: dict[tuple[str | None, ...], int] = {}
        self.endpoint, self.status, self.error = array("i"), array("i"), array("i")
        self.sent, self.first, self.last = array("q"), array("q"), array("q")
        self.phases = [array("q") for _ in PHASES]
        self.outside = 0

    def add(
        self, tags: Mapping[str, str], end_ns: int, duration_ns: int, parts: list[int], failed: bool | None
    ) -> None:
        if (tags.get("group") or "").startswith(_OUTSIDE):
            self.outside += 1
            return
        key = (tags.get("method"), tags.get("name"), tags.get("url"))
        if key not in self.names:
            self.names[key] = self.endpoints.setdefault(endpoint_name(tags), len(self.endpoints))
        status, error = status_of(tags), error_name(tags, failed)
        self.endpoint.append(self.names[key])
        self.status.append(status)
        self.error.append(self.errors.setdefault(error, len(self.errors)))
        self.sent.append(end_ns - duration_ns)
        self.first.append(end_ns - parts[5] if status else 0)
        self.last.append(end_ns if status else 0)
        for column, part in zip(self.phases, parts, strict=True):
            column.append(part)


def _collected(points: Iterable[Point], seen: Seen) -> K6Points:
    columns, unmatched = _Columns(), 0
    torn_before = seen.torn
    for request in _requests(points):
        if request.duration_ns is None:
            unmatched += 1
        else:
            columns.add(request.tags, request.time_ns, request.duration_ns, request.parts, request.failed)
    return K6Points(
        samples=_samples(columns),
        phases={name: _as_int64(column) for name, column in zip(PHASES, columns.phases, strict=True)},
        outside=columns.outside,
        unmatched=unmatched,
        others=dict(seen.others),
        resolution_ns=seen.resolution_ns,
        torn=seen.torn or torn_before,
    )


class _Request:
    """The points of one request: k6 writes them one after another, with one time and the same tags."""

    __slots__ = ("duration_ns", "failed", "metrics", "parts", "tags", "time_ns")

    def __init__(self, point: Point) -> None:
        self.time_ns, self.tags = point.time_ns, point.tags
        self.metrics: set[str] = set()
        self.duration_ns: int | None = None
        self.parts = [0] * len(PHASES)
        self.failed: bool | None = None

    def take(self, point: Point) -> None:
        self.metrics.add(point.metric)
        if point.metric == "http_req_duration":
            self.duration_ns = round(point.value * 1e6)
        elif point.metric == "http_req_failed":
            self.failed = point.value != 0
        elif point.metric in _TIMES:
            self.parts[_TIMES[point.metric]] = round(point.value * 1e6)


def _requests(points: Iterable[Point]) -> Iterator[_Request]:
    request: _Request | None = None
    for point in points:
        if request is None or point.time_ns != request.time_ns or point.metric in request.metrics:
            if request is not None:
                yield request
            request = _Request(point)
        request.take(point)
    if request is not None:
        yield request


def _samples(columns: _Columns) -> Samples:
    import numpy as np

    sent = _as_int64(columns.sent)
    return Samples(
        endpoints=tuple(columns.endpoints),
        errors=tuple(columns.errors),
        endpoint=np.array(columns.endpoint, dtype=np.int32),
        due_ns=sent,
        sent_ns=sent,
        first_ns=_as_int64(columns.first),
        last_ns=_as_int64(columns.last),
        status=np.array(columns.status, dtype=np.int32),
        error=np.array(columns.error, dtype=np.int32),
        bytes_received=np.zeros(len(sent), dtype=np.int64),
        couple=np.full(len(sent), -1, dtype=np.int32),
    )


def _as_int64(column: array[int]) -> NDArray[np.int64]:
    import numpy as np

    return np.array(column, dtype=np.int64)
