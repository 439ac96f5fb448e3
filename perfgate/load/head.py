"""The head of an HTTP/1.1 answer: status line and headers, and how the body after them ends.

(RFC 9112; lengths as in section 6.3. Where it leaves a choice, an answer that two readers could read in two
ways is refused.)
"""

import re
from collections.abc import Iterable
from typing import NamedTuple

MAX_HEAD_BYTES = 64 * 1024
MAX_BODY_BYTES = 64 * 1024 * 1024
UNANNOUNCED = -1
_VERSIONS = ("HTTP/1.1 ", "HTTP/1.0 ")
_STATUSES = {str(number): number for number in range(100, 1000)}
_AFTER_STATUS = ("", " ")
_NO_BODY = frozenset({204, 304})
_JOINTS = {"set-cookie": "\n"}
_BREAKS = frozenset("\r\n\0")
_is_token = re.compile(r"[!#$%&'*+\-.^_`|~0-9a-z]+").fullmatch
_MOST_NAMES, _MAX_NAME_BYTES = 1000, 100
_proper_names: set[str] = set()
"""Names of headers that were looked at before: a service has few, and to look again would take 1 µs."""


class ProtocolError(Exception):
    """What the server sent is not an HTTP/1.1 answer; `error_class` is the short name it is counted under."""

    def __init__(self, error_class: str) -> None:
        super().__init__(error_class)
        self.error_class = error_class


class Head(NamedTuple):
    """What the head of an answer says; `framing` is how the body ends, `length` its size if announced."""

    status: int
    headers: dict[str, str]
    keep_alive: bool
    framing: str
    length: int


def read_head(head: bytes, *, is_head: bool) -> Head:
    """What a head, with its blank line, says; the framing of an interim answer (1xx) is "".

    Raises:
        ProtocolError: malformed, contradicting, or an upgrade nobody asked for.
    """
    status, version_keeps, headers = parse_head(head[:-4])
    if 100 <= status < 200:
        if status == 101:
            raise ProtocolError("unexpected upgrade")
        return Head(status, headers, True, "", UNANNOUNCED)
    connection = headers.get("connection", "").lower()
    keep_alive = "close" not in connection and (version_keeps or "keep-alive" in connection)
    framing, length = ("length", 0) if is_head or status in _NO_BODY else _framing(headers, version_keeps)
    return Head(status, headers, keep_alive, framing, length)


def parse_head(head: bytes) -> tuple[int, bool, dict[str, str]]:
    """Status, whether the version keeps connections alive by default, and headers with lower-case names.

    The values of a repeated header are joined with ", ". Only those of Set-Cookie are joined with a line
    break, which no value can hold, because a cookie may have commas of its own.

    Raises:
        ProtocolError: not an HTTP/1.x status line, a malformed header, or contradicting lengths.
    """
    lines = head.decode("latin-1").split("\r\n")
    status_line = lines[0]
    version, status = status_line[:9], _STATUSES.get(status_line[9:12])
    if version not in _VERSIONS or status is None or status_line[12:13] not in _AFTER_STATUS:
        raise ProtocolError("garbage")
    if b"\0" in head or not head.count(b"\r") == head.count(b"\n") == len(lines) - 1:
        raise ProtocolError("garbage" if _BREAKS & set(status_line) else "bad header")
    headers: dict[str, str] = {}
    for line in lines[1:]:
        name, colon, value = line.partition(":")
        if not colon:
            raise ProtocolError("bad header")
        key, value = name.lower(), value.strip(" \t")
        if key in headers:
            if key == "content-length" and headers[key] != value:
                raise ProtocolError("two content-lengths")
            if key != "content-length":
                headers[key] = f"{headers[key]}{_JOINTS.get(key, ', ')}{value}"
        else:
            headers[key] = value
    if not headers.keys() <= _proper_names:
        _require_proper(headers)
    return status, version == "HTTP/1.1 ", headers


def _require_proper(names: Iterable[str]) -> None:
    for name in names:
        if not _is_token(name):
            raise ProtocolError("bad header")
        if len(_proper_names) < _MOST_NAMES and len(name) <= _MAX_NAME_BYTES:
            _proper_names.add(name)


def _framing(headers: dict[str, str], knows_chunks: bool) -> tuple[str, int]:
    """How the body ends, and its length where that is announced."""
    coding = headers.get("transfer-encoding")
    if coding is not None:
        # HTTP/1.0 has no chunks: an old proxy has passed on what it did not understand.
        if coding.lower() != "chunked" or not knows_chunks:
            raise ProtocolError("unknown transfer-encoding")
        if "content-length" in headers:
            raise ProtocolError("length and chunks")
        return "chunked", UNANNOUNCED
    length = headers.get("content-length")
    if length is None:
        return "close", UNANNOUNCED
    if not length.isascii() or not length.isdigit() or len(length) > 15:
        raise ProtocolError("bad content-length")
    if int(length) > MAX_BODY_BYTES:
        raise ProtocolError("body too large")
    return "length", int(length)
