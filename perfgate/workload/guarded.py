"""Steps that call functions, or depend on a condition: `function`, `beforeRequest`, `ifTrue`."""

from __future__ import annotations

import copy
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from perfgate.errors import UsageError
from perfgate.model import Failure
from perfgate.workload.condition import Condition
from perfgate.workload.hooks import EVENTS, Hook, context_of
from perfgate.workload.scope import Scope
from perfgate.workload.step import RequestStep
from perfgate.workload.walking import Anchor, FlowStep, Steps, Walk, pause_in, requests_of, walk

Rebuild = Callable[[dict[str, Any]], RequestStep]
"""Compiles a request that functions have changed; raises UsageError for one that cannot be sent."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FunctionStep:
    """A function of the processor, called with the pass."""

    hook: Hook
    scenario: str
    anchor: Anchor

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """A function sends nothing."""
        return ()

    @property
    def pauses(self) -> bool:
        """Nor does the pass wait."""
        return False

    def walk(self, scope: Scope) -> Walk:
        """Call it; the pass ends if it raises."""
        problem = self.hook.call(context_of(scope, self.scenario), EVENTS)
        if problem:
            yield Failure(endpoint=self.anchor.endpoint, error=problem)
        return not problem


@dataclass(frozen=True, slots=True, kw_only=True)
class Guarded:
    """Steps that take part only where a condition holds."""

    condition: Condition
    steps: Steps
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
        """The steps, or nothing; a condition whose function raises ends the pass."""
        holds, problem = self.condition.holds(scope)
        if problem:
            yield Failure(endpoint=self.anchor.endpoint, error=problem)
            return False
        return (yield from walk(self.steps, scope)) if holds else True


@dataclass(frozen=True, slots=True, kw_only=True)
class Hooked:
    """A request that functions see: before it is sent, when they may change it, or with its answer."""

    step: RequestStep
    hooks: tuple[Hook, ...]
    scenario: str
    written: dict[str, Any] = field(repr=False)
    rebuild: Rebuild = field(repr=False)

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """The request, as it stands in the file."""
        return (self.step,)

    @property
    def pauses(self) -> bool:
        """A request never waits."""
        return False

    def walk(self, scope: Scope) -> Walk:
        """Call the functions with the request as it is written, then send what they left."""
        request = copy.deepcopy(self.written)
        scope.request = request
        context = context_of(scope, self.scenario)
        for hook in self.hooks:
            problem = hook.call(request, context, EVENTS)
            if problem:
                yield Failure(endpoint=self.step.endpoint, error=problem)
                return False
        step: FlowStep = self.step
        if self.hooks and not _are_equal(request, self.written):
            try:
                step = self.rebuild(request)
            except (UsageError, TypeError, ValueError, AttributeError, RecursionError) as error:
                what = error.message.partition(": ")[2] if isinstance(error, UsageError) else str(error)
                text = f"processor {self.hooks[-1].name}: {' '.join(what.split())[:80]}"
                yield Failure(endpoint=self.step.endpoint, error=text)
                return False
        return (yield from walk((step,), scope))


def _are_equal(one: dict[str, Any], other: dict[str, Any]) -> bool:
    try:
        return one == other
    except (TypeError, ValueError, RecursionError):
        return False
