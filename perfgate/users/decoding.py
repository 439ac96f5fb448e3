"""Bodies of answers, decoded only when somebody asks: compression, and the encoding of text."""

from __future__ import annotations

import json
import re
import zlib
from collections.abc import Mapping
from typing import Any

MAX_INFLATED_BYTES = 64 << 20
UNREADABLE = (ValueError, zlib.error)
"""What inflating a broken or hostile body raises."""

_CHARSET = re.compile(r";\s*charset\s*=\s*[\"']?([^\s;\"']+)", re.IGNORECASE)


def inflated(body: bytes, headers: Mapping[str, str]) -> bytes:
    """The body without its gzip or deflate coding; other codings, which nobody asked for, stay.

    Raises:
        ValueError: cut short, or larger than 64 MiB.
        zlib.error: not what the headers say.
    """
    codings = headers.get("content-encoding", "")
    if not codings or not body:
        return body
    for coding in reversed([part.strip().lower() for part in codings.split(",")][:4]):
        if coding in ("gzip", "x-gzip"):
            body = _inflate(body, zlib.MAX_WBITS | 16)
        elif coding == "deflate":
            # Some servers send zlib's format, as the standard says, and some the bare stream.
            body = _inflate(body, zlib.MAX_WBITS if _has_zlib_header(body) else -zlib.MAX_WBITS)
    return body


def encoding_of(headers: Mapping[str, str]) -> str | None:
    """The encoding the content type states or implies, None where it does neither."""
    content_type = headers.get("content-type", "")
    if stated := _CHARSET.search(content_type):
        return stated[1]
    content_type = content_type.strip().lower()
    if content_type.startswith("text/"):
        return "ISO-8859-1"
    return "utf-8" if "application/json" in content_type else None


def text_of(content: bytes, encoding: str | None) -> str:
    """The body as text, UTF-8 where nothing is known; what cannot be decoded becomes U+FFFD."""
    try:
        return content.decode(encoding or "utf-8", "replace")
    except LookupError:
        return content.decode("utf-8", "replace")


def json_of(content: bytes, encoding: str | None, **options: Any) -> Any:
    """The body parsed as JSON, which is UTF-8, 16 or 32 whatever a careless content type implies.

    Raises:
        ValueError: not JSON.
    """
    try:
        return json.loads(content, **options)
    except UnicodeDecodeError:
        return json.loads(text_of(content, encoding), **options)


def _inflate(body: bytes, window_bits: int) -> bytes:
    data = b""
    while body:
        stream = zlib.decompressobj(window_bits)
        data += stream.decompress(body, MAX_INFLATED_BYTES - len(data) + 1)
        if not stream.eof or len(data) > MAX_INFLATED_BYTES:
            raise ValueError("the compressed body is cut short, or too large")
        body = stream.unused_data
        if window_bits < zlib.MAX_WBITS + 1 or body[:2] != b"\x1f\x8b":
            break
    return data


def _has_zlib_header(body: bytes) -> bool:
    return len(body) >= 2 and body[0] & 0x0F == 8 and (body[0] << 8 | body[1]) % 31 == 0
