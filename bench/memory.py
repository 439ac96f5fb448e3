"""What a sample costs in memory while perfgate runs: resident memory against nginx's count of requests."""

from typing import Any

from bench.measured import Tick, busy


def bytes_per_sample(row: dict[str, Any]) -> dict[str, Any] | None:
    """Growth from a tenth of the run, when everything has been touched once, to its last busy tick."""
    ticks = busy([Tick(*values) for values in row.get("ticks", [])])
    if len(ticks) < 4:
        return None
    settled = [tick for tick in ticks if tick.requests >= ticks[-1].requests / 10]
    first, last = settled[0], settled[-1]
    if last.requests == first.requests:
        return None
    own = row["own"]["more"]["driver"] or {}
    return {
        "by_rss": (last.driver_rss_bytes - first.driver_rss_bytes) / (last.requests - first.requests),
        "by_perfgate": own.get("bytes_per_sample"),
        "samples": row["own"]["requests"],
        "rss_at_the_end_bytes": last.driver_rss_bytes,
        "rss_max_bytes": row["rss_max_bytes"],
        "curve": [(tick.requests, tick.driver_rss_bytes) for tick in ticks],
    }
