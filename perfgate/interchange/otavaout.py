"""One line of JSON for Apache Otava (tests of `type: json`): the results as a series, the oldest first."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from perfgate.interchange.figures import Exported, Figure, metric_name


def write_otava(exported: Sequence[Exported]) -> str:
    """A list of results; only metrics that all of them have, for Otava lines values up by position."""
    common = common_metrics(exported)
    ordered = sorted(exported, key=lambda one: datetime.fromisoformat(one.result.started_at))
    series = [_one(each, common) for each in ordered]
    return json.dumps(series, ensure_ascii=False, allow_nan=False, separators=(",", ":")) + "\n"


def common_metrics(exported: Sequence[Exported]) -> frozenset[str]:
    """The names of the metrics that every result has."""
    return frozenset.intersection(
        *(frozenset(metric_name(f.metric) for f in one.figures) for one in exported)
    )


def _one(exported: Exported, common: frozenset[str]) -> dict[str, Any]:
    result = exported.result
    return {
        "timestamp": int(datetime.fromisoformat(result.started_at).timestamp()),
        "metrics": [_metric(f) for f in exported.figures if metric_name(f.metric) in common],
        "attributes": {
            "branch": result.commit.branch or "",
            "commit": result.commit.sha,
            "workload": result.workload_name,
            "environment": result.environment.class_id,
        },
    }


def _metric(figure: Figure) -> dict[str, Any]:
    return {
        "name": metric_name(figure.metric),
        "unit": figure.unit,
        "value": figure.value,
        "direction": f"{figure.metric.better}_is_better",
    }
