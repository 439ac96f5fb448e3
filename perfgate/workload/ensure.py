"""`config.ensure`: what the file demands of its run, read into conditions that can be judged afterwards."""

from __future__ import annotations

import re
from dataclasses import replace

from perfgate.model import Demand, Figure
from perfgate.workload.expression import ExpressionError, parse_expression
from perfgate.workload.figures import FigureError, Vocabulary
from perfgate.workload.filled import constant
from perfgate.workload.place import Place
from perfgate.workload.template import Names

_PLAIN = ("min", "max", "median", "p50", "p95", "p99")
KEYS = ("thresholds", "conditions", "maxErrorRate", *_PLAIN)
_FROM_OUTSIDE = re.compile(r"\{\{\s*\$(?:env|processEnvironment|environment)\b[^{}]*\}\}")
_ERROR_RATE = "(vusers.created - vusers.completed) / vusers.created * 100"


def read_ensure(place: Place, words: Vocabulary, names: Names) -> tuple[Demand, ...]:
    """Every demand of `ensure`.

    Raises:
        UsageError: a key, expression or metric that cannot be used.
    """
    if place.value is None:
        return ()
    entries = place.fields(KEYS)
    found: list[Demand] = []
    for item in entries["thresholds"].items() if "thresholds" in entries else ():
        found.extend(_below(entry, metric, words, names) for metric, entry in item.entries().items())
    conditions = entries["conditions"].items() if "conditions" in entries else ()
    found.extend(_condition(item, words, names) for item in conditions)
    plain = (key for key in _PLAIN if key in entries)
    found.extend(_below(entries[key], f"http.response_time.{key}", words, names) for key in plain)
    if "maxErrorRate" in entries:
        limit = _limit(entries["maxErrorRate"], names)
        demand = _demand(entries["maxErrorRate"], f"{_ERROR_RATE} <= {limit:g}", words)
        found.append(_called(demand, f"maxErrorRate <= {limit:g}"))
    return tuple(found)


def _below(place: Place, metric: str, words: Vocabulary, names: Names) -> Demand:
    limit, figure = _limit(place, names), _figure(place, metric, words)
    return Demand(
        source=f"{metric} < {limit:g}",
        strict=True,
        figures=(figure,),
        holds=lambda values: values[metric] < limit,
    )


def _condition(place: Place, words: Vocabulary, names: Names) -> Demand:
    entries = place.fields(("expression", "strict"))
    if "expression" not in entries:
        raise place.fail("the condition has no expression", "add expression, like http.codes.500 == 0")
    entry = entries["expression"]
    text = _FROM_OUTSIDE.sub(lambda match: str(constant(replace(entry, value=match[0]), names)), entry.text())
    strict = entries["strict"].flag() if "strict" in entries else True
    return _called(_demand(entry, text, words), " ".join(text.split()), strict=strict)


def _demand(place: Place, text: str, words: Vocabulary) -> Demand:
    try:
        expression = parse_expression(text, words.wholes)
    except ExpressionError as error:
        raise place.fail(
            f"the expression cannot be used: {error}", "write one like http.response_time.p95 < 200"
        ) from error
    if not expression.names:
        raise place.fail("the expression names no metric", "write one like http.response_time.p95 < 200")
    figures = tuple(_figure(place, name, words) for name in expression.names)
    return Demand(source=text, strict=True, figures=figures, holds=expression.holds)


def _called(demand: Demand, source: str, *, strict: bool = True) -> Demand:
    return replace(demand, source=source, strict=strict)


def _figure(place: Place, name: str, words: Vocabulary) -> Figure:
    try:
        return words.figure(name)
    except FigureError as error:
        raise place.fail(str(error), error.hint) from error


def _limit(place: Place, names: Names) -> float:
    return replace(place, value=constant(place, names)).number()
