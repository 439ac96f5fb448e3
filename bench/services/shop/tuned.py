"""The demo's shop with work around each request, as tuning.json says; the benchmark adds this file."""

from __future__ import annotations

import json
import random
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wsgiref.types import StartResponse, WSGIApplication, WSGIEnvironment

LARGE = ("category=7&page=3", "category=7&page=4")
"""The queries of large lists: two of the sixty that the load test sends, 3 in 100."""

_TUNING = json.loads((Path(__file__).parent.parent / "tuning.json").read_text())
_ERROR = b'{"error": "that went wrong, try again"}'


class Tuned:
    """A WSGI application that works before another one answers."""

    def __init__(self, inner: WSGIApplication) -> None:
        self._inner = inner
        self._kept: list[bytearray] = []

    def __call__(self, environ: WSGIEnvironment, start_response: StartResponse) -> Iterable[bytes]:
        kind = _kind(environ["PATH_INFO"])
        if kind is None:
            return self._inner(environ, start_response)
        large = environ.get("QUERY_STRING", "") in LARGE
        _spin(_TUNING["work"][kind] + (_TUNING["large_work"][kind] if large else 0))
        if _TUNING["kept_bytes"]:
            self._kept.append(bytearray(b"k") * _TUNING["kept_bytes"])
        if random.random() < _TUNING["error_ratio"].get(kind, 0.0):
            headers = [("Content-Type", "application/json"), ("Content-Length", str(len(_ERROR)))]
            start_response("500 Internal Server Error", headers)
            return [_ERROR]
        return self._inner(environ, start_response)


def _kind(path: str) -> str | None:
    if path == "/orders":
        return "create"
    if path == "/items":
        return "list"
    return "item" if path.startswith("/items/") else None


def _spin(turns: int) -> int:
    value = 1
    for _ in range(turns):
        value = (value * 69_069 + 1) & 0xFFFF_FFFF
    return value
