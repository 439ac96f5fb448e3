"""Content codings undone, within a bound: gzip, deflate and br, alone or one upon the other."""

from __future__ import annotations

import zlib
from collections.abc import Callable

MAX_INFLATED_BYTES = 64 << 20
_MOST_CODINGS = 4


def inflated(body: bytes, codings: str) -> bytes:
    """The body that `codings`, the value of Content-Encoding, was applied to.

    Raises:
        ValueError: a coding perfgate does not read (its name is the message), too many of them, or a body
            that grows larger than 64 MiB or ends too early.
        zlib.error: the body is not what its coding says.
    """
    if not codings or not body:
        return body
    names = [name.strip().lower() for name in codings.split(",")]
    if len(names) > _MOST_CODINGS:
        raise ValueError("too many content codings")
    for name in reversed(names):
        if name in ("", "identity"):
            continue
        if name not in _UNDO:
            raise ValueError(f"the content coding {name} is not read")
        body = _UNDO[name](body)
    return body


def _gunzip(body: bytes) -> bytes:
    return _undone(body, zlib.MAX_WBITS | 16)


def _undeflate(body: bytes) -> bytes:
    """In a zlib wrapper, as the RFC has it, or bare, as some servers send it."""
    try:
        return _undone(body, zlib.MAX_WBITS)
    except zlib.error:
        return _undone(body, -zlib.MAX_WBITS)


def _undone(body: bytes, wbits: int) -> bytes:
    stream = zlib.decompressobj(wbits)
    data = stream.decompress(body, MAX_INFLATED_BYTES)
    if not stream.eof:
        raise ValueError("cut short, or too large")
    return data


def _unbrotli(body: bytes) -> bytes:
    import brotli

    stream = brotli.Decompressor()
    try:
        data: bytes = stream.process(body, output_buffer_limit=MAX_INFLATED_BYTES)
    except brotli.error as error:
        raise ValueError("not brotli") from error
    if not stream.is_finished():
        raise ValueError("cut short, or too large")
    return data


_UNDO: dict[str, Callable[[bytes], bytes]] = {
    "gzip": _gunzip,
    "x-gzip": _gunzip,
    "deflate": _undeflate,
    "br": _unbrotli,
}
