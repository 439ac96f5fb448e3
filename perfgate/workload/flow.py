"""A scenario's flow: its steps compiled in order, and the script of one pass through them."""

from __future__ import annotations

from collections.abc import Callable

from perfgate.model import Request, Scenario, Script, Think
from perfgate.workload.checks import PassJudge
from perfgate.workload.gathered import Gathered
from perfgate.workload.place import Place
from perfgate.workload.request import METHODS, read_request
from perfgate.workload.scope import Scope
from perfgate.workload.settings import Settings
from perfgate.workload.source import Source, source_of
from perfgate.workload.step import RequestStep
from perfgate.workload.template import Names
from perfgate.yamlfile import shown

_FIELDS = ("name", "weight", "flow", "engine")
_HOOK = "custom JavaScript does not run here; write the requests out"
_UNSUPPORTED = {
    "beforeScenario": _HOOK,
    "afterScenario": _HOOK,
    "beforeRequest": _HOOK,
    "afterResponse": _HOOK,
    "onError": _HOOK,
}
_STEP_UNSUPPORTED = {
    "loop": "write its steps out",
    "count": "it belongs to loop, which is not supported yet",
    "over": "it belongs to loop, which is not supported yet",
    "whileTrue": "it belongs to loop, which is not supported yet",
    "parallel": "write its requests one after another",
    "function": _HOOK,
    "jitter": "write the think time without jitter",
    "emit": "only HTTP is supported",
    "send": "only HTTP is supported",
    "connect": "only HTTP is supported",
}
_ACTIONS = (*METHODS, "think", "log")

Steps = tuple[RequestStep | Think, ...]


def read_scenario(place: Place, index: int, settings: Settings, names: Names, gathered: Gathered) -> Scenario:
    """Compile one scenario; `names` holds what is known before its first request.

    Raises:
        UsageError: a key or a step that cannot be used, or a flow without any request.
    """
    fields = place.fields(_FIELDS, _UNSUPPORTED)
    if "engine" in fields and fields["engine"].value != "http":
        raise fields["engine"].fail("only the http engine is supported", "remove the scenario, or its engine")
    if "flow" not in fields:
        raise place.fail("the scenario has no flow", "add flow, a list of requests")
    steps = _read_steps(fields["flow"], settings, names, gathered)
    requests = [step for step in steps if isinstance(step, RequestStep)]
    if not requests:
        raise fields["flow"].fail("the flow makes no request", "add one, like get: {url: /}")
    source = source_of(settings)
    return Scenario(
        name=shown(str(fields["name"].scalar())) if "name" in fields else f"scenario {index + 1}",
        weight=float(fields["weight"].whole()) if "weight" in fields else 1.0,
        endpoints=frozenset(step.endpoint for step in requests),
        start=_starter(steps, source),
        start_nth=_nth_starter(steps, source),
        fixed=_fixed(steps),
        pauses=any(isinstance(step, Think) for step in steps),
    )


def _read_steps(place: Place, settings: Settings, names: Names, gathered: Gathered) -> Steps:
    captured = _captured_names(place)
    # What some answer may replace is no constant, not even before that answer.
    known = Names(
        constants=names.constants,
        later=names.later | (names.constants.keys() & captured),
        environ=names.environ,
    )
    steps: list[RequestStep | Think] = []
    for item in place.items():
        fields = item.fields(_ACTIONS, _STEP_UNSUPPORTED)
        if len(fields) != 1:
            raise item.fail("a step is exactly one action", f"write one of: {', '.join(_ACTIONS)}")
        [(action, entry)] = fields.items()
        if action == "log":
            entry.scalar()
        elif action == "think":
            steps.append(Think(duration_ns=entry.duration_ns()))
        else:
            step = read_request(action, entry, settings, known, gathered)
            known = known.with_captures(capture.name for capture in step.checks.captures)
            steps.append(step)
    return tuple(steps)


def _captured_names(flow: Place) -> set[str]:
    """Every name that any request of the flow captures, read before anything is checked."""
    found: set[str] = set()
    for step in flow.value if isinstance(flow.value, list) else []:
        for request in step.values() if isinstance(step, dict) else []:
            captures = request.get("capture") if isinstance(request, dict) else None
            for capture in captures if isinstance(captures, list) else [captures]:
                if isinstance(capture, dict) and isinstance(capture.get("as"), str):
                    found.add(capture["as"])
    return found


def _fixed(steps: Steps) -> tuple[Request | Think, ...]:
    """The pass itself where it is always the same, and nothing an answer holds can end it early."""
    fixed: list[Request | Think] = []
    for step in steps:
        if isinstance(step, Think):
            fixed.append(step)
        elif step.prebuilt is None or step.checks.steer_pass:
            return ()
        else:
            fixed.append(step.prebuilt)
    return tuple(fixed)


def _starter(steps: Steps, source: Source) -> Callable[[int], Script]:
    if not any(isinstance(step, RequestStep) and step.uses_scope for step in steps):
        unused = Scope({}, 0)
        return lambda seed: _run(steps, unused)
    return lambda seed: _run(steps, source.draw(seed))


def _nth_starter(steps: Steps, source: Source) -> Callable[[int, int], Script] | None:
    """How pass number so and so begins, where a payload is read in sequence."""
    if not source.is_ordered:
        return None
    return lambda seed, nth: _run(steps, source.draw(seed, nth))


def _run(steps: Steps, scope: Scope) -> Script:
    for step in steps:
        if isinstance(step, Think):
            yield step
            continue
        request, examine = step.prepare(scope)
        response = yield request
        if response is None:
            return False
        if examine is None:
            continue
        outcome = examine(response)
        if outcome.ends_pass:
            return False
        if not isinstance(request.judge, PassJudge):
            step.checks.keep(outcome.found, scope)
    return True
