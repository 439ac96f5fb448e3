"""k6's summaries, shown only: `--summary-export`, whose booleans say "crossed", and handleSummary's data."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from perfgate.interchange.imported import Shown
from perfgate.interchange.source import Source
from perfgate.interchange.summary import numbers_in

_FAILED = "http_req_failed"


def is_k6_summary(document: Any) -> bool:
    """Whether a JSON document is a summary of k6, of either form."""
    metrics = document.get("metrics") if isinstance(document, dict) else None
    return (
        isinstance(metrics, dict)
        and "root_group" in document
        and all(isinstance(metric, dict) for metric in metrics.values())
    )


def show_k6_summary(document: Any, source: Source) -> Shown:
    """Every metric, threshold and check, in words that cannot be misread."""
    is_export = not any("values" in metric for metric in document["metrics"].values())
    form = "--summary-export" if is_export else "handleSummary"
    rows = [
        row
        for name, metric in document["metrics"].items()
        for row in (*_values(str(name), metric, is_export=is_export), *_thresholds(str(name), metric))
    ]
    return Shown(
        tool=f"k6 summary ({form})",
        rows=(*rows, *_checks(document["root_group"])),
        why="it holds percentiles of a whole run, without the requests behind them",
        instead="give k6's requests: k6 run --out json=run.json script.js",
    )


def _values(name: str, metric: dict[str, Any], *, is_export: bool) -> Iterator[tuple[str, str, str]]:
    unit = " (ms)" if name.startswith(("http_req_", "iteration_duration", "group_")) else ""
    for key, value in numbers_in(metric if is_export else metric.get("values")):
        if key in ("passes", "fails"):
            yield name, _of_a_rate(name, key), value
        elif key in ("rate", "value") and name.partition("{")[0] == _FAILED:
            yield name, "share of failed requests", value
        elif key in ("rate", "count", "value"):
            yield name, {"rate": "rate", "count": "count", "value": "value"}[key], value
        else:
            yield name, key + unit, value


def _of_a_rate(name: str, key: str) -> str:
    """k6 counts as a pass whatever was not zero, and of http_req_failed that is a failed request."""
    if name.partition("{")[0] != _FAILED:
        return key
    return "failed requests" if key == "passes" else "requests that did not fail"


def _thresholds(name: str, metric: dict[str, Any]) -> Iterator[tuple[str, str, str]]:
    thresholds = metric.get("thresholds")
    if not isinstance(thresholds, dict):
        return
    for expression, verdict in thresholds.items():
        held = verdict.get("ok") if isinstance(verdict, dict) else verdict
        if not isinstance(held, bool):
            continue
        # In an export the boolean answers "was it crossed?", in handleSummary's data "is it ok?".
        is_ok = held if isinstance(verdict, dict) else not held
        yield name, f"threshold {expression}", "held" if is_ok else "crossed"


def _checks(group: Any, depth: int = 0) -> Iterator[tuple[str, str, str]]:
    if not isinstance(group, dict) or depth > 20:
        return
    for check in _items(group.get("checks")):
        yield (
            f"check {check.get('path') or check.get('name')}",
            "passes, fails",
            f"{check.get('passes')}, {check.get('fails')}",
        )
    for inner in _items(group.get("groups")):
        yield from _checks(inner, depth + 1)


def _items(value: Any) -> list[dict[str, Any]]:
    """Checks and groups are a list in one form and an object in the other."""
    found = list(value.values()) if isinstance(value, dict) else value if isinstance(value, list) else []
    return [item for item in found if isinstance(item, dict)]
