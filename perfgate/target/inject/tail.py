"""Which answers are slow: those above the running 95th percentile of their own kind of request."""

from __future__ import annotations

import re
import threading
from bisect import bisect_left, insort
from collections import deque

_KEPT = 512
_FEWEST = 20
_KINDS = 256
_QUANTILE = 0.95
_REQUEST_LINE = re.compile(rb"([A-Z]{1,16}) ([^ ?#\r\n]{1,512})")
_DIGITS = re.compile(rb"\d+")
_OTHER = b""


def kind_of(request: bytes) -> bytes:
    """Method and path from the first bytes of a request, numbers in the path made equal; b"" if unreadable.

    `GET /items/17?full=1` and `GET /items/23` are of one kind, because load tests name them as one endpoint.
    """
    match = _REQUEST_LINE.match(request)
    return _DIGITS.sub(b"0", match[0]) if match else _OTHER


class Tail:
    """The latest times of each kind of request; may be asked from several threads.

    Memory is bounded: 512 times of each of 256 kinds, and every further kind counts as one.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: dict[bytes, _Window] = {}

    def is_slow(self, kind: bytes, took_ns: int) -> bool:
        """Whether it was slower than 95 % of its kind before it; never among the first 20. Remembers it."""
        with self._lock:
            window = self._seen.get(kind)
            if window is None:
                kind = kind if len(self._seen) < _KINDS else _OTHER
                window = self._seen.setdefault(kind, _Window())
            is_slow = window.exceeds(took_ns)
            window.add(took_ns)
        return is_slow


class _Window:
    """The latest times, in the order they came and sorted."""

    def __init__(self) -> None:
        self._order: deque[int] = deque()
        self._sorted: list[int] = []

    def exceeds(self, took_ns: int) -> bool:
        count = len(self._sorted)
        return count >= _FEWEST and took_ns > self._sorted[int(_QUANTILE * count)]

    def add(self, took_ns: int) -> None:
        if len(self._order) == _KEPT:
            del self._sorted[bisect_left(self._sorted, self._order.popleft())]
        self._order.append(took_ns)
        insort(self._sorted, took_ns)
