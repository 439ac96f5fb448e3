"""Summaries of Artillery, autocannon and bombardier (JSON), ab, wrk and hey (text): shown, never stored."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from perfgate.interchange.imported import Shown
from perfgate.interchange.source import Source
from perfgate.interchange.summary import found_rows, numbers_in

_WHY = "it holds percentiles of a whole run, without the requests behind them"


def is_artillery(document: Any) -> bool:
    """Whether a JSON document is Artillery's report."""
    return isinstance(document, dict) and {"aggregate", "intermediate"} <= document.keys()


def show_artillery(document: Any, source: Source) -> Shown:
    """Counters, rates and summaries of the whole run."""
    aggregate = document["aggregate"] if isinstance(document["aggregate"], dict) else {}
    rows = [
        ("", name, value) for kind in ("counters", "rates") for name, value in numbers_in(aggregate.get(kind))
    ]
    rows += [("", name, value) for name, value in numbers_in(aggregate)]
    summaries = aggregate.get("summaries")
    # Artillery 1 has its latency, rps and codes beside the counters.
    parts = (
        summaries if isinstance(summaries, dict) else {k: v for k, v in aggregate.items() if k != "counters"}
    )
    for name, summary in parts.items():
        rows += [(str(name), key, value) for key, value in numbers_in(summary)]
    return Shown(
        tool="Artillery report",
        rows=tuple(rows),
        why="Artillery keeps only summaries, and rounds their percentiles to buckets of about 2 %",
        instead="let perfgate run the test itself: perfgate compare BASE HEAD --workload FILE.yml",
    )


def is_autocannon(document: Any) -> bool:
    """Whether a JSON document is autocannon's."""
    return isinstance(document, dict) and {"latency", "throughput", "requests", "non2xx"} <= document.keys()


def show_autocannon(document: Any, source: Source) -> Shown:
    """Latency in milliseconds, requests and bytes a second, and totals."""
    units = (("latency", "latency {} (ms)"), ("requests", "requests/s {}"), ("throughput", "bytes/s {}"))
    rows = [
        (
            "",
            f"{key} {name}" if name in ("total", "sent", "totalCount") else title.format(name),
            value,
        )
        for key, title in units
        for name, value in numbers_in(document[key])
    ]
    return Shown(
        tool="autocannon",
        rows=(*rows, *(("", name, value) for name, value in numbers_in(document))),
        why="it holds percentiles in whole milliseconds, without the requests behind them",
        instead="give the requests of a tool that writes them: oha --output-format csv, hey -o csv, or k6",
    )


def is_bombardier(document: Any) -> bool:
    """Whether a JSON document is bombardier's."""
    return isinstance(document, dict) and {"spec", "result"} <= document.keys()


def show_bombardier(document: Any, source: Source) -> Shown:
    """Latency in microseconds, rates and totals."""
    result = document["result"] if isinstance(document["result"], dict) else {}
    rows = [("", name, value) for name, value in numbers_in(result)]
    for key, title in (("latency", "latency {} (µs)"), ("rps", "requests/s {}")):
        inner = result.get(key)
        if isinstance(inner, dict):
            rows += [("", title.format(name), value) for name, value in numbers_in(inner)]
            rows += [
                ("", title.format(f"p{name}"), value) for name, value in numbers_in(inner.get("percentiles"))
            ]
    return Shown(
        tool="bombardier",
        rows=tuple(rows),
        why=_WHY,
        instead="give the requests of a tool that writes them: oha --output-format csv, hey -o csv, or k6",
    )


_AB = (
    ("complete requests", r"^Complete requests:\s+(\d+)"),
    ("failed requests", r"^Failed requests:\s+(\d+)"),
    ("non-2xx responses", r"^Non-2xx responses:\s+(\d+)"),
    ("concurrency", r"^Concurrency Level:\s+(\d+)"),
    ("requests/s (mean)", r"^Requests per second:\s+([\d.]+)"),
    ("time per request (ms, mean)", r"^Time per request:\s+([\d.]+) \[ms\] \(mean\)"),
    ("within {} % of requests (ms)", r"^\s+(\d+)%\s+(\d+)"),
)
_WRK = (
    ("latency {}", r"^\s+(Latency)\s+(\S+\s+\S+\s+\S+\s+\S+)\s*$"),
    ("latency {}", r"^\s+([\d.]+%)\s+([\d.]+(?:us|ms|s|m|h))\s*$"),
    ("requests", r"^\s+(\d+) requests in"),
    ("requests/s", r"^Requests/sec:\s+([\d.]+)"),
    ("socket errors", r"^\s+Socket errors: (.+)$"),
    ("non-2xx or 3xx responses", r"^\s+Non-2xx or 3xx responses: (\d+)"),
)
_HEY = (
    ("{} (s)", r"^\s+(Total|Slowest|Fastest|Average):\s+([\d.]+) secs"),
    ("requests/s", r"^\s+Requests/sec:\s+([\d.]+)"),
    ("latency {} (s)", r"^\s+([\d.]+%{1,2}) in ([\d.]+) secs"),
    ("status {}", r"^\s+\[(\d{3})\]\s+(\d+) responses"),
)


def is_ab(head: str) -> bool:
    """Whether a file is ab's output."""
    return "This is ApacheBench" in head[:200]


def is_wrk(head: str) -> bool:
    """Whether a file is wrk's output (wrk2's with a distribution is another format)."""
    return head.startswith("Running ") and "test @" in head[:500]


def is_hey_text(head: str) -> bool:
    """Whether a file is hey's output for people."""
    return head.lstrip().startswith("Summary:") and "Requests/sec:" in head


def show_ab(source: Source) -> Shown:
    """Ab's table."""
    return _text("ab", _AB, "ab's times are whole milliseconds of a whole run", _AB_INSTEAD)(source)


def show_wrk(source: Source) -> Shown:
    """Wrk's table."""
    return _text("wrk", _WRK, _WHY, "give wrk2's output with --latency, or the requests of oha, hey or k6")(
        source
    )


def show_hey_text(source: Source) -> Shown:
    """Hey's table."""
    return _text("hey", _HEY, _WHY, "give hey's requests: hey -o csv URL > run.csv")(source)


_AB_INSTEAD = "give the requests of a tool that writes them: oha --output-format csv, hey -o csv, or k6"


def _text(
    tool: str, patterns: tuple[tuple[str, str], ...], why: str, instead: str
) -> Callable[[Source], Shown]:
    def show(source: Source) -> Shown:
        rows = tuple(found_rows(source.head, patterns))
        if not rows:
            source.refuse(f"nothing that {tool} writes is in it", "give the whole output of the tool")
        return Shown(tool=tool, rows=rows, why=why, instead=instead)

    return show
