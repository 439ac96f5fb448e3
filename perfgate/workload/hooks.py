"""Functions of a processor, called by a pass: what they are given, and what becomes of their exceptions."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from perfgate.model import Response
from perfgate.workload.place import Place
from perfgate.workload.processor import Processor
from perfgate.workload.scope import Scope
from perfgate.workload.seen import UNREADABLE, Seen
from perfgate.yamlfile import shown

_METRICS = ("counter", "histogram", "rate", "summary")


@dataclass(frozen=True, slots=True)
class Context:
    """What a function is given about its pass: the variables, which it may change, and its scenario."""

    vars: dict[str, Any]
    scenario: dict[str, Any]


class Events:
    """Where a function may send metrics of its own; they are checked and not kept."""

    def emit(self, kind: str, name: str = "", value: Any = 1) -> None:
        """Take a metric.

        Raises:
            ValueError: none of counter, histogram and rate, or one without a name.
        """
        if kind not in _METRICS or not isinstance(name, str) or not name:
            raise ValueError(f"events.emit takes one of {', '.join(_METRICS)} and a name")


class Answered:
    """An answer as a function sees it; names in `headers` are in lower case."""

    def __init__(self, response: Response, seen: Seen) -> None:
        self._seen = seen
        self.status_code = self.statusCode = response.status
        self.headers = dict(response.headers)

    @property
    def body(self) -> str:
        """The body as text, empty where it cannot be read."""
        try:
            return self._seen.text()
        except UNREADABLE:
            return ""

    def json(self) -> Any:
        """The body parsed as JSON.

        Raises:
            ValueError: it is no JSON.
        """
        return self._seen.json()


EVENTS = Events()


@dataclass(frozen=True, slots=True, kw_only=True)
class Hook:
    """A function by its name; `takes` is how many arguments it wants, -1 for all there are."""

    name: str
    function: Callable[..., Any] = field(repr=False, compare=False)
    takes: int = -1

    def call(self, *arguments: Any) -> str:
        """Call it; the error class of what it raised, or called back with, or empty text."""
        heard: list[Any] = []
        problem = self._do(arguments, heard.append)[1]
        if not problem and heard and heard[-1]:
            return f"processor {self.name}: called back with an error"
        return problem

    def ask(self, *arguments: Any) -> tuple[Any, str]:
        """What it returns, or calls back with, and the error class of what it raised, or empty text."""
        heard: list[Any] = []
        returned, problem = self._do(arguments, heard.append)
        return heard[-1] if heard and returned is None else returned, problem

    def _do(self, arguments: tuple[Any, ...], back: Callable[..., None]) -> tuple[Any, str]:
        """Call it with what it takes; `back` is for functions ported from JavaScript word by word."""

        def done(said: Any = None, *_: Any) -> None:
            back(said)

        try:
            given = arguments if self.takes < 0 else (*arguments, done)[: self.takes]
            return self.function(*given), ""
        except (Exception, SystemExit) as error:
            return None, f"processor {self.name}: {type(error).__name__}"


def read_hooks(place: Place | None, processor: Processor | None) -> tuple[Hook, ...]:
    """The functions named at a place, one or a list; none where there is no place.

    Raises:
        UsageError: a name that is no function of the processor.
    """
    if place is None or place.value in ([], None):
        return ()
    return tuple(read_hook(item, processor) for item in place.one_or_more())


def read_hook(place: Place, processor: Processor | None) -> Hook:
    """The function named at a place.

    Raises:
        UsageError: it is no function of the processor.
    """
    name = place.text()
    if "{{" in name:
        raise place.fail("a template cannot name a function", "write its name out")
    functions = processor.functions if processor else {}
    if name not in functions:
        raise place.fail(
            f"there is no function {shown(name)!r}",
            "write it in Python, in a module beside the one config.processor names; or use driver: artillery",
        )
    return Hook(name=shown(name), function=functions[name], takes=_wanted(functions[name]))


def context_of(scope: Scope, scenario: str) -> Context:
    """What functions are given about a pass."""
    return Context(vars=scope.values, scenario={"name": scenario})


def _wanted(function: Callable[..., Any]) -> int:
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return -1
    if any(parameter.kind is parameter.VAR_POSITIONAL for parameter in parameters):
        return -1
    return sum(p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters)
