"""The names of Artillery's metrics, and which figures of a run they are."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from perfgate.model import Counted, Figure
from perfgate.yamlfile import nearest, shown

STATISTICS = ("min", "max", "count", "mean", "p50", "median", "p75", "p90", "p95", "p99", "p999")
_OF_TIMES = "|".join(STATISTICS)
_COUNTERS: Mapping[str, tuple[Counted, str]] = {
    "http.requests": ("requests", ""),
    "http.request_rate": ("request_rate", ""),
    "http.responses": ("responses", ""),
    "http.downloaded_bytes": ("bytes", ""),
    "vusers.created": ("users", "created"),
    "vusers.completed": ("users", "completed"),
    "vusers.failed": ("users", "failed"),
    "vusers.skipped": ("users", "skipped"),
    "apdex": ("apdex", ""),
    "apdex.satisfied": ("ranked", "satisfied"),
    "apdex.tolerated": ("ranked", "tolerated"),
    "apdex.frustrated": ("ranked", "frustrated"),
}
_TIMES = re.compile(rf"http\.(response_time|total)(?:\.([2-5])xx)?\.({_OF_TIMES})")
_CODE = re.compile(r"http\.codes\.([1-5]\d\d)")
_FAILED = re.compile(r"plugins\.expect\.failed(?:\.([A-Za-z]+))?")
_ERROR = re.compile(r"errors\.(.+)")
_ERRNO = re.compile(r"E[A-Z]{2,}")
_ERRORS: Mapping[str, tuple[str, ...]] = {
    "ETIMEDOUT": ("timeout", "connect timeout"),
    "ECONNREFUSED": ("connection refused",),
    "ECONNRESET": ("reset", "closed early", "connect reset"),
    "EPIPE": ("reset", "closed early"),
    "ENOTFOUND": ("connect name not found",),
    "EAI_AGAIN": ("connect name not found",),
    "Failed capture or match": ("capture ",),
}
_UNKNOWABLE = {
    "vusers.session_length": "how long passes took is not kept",
    "http.dns": "the report has it, of new connections only",
    "http.tcp": "the report has it, of new connections only",
    "http.tls": "the report has it, of new connections only",
    "plugins.expect.ok": "expectations that hold are not counted",
}


class FigureError(ValueError):
    """A metric that perfgate cannot know; `hint` says what to do."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


@dataclass(frozen=True, kw_only=True)
class Vocabulary:
    """The metrics of one file: `endpoints` and `scenarios` map their names in metrics to perfgate's own."""

    namespace: str = "plugins.metrics-by-endpoint"
    endpoints: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scenarios: Mapping[str, str] = field(default_factory=dict)

    @cached_property
    def wholes(self) -> re.Pattern[str]:
        """Names of metrics that hold names the user gave, with whatever characters those have."""
        space, ends = re.escape(self.namespace), _any_of(self.endpoints)
        errors = _any_of([*_ERRORS, "connection refused", "connect timeout"])
        return re.compile(
            rf"{space}\.response_time\.{ends}\.(?:{_OF_TIMES})\b"
            rf"|{space}\.{ends}\.(?:codes\.\d+|errors\.\w+)"
            rf"|vusers\.created_by_name\.{_any_of(self.scenarios)}(?!\w)"
            rf"|errors\.{errors}(?!\w)"
            rf"|{space}\.[^\s<>=!()]+"
        )

    def figure(self, name: str) -> Figure:
        """The figure a metric is.

        Raises:
            FigureError: there is no such metric, or perfgate does not know its value.
        """
        if name in _COUNTERS:
            of, detail = _COUNTERS[name]
            return Figure(name=name, of=of, detail=detail)
        if match := _TIMES.fullmatch(name):
            of = "first_byte" if match[1] == "response_time" else "total"
            return Figure(name=name, of=of, detail=match[3], status_class=int(match[2] or 0))
        if match := _CODE.fullmatch(name):
            return Figure(name=name, of="codes", detail=match[1])
        if match := _FAILED.fullmatch(name):
            kinds = (f"expect {match[1]}",) if match[1] else ("expect ",)
            return Figure(name=name, of="errors", errors=kinds)
        if match := _ERROR.fullmatch(name):
            return Figure(name=name, of="errors", errors=_classes(match[1]))
        if name.startswith("vusers.created_by_name."):
            return self._created(name)
        if name.startswith(f"{self.namespace}."):
            return self._of_endpoint(name)
        raise self._unknown(name)

    def _created(self, name: str) -> Figure:
        scenario = name.removeprefix("vusers.created_by_name.")
        if scenario not in self.scenarios:
            raise FigureError(
                f"there is no scenario {shown(scenario)!r}", f"there are: {', '.join(self.scenarios)}"
            )
        return Figure(name=name, of="users", detail=f"created {self.scenarios[scenario]}")

    def _of_endpoint(self, name: str) -> Figure:
        rest = name.removeprefix(f"{self.namespace}.")
        times = re.fullmatch(rf"response_time\.(.+)\.({_OF_TIMES})", rest, re.DOTALL)
        counts = re.fullmatch(r"(.+)\.(codes|errors)\.(\w+)", rest, re.DOTALL)
        if times and times[1] in self.endpoints:
            return Figure(
                name=name, of="first_byte", detail=times[2], endpoints=tuple(self.endpoints[times[1]])
            )
        if counts and counts[1] in self.endpoints:
            mine = self.endpoints[counts[1]]
            if counts[2] == "codes":
                return Figure(name=name, of="codes", detail=counts[3], endpoints=mine)
            return Figure(name=name, of="errors", errors=_classes(counts[3]), endpoints=mine)
        raise FigureError(
            f"{shown(name)!r} is of no endpoint of this file",
            f"the endpoints are called: {', '.join(map(shown, self.endpoints)) or '(none)'}",
        )

    def _unknown(self, name: str) -> FigureError:
        for beginning, why in _UNKNOWABLE.items():
            if name == beginning or name.startswith(f"{beginning}."):
                return FigureError(f"perfgate does not know {shown(name)!r}: {why}", "remove it from ensure")
        times = [f"http.response_time.{statistic}" for statistic in STATISTICS]
        guess = nearest(name, [*_COUNTERS, *times])
        return FigureError(
            f"perfgate knows no metric {shown(name)!r}" + (f", did you mean {guess!r}?" if guess else ""),
            "docs/reference/workload.md lists the metrics; those a script counts itself are not among them",
        )


def _classes(error: str) -> tuple[str, ...]:
    """The error classes of perfgate that stand for one of Artillery's errors, or for one of its own."""
    if error in _ERRORS:
        return _ERRORS[error]
    if _ERRNO.fullmatch(error):
        return error.lower(), f"connect {error.lower()}"
    return (error,)


def _any_of(names: Iterable[str]) -> str:
    longest_first = sorted(map(re.escape, names), key=len, reverse=True)
    return f"(?:{'|'.join(longest_first) or '(?!)'})"
