"""`ifTrue` and `probability`: whether a step takes part in a pass."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from perfgate.workload.expression import ExpressionError, parse_expression
from perfgate.workload.expressionvalues import is_true
from perfgate.workload.fieldpath import follow, parse_path
from perfgate.workload.hooks import Hook, context_of, read_hook
from perfgate.workload.place import Place
from perfgate.workload.processor import Processor
from perfgate.workload.scope import Scope
from perfgate.workload.template import Names

Ask = Callable[[Scope], tuple[bool, str]]
"""Whether it is so, and the error class of a function that could not say."""


class Variables(Mapping[str, Any]):
    """The variables of a pass as an expression sees them: `user.id` is the member of a variable."""

    def __init__(self, values: Mapping[str, Any]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> Any:
        """A variable, or a member of one.

        Raises:
            KeyError: there is none.
        """
        if name in self._values:
            return self._values[name]
        path = parse_path(name)
        if path is None:
            raise KeyError(name)
        return follow(self._values[str(path[0])], path[1:])

    def __iter__(self) -> Iterator[str]:
        """The names of the variables themselves."""
        return iter(self._values)

    def __len__(self) -> int:
        """How many variables there are."""
        return len(self._values)


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a step takes part: as often as `probability` says, and where `ask` says yes."""

    probability: float | None = None
    ask: Ask | None = None

    def holds(self, scope: Scope) -> tuple[bool, str]:
        """Whether the step takes part, and the error class of a function that failed."""
        if self.probability is not None and scope.rng.random() * 100 >= self.probability:
            return False, ""
        return (True, "") if self.ask is None else self.ask(scope)


def read_condition(
    if_true: Place | None, probability: Place | None, names: Names, processor: Processor | None, scenario: str
) -> Condition | None:
    """The condition of a step, None where it always takes part.

    Raises:
        UsageError: an expression that cannot be read, or names what can never have a value.
    """
    if if_true is None and probability is None:
        return None
    percent = None
    if probability is not None:
        percent = probability.number()
        if percent > 100:
            raise probability.fail("'probability' is more than 100", "write a percentage, like 30")
    ask = read_question(if_true, names, processor, scenario) if if_true is not None else None
    return Condition(probability=percent, ask=ask)


def read_question(place: Place, names: Names, processor: Processor | None, scenario: str) -> Ask:
    """A function of the processor, by its name, or an expression over variables.

    Raises:
        UsageError: as `read_condition`.
    """
    if isinstance(place.value, bool | int | float):
        fixed = is_true(place.value)
        return lambda _: (fixed, "")
    text = place.text()
    if processor is not None and text.strip() in processor.functions:
        hook = read_hook(Place(document=place.document, keys=place.keys, value=text.strip()), processor)
        return lambda scope: _answer(hook, scope, scenario)
    if "{{" in text:
        raise place.fail("a template in a condition", 'write the variable alone, like: ifTrue: "count > 2"')
    try:
        expression = parse_expression(text)
    except ExpressionError as error:
        raise place.fail(f"not a condition: {error}", 'write it like "count > 2 and token"') from error
    for name in expression.names:
        path = parse_path(name)
        if not names.may_have(name) and not (path and names.may_have(str(path[0]))):
            raise place.fail(
                f"the variable {name!r} has no value here",
                "define or capture it before; text stands in double quotes",
            )
    constants = names.constants

    def ask(scope: Scope) -> tuple[bool, str]:
        try:
            return expression.holds(Variables({**constants, **scope.values})), ""
        except (TypeError, ValueError, ArithmeticError, AttributeError) as error:
            return False, f"condition: {type(error).__name__}"

    return ask


def _answer(hook: Hook, scope: Scope, scenario: str) -> tuple[bool, str]:
    result, problem = hook.ask(context_of(scope, scenario))
    return bool(result), problem
