"""How much later answers shall come: the text `5%`, `300us` or `20%@p99`, read and applied."""

from __future__ import annotations

from dataclasses import dataclass

from perfgate.units import parse_duration_ns, parse_ratio

NOTHING = "0us"
"""The mode of the side that nothing is done to; it pays for the wrapper all the same."""

_TAIL = "p99"
_MOST_RATIO = 10.0
_MOST_NS = 10_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Injection:
    """A delay of each answer: `ratio` of the answer's own time, plus `fixed_ns`.

    An answer's own time runs from the last byte of its request to the first byte of the answer. With
    `is_tail_only` only slow answers are delayed (see `tail`).
    """

    text: str
    ratio: float = 0.0
    fixed_ns: int = 0
    is_tail_only: bool = False

    @property
    def is_nothing(self) -> bool:
        """Whether no answer is delayed."""
        return not self.ratio and not self.fixed_ns

    def delay_ns(self, took_ns: int) -> int:
        """The delay of an answer that took so long by itself."""
        return round(self.ratio * took_ns) + self.fixed_ns


def parse_injection(text: str) -> Injection:
    """Read a mode: a percentage or a duration, and `@p99` behind it for the slowest answers only.

    Raises:
        ValueError: it is neither, more than 1000 % or 10 s, or names another quantile.
    """
    size, at, quantile = text.strip().partition("@")
    if at and quantile != _TAIL:
        raise ValueError(f"{text!r}: only the tail can be named, as in {size.strip() or '20%'}@{_TAIL}")
    ratio, fixed_ns = _size(text, size)
    if ratio > _MOST_RATIO or fixed_ns > _MOST_NS:
        raise ValueError(f"{text!r} is more than {_MOST_RATIO:.0%} or {_MOST_NS // 10**9} s")
    return Injection(text=text.strip(), ratio=ratio, fixed_ns=fixed_ns, is_tail_only=bool(at))


def _size(text: str, size: str) -> tuple[float, int]:
    try:
        if size.rstrip().endswith("%"):
            return parse_ratio(size), 0
        return 0.0, parse_duration_ns(size)
    except ValueError:
        raise ValueError(
            f"{text!r} is not a delay: write a percentage such as 5%, a duration such as 300us, "
            f"or either with @{_TAIL}"
        ) from None
