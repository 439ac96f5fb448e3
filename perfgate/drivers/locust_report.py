"""What the listeners inside Locust kept besides the requests, and the end of Locust's output."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from perfgate.model.tool import ToolOrder

_LAST = 20


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustReport:
    """`ended` says that Locust came to its own end; texts have how often each came."""

    ended: bool = False
    duration_ns: int = 0
    untimed: int = 0
    cpu_percent: float = 0.0
    said: tuple[str, ...] = ()
    origins: tuple[str, ...] = ()
    unspawned: tuple[str, ...] = ()
    outside: Mapping[str, int] = field(default_factory=dict)
    exceptions: Mapping[str, int] = field(default_factory=dict)
    errors: Mapping[str, int] = field(default_factory=dict)
    warnings: Mapping[str, int] = field(default_factory=dict)

    def notes(self, order: ToolOrder, *, exit_code: int, stateless: int, torn: bool) -> tuple[str, ...]:
        """What the reader of the result has to know, in sentences."""
        found = list(self.said)
        if self.origins:
            found.append(f"redirected to {order.url}: {', '.join(self.origins)}")
        found += [
            f"{count} requests of other clients went to {origin}: neither redirected nor measured"
            for origin, count in self.outside.items()
        ]
        if order.skip_think:
            found.append("wait_time was 0: think time was left out (sleeps inside tasks were not)")
        if self.unspawned:
            found.append(f"too few users for these classes, which sent nothing: {', '.join(self.unspawned)}")
        if self.exceptions:
            found.append(f"{sum(self.exceptions.values())} exceptions left the code of users")
        if self.cpu_percent:
            found.append(
                f"Locust used up to {self.cpu_percent:.0f} % of a CPU: its times include waiting for itself"
            )
        if self.untimed:
            found.append(f"{self.untimed} requests without a response time are not among the samples")
        if stateless:
            found.append(f"{stateless} requests succeeded without a status, and count as 200")
        found += [f"locust warned: {text}" for text in self.warnings]
        if torn:
            found.append("the record of requests was cut off: the last may be missing")
        if exit_code:
            found.append(f"locust ended with {exit_code}: {_meaning(exit_code)}")
        return tuple(found)


def read_report(path: Path) -> LocustReport:
    """The report, or an empty one where Locust did not come so far."""
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return LocustReport()
    span_s = kept["stopped_s"] - kept["started_s"] if kept["started_s"] and kept["stopped_s"] else 0
    return LocustReport(
        ended=kept["ended"],
        duration_ns=max(0, round(span_s * 1e9)),
        untimed=kept["untimed"],
        cpu_percent=kept["cpu_percent"],
        said=tuple(kept["notes"]),
        origins=tuple(kept["origins"]),
        unspawned=tuple(kept["unspawned"]),
        outside=kept["outside"],
        exceptions=kept["exceptions"],
        errors=kept["errors"],
        warnings=kept["warnings"],
    )


def last_lines(log: Path, output: Path) -> tuple[str, ...]:
    """The end of what Locust wrote to its log and what the file printed."""
    found: list[str] = []
    for path in (output, log):
        with path.open(encoding="utf-8", errors="replace") as lines:
            found += deque((line.rstrip()[:500] for line in lines if line.strip()), maxlen=_LAST)
    return tuple(found)


def _meaning(code: int) -> str:
    return {1: "requests failed, or exceptions left the code of users", 2: "an exception in a listener"}.get(
        code, "it was killed" if code < 0 else "the file's own exit code"
    )
