"""Walking through the steps of a flow: what one pass asks of its user, and when it is over early."""

from __future__ import annotations

from collections.abc import Generator
from typing import Protocol

from perfgate.model import Action, Response, Think
from perfgate.workload.checks import PassJudge
from perfgate.workload.scope import Scope
from perfgate.workload.step import RequestStep

Walk = Generator[Action, Response | None, bool]
"""What a part of a pass asks for; it returns False if the pass is over."""


class Inner(Protocol):
    """A step that is more than one request or one pause."""

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """Every request it may send."""

    @property
    def pauses(self) -> bool:
        """Whether it may hold think time."""

    def walk(self, scope: Scope) -> Walk:
        """Its part of one pass."""


FlowStep = RequestStep | Think | Inner
Steps = tuple[FlowStep, ...]


class Anchor:
    """The endpoint under which a failure of a step is counted: of the next request, or else of the last."""

    __slots__ = ("endpoint",)

    def __init__(self) -> None:
        self.endpoint = 0


def walk(steps: Steps, scope: Scope) -> Walk:
    """One step after the other, until one of them ends the pass."""
    for step in steps:
        if isinstance(step, RequestStep):
            request, examine = step.prepare(scope)
            if step.keeps_cookies:
                yield step.cookies_of(request)
            response = yield request
            if response is None:
                scope.failure = "no answer"
                return False
            if examine is None:
                continue
            outcome = examine(response)
            if outcome.ends_pass:
                scope.failure = outcome.error
                return False
            if not isinstance(request.judge, PassJudge):
                step.checks.keep(outcome.found, scope)
        elif isinstance(step, Think):
            yield step
        elif not (yield from step.walk(scope)):
            return False
    return True


def requests_of(steps: Steps) -> tuple[RequestStep, ...]:
    """Every request that the steps may send, in the order they are written."""
    return tuple(request for step in steps if not isinstance(step, Think) for request in step.requests)


def pause_in(steps: Steps) -> bool:
    """Whether the steps may hold think time."""
    return any(isinstance(step, Think) or step.pauses for step in steps)
