"""Reading the steps of a flow, whatever they hold, into what a pass walks through."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar

from perfgate.workload.condition import read_condition, read_question
from perfgate.workload.gathered import Gathered
from perfgate.workload.guarded import FunctionStep, Guarded, Hooked
from perfgate.workload.hooks import read_hook, read_hooks
from perfgate.workload.known import captured_names
from perfgate.workload.loop import LOOP_KEYS, Loop, read_repeat
from perfgate.workload.parallel import MOST_AT_ONCE, Parallel
from perfgate.workload.pause import read_think
from perfgate.workload.place import Place
from perfgate.workload.request import MESSAGE_KEYS, METHODS, REQUEST_UNSUPPORTED, Around, read_request
from perfgate.workload.settings import Settings
from perfgate.workload.step import RequestStep
from perfgate.workload.template import Names
from perfgate.workload.walking import Anchor, FlowStep, Steps

_BESIDE = {
    "think": ("think", "jitter", "ifTrue"),
    "log": ("log", "ifTrue"),
    "function": ("function", "ifTrue"),
    "loop": LOOP_KEYS,
    "parallel": ("parallel", "limit", "ifTrue"),
    **{method: (method, "ifTrue") for method in METHODS},
}
"""Every action, and the keys that may stand beside it."""

STEP_KEYS = tuple(dict.fromkeys(key for keys in _BESIDE.values() for key in keys))
_ENGINE = "another engine speaks it: let Artillery itself run the file, with driver: artillery"
STEP_UNSUPPORTED = {
    **dict.fromkeys(("emit", "send", "connect", "wait", "namespace", "acknowledge", "response"), _ENGINE),
    "set": "Artillery has no such step: use config.variables, capture or a function",
    "exec": "Artillery has no such step: use function",
}
_OPTIONS_OF_GOT = (
    *("searchParams", "retry", "timeout", "username", "password", "agent", "https", "http2"),
    *("followRedirects", "maxRedirects", "cookieJar", "hooks", "prefixUrl", "localAddress"),
)

Reads = Callable[["StepReader", str, dict[str, Place], Names, Anchor], tuple[Steps, Names]]


@dataclass(slots=True, kw_only=True)
class StepReader:
    """Reads the steps of one scenario; `waiting` are those that fail under the next request's endpoint."""

    settings: Settings
    gathered: Gathered
    around: Around
    waiting: list[Anchor] = field(default_factory=list)

    def read(self, place: Place, names: Names) -> tuple[Steps, Names]:
        """The steps of a list, and what is known after them.

        Raises:
            UsageError: a step or a key that cannot be used.
        """
        steps: list[FlowStep] = []
        for item in place.items():
            more, names = self.read_step(item, names)
            steps += more
        return tuple(steps), names

    def read_step(self, place: Place, names: Names) -> tuple[Steps, Names]:
        """One step (none for a `log`), and what is known after it.

        Raises:
            UsageError: as `read`.
        """
        fields = place.fields(STEP_KEYS, STEP_UNSUPPORTED)
        actions = [key for key in fields if key in _BESIDE]
        if len(actions) != 1:
            raise place.fail("a step is exactly one action", f"write one of: {', '.join(_BESIDE)}")
        [action] = actions
        for key, entry in fields.items():
            if key not in _BESIDE[action]:
                raise entry.fail(
                    f"{key!r} does not belong to {action}", "remove it, or check the indentation"
                )
        anchor = self.anchor()
        processor = self.settings.processor
        condition = read_condition(fields.get("ifTrue"), None, names, processor, self.around.scenario)
        steps, names = self._READ.get(action, StepReader._request)(self, action, fields, names, anchor)
        if condition is not None and steps:
            return (Guarded(condition=condition, steps=steps, anchor=anchor),), names
        return steps, names

    def settle(self, endpoint: int) -> None:
        """Let what has been waiting for a request fail under this endpoint."""
        for anchor in self.waiting:
            anchor.endpoint = endpoint
        self.waiting.clear()

    def anchor(self) -> Anchor:
        """A place for failures of a step that sends nothing itself."""
        anchor = Anchor()
        self.waiting.append(anchor)
        return anchor

    def _log(self, _: str, fields: dict[str, Place], names: Names, anchor: Anchor) -> tuple[Steps, Names]:
        fields["log"].scalar()
        return (), names

    def _think(self, _: str, fields: dict[str, Place], names: Names, anchor: Anchor) -> tuple[Steps, Names]:
        return (read_think(fields, self.settings.think_jitter, names, anchor),), names

    def _function(
        self, _: str, fields: dict[str, Place], names: Names, anchor: Anchor
    ) -> tuple[Steps, Names]:
        hook = read_hook(fields["function"], self.settings.processor)
        return (FunctionStep(hook=hook, scenario=self.around.scenario, anchor=anchor),), names

    def _loop(self, _: str, fields: dict[str, Place], names: Names, anchor: Anchor) -> tuple[Steps, Names]:
        number_name = _variable(fields.get("loopValue"), "$loopCount")
        element_name = _variable(fields.get("loopElement"), "$loopElement")
        repeat = read_repeat(fields, names)
        # What a later step of one turn captures, an earlier step of the next turn knows.
        inside = names.with_captures((number_name, element_name, *captured_names(fields["loop"])))
        steps, after = self.read(fields["loop"], inside)
        asks = None
        if "whileTrue" in fields:
            asks = read_question(fields["whileTrue"], after, self.settings.processor, self.around.scenario)
        loop = Loop(
            steps=steps,
            repeat=repeat,
            asks=asks,
            number_name=number_name,
            element_name=element_name,
            anchor=anchor,
        )
        return (loop,), after

    def _parallel(
        self, _: str, fields: dict[str, Place], names: Names, anchor: Anchor
    ) -> tuple[Steps, Names]:
        limit = fields["limit"].whole() if "limit" in fields else MOST_AT_ONCE
        if not 0 < limit <= MOST_AT_ONCE:
            raise fields["limit"].fail(f"'limit' must be from 1 to {MOST_AT_ONCE}", "write how many at once")
        branches = []
        later: set[str] = set()
        for item in fields["parallel"].items():
            steps, after = self.read_step(item, names)
            branches.append(steps)
            later |= after.later
        if len(branches) > MOST_AT_ONCE:
            raise fields["parallel"].fail(f"more than {MOST_AT_ONCE} steps in parallel", "write fewer")
        return (Parallel(branches=tuple(branches), limit=limit),), names.with_captures(later)

    def _request(
        self, method: str, fields: dict[str, Place], names: Names, anchor: Anchor
    ) -> tuple[Steps, Names]:
        place, processor = fields[method], self.settings.processor
        step = read_request(method, place, self.settings, names, self.gathered, around=self.around)
        self.settle(step.endpoint)
        known = names.with_captures(capture.name for capture in step.checks.captures)
        own = place.entries()
        hooks = (*self.around.before_request, *read_hooks(own.get("beforeRequest"), processor))
        made: FlowStep = step
        if hooks or step.checks.hooks is not None:
            made = Hooked(
                step=step,
                hooks=hooks,
                scenario=self.around.scenario,
                written=_as_written(method, place, self.settings),
                rebuild=self._rebuilder(step, place, names),
            )
        condition = read_condition(
            own.get("ifTrue"), own.get("probability"), names, processor, self.around.scenario
        )
        if condition is None:
            return (made,), known
        return (Guarded(condition=condition, steps=(made,), anchor=anchor),), known

    def _rebuilder(
        self, step: RequestStep, place: Place, names: Names
    ) -> Callable[[dict[str, Any]], RequestStep]:
        names, around, settings = names.opened(), self.around, self.settings

        def rebuild(request: dict[str, Any]) -> RequestStep:
            for key in _OPTIONS_OF_GOT:
                if key in request:
                    raise place.fail(f"the request's {key!r} is not supported", "use the keys of the file")
            method = str(request.get("method", step.method)).lower()
            if method not in METHODS:
                raise place.fail("the request's method is none", f"use one of: {', '.join(METHODS)}")
            kept = (*MESSAGE_KEYS, *REQUEST_UNSUPPORTED, "afterResponse")
            value = {key: item for key, item in request.items() if key in kept and key != "method"}
            if isinstance(value.get("headers"), dict):
                # As in Artillery: of two spellings of a name, the one that was set last counts.
                value["headers"] = {str(name).lower(): item for name, item in value["headers"].items()}
            changed = read_request(
                method, replace(place, value=value), settings, names, Gathered(), around=around
            )
            return replace(changed, endpoint=step.endpoint, prebuilt=None)

        return rebuild

    _READ: ClassVar[dict[str, Reads]] = {
        "log": _log,
        "think": _think,
        "function": _function,
        "loop": _loop,
        "parallel": _parallel,
    }


def _variable(place: Place | None, default: str) -> str:
    if place is None:
        return default
    name = place.text()
    if set(name) & set("{}.[]'\" "):
        raise place.fail(f"{name!r} cannot name a variable", "use letters, digits, _ and -")
    return name


def _as_written(method: str, place: Place, settings: Settings) -> dict[str, Any]:
    """The request as functions get it: its keys, the method, headers it may not have, and an absolute url."""
    written = {"headers": {}, **place.value, "method": method.upper()}
    url = written.get("url", written.get("uri", ""))
    return {**written, "url": (settings.target.url or "") + url if url[:1] == "/" else url}
