"""A scenario: its flow compiled, its functions around it, and the script of one pass."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

from perfgate.model import Cookies, Failure, Request, Scenario, Script, Think
from perfgate.workload.filled import constant
from perfgate.workload.gathered import Gathered
from perfgate.workload.guarded import FunctionStep
from perfgate.workload.hooks import EVENTS, Hook, context_of, read_hooks
from perfgate.workload.known import calls_functions, captured_names
from perfgate.workload.place import Place
from perfgate.workload.request import Around
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings
from perfgate.workload.source import Source, source_of
from perfgate.workload.step import RequestStep
from perfgate.workload.steps import StepReader
from perfgate.workload.template import Names
from perfgate.workload.walking import Steps, pause_in, requests_of, walk
from perfgate.yamlfile import shown

_HOOKS = ("beforeScenario", "afterScenario", "beforeRequest", "afterResponse", "onError")
SCENARIO_KEYS = ("name", "weight", "flow", "engine", *_HOOKS)
ONCE_KEYS = ("name", "flow", "engine", *_HOOKS)
"""What `before` and `after` may say: all that a scenario may, less what chooses among several."""

_ONLY_OF_SCENARIOS = {"weight": "remove it: this flow is walked once"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Pass:
    """All there is to know for one pass: its steps, its variables, and what is done if it fails."""

    name: str
    steps: Steps
    source: Source
    given: Mapping[str, Any]
    known: Mapping[str, Any]
    on_error: tuple[Hook, ...]
    last_endpoint: int
    leaves_variables: bool = False

    @property
    def uses_scope(self) -> bool:
        """Whether the pass reads or writes variables."""
        return any(
            step.uses_scope if isinstance(step, RequestStep) else not isinstance(step, Think)
            for step in self.steps
        ) or bool(self.on_error)

    def start(self, seed: int, nth: int = 0) -> Script:
        """The script of a pass, which is number `nth` of the load."""
        scope = self.source.draw(seed, nth)
        # As in Artillery: what config.variables and payloads say wins over what `before` left.
        for name, value in (*self.given.items(), *self.known.items()):
            scope.values.setdefault(name, value)
        if not self.on_error and not self.leaves_variables:
            return walk(self.steps, scope)
        return self._run(scope, dict(scope.values))

    def _run(self, scope: Scope, drawn: dict[str, Any]) -> Script:
        whole = yield from walk(self.steps, scope)
        if not whole and scope.failure.startswith(("no answer", "capture ", "match ")):
            for hook in self.on_error:
                problem = hook.call(scope.failure, scope.request, context_of(scope, self.name), EVENTS)
                if problem:
                    yield Failure(endpoint=self.last_endpoint, error=problem)
        if self.leaves_variables and isinstance(self.given, dict):
            self.given.update(
                {
                    name: value
                    for name, value in scope.values.items()
                    if name not in drawn or drawn[name] is not value
                }
            )
        return whole


def read_scenario(place: Place, index: int, settings: Settings, names: Names, gathered: Gathered) -> Scenario:
    """Compile one scenario; `names` holds what is known before its first request.

    Raises:
        UsageError: a key or a step that cannot be used, or a flow without any request.
    """
    _require_http(place)
    fields = place.fields(SCENARIO_KEYS)
    name = shown(str(fields["name"].scalar())) if "name" in fields else f"scenario {index + 1}"
    one = _read(place, fields, name, settings=settings, names=names, gathered=gathered)
    weight = (
        replace(fields["weight"], value=constant(fields["weight"], names)).whole()
        if "weight" in fields
        else 1
    )
    return _scenario(one, float(weight))


def read_once(
    place: Place, settings: Settings, names: Names, gathered: Gathered
) -> tuple[Scenario, set[str]]:
    """Compile `before` or `after`, and the names of the variables it may leave.

    Raises:
        UsageError: as `read_scenario`.
    """
    _require_http(place)
    fields = place.fields(ONCE_KEYS, _ONLY_OF_SCENARIOS)
    name = shown(str(fields["name"].scalar())) if "name" in fields else str(place.keys[-1])
    one = replace(
        _read(place, fields, name, settings=settings, names=names, gathered=gathered), leaves_variables=True
    )
    return _scenario(one, 1.0), captured_names(fields["flow"])


def _require_http(place: Place) -> None:
    """Other engines are named before their keys, which only they know."""
    engine = place.entries().get("engine")
    if engine is not None and engine.value != "http":
        raise engine.fail(
            f"the engine {shown(str(engine.value))!r} does not run here, only http",
            "let Artillery itself run the file, with driver: artillery",
        )


def _read(
    place: Place, fields: dict[str, Place], name: str, *, settings: Settings, names: Names, gathered: Gathered
) -> Pass:
    if "flow" not in fields:
        raise place.fail("the scenario has no flow", "add flow, a list of requests")
    # What an answer or a function may replace is no constant, not even before that.
    names = names.changing(captured_names(fields["flow"]))
    if settings.processor is not None and calls_functions(place):
        names = names.opened()
    hooks = {key: read_hooks(fields.get(key), settings.processor) for key in _HOOKS}
    around = Around(
        scenario=name, before_request=hooks["beforeRequest"], after_response=hooks["afterResponse"]
    )
    reader = StepReader(settings=settings, gathered=gathered, around=around)
    before = _calls(hooks["beforeScenario"], reader, name)
    steps, _ = reader.read(fields["flow"], names)
    requests = requests_of(steps)
    if not requests:
        raise fields["flow"].fail("the flow makes no request", "add one, like get: {url: /}")
    after = _calls(hooks["afterScenario"], reader, name)
    reader.settle(requests[-1].endpoint)
    return Pass(
        name=name,
        steps=(*before, *steps, *after),
        source=source_of(settings),
        given={},
        known={"target": settings.target.url}
        if settings.processor is not None and calls_functions(place)
        else {},
        on_error=hooks["onError"],
        last_endpoint=requests[-1].endpoint,
    )


def _calls(hooks: tuple[Hook, ...], reader: StepReader, name: str) -> Steps:
    return tuple(FunctionStep(hook=hook, scenario=name, anchor=reader.anchor()) for hook in hooks)


def _scenario(one: Pass, weight: float) -> Scenario:
    return Scenario(
        name=one.name,
        weight=weight,
        endpoints=frozenset(step.endpoint for step in requests_of(one.steps)),
        start=_starter(one),
        start_nth=one.start if one.source.is_ordered else None,
        fixed=_fixed(one),
        pauses=pause_in(one.steps),
        given=_giver(one, weight) if one.uses_scope or one.leaves_variables else None,
    )


def _giver(one: Pass, weight: float) -> Callable[[dict[str, Any]], Scenario]:
    return lambda variables: _scenario(replace(one, given=variables), weight)


def _fixed(one: Pass) -> tuple[Request | Think | Cookies, ...]:
    """The pass itself where it is always the same, and nothing an answer holds can end it early."""
    fixed: list[Request | Think | Cookies] = []
    for index, step in enumerate(one.steps):
        if isinstance(step, Think):
            fixed.append(step)
        elif not isinstance(step, RequestStep) or step.prebuilt is None or step.checks.steer_pass:
            return ()
        else:
            if step.keeps_cookies and index < len(one.steps) - 1:
                fixed.append(step.cookies_of(step.prebuilt))
            fixed.append(step.prebuilt)
    return () if one.on_error or one.leaves_variables else tuple(fixed)


def _starter(one: Pass) -> Callable[[int], Script]:
    if not one.uses_scope and not one.leaves_variables:
        unused = Scope({}, 0)
        return lambda _: walk(one.steps, unused)
    return one.start
