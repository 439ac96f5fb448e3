"""What Artillery says itself at the end of a run: its checks, its counters, its errors and its last words."""

from __future__ import annotations

import json
import re
from collections import deque
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from perfgate.model.tool import ToolCheck, ToolMetric

OVER = "perfgate: the round is over"
"""The error by which perfgate's hooks end a session whose round is over."""

_LAST = 20
_OWN = re.compile(
    r"(?:http|vusers|errors|plugins\.expect|plugins\.metrics-by-endpoint)\.|browser\.|core\.vusers\."
)
_ANSI = re.compile(r"\x1b\[[0-9;]*m")


@dataclass(frozen=True, slots=True, kw_only=True)
class ArtilleryReport:
    """`cut` sessions were ended with the round, `failed` by themselves, `skipped` were never begun."""

    checks: tuple[ToolCheck, ...] = ()
    metrics: tuple[ToolMetric, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)
    cut: int = 0
    failed: int = 0
    skipped: int = 0
    whole: bool = False


def read_report(path: Path) -> ArtilleryReport:
    """The file of `artillery run --output`; empty where Artillery did not come so far."""
    try:
        aggregate = json.loads(path.read_text(encoding="utf-8"))["aggregate"]
        counters = {str(name): int(value) for name, value in (aggregate.get("counters") or {}).items()}
    except (OSError, ValueError, KeyError, TypeError):
        return ArtilleryReport()
    errors = {name.removeprefix("errors."): n for name, n in counters.items() if name.startswith("errors.")}
    cut = errors.pop(OVER, 0)
    return ArtilleryReport(
        checks=tuple(_checks(counters)),
        metrics=tuple(_metrics(aggregate, counters)),
        errors=errors,
        cut=cut,
        failed=max(0, counters.get("vusers.failed", 0) - cut),
        skipped=counters.get("vusers.skipped", 0),
        whole=True,
    )


def _checks(counters: Mapping[str, int]) -> Iterator[ToolCheck]:
    # A name with a dot more is that of one kind of expectation, like `plugins.expect.ok.statusCode`.
    ok, failed = "plugins.expect.ok.", "plugins.expect.failed."
    names = [name.removeprefix(ok).removeprefix(failed) for name in counters if name.startswith((ok, failed))]
    for name in dict.fromkeys(names):
        yield ToolCheck(name=name, passes=counters.get(ok + name, 0), fails=counters.get(failed + name, 0))


def _metrics(aggregate: Mapping[str, Any], counters: Mapping[str, int]) -> Iterator[ToolMetric]:
    for name, value in counters.items():
        if not _OWN.match(name):
            yield ToolMetric(name=name, kind="counter", values={"count": float(value)})
    for name, value in (aggregate.get("rates") or {}).items():
        if not _OWN.match(name):
            yield ToolMetric(name=name, kind="rate", values={"rate": float(value)})
    for name, summary in (aggregate.get("summaries") or {}).items():
        if not _OWN.match(name):
            values = {key: float(value) for key, value in summary.items() if isinstance(value, int | float)}
            yield ToolMetric(name=name, kind="trend", values=values)


def last_lines(*paths: Path) -> tuple[str, ...]:
    """The end of what Artillery printed, without colours."""
    last: deque[str] = deque(maxlen=_LAST)
    for path in paths:
        with path.open(encoding="utf-8", errors="replace") as lines:
            last.extend(_ANSI.sub("", line.rstrip("\n"))[:500] for line in lines if line.strip())
    return tuple(last)
