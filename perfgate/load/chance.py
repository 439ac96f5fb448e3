"""Random numbers of a pass that follow from its number, so that it does not matter which user walks it."""

from __future__ import annotations

_MASK = (1 << 64) - 1


def of_pass(seed: int, number: int) -> tuple[int, int]:
    """Two numbers of 64 bits each for pass `number` (splitmix64; Steele, Lea and Flood, 2014).

    Seeding Python's own generator for each pass would take ten times as long.
    """
    return _mixed(seed + (2 * number + 1) * 0x9E3779B97F4A7C15), _mixed(
        seed + (2 * number + 2) * 0x9E3779B97F4A7C15
    )


def _mixed(value: int) -> int:
    value &= _MASK
    value = (value ^ value >> 30) * 0xBF58476D1CE4E5B9 & _MASK
    value = (value ^ value >> 27) * 0x94D049BB133111EB & _MASK
    return value ^ value >> 31
