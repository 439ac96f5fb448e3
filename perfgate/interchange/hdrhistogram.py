"""HdrHistogram's compressed payloads (V1 and V2) as values and counts, decoded within bounds."""

from __future__ import annotations

import base64
import struct
import zlib
from typing import TYPE_CHECKING

from perfgate.interchange.source import BadLine, shown

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

MAX_INNER_BYTES = 8 << 20
MAX_SLOTS = 1 << 20
_MAX_COUNT = 1 << 53
_OUTER = struct.Struct(">II")  # cookie, compressed bytes
_INNER = struct.Struct(">IIIIQQd")  # cookie, bytes of counts, offset, digits, lowest, highest, ratio
_COMPRESSED = {0x1C849302: 1, 0x1C849304: 2}
_PLAIN = {0x1C849301: 1, 0x1C849303: 2}
_WORD_BITS = 0xF0


def decode(payload: str) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    """The values (middle of their slots), how often each was counted, and how wide its slot is.

    Raises:
        BadLine: no payload of version 1 or 2, torn, or larger than any histogram of use.
    """
    try:
        raw = base64.b64decode(payload, validate=True)
        cookie, length = _OUTER.unpack_from(raw)
    except (ValueError, struct.error) as error:
        raise BadLine(f"no HdrHistogram payload: {shown(error)}") from error
    version = _COMPRESSED.get(cookie & ~_WORD_BITS)
    if version is None:
        raise BadLine(f"no compressed HdrHistogram payload of version 1 or 2 (cookie {cookie:#x})")
    if length != len(raw) - _OUTER.size:
        raise BadLine("a torn HdrHistogram payload")
    inner = _inflated(raw[_OUTER.size :])
    try:
        cookie, size, offset, digits, lowest, highest, ratio = _INNER.unpack_from(inner)
    except struct.error as error:
        raise BadLine("a torn HdrHistogram payload") from error
    body = inner[_INNER.size :]
    if _PLAIN.get(cookie & ~_WORD_BITS) != version or size > len(body):
        raise BadLine("a torn HdrHistogram payload")
    if offset or ratio != 1.0:
        raise BadLine("an HdrHistogram with a normalizing offset or a conversion ratio, which nothing writes")
    if not 1 <= digits <= 5 or not 1 <= lowest < 1 << 62 or not lowest * 2 <= highest < 1 << 63:
        raise BadLine("an HdrHistogram of impossible range or precision")
    counts = _fixed_words(body[:size], cookie) if version == 1 else _varints(body[:size])
    return _with_values(counts, digits=digits, lowest=lowest)


def _inflated(compressed: bytes) -> bytes:
    inflater = zlib.decompressobj()
    try:
        inner = inflater.decompress(compressed, MAX_INNER_BYTES)
    except zlib.error as error:
        raise BadLine(f"a torn HdrHistogram payload: {error}") from error
    if not inflater.eof or inflater.unused_data:
        raise BadLine("an HdrHistogram payload that is torn or expands to more than any of use")
    return inner


def _fixed_words(body: bytes, cookie: int) -> dict[int, int]:
    import numpy as np

    width = (cookie & _WORD_BITS) >> 4
    if width not in (2, 4, 8) or len(body) % width:
        raise BadLine("an HdrHistogram payload with counts of an impossible width")
    counts = np.frombuffer(body, dtype=f">i{width}")
    if (counts < 0).any():
        raise BadLine("an HdrHistogram payload with negative counts")
    return {int(slot): int(counts[slot]) for slot in np.flatnonzero(counts)}


def _varints(body: bytes) -> dict[int, int]:
    """Version 2: ZigZag LEB128 words of at most nine bytes; a negative one skips so many empty slots."""
    counts: dict[int, int] = {}
    slot = place = 0
    while place < len(body):
        word = shift = 0
        while True:
            if place >= len(body):
                raise BadLine("a torn HdrHistogram payload")
            byte = body[place]
            place += 1
            if shift == 56:  # the ninth byte holds eight bits
                word |= byte << shift
                break
            word |= (byte & 0x7F) << shift
            shift += 7
            if byte < 0x80:
                break
        number = (word >> 1) ^ -(word & 1)
        if number > 0:
            counts[slot] = number
        slot += max(1, -number)
        if slot > MAX_SLOTS:
            raise BadLine("an HdrHistogram payload with more slots than any of use")
    return counts


def _with_values(
    counts: dict[int, int], *, digits: int, lowest: int
) -> tuple[NDArray[np.int64], NDArray[np.int64], NDArray[np.float64]]:
    import numpy as np

    if sum(counts.values()) > _MAX_COUNT:
        raise BadLine("an HdrHistogram payload with impossible counts")
    half_bits = (2 * 10**digits - 1).bit_length() - 1
    unit_bits = lowest.bit_length() - 1
    half = 1 << half_bits
    values, widths = [], []
    for slot in counts:
        bucket = (slot >> half_bits) - 1
        within = (slot & (half - 1)) + half
        if bucket < 0:
            bucket, within = 0, within - half
        shift = bucket + unit_bits
        if shift > 62 - half_bits:
            raise BadLine("an HdrHistogram payload with a value that no time can be")
        width = 1 << shift
        values.append((within << shift) + width // 2)
        widths.append(width if width > 1 else 0)
    return (
        np.array(values, dtype=np.int64),
        np.array(list(counts.values()), dtype=np.int64),
        np.array(widths, dtype=np.float64),
    )
