"""`loop`: steps done again: so many times, for each element of a list, or while something is true."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from perfgate.model import Failure
from perfgate.workload.body import compiled
from perfgate.workload.condition import Ask
from perfgate.workload.fieldpath import follow, parse_path
from perfgate.workload.place import Place
from perfgate.workload.scope import Scope
from perfgate.workload.step import RequestStep
from perfgate.workload.template import Names, Template, resolve
from perfgate.workload.walking import Anchor, Steps, Walk, pause_in, requests_of, walk
from perfgate.yamlfile import shown

LOOP_KEYS = ("loop", "count", "over", "whileTrue", "loopValue", "loopElement", "ifTrue")
_RANGE = re.compile(r"\s*(\d{1,9})\s*-\s*(\d{1,9})\s*")
_NUMBER = re.compile(r"\s*(-?\d{1,9})(?:\.0+)?\s*")
_MOST_BARREN = 10_000

Turns = Iterator[tuple[int, Any]]
"""Number and element of every turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Repeat:
    """How often: a `count` (number, range, `Template` of one; None for no end), or the elements of `over`.

    `over` is a list, a `Template` of one, or the path of a variable.
    """

    count: Any = None
    over: Any = None

    def turns(self, scope: Scope) -> Turns | None:
        """The turns of one pass; None where the pass has no number, or no list, to go by."""
        if self.over is not None:
            elements = self._elements(scope)
            return enumerate(elements) if isinstance(elements, list) else None
        if self.count is None:
            return ((number, number) for number in itertools.count())
        limits = read_count(resolve(self.count, scope))
        if limits is None:
            return None
        begin, end = limits
        numbers: Iterator[int] = itertools.count(begin) if end < 0 else iter(range(begin, end))
        return ((number, number) for number in numbers)

    def _elements(self, scope: Scope) -> Any:
        if isinstance(self.over, tuple):
            try:
                return follow(scope.values[str(self.over[0])], self.over[1:])
            except KeyError:
                return None
        return resolve(self.over, scope)


@dataclass(frozen=True, slots=True, kw_only=True)
class Loop:
    """Steps that are repeated; `asks` is answered after each turn, and no ends the loop."""

    steps: Steps
    repeat: Repeat
    asks: Ask | None
    number_name: str
    element_name: str
    anchor: Anchor

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """Every request it may send."""
        return requests_of(self.steps)

    @property
    def pauses(self) -> bool:
        """Whether it may hold think time."""
        return pause_in(self.steps)

    def walk(self, scope: Scope) -> Walk:
        """All turns of one pass; one without a list or a number to go by is a failure, and none is done."""
        turns = self.repeat.turns(scope)
        if turns is None:
            yield Failure(endpoint=self.anchor.endpoint, error="loop without a list or a number")
            return True
        kept = {name: scope.values[name] for name in self._names if name in scope.values}
        barren = 0
        for number, element in turns:
            scope.values[self.element_name] = element
            scope.values[self.number_name] = number
            asked = yield from self._turn(scope)
            if asked is None:
                return False
            barren = 0 if asked else barren + 1
            if barren >= _MOST_BARREN:
                yield Failure(endpoint=self.anchor.endpoint, error="endless loop")
                return False
            if self.asks is not None:
                goes_on, problem = self.asks(scope)
                if problem:
                    yield Failure(endpoint=self.anchor.endpoint, error=problem)
                    return False
                if not goes_on:
                    break
        scope.values.update(kept)
        return True

    def _turn(self, scope: Scope) -> Any:
        """One turn: whether it asked for anything, or None if the pass is over."""
        inner = walk(self.steps, scope)
        answer, asked = None, False
        while True:
            try:
                action = inner.send(answer)
            except StopIteration as end:
                return asked if end.value else None
            asked = True
            answer = yield action

    @property
    def _names(self) -> tuple[str, str]:
        return self.number_name, self.element_name


def read_count(value: Any) -> tuple[int, int] | None:
    """First number and end (not included; negative for none) of `5`, `"5"` or `"1-10"`; None for no count."""
    if isinstance(value, bool):
        return None
    text = str(value)
    if match := _NUMBER.fullmatch(text):
        return 0, int(match[1])
    if match := _RANGE.fullmatch(text):
        return int(match[1]), int(match[2])
    return None


def read_repeat(fields: dict[str, Place], names: Names) -> Repeat:
    """Compile `count` and `over`.

    Raises:
        UsageError: both of them, or one that cannot be used.
    """
    if "count" in fields and "over" in fields:
        raise fields["count"].fail("'count' and 'over' both say how often", "keep one of them")
    if "over" in fields:
        return Repeat(over=_over(fields["over"], names))
    if "count" not in fields:
        return Repeat()
    place = fields["count"]
    count = compiled(place, place.scalar(), names)
    if not isinstance(count, Template):
        limits = read_count(count)
        if limits is None or (limits[0] > 0 and limits[1] <= limits[0]):
            raise place.fail(
                f"{shown(str(count))!r} is not a count", 'write a number, like 5, or a range, like "1-10"'
            )
        # To Artillery 0 is no number of turns, but none given.
        return Repeat(count=None if limits == (0, 0) else count)
    return Repeat(count=count)


def _over(place: Place, names: Names) -> Any:
    if isinstance(place.value, list):
        place.items()
        return compiled(place, place.value, names)
    text = place.text()
    if "{{" in text:
        return compiled(place, text, names)
    path = parse_path(text)
    if path is None or _RANGE.fullmatch(text):
        raise place.fail(
            f"{shown(text)!r} does not name a list", 'name a variable, write a list, or use count: "1-10"'
        )
    if not names.may_have(str(path[0])):
        raise place.fail(
            f"the variable {shown(str(path[0]))!r} has no value here", "define or capture it before"
        )
    if str(path[0]) in names.later:
        return path
    return _fixed_list(place, path, names)


def _fixed_list(place: Place, path: tuple[str | int, ...], names: Names) -> list[Any]:
    try:
        value = follow(names.constants[str(path[0])], path[1:])
    except KeyError:
        value = None
    if not isinstance(value, list):
        raise place.fail(f"{shown(str(place.value))!r} is not a list", "name a variable that holds one")
    return value
