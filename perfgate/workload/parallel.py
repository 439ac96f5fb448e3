"""`parallel`: steps done at the same time, each on a connection of its own."""

from __future__ import annotations

from dataclasses import dataclass

from perfgate.model import Script, Together
from perfgate.workload.scope import Scope
from perfgate.workload.step import RequestStep
from perfgate.workload.walking import Steps, Walk, pause_in, requests_of, walk

MOST_AT_ONCE = 100


@dataclass(frozen=True, slots=True, kw_only=True)
class Parallel:
    """Branches that begin together; the next step waits for all of them, and they share the variables."""

    branches: tuple[Steps, ...]
    limit: int = MOST_AT_ONCE

    @property
    def requests(self) -> tuple[RequestStep, ...]:
        """Every request it may send."""
        return tuple(request for branch in self.branches for request in requests_of(branch))

    @property
    def pauses(self) -> bool:
        """Whether it may hold think time."""
        return any(pause_in(branch) for branch in self.branches)

    def walk(self, scope: Scope) -> Walk:
        """One action; a branch that ends early ends the pass, once the others are done."""
        failures: list[str] = []
        scripts = tuple(_branch(branch, scope.fork(), failures) for branch in self.branches)
        yield Together(branches=scripts, limit=self.limit)
        if failures:
            scope.failure = failures[0]
        return not failures


def _branch(steps: Steps, scope: Scope, failures: list[str]) -> Script:
    whole = yield from walk(steps, scope)
    if not whole:
        failures.append(scope.failure or "a branch ended early")
    return whole
