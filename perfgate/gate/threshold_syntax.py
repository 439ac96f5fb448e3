"""Reading one limit in k6's `thresholds` syntax; what perfgate does not measure is refused by name."""

import difflib
import math
import re
from dataclasses import dataclass

_METHODS: dict[str, tuple[str, ...]] = {
    "http_req_duration": ("p(N)", "avg", "min", "max", "med"),
    "http_req_failed": ("rate",),
    "http_reqs": ("count", "rate"),
}
_NOT_MEASURED = frozenset(
    [
        "checks",
        "data_received",
        "data_sent",
        "dropped_iterations",
        "group_duration",
        "grpc_req_duration",
        "http_req_blocked",
        "http_req_connecting",
        "http_req_receiving",
        "http_req_sending",
        "http_req_tls_handshaking",
        "http_req_waiting",
        "iteration_duration",
        "iterations",
        "vus",
        "vus_max",
    ]
)
_TAGS = ("status", "name", "endpoint", "expected_response")
_NUMBER = r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?"
_EXPRESSION = re.compile(rf"\s*([^<>=!]*?)\s*(<=|<|>=|>|===|==|!=)\s*({_NUMBER})\s*")
_PERCENTILE = re.compile(rf"p\(({_NUMBER})\)")
_METRIC = re.compile(r"([^{}]*)\{(.*)\}", re.DOTALL)


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """One limit. `tags` narrow it to the requests that carry all of them; `limit` is in k6's unit.

    `percentile` is 0 to 100 where `method` is "p(N)", else None. With `abort_on_fail` it ends a measurement
    as soon as it is broken, but not before `delay_abort_eval_ns`.
    """

    metric: str
    tags: tuple[tuple[str, str], ...]
    method: str
    percentile: float | None
    operator: str
    limit: float
    source: str
    abort_on_fail: bool = False
    delay_abort_eval_ns: int = 0


def parse_threshold(metric: str, expression: object) -> Threshold:
    """Read one threshold as k6 writes it: `http_req_duration{status:200}` and `p(95)<200`.

    Raises:
        ValueError: it is not k6's syntax, or perfgate does not measure what it asks for; the text says which.
    """
    if not isinstance(expression, str):
        raise ValueError(_not_a_text(metric, expression))  # noqa: TRY004 - callers catch one error for a bad file
    name, tags = _parse_metric(metric)
    match = _EXPRESSION.fullmatch(expression)
    if match is None:
        raise ValueError(_malformed(expression))
    method, percentile = _parse_method(name, match[1])
    limit = float(match[3])
    if not math.isfinite(limit):
        raise ValueError(f"{match[3]} in {expression!r} is too large a number")
    return Threshold(
        metric=name,
        tags=tags,
        method=method,
        percentile=percentile,
        operator=match[2],
        limit=limit,
        source=f"{metric}: {expression.strip()}",
    )


def _not_a_text(metric: str, value: object) -> str:
    return f"the threshold of {metric!r} is {value!r}, not a text such as 'p(95)<200'"


def _parse_metric(text: str) -> tuple[str, tuple[tuple[str, str], ...]]:
    match = _METRIC.fullmatch(text)
    if match is None and ("{" in text or "}" in text):
        raise ValueError(f"the braces in {text!r} do not match: write metric{{tag:value}}")
    name = match[1] if match else text
    if name in _NOT_MEASURED:
        raise ValueError(f"perfgate does not measure k6's {name}; it measures {', '.join(_METHODS)}")
    if name not in _METHODS:
        near = difflib.get_close_matches(name, _METHODS, n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        raise ValueError(
            f"there is no metric {name!r}: perfgate measures {', '.join(_METHODS)} and no custom ones{hint}"
        )
    return name, _parse_tags(text, match[2]) if match else ()


def _parse_tags(metric: str, text: str) -> tuple[tuple[str, str], ...]:
    tags: dict[str, str] = {}
    for part in text.split(","):
        raw_key, colon, raw_value = part.partition(":")
        key, value = (raw.strip().strip("\"'") for raw in (raw_key, raw_value))
        if not colon or not key or not value:
            raise ValueError(f"{part!r} in {metric!r} is not a tag: write {{tag:value}}, commas between tags")
        if key not in _TAGS:
            raise ValueError(f"the tag {key!r} in {metric!r} is not supported: use {', '.join(_TAGS)}")
        if key in tags:
            raise ValueError(f"the tag {key!r} stands twice in {metric!r}")
        if key == "status" and re.fullmatch(r"0|[1-5]\d\d", value) is None:
            raise ValueError(f"{value!r} in {metric!r} is not an HTTP status such as 200 (0: no answer)")
        if key == "expected_response" and value not in ("true", "false"):
            raise ValueError(f"expected_response in {metric!r} is true or false, not {value!r}")
        tags[key] = value
    return tuple(tags.items())


def _parse_method(metric: str, text: str) -> tuple[str, float | None]:
    supported = _METHODS[metric]
    match = _PERCENTILE.fullmatch(text)
    method = "p(N)" if match else text
    if method not in supported or text == "p(N)":
        raise ValueError(f"{text!r} cannot be asked of {metric}: use {', '.join(supported)}")
    if match is None:
        return method, None
    share = float(match[1])
    if not 0 <= share <= 100:
        raise ValueError(f"{text} is no percentile: the number is between 0 and 100")
    return method, share


def _malformed(expression: str) -> str:
    message = f"{expression!r} is not a threshold: write a method, a comparison and a number, like p(95)<200"
    if re.search(r"\d\s*%\s*$", expression):
        return f"{message}; a rate is a ratio, so 1 % is 0.01"
    if re.search(r"\d\s*m?s\s*$", expression):
        return f"{message}; durations are milliseconds without a unit, so 200ms is 200"
    return message
