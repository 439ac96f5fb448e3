"""Cutting what an HTTP/2 peer sends into frames, within bounds, before it is interpreted (RFC 9113, 4)."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import NamedTuple

from perfgate.load.head import MAX_HEAD_BYTES, ProtocolError

HEADERS, SETTINGS, PUSH_PROMISE, GOAWAY, WINDOW_UPDATE, CONTINUATION = 1, 4, 5, 7, 8, 9
MAX_FRAME_BYTES = 16 * 1024
"""What a peer may send unless told otherwise, and perfgate does not."""

_HEAD = struct.Struct(">HBBBL")
_ACK = 1
_END_HEADERS = 4


class Frame(NamedTuple):
    """One frame: its kind, the stream it belongs to, and all its bytes."""

    kind: int
    stream: int
    whole: bytes


class FrameCutter:
    """Cuts a stream of bytes, however it arrives, into whole frames.

    Header blocks are measured here: a peer may go on for ever with CONTINUATION frames.
    """

    __slots__ = ("_block_bytes", "_buffer", "_is_first", "_is_in_block")

    def __init__(self) -> None:
        self._buffer = bytearray()
        self._is_first = True
        self._is_in_block = False
        self._block_bytes = 0

    def cut(self, data: bytes) -> Iterator[Frame]:
        """The frames that are whole now; the rest waits for what follows.

        Raises:
            ProtocolError: not HTTP/2, or a bound is passed.
        """
        self._buffer += data
        start = 0
        try:
            while len(self._buffer) - start >= _HEAD.size:
                high, low, kind, flags, stream = _HEAD.unpack_from(self._buffer, start)
                length = high << 8 | low
                self._check(kind, flags, length)
                body = start + _HEAD.size
                end = body + length
                if len(self._buffer) < end:
                    break
                self._count(kind, flags, length)
                whole = bytes(self._buffer[start:end])
                start = end
                yield Frame(kind, stream & 0x7FFFFFFF, whole)
        finally:
            del self._buffer[:start]

    def _check(self, kind: int, flags: int, length: int) -> None:
        """Judge a frame by its first nine bytes, so that no more of a wrong one is ever kept."""
        if self._is_first and (kind != SETTINGS or flags & _ACK or length > MAX_FRAME_BYTES):
            raise ProtocolError("not http2")
        is_amid_head = self._is_in_block and kind != CONTINUATION
        # Pushing is switched off; h2 would say so only when the head of a push is whole.
        if length > MAX_FRAME_BYTES or is_amid_head or kind == PUSH_PROMISE:
            raise ProtocolError("h2 protocol error")
        if self._is_in_block and self._block_bytes + length > MAX_HEAD_BYTES:
            raise ProtocolError("headers too large")

    def _count(self, kind: int, flags: int, length: int) -> None:
        self._is_first = False
        if kind == HEADERS:
            self._block_bytes = 0
        if kind in (HEADERS, CONTINUATION):
            self._block_bytes += length
            self._is_in_block = not flags & _END_HEADERS


def goaway(frame: Frame) -> tuple[int, int]:
    """The last stream a GOAWAY frame lets us hope for, and its error code.

    Raises:
        ProtocolError: too short to say so, or about a stream instead of the connection.
    """
    if frame.stream or len(frame.whole) < _HEAD.size + 8:
        raise ProtocolError("h2 protocol error")
    last, code = struct.unpack_from(">LL", frame.whole, _HEAD.size)
    return last & 0x7FFFFFFF, code
