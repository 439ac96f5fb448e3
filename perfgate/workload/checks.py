"""Judging one answer: its status, captures, matches, functions and expectations, in Artillery's order."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from types import MappingProxyType
from typing import Any, NamedTuple

from perfgate.model import Response, no_check
from perfgate.workload.capture import Capture, Match
from perfgate.workload.expect import Expectation, speaks_of_status
from perfgate.workload.hooks import EVENTS, Answered, Hook, context_of
from perfgate.workload.scope import Scope
from perfgate.workload.seen import Seen

_MOST_KEPT = 256


class Outcome(NamedTuple):
    """The error class of an answer ("" for none), candidates by captured name, whether the pass is over."""

    error: str
    found: Mapping[str, list[Any]] = MappingProxyType({})
    ends_pass: bool = False


class AfterResponse:
    """Functions that are given the answer: the scenario's own, and then those of the request."""

    __slots__ = ("_name", "_of_request", "_of_scenario")

    def __init__(self, scenario: str, of_scenario: tuple[Hook, ...], of_request: tuple[Hook, ...]) -> None:
        self._name = scenario
        self._of_scenario = of_scenario
        self._of_request = of_request

    def before_expectations(self, answered: Answered, scope: Scope) -> str:
        """Call those of the scenario; the error class of the first that failed, or empty text."""
        return self._call(self._of_scenario, answered, scope)

    def after_expectations(self, answered: Answered, scope: Scope) -> str:
        """Call those of the request; the error class of the first that failed, or empty text."""
        return self._call(self._of_request, answered, scope)

    def _call(self, hooks: tuple[Hook, ...], answered: Answered, scope: Scope) -> str:
        for hook in hooks:
            problem = hook.call(scope.request, answered, context_of(scope, self._name), EVENTS)
            if problem:
                return problem
        return ""


class Checks:
    """Everything one request asks of its answer.

    `need_scope` says that the answer is compared with variables of the pass, `look_inside` that more than
    the default rule about the status is asked, `steer_pass` that what follows depends on the answer.
    """

    __slots__ = (
        "_asks_more",
        "_states_status",
        "captures",
        "expectations",
        "hooks",
        "look_inside",
        "matches",
        "need_scope",
        "steer_pass",
        "stop_on_failure",
    )

    def __init__(
        self,
        *,
        captures: tuple[Capture, ...] = (),
        matches: tuple[Match, ...] = (),
        expectations: tuple[Expectation, ...] = (),
        hooks: AfterResponse | None = None,
        stop_on_failure: bool = False,
    ) -> None:
        self.captures = captures
        self.matches = matches
        self.expectations = expectations
        self.hooks = hooks
        self.stop_on_failure = stop_on_failure
        asking: tuple[Capture | Match | Expectation, ...] = (*captures, *matches, *expectations)
        self.need_scope = hooks is not None or bool(matches) or any(item.needs_scope for item in asking)
        self._asks_more = bool(matches) or hooks is not None
        self.look_inside = bool(asking) or hooks is not None
        self.steer_pass = bool(captures or matches) or hooks is not None or stop_on_failure
        self._states_status = any(speaks_of_status(expectation) for expectation in expectations)

    def examine(self, response: Response, scope: Scope | None = None) -> Outcome:
        """Judge an answer; never raises, whatever the answer holds.

        A JSON capture and a statusCode cost a pass 4 µs beyond the bare request, the script's part included
        (15 µs when every answer was examined twice, by a JSONPath library, with a generator made for it).

        With a scope, captured values are settled and stored there first, so that expectations see them.
        """
        seen = Seen(response)
        error, ends_pass = "" if self._states_status else no_check(response), False
        found: dict[str, list[Any]] = {}
        for capture in self.captures:
            candidates = capture.find(seen, scope)
            if candidates:
                found[capture.name] = candidates
            elif capture.strict:
                error, ends_pass = error or capture.error, True
        if scope is not None:
            found = {name: [scope.pick(candidates)] for name, candidates in found.items()}
            self.keep(found, scope)
        if self._asks_more:
            for problem, is_fatal in self._problems(seen, scope):
                error, ends_pass = error or problem, ends_pass or is_fatal
            return Outcome(error, found, ends_pass)
        for expectation in self.expectations:
            if not expectation.met_by(seen, scope):
                error, ends_pass = error or expectation.error, ends_pass or self.stop_on_failure
        return Outcome(error, found, ends_pass)

    def _problems(self, seen: Seen, scope: Scope | None) -> Iterator[tuple[str, bool]]:
        """What is wrong beyond status and captures, and whether it ends the pass."""
        for match in self.matches:
            if not match.is_met_by(seen, scope):
                yield match.error, match.strict
        hooked = self.hooks is not None and scope is not None
        answered = Answered(seen.response, seen) if hooked else None
        if self.hooks is not None and scope is not None and answered is not None:
            problem = self.hooks.before_expectations(answered, scope)
            if problem:
                yield problem, True
        for expectation in self.expectations:
            if not expectation.met_by(seen, scope):
                yield expectation.error, self.stop_on_failure
        if self.hooks is not None and scope is not None and answered is not None:
            problem = self.hooks.after_expectations(answered, scope)
            if problem:
                yield problem, True

    def keep(self, found: Mapping[str, list[Any]], scope: Scope) -> None:
        """Store captured values in the pass; what was not found loses the value it had."""
        for capture in self.captures:
            if capture.name in found:
                scope.values[capture.name] = scope.pick(found[capture.name])
            else:
                scope.values.pop(capture.name, None)


class SharedJudge:
    """Judges answers for every pass at once, each one once.

    The driver asks for the error, and then the script for the captures of the same answer: the outcome is
    kept between the two. Both steps on one dictionary are atomic, so threads may share it. An answer whose
    script never asks (the load is over) is dropped with all others once there are many.
    """

    __slots__ = ("_kept", "checks")

    def __init__(self, checks: Checks) -> None:
        self.checks = checks
        self._kept: dict[int, tuple[Response, Outcome]] = {}

    def __call__(self, response: Response) -> str:
        """The error class of an answer, as `Request.judge` gives it."""
        outcome = self.checks.examine(response)
        if self.checks.steer_pass:
            if len(self._kept) >= _MOST_KEPT:
                self._kept.clear()
            self._kept[id(response)] = (response, outcome)
        return outcome.error

    def examine(self, response: Response) -> Outcome:
        """Judge an answer, or say what was said of it to the driver."""
        kept = self._kept.pop(id(response), None)
        return kept[1] if kept is not None and kept[0] is response else self.checks.examine(response)


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
            self._outcome = outcome._replace(error=error or problem)
        return self._outcome
