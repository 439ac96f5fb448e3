"""Judging one answer: its status, its captures, its expectations, in that order."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from perfgate.model import Response
from perfgate.workload.capture import Capture
from perfgate.workload.expect import Expectation, speaks_of_status
from perfgate.workload.scope import Scope
from perfgate.workload.seen import Seen


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """The error class of an answer ("" for none), candidates by captured name, whether the pass is over."""

    error: str
    found: Mapping[str, list[Any]] = field(default_factory=dict)
    ends_pass: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Checks:
    """Everything one request asks of its answer."""

    captures: tuple[Capture, ...] = ()
    expectations: tuple[Expectation, ...] = ()
    redirects_are_fine: bool = False
    stop_on_failure: bool = False

    @property
    def need_scope(self) -> bool:
        """Whether the answer is compared with variables of the pass."""
        return any(expectation.needs_scope for expectation in self.expectations)

    @property
    def look_inside(self) -> bool:
        """Whether more than the default rule about the status is asked of the answer."""
        return bool(self.captures or self.expectations)

    @property
    def steer_pass(self) -> bool:
        """Whether what follows in the pass depends on the answer."""
        return bool(self.captures) or self.stop_on_failure

    def examine(self, response: Response, scope: Scope | None = None) -> Outcome:
        """Judge an answer; never raises, whatever the answer holds.

        With a scope, captured values are settled and stored there first, so that expectations see them.
        """
        seen = Seen(response)
        error, ends_pass = self.status_error(response), False
        found: dict[str, list[Any]] = {}
        for capture in self.captures:
            candidates = capture.find(seen)
            if candidates:
                found[capture.name] = candidates
            elif capture.strict:
                error, ends_pass = error or capture.error, True
        if scope is not None:
            found = {name: [scope.pick(candidates)] for name, candidates in found.items()}
            self.keep(found, scope)
        for expectation in self.expectations:
            if not expectation.met_by(seen, scope):
                error, ends_pass = error or expectation.error, ends_pass or self.stop_on_failure
        return Outcome(error=error, found=found, ends_pass=ends_pass)

    def keep(self, found: Mapping[str, list[Any]], scope: Scope) -> None:
        """Store captured values in the pass; what was not found loses the value it had."""
        for capture in self.captures:
            if capture.name in found:
                scope.values[capture.name] = scope.pick(found[capture.name])
            else:
                scope.values.pop(capture.name, None)

    def status_error(self, response: Response) -> str:
        """The error class of a status nobody stated an expectation about."""
        status = response.status
        if status < 300 or any(speaks_of_status(expectation) for expectation in self.expectations):
            return ""
        if status >= 400:
            return f"status {status}"
        followed = 300 <= status < 400 and status != 304
        return f"redirect {status}" if followed and not self.redirects_are_fine else ""


class SharedJudge:
    """Judges answers for every pass at once, and remembers the last one.

    The driver asks for the error and the script for the captures of the same answer. Threads share the one
    slot; the worst a race does is judging an answer twice.
    """

    __slots__ = ("_last", "checks")

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self._last: tuple[Response, Outcome] | None = None

    def __call__(self, response: Response) -> str:
        """The error class of an answer, as `Request.judge` gives it."""
        return self.examine(response).error

    def examine(self, response: Response) -> Outcome:
        """Judge an answer, or say again what was said of it."""
        last = self._last
        if last is not None and last[0] is response:
            return last[1]
        outcome = self.checks.examine(response)
        if self.checks.steer_pass:
            self._last = (response, outcome)
        return outcome


class PassJudge:
    """Judges the answer to one request of one pass: one that compares with variables, or was ill rendered."""

    __slots__ = ("_outcome", "checks", "problem", "scope")

    def __init__(self, checks: Checks, scope: Scope, problem: str) -> None:
        self.checks = checks
        self.scope = scope
        self.problem = problem
        self._outcome: Outcome | None = None

    def __call__(self, response: Response) -> str:
        """The error class of an answer, as `Request.judge` gives it."""
        return self.examine(response).error

    def examine(self, response: Response) -> Outcome:
        """Judge the answer once; what went wrong before it was sent comes first."""
        if self._outcome is None:
            outcome = self.checks.examine(response, self.scope)
            error = self.problem or outcome.error
            problem = self.scope.take_problem()
            self._outcome = Outcome(error=error or problem, found=outcome.found, ends_pass=outcome.ends_pass)
        return self._outcome
