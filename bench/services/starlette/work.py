"""What a request costs besides its answer, as tuning.json says."""

import json
import random
from pathlib import Path

LARGE = 33
"""Requests about this number are the large ones: 3 in 100 where numbers go from 1 to 33."""

_TUNING = json.loads((Path(__file__).parent / "tuning.json").read_text())
_kept: list[bytearray] = []


class UnluckyError(Exception):
    """This request is one of those that fail."""


def work(kind: str, number: int) -> None:
    """Take the time that a request of this kind takes.

    Raises:
        UnluckyError: for as many requests as `error_ratio` says.
    """
    turns = _TUNING["work"][kind] + (_TUNING["large_work"][kind] if number == LARGE else 0)
    _spin(turns)
    if _TUNING["kept_bytes"]:
        _kept.append(bytearray(b"k") * _TUNING["kept_bytes"])
    if random.random() < _TUNING["error_ratio"].get(kind, 0.0):
        raise UnluckyError


def _spin(turns: int) -> int:
    value = 1
    for _ in range(turns):
        value = (value * 69_069 + 1) & 0xFFFF_FFFF
    return value
