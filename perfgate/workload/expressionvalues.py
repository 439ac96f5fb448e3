"""What the operators and functions of an expression make of their values, as JavaScript would."""

from __future__ import annotations

import math
import operator
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any

_NUMBER = re.compile(r"\s*[-+]?(\d+(\.\d*)?|\.\d+)([eE][-+]?\d{1,3})?\s*", re.ASCII)


def number(value: Any) -> float:
    """A value as a number; NaN for what is none."""
    if isinstance(value, bool | int | float):
        return float(value)
    if isinstance(value, str):
        if not value.strip():
            return 0.0
        return float(value) if _NUMBER.fullmatch(value) else math.nan
    return math.nan


def is_true(value: Any) -> bool:
    """Whether a value is neither 0, NaN, null nor empty text."""
    if isinstance(value, float):
        return bool(value) and not math.isnan(value)
    return value is not None and (isinstance(value, list | dict) or bool(value))


def _compared(compare: Callable[[Any, Any], bool]) -> Callable[[Any, Any], bool]:
    def of(left: Any, right: Any) -> bool:
        if isinstance(left, str) and isinstance(right, str):
            return compare(left, right)
        return compare(number(left), number(right))

    return of


def _equal(left: Any, right: Any) -> bool:
    if type(left) is type(right) or None in (left, right):
        return bool(left == right)
    return number(left) == number(right)


def _within(left: Any, right: Any) -> bool:
    wanted = left if isinstance(left, list) else [left]
    choices = right if isinstance(right, list) else [right]
    return all(any(_equal(item, choice) for choice in choices) for item in wanted)


def _sum(left: Any, right: Any) -> Any:
    if isinstance(left, str) or isinstance(right, str):
        return _text(left) + _text(right)
    return number(left) + number(right)


def _text(value: Any) -> str:
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e21:
        return str(int(value))
    return str(value)


def _quotient(left: Any, right: Any) -> float:
    top, bottom = number(left), number(right)
    if bottom:
        return top / bottom
    return math.nan if math.isnan(top) or not top else math.copysign(math.inf, top)


def _remainder(left: Any, right: Any) -> float:
    top, bottom = number(left), number(right)
    return math.fmod(top, bottom) if bottom and math.isfinite(top) else math.nan


def _power(left: Any, right: Any) -> float:
    try:
        return math.pow(number(left), number(right))
    except (OverflowError, ValueError):
        return math.nan


def _matches(left: Any, right: Any) -> bool:
    try:
        return re.search(_text(right), _text(left)) is not None
    except re.error:
        return False


def _guarded(function: Callable[[float], float]) -> Callable[[Sequence[float]], float]:
    def of(arguments: Sequence[float]) -> float:
        try:
            return float(function(arguments[0]))
        except (ValueError, OverflowError):
            return math.nan

    return of


OPERATORS: Mapping[str, Callable[[Any, Any], Any]] = {
    "in": _within,
    "not in": lambda left, right: not _within(left, right),
    "==": _equal,
    "!=": lambda left, right: not _equal(left, right),
    "~=": _matches,
    "<": _compared(operator.lt),
    "<=": _compared(operator.le),
    ">": _compared(operator.gt),
    ">=": _compared(operator.ge),
    "+": _sum,
    "-": lambda left, right: number(left) - number(right),
    "*": lambda left, right: number(left) * number(right),
    "/": _quotient,
    "%": _remainder,
    "^": _power,
}
FUNCTIONS: Mapping[str, Callable[[Sequence[float]], float]] = {
    "abs": _guarded(abs),
    "ceil": _guarded(math.ceil),
    "floor": _guarded(math.floor),
    "log": _guarded(math.log),
    "max": max,
    "min": min,
    "round": _guarded(lambda value: math.floor(value + 0.5)),
    "sqrt": _guarded(math.sqrt),
}
