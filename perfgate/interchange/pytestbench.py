"""pytest-benchmark's JSON: a file is one run, the median of a benchmark's rounds its value."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from perfgate.interchange.imported import Imported, ImportedRun, Measured
from perfgate.interchange.rows import decimal, whole
from perfgate.interchange.source import MAX_NAMES, BadLine, Source, shown

DEFINITION = "pytest-benchmark: median over the rounds of one run (kept as p50)"


def is_pytest_benchmark(document: Any) -> bool:
    """Whether a JSON document is pytest-benchmark's."""
    return (
        isinstance(document, dict)
        and isinstance(document.get("benchmarks"), list)
        and {"machine_info", "version"} <= document.keys()
    )


def read_pytest_benchmark(document: Any, source: Source) -> Imported:
    """The run of a file.

    Raises:
        UsageError: no benchmark is in it, or one is not what pytest-benchmark writes.
    """
    if not document["benchmarks"]:
        source.refuse("no benchmark is in it", "no evidence is an error: run it again")
    if len(document["benchmarks"]) > MAX_NAMES:
        source.refuse(f"more than {MAX_NAMES} benchmarks", "import a part of them")
    measured = []
    for number, benchmark in enumerate(document["benchmarks"], start=1):
        try:
            measured.append(_measured(benchmark))
        except BadLine as error:
            source.refuse(f"benchmark {number}: {error}")
    names = [each.endpoint for each in measured]
    if len(set(names)) < len(names):
        source.refuse("two benchmarks have the same name", "give them different names")
    return Imported(
        tool="pytest-benchmark",
        latency_definition=DEFINITION,
        runs=(ImportedRun(measured=tuple(measured), started_at_s=_instant_s(document.get("datetime"))),),
        notes=tuple(source.notes),
    )


def _measured(benchmark: Any) -> Measured:
    stats = benchmark.get("stats") if isinstance(benchmark, dict) else None
    if not isinstance(stats, Mapping) or not {"median", "rounds"} <= stats.keys():
        raise BadLine("no stats with median and rounds")
    median_ns = decimal(stats["median"], "median") * 1e9
    rounds = whole(stats["rounds"], "rounds")
    if not 0 < median_ns < 1e15 or not 0 < rounds < 1 << 53:
        raise BadLine("a time or a number of rounds that cannot be")
    return Measured(
        endpoint=shown(benchmark.get("fullname") or benchmark.get("name") or "unnamed"),
        requests=rounds,
        quantiles_ns={"p50": median_ns},
    )


def _instant_s(text: Any) -> float | None:
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone().timestamp() if found.tzinfo else None
    except (TypeError, ValueError, OverflowError):
        return None
