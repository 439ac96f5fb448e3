"""JSON for github-action-benchmark: `customSmallerIsBetter`, or `customBiggerIsBetter` for throughput."""

from __future__ import annotations

import json
from typing import Any

from perfgate.interchange.figures import Exported, Figure, metric_name


def write_smaller_is_better(exported: Exported) -> str:
    """Every metric of which less is better; the action is told `tool: customSmallerIsBetter`."""
    return _written(exported, "lower")


def write_bigger_is_better(exported: Exported) -> str:
    """Every metric of which more is better; the action is told `tool: customBiggerIsBetter`."""
    return _written(exported, "higher")


def _written(exported: Exported, better: str) -> str:
    entries = [_entry(figure, exported) for figure in exported.figures if figure.metric.better == better]
    return json.dumps(entries, indent=2, ensure_ascii=False, allow_nan=False) + "\n"


def _entry(figure: Figure, exported: Exported) -> dict[str, Any]:
    result = exported.result
    entry: dict[str, Any] = {
        "name": metric_name(figure.metric),
        "unit": figure.unit,
        "value": figure.value,
    }
    if figure.low is not None and figure.high is not None:
        entry["range"] = f"± {(figure.high - figure.low) / 2:.6g}"
    entry["extra"] = "\n".join(
        (
            f"rounds: {figure.rounds}",
            f"latency: {result.latency_definition}",
            f"load: {result.load_model}",
            f"commit: {result.commit.sha}",
            f"environment: {result.environment.class_id}",
        )
    )
    return entry
