"""Conditions in the expression language of Artillery (filtrex): read once, then worked out on values by name.

Values are numbers and text, as in JavaScript: text that looks like a number compares as one with a number.
True is 1 and false is 0. There is no way from an expression to anything but the values it is given.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from perfgate.workload.expressionvalues import FUNCTIONS, OPERATORS, is_true, number
from perfgate.yamlfile import shown

Values = Mapping[str, Any]
_Part = Callable[[Values], Any]

_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>\d+(?:\.\d+)?)(?![\w.])
      | (?P<word>[A-Za-z$_][.\w$]*)
      | (?P<symbol>'(?:\\.|[^'\\])*')
      | (?P<text>"(?:\\.|[^"\\])*")
      | (?P<sign>==|!=|~=|<=|>=|[-+*/%^<>()?:,])
    )""",
    re.ASCII | re.VERBOSE,
)
_LEVELS = (
    ("or",),
    ("and",),
    ("in", "not in"),
    ("==", "!=", "~="),
    ("<", "<=", ">", ">="),
    ("+", "-"),
    ("*", "/", "%"),
    ("^",),
)
"""From the loosest to the tightest; all of them group from the left."""

_RESERVED = frozenset({"and", "or", "not", "in", "of"})
_DEEPEST = 50


class ExpressionError(ValueError):
    """What is wrong with an expression, in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expression:
    """An expression that was read; `names` are the values it needs, in the order they stand there."""

    names: tuple[str, ...]
    evaluate: Callable[[Values], Any] = field(repr=False, compare=False)

    def holds(self, values: Values) -> bool:
        """Whether it is true of these values; a name without a value is not a number, and holds nothing."""
        return is_true(self.evaluate(values))


def parse_expression(text: str, wholes: re.Pattern[str] | None = None) -> Expression:
    """Read an expression; `wholes` matches names that are one whatever characters they have.

    Raises:
        ExpressionError: it is no expression.
    """
    reader = _Reader(_tokens(text, wholes))
    part = reader.choice(0)
    if reader.kind != "end":
        raise ExpressionError(f"{shown(reader.text)!r} is not expected there")
    return Expression(names=tuple(dict.fromkeys(reader.names)), evaluate=part)


def _tokens(text: str, wholes: re.Pattern[str] | None) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []
    at, end = 0, len(text.rstrip())
    while at < end:
        start = at + len(text[at:]) - len(text[at:].lstrip())
        whole = wholes.match(text, start) if wholes else None
        if whole and whole.end() > start:
            found.append(("symbol", whole[0]))
            at = whole.end()
            continue
        match = _TOKEN.match(text, at)
        if match is None:
            raise ExpressionError(f"{shown(text[start : start + 20])!r} cannot be read")
        kind, value = str(match.lastgroup), match[str(match.lastgroup)]
        if kind in ("symbol", "text"):
            value = re.sub(r"\\(.)", r"\1", value[1:-1])
        elif kind == "word":
            kind = "sign" if value in _RESERVED else "word"
        found.append((kind, value))
        at = match.end()
    return [*found, ("end", "the end")]


class _Reader:
    """Recursive descent over the tokens; every method returns how to work out what it has read."""

    def __init__(self, tokens: Sequence[tuple[str, str]]) -> None:
        self._tokens = tokens
        self._at = 0
        self.names: list[str] = []

    @property
    def kind(self) -> str:
        return self._tokens[self._at][0]

    @property
    def text(self) -> str:
        return self._tokens[self._at][1]

    def choice(self, depth: int) -> _Part:
        """`condition ? one : other`, or what is tighter."""
        if depth > _DEEPEST:
            raise ExpressionError("it is nested too deeply")
        condition = self._binary(0, depth)
        if not self._takes("?"):
            return condition
        one = self.choice(depth + 1)
        self._require(":")
        other = self.choice(depth + 1)
        return lambda values: one(values) if is_true(condition(values)) else other(values)

    def _binary(self, level: int, depth: int) -> _Part:
        if level == len(_LEVELS):
            return self._unary(depth)
        left = self._binary(level + 1, depth)
        while (sign := self._operator(_LEVELS[level])) is not None:
            left = _joined(sign, left, self._binary(level + 1, depth))
        return left

    def _operator(self, signs: tuple[str, ...]) -> str | None:
        if self.kind != "sign":
            return None
        both = f"{self.text} {self._tokens[self._at + 1][1]}"
        if both in signs:
            self._at += 2
            return both
        sign = self.text
        return sign if sign in signs and self._takes(sign) else None

    def _unary(self, depth: int) -> _Part:
        if depth > _DEEPEST:
            raise ExpressionError("it is nested too deeply")
        if self._takes("not"):
            negated = self._unary(depth + 1)
            return lambda values: not is_true(negated(values))
        if self._takes("-"):
            inner = self._unary(depth + 1)
            return lambda values: -number(inner(values))
        return self._operand(depth)

    def _operand(self, depth: int) -> _Part:
        kind, text = self.kind, self.text
        self._at += kind != "end"
        if kind == "number":
            constant = float(text)
            return lambda values: constant
        if kind == "text":
            return lambda values: text
        if kind == "word" and self._takes("("):
            return self._call(text, depth)
        if kind in ("word", "symbol"):
            self.names.append(text)
            return lambda values: values.get(text, math.nan)
        if kind == "sign" and text == "(":
            return self._group(depth)
        raise ExpressionError(f"{shown(text)!r} is not expected there")

    def _group(self, depth: int) -> _Part:
        items = self._items(depth)
        if not items:
            raise ExpressionError("')' is not expected there")
        return items[0] if len(items) == 1 else lambda values: [item(values) for item in items]

    def _call(self, name: str, depth: int) -> _Part:
        if name not in FUNCTIONS:
            raise ExpressionError(f"there is no function {shown(name)!r} but {', '.join(FUNCTIONS)}")
        function, arguments = FUNCTIONS[name], self._items(depth)
        if not arguments:
            raise ExpressionError(f"{name}() is given nothing")
        return lambda values: function([number(argument(values)) for argument in arguments])

    def _items(self, depth: int) -> list[_Part]:
        if self._takes(")"):
            return []
        items = [self.choice(depth + 1)]
        while self._takes(","):
            items.append(self.choice(depth + 1))
        self._require(")")
        return items

    def _takes(self, sign: str) -> bool:
        fits = self.kind == "sign" and self.text == sign
        self._at += fits
        return fits

    def _require(self, sign: str) -> None:
        if not self._takes(sign):
            raise ExpressionError(f"{sign!r} is missing before {shown(self.text)!r}")


def _joined(sign: str, left: _Part, right: _Part) -> _Part:
    if sign == "and":
        return lambda values: is_true(left(values)) and is_true(right(values))
    if sign == "or":
        return lambda values: is_true(left(values)) or is_true(right(values))
    operator = OPERATORS[sign]
    return lambda values: operator(left(values), right(values))
