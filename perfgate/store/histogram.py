"""Service times as HdrHistogram V2 text (compressed, base64) that any HdrHistogram tool reads."""

from __future__ import annotations

import base64
import struct
import zlib
from dataclasses import dataclass

import numpy as np
from hdrh.histogram import HdrHistogram
from numpy.typing import NDArray

LOWEST_NS = 1
HIGHEST_NS = 3_600_000_000_000
SIGNIFICANT_DIGITS = 3

_EXACT_BITS = 11  # 3 digits need 2048 slots: whole numbers below 2048 keep a slot each
_OUTER = struct.Struct(">II")  # cookie, compressed bytes
_INNER = struct.Struct(">IIIIQQd")  # cookie, bytes of counts, offset, digits, lowest, highest, ratio
_OUTER_COOKIE = 0x1C849314
_INNER_COOKIE = 0x1C849313
_MAX_INNER_BYTES = 1 << 19
_MAX_COUNT = 1 << 53


@dataclass(frozen=True, slots=True, kw_only=True)
class Histogram:
    """A decoded histogram; `count` is the number of values in it."""

    count: int
    _inner: HdrHistogram

    def percentile(self, percent: float) -> int:
        """Nanoseconds not exceeded by `percent` (0 to 100) of the values, within 0.1 %; 0 when empty."""
        return int(self._inner.get_value_at_percentile(percent))

    def counted(self) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
        """The middle of every slot that holds values, in rising nanoseconds, and how many each holds."""
        counts = np.frombuffer(self._inner.counts, dtype=np.uint64).astype(np.int64)
        slots = np.flatnonzero(counts)
        shift = np.maximum((slots >> _EXACT_BITS - 1) - 1, 0)
        within = slots - (shift << _EXACT_BITS - 1)
        return (within << shift) + ((1 << shift) >> 1), counts[slots]


def encode(values_ns: NDArray[np.int64]) -> str:
    """The payload for an array of nanoseconds of any length, also none.

    Values under 1 ns count as 1 ns and values over 1 hour as 1 hour.
    """
    slots, counts = np.unique(_slot_starts(np.clip(values_ns, LOWEST_NS, HIGHEST_NS)), return_counts=True)
    return encode_counted(slots, counts)


def encode_counted(values_ns: NDArray[np.int64], counts: NDArray[np.int64]) -> str:
    """The same for values that have been counted; times of no count are left out."""
    histogram = HdrHistogram(LOWEST_NS, HIGHEST_NS, SIGNIFICANT_DIGITS)
    clipped = np.clip(values_ns, LOWEST_NS, HIGHEST_NS)[counts > 0]
    for value, count in zip(map(int, clipped), map(int, counts[counts > 0]), strict=True):
        histogram.record_value(value, count)
    payload: bytes = histogram.encode()
    return payload.decode("ascii")


def decode(payload: str) -> Histogram:
    """The histogram in a payload that `encode` or another HdrHistogram V2 writer made for this range.

    Raises:
        ValueError: not such a payload: torn, of another range or precision, or with impossible counts.
    """
    try:
        _check_frame(payload)
        inner = HdrHistogram.decode(payload)
        counts = np.frombuffer(inner.counts, dtype=np.uint64)
        total = int(counts.astype(np.float64).sum())
    except Exception as error:  # hdrh and zlib raise a dozen unrelated types on torn bytes
        raise ValueError(f"not an HdrHistogram V2 payload: {error}") from error
    if total > _MAX_COUNT or total != inner.total_count:
        raise ValueError("not an HdrHistogram V2 payload: impossible counts")
    return Histogram(count=total, _inner=inner)


def _slot_starts(values_ns: NDArray[np.int64]) -> NDArray[np.int64]:
    """Each value rounded down to the start of its slot, so that equal slots can be counted by numpy."""
    _, bits = np.frexp(values_ns.astype(np.float64))
    shift = np.maximum(bits - _EXACT_BITS, 0).astype(np.int64)
    starts: NDArray[np.int64] = (values_ns >> shift) << shift
    return starts


def _check_frame(payload: str) -> None:
    """Refuse what could make the decoder allocate by the attacker's numbers rather than by ours."""
    raw = base64.b64decode(payload, validate=True)
    cookie, length = _OUTER.unpack_from(raw)
    if cookie != _OUTER_COOKIE or length != len(raw) - _OUTER.size:
        raise ValueError("wrong header")
    inflater = zlib.decompressobj()
    inner = inflater.decompress(raw[_OUTER.size :], _MAX_INNER_BYTES)
    if not inflater.eof or inflater.unused_data:
        raise ValueError("torn, too long or followed by something else")
    header = _INNER.unpack_from(inner)
    expected = (_INNER_COOKIE, len(inner) - _INNER.size, 0, SIGNIFICANT_DIGITS, LOWEST_NS, HIGHEST_NS, 1.0)
    if header != expected:
        raise ValueError("another range, precision or version")
