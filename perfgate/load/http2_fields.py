"""The fields of an HTTP/2 request and answer, made from and read into HTTP/1.1 terms (RFC 9113, 8)."""

from __future__ import annotations

import re
from collections.abc import Iterable

from perfgate.load.head import MAX_BODY_BYTES, ProtocolError

Fields = list[tuple[bytes, bytes]]

_TOKEN = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OF_THE_CONNECTION = frozenset(
    {
        "connection",
        "content-length",
        "host",
        "http2-settings",
        "keep-alive",
        "proxy-connection",
        "transfer-encoding",
        "upgrade",
    }
)
"""Forbidden in HTTP/2, or said by perfgate itself."""

_NO_BODY = frozenset({204, 304})


def request_fields(
    method: str, target: str, *, authority: str, scheme: str, headers: Iterable[tuple[str, str]], length: int
) -> Fields:
    """What HEADERS says of a request with a body of `length` bytes; the headers are what HTTP/1.1 would send.

    Raises:
        ValueError: a part cannot be sent, or could smuggle in another field.
    """
    if not _TOKEN.fullmatch(method) or method == "CONNECT":
        raise ValueError(f"{method[:80]!r}: not a method that can be sent")
    if " " in target or not target:
        raise ValueError(f"{method} {target[:80]!r}: the path must not be empty or contain spaces")
    pairs = [(":method", method), (":scheme", scheme), (":authority", authority), (":path", target)]
    for name, value in headers:
        if not _TOKEN.fullmatch(name):
            raise ValueError(f"{method} {target[:80]!r}: {name[:80]!r} is not a header's name")
        key = name.lower()
        if key not in _OF_THE_CONNECTION and (key != "te" or value.lower() == "trailers"):
            pairs.append((key, value))
    if length or method in ("POST", "PUT", "PATCH"):
        pairs.append(("content-length", str(length)))
    if any(mark in value for _, value in pairs for mark in "\r\n\0"):
        raise ValueError(f"{method} {target[:80]!r}: a line break or NUL in the request line or a header")
    return [(name.encode("latin-1"), value.encode("latin-1")) for name, value in pairs]


def answer_head(fields: Iterable[tuple[bytes, bytes]]) -> tuple[int, dict[str, str]]:
    """Status and headers of an answer; repeated headers are joined.

    Raises:
        ProtocolError: the status is none, or the answer switches to a protocol nobody asked for.
    """
    code = b""
    headers: dict[str, str] = {}
    for name, value in fields:
        if name == b":status":
            code = value
            continue
        key, text = name.decode("latin-1"), value.decode("latin-1")
        # A repeated content-length was found to say the same by h2.
        joint = "\n" if key == "set-cookie" else ", "
        headers[key] = f"{headers[key]}{joint}{text}" if key in headers and key != "content-length" else text
    if len(code) != 3 or not code.isdigit() or code < b"100":
        raise ProtocolError("h2 protocol error")
    if code == b"101":
        raise ProtocolError("unexpected upgrade")
    return int(code), headers


def announced_length(status: int, headers: dict[str, str], *, is_head: bool) -> int:
    """How long the body will be, -1 if that is not said.

    Raises:
        ProtocolError: longer than perfgate reads.
    """
    if is_head or status in _NO_BODY:
        return 0
    length = headers.get("content-length")
    if length is None:
        return -1
    # h2 has seen to it that these are digits, and not too many to count.
    if int(length) > MAX_BODY_BYTES:
        raise ProtocolError("body too large")
    return int(length)
