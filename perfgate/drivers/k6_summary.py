"""k6's summary of a run: its thresholds, checks and the script's own metrics."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from perfgate.model.tool import MetricKind, ToolCheck, ToolMetric, ToolThreshold

_OWN = re.compile(
    r"(?:http_req_\w+|http_reqs|iterations?|iteration_duration|vus|vus_max|data_(?:sent|received)|checks"
    r"|group_duration|dropped_iterations|ws_\w+|grpc_\w+|browser_\w+)$"
)
_AGGREGATE = re.compile(r"\s*([a-z]+(?:\([\d.]+\))?)\s*[<>=!]")


@dataclass(frozen=True, slots=True, kw_only=True)
class K6Summary:
    """`duration_ns` is k6's own, None without a summary; `notes` are about the script's handleSummary."""

    thresholds: tuple[ToolThreshold, ...] = ()
    checks: tuple[ToolCheck, ...] = ()
    metrics: tuple[ToolMetric, ...] = ()
    duration_ns: int | None = None
    dropped_iterations: int = 0
    notes: tuple[str, ...] = ()


def read_summary(path: Path) -> K6Summary:
    """What the wrapper's handleSummary kept; empty where k6 did not come so far."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        data, metrics = kept["summary"], kept["summary"]["metrics"]
    except (OSError, ValueError, KeyError, TypeError):
        return K6Summary(notes=("k6 ended without a summary",))
    duration_ms = (data.get("state") or {}).get("testRunDurationMs")
    dropped = metrics.get("dropped_iterations", {}).get("values", {}).get("count", 0)
    return K6Summary(
        thresholds=tuple(t for name, metric in metrics.items() for t in _thresholds(name, metric)),
        checks=tuple(_checks(data.get("root_group") or {}, "")),
        metrics=tuple(_metric(name, m) for name, m in metrics.items() if not _OWN.match(name.split("{")[0])),
        duration_ns=round(duration_ms * 1e6) if duration_ms else None,
        dropped_iterations=int(dropped),
        notes=_notes(kept),
    )


def _thresholds(name: str, metric: Mapping[str, Any]) -> Iterator[ToolThreshold]:
    values = metric.get("values") or {}
    for expression, judged in (metric.get("thresholds") or {}).items():
        aggregate = _AGGREGATE.match(expression)
        value = values.get(aggregate[1]) if aggregate else None
        yield ToolThreshold(metric=name, expression=expression, ok=bool(judged.get("ok")), value=value)


def _checks(group: Mapping[str, Any], path: str) -> Iterator[ToolCheck]:
    for check in _listed(group.get("checks")):
        name = f"{path}{check['name']}"
        yield ToolCheck(name=name, passes=int(check["passes"]), fails=int(check["fails"]))
    for inner in _listed(group.get("groups")):
        yield from _checks(inner, f"{path}{inner['name']}::")


def _listed(entries: object) -> list[Mapping[str, Any]]:
    if isinstance(entries, dict):
        return list(entries.values())
    return entries if isinstance(entries, list) else []


def _metric(name: str, metric: Mapping[str, Any]) -> ToolMetric:
    values = {key: float(value) for key, value in (metric.get("values") or {}).items() if value is not None}
    return ToolMetric(name=name, kind=cast("MetricKind", metric["type"]), values=values)


def _notes(kept: Mapping[str, Any]) -> tuple[str, ...]:
    own = kept.get("own", "none")
    if own not in ("none", "ran"):
        return (f"handleSummary of the script failed: {own}",)
    left = kept.get("left") or ()
    return (f"handleSummary of the script ran, but did not write {', '.join(left)}",) if left else ()
