"""HdrHistogram interval log (format 1.3, tagged): one line an endpoint a round, times in nanoseconds."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import datetime

from perfgate.interchange.figures import Exported, valid_rounds

_UNTAGGABLE = re.compile(r"[\s,%\"\\]|[^\x21-\x7e]")
_NS_PER_MS = 1e6


def write_hdrlog(exported: Exported) -> str:
    """The stored histograms as they are (V2, compressed); the interval's maximum is in milliseconds.

    Rounds are laid one after another from the start of the run: when each began is not stored.
    """
    return "\n".join(_lines(exported)) + "\n"


def tag_of(endpoint: str) -> str:
    """The endpoint as a tag, percent-encoded where a log line cannot hold a character."""
    return _UNTAGGABLE.sub(_percent, endpoint) or "%"


def _percent(match: re.Match[str]) -> str:
    return "".join(f"%{byte:02X}" for byte in match[0].encode("utf-8", "surrogatepass"))


def _lines(exported: Exported) -> Iterator[str]:
    started = datetime.fromisoformat(exported.result.started_at)
    epoch_s = started.timestamp()
    yield "#[Histogram log format version 1.3]"
    yield f"#perfgate: {exported.result.commit.sha}, values in nanoseconds"
    yield f"#[StartTime: {epoch_s:.3f} (seconds since epoch), {started.isoformat()}]"
    yield f"#[BaseTime: {epoch_s:.3f} (seconds since epoch)]"
    yield '"StartTimestamp","Interval_Length","Interval_Max","Interval_Compressed_Histogram"'
    begin_s = 0.0
    for each in valid_rounds(exported.result):
        length_s = each.duration_ns / 1e9
        for endpoint in each.endpoints:
            if (most_ns := exported.max_ns.get((each.index, endpoint.endpoint))) is not None:
                largest = f"{most_ns / _NS_PER_MS:.6f}"
                tag = tag_of(endpoint.endpoint)
                yield f"Tag={tag},{begin_s:.3f},{length_s:.3f},{largest},{endpoint.histogram}"
        begin_s += length_s
