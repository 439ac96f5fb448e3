"""One threshold of perfgate.yml: k6's text, or k6's object with the text and when to stop for it."""

from __future__ import annotations

import difflib
import re
from dataclasses import dataclass
from typing import Any

from perfgate.config.kinds import Kind, refuse
from perfgate.units import parse_duration_ns

_KEYS = ("threshold", "abortOnFail", "delayAbortEval")
_PART = re.compile(r"\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h)")


@dataclass(frozen=True, slots=True, kw_only=True)
class ThresholdItem:
    """As written: the expression is not parsed yet."""

    expression: str
    abort_on_fail: bool = False
    delay_abort_eval_ns: int = 0


@dataclass(frozen=True, slots=True)
class AsThreshold(Kind):
    """A threshold in either of k6's two forms."""

    def read(self, value: Any) -> ThresholdItem:  # noqa: D102 - says what Kind says
        if not isinstance(value, dict):
            return ThresholdItem(expression=_expression(value))
        for key in value:
            if key not in _KEYS:
                near = difflib.get_close_matches(str(key), _KEYS, n=1)
                hint = f"did you mean {near[0]}?" if near else f"the keys are {', '.join(_KEYS)}"
                raise refuse(f"{key!r} is no key of a threshold", hint, key)
        if "threshold" not in value:
            raise refuse("a threshold without its text", "add threshold: p(95)<200")
        if "delayAbortEval" in value and not value.get("abortOnFail"):
            raise refuse(
                "delayAbortEval has no meaning without abortOnFail: true", "add it, or remove the delay"
            )
        return ThresholdItem(
            expression=_expression(value["threshold"], "threshold"),
            abort_on_fail=_switch(value.get("abortOnFail", False)),
            delay_abort_eval_ns=_delay_ns(value.get("delayAbortEval", "0s")),
        )

    def schema(self) -> dict[str, Any]:  # noqa: D102 - says what Kind says
        text = {"type": "string", "pattern": r".*\S.*"}
        return {
            "anyOf": [
                text,
                {
                    "type": "object",
                    "additionalProperties": False,
                    "required": ["threshold"],
                    "properties": {
                        "threshold": text,
                        "abortOnFail": {"type": "boolean"},
                        "delayAbortEval": {"type": ["string", "integer"]},
                    },
                },
            ]
        }


def _expression(value: Any, *keys: str) -> str:
    if not isinstance(value, str) or not value.strip() or "\n" in value:
        raise refuse("a threshold is one line of text", "write it like p(95)<200", *keys)
    return value


def _switch(value: Any) -> bool:
    if not isinstance(value, bool):
        raise refuse(f"{value!r} is neither true nor false", "write true or false", "abortOnFail")
    return value


def _delay_ns(value: Any) -> int:
    """k6 takes a duration such as `10s` or `1m30s`, or a plain number of milliseconds."""
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return value * 1_000_000
    parts = _PART.findall(value) if isinstance(value, str) else []
    if not parts or "".join(parts) != value.strip():
        raise refuse(f"{value!r} is not a duration", "write it like 10s or 1m30s", "delayAbortEval")
    return sum(map(parse_duration_ns, parts))
