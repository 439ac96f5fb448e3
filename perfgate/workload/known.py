"""What a flow may do to variables, found out before anything of it is checked."""

from __future__ import annotations

from typing import Any

from perfgate.workload.place import Place

HOOK_KEYS = ("beforeScenario", "afterScenario", "beforeRequest", "afterResponse", "onError", "function")
_DATA = ("json", "body", "form", "formData", "qs", "headers", "cookie", "expect", "match")


def captured_names(flow: Place) -> set[str]:
    """Every name that a request of the flow captures, or a loop of it counts with, however deep."""
    found: set[str] = set()
    _gather(flow.value, found)
    return found


def calls_functions(scenario: Place) -> bool:
    """Whether the scenario calls functions of a processor, which may set any variable."""
    return _calls(scenario.value)


def _gather(value: Any, found: set[str]) -> None:
    if isinstance(value, list):
        for item in value:
            _gather(item, found)
    elif isinstance(value, dict):
        for key, item in value.items():
            if key == "capture":
                captures = item if isinstance(item, list) else [item]
                found.update(
                    capture["as"]
                    for capture in captures
                    if isinstance(capture, dict) and isinstance(capture.get("as"), str)
                )
            elif key in ("loopValue", "loopElement") and isinstance(item, str):
                found.add(item)
            elif key not in _DATA:
                _gather(item, found)


def _calls(value: Any) -> bool:
    if isinstance(value, list):
        return any(_calls(item) for item in value)
    if isinstance(value, dict):
        return any(
            (key in HOOK_KEYS and item) or (key == "whileTrue") or (key not in _DATA and _calls(item))
            for key, item in value.items()
        )
    return False
