"""Metrics that exist under some loads and services only: throughput at saturation, and memory per request."""

from __future__ import annotations

import math
import statistics
from collections.abc import Sequence
from typing import TYPE_CHECKING

from perfgate.model import Reason

if TYPE_CHECKING:
    from perfgate.gate.table import Pair
    from perfgate.model import Metric, Round

MIN_SERVICE_CPU_RATIO = 0.90
"""Of the services' CPUs, used by both sides together: the load saturates them, in the median round."""


def throughput_rps(side: Round) -> float:
    """Requests a second that all connections together would get from this side alone, by Little's law.

    Of a closed model's connections each waits for one request, so X = connections / mean service time
    (Little, 1961), over requests with a whole answer, failed or not. Couples give both sides the same number
    of requests, so a count over the time of the round would say nothing. NaN where it does not exist.
    """
    if not side.unpaced_connections or not side.busy_ns or not side.answered:
        return math.nan
    return side.unpaced_connections * side.answered / (side.busy_ns / 1e9)


def why_absent(metric: Metric, pairs: Sequence[Pair]) -> Reason | None:
    """Why a conditional metric does not exist in these rounds; None if it does.

    The answer does not change when base and head swap names, in any round, so the sign-flip test stays exact.
    """
    absent = _throughput_absent if metric.statistic == "throughput" else _memory_absent
    return absent(pairs)


def _throughput_absent(pairs: Sequence[Pair]) -> Reason | None:
    if any(side.busy_ns is None for side in _sides(pairs)):
        return _reason(
            "not_saturated",
            "throughput of all endpoints was not measured: an earlier perfgate wrote these results",
            "measure both commits again",
        )
    if any(side.unpaced_connections is None for side in _sides(pairs)):
        return _reason(
            "not_saturated",
            "throughput of all endpoints was not measured: the load was paced, so the service set no limit",
            "use the closed model without load.max_rate and without think time",
        )
    known = [pair.base.health for pair in pairs if pair.base.health is not None]
    seen = [ratio for health in known if (ratio := health.service_cpu_ratio) is not None]
    used = statistics.median(seen) if len(seen) == len(pairs) and seen else None
    if used is None:
        return _reason(
            "not_saturated",
            "throughput of all endpoints was not measured: the CPU time of the services cannot be seen",
            "let perfgate start both sides (service.command)",
        )
    if used < MIN_SERVICE_CPU_RATIO:
        return _reason(
            "not_saturated",
            f"throughput of all endpoints was not measured: both services together used {used:.0%} of their "
            f"CPUs, and only from {MIN_SERVICE_CPU_RATIO:.0%} on does the service set the pace",
            "raise load.connections, on a machine that does nothing else",
        )
    return None


def _memory_absent(pairs: Sequence[Pair]) -> Reason | None:
    if any(p.base.rss_slope_bytes is not None and p.head.rss_slope_bytes is not None for p in pairs):
        return None
    return _reason(
        "memory_not_seen",
        "memory of all endpoints was not measured: it cannot be seen, or rounds held too few requests",
        "let perfgate start both sides (service.command), and lengthen measure.round",
    )


def _sides(pairs: Sequence[Pair]) -> list[Round]:
    return [side for pair in pairs for side in (pair.base, pair.head)]


def _reason(code: str, text: str, remedy: str) -> Reason:
    return Reason(code=code, text=text, remedy=remedy)
