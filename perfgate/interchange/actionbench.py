"""github-action-benchmark's data: `data.js` and its JSON, of many commits, and entries of custom tools."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from perfgate.interchange.imported import Imported, ImportedRun, Measured
from perfgate.interchange.rows import decimal
from perfgate.interchange.source import MAX_NAMES, BadLine, Source, shown

DEFINITION = "github-action-benchmark entry: one value a run, as its tool defined it (kept as p50)"
PREFIX = "window.BENCHMARK_DATA = "
_TIMES_NS = {
    "ns": 1.0,
    "us": 1e3,
    "µs": 1e3,
    "μs": 1e3,
    "ms": 1e6,
    "s": 1e9,
    "sec": 1e9,
    "seconds": 1e9,
    "nanoseconds": 1.0,
    "microseconds": 1e3,
    "milliseconds": 1e6,
    "second": 1e9,
}
_PER = re.compile(r"(?:\s*/\s*(?:iter|op|iteration|operation))?")
_RATES = {"iter/sec", "ops/sec", "ops/s", "iter/s"}
_LOOPS = re.compile(r"(\d{1,15}) times|rounds: (\d{1,15})")
"""What the entries of Go and of pytest say of how often was measured."""

_FEW = 8


def is_action_data(document: Any) -> bool:
    """Whether a JSON document is the data of github-action-benchmark's page."""
    return isinstance(document, dict) and isinstance(document.get("entries"), dict)


def is_action_entries(document: Any) -> bool:
    """Whether a JSON document is a list of entries of a custom tool."""
    return (
        isinstance(document, list)
        and bool(document)
        and all(isinstance(each, dict) and {"name", "unit", "value"} <= each.keys() for each in document)
    )


def read_action_entries(document: Any, source: Source) -> Imported:
    """The one run that such a list is.

    Raises:
        UsageError: no entry is a time.
    """
    others: list[str] = []
    run = _run(document, "", others, source)
    return _imported([run] if run.measured else [], others, source)


def read_action_data(document: Any, source: Source, sha: str) -> Imported:
    """The runs of one commit; the others in the file are of other commits, and said so.

    Raises:
        UsageError: the commit is not in it, or none of its entries is a time.
    """
    suites = {str(name): runs for name, runs in document["entries"].items() if isinstance(runs, list)}
    several = len(suites) > 1
    found: list[list[ImportedRun]] = []
    others: list[str] = []
    known: dict[str, None] = {}
    for name, runs in suites.items():
        mine = []
        for each in runs:
            if not isinstance(each, dict):
                source.refuse(f"{shown(name)}: a run that is no object")
            commit = each.get("commit")
            commit_id = str(commit.get("id", "")) if isinstance(commit, dict) else ""
            known[commit_id] = None
            if commit_id == sha:
                mine.append(_run(each.get("benches"), f"{name}: " if several else "", others, source, each))
        found.append(mine)
    if sha not in known:
        some = ", ".join(shown(each[:10]) for each in list(known)[-_FEW:]) or "none"
        source.refuse(
            f"no run of commit {sha[:10]} is in it; the newest commits are {some}",
            "name one of them with --commit",
        )
    merged = [
        ImportedRun(
            measured=tuple(m for run in runs for m in run.measured),
            started_at_s=min((r.started_at_s for r in runs if r.started_at_s is not None), default=None),
        )
        for runs in _side_by_side(found)
    ]
    source.notes.append(f"of {len(known)} commits in the file, the runs of one were taken")
    return _imported([run for run in merged if run.measured], others, source)


def _side_by_side(suites: list[list[ImportedRun]]) -> Iterator[list[ImportedRun]]:
    for number in range(max(map(len, suites), default=0)):
        yield [runs[number] for runs in suites if number < len(runs)]


def _run(
    benches: Any, prefix: str, others: list[str], source: Source, whole: Mapping[str, Any] | None = None
) -> ImportedRun:
    if not isinstance(benches, list) or len(benches) > MAX_NAMES:
        source.refuse("no list of benchmarks, or too long a one")
    measured: dict[str, Measured] = {}
    for number, bench in enumerate(benches, start=1):
        try:
            time_ns = _time_ns(bench)
        except BadLine as error:
            source.refuse(f"benchmark {number}: {error}")
        name = shown(f"{prefix}{bench['name']}")
        if time_ns is None:
            others.append(f"{name} ({shown(bench['unit'])})")
        elif name in measured:
            source.refuse(f"benchmark {number}: {name} is there twice", "give them different names")
        else:
            measured[name] = Measured(
                endpoint=name, requests=_loops(bench.get("extra")), quantiles_ns={"p50": time_ns}
            )
    date = (whole or {}).get("date")
    begun = date / 1e3 if isinstance(date, int | float) and 0 < date < 1e14 else None
    return ImportedRun(measured=tuple(measured.values()), started_at_s=begun)


def _loops(extra: Any) -> int:
    match = _LOOPS.search(extra) if isinstance(extra, str) else None
    return max(1, int(match[1] or match[2])) if match else 1


def _time_ns(bench: Any) -> float | None:
    """The time of an entry; None where it is none."""
    if not isinstance(bench, dict) or not {"name", "unit", "value"} <= bench.keys():
        raise BadLine("no name, unit and value")
    value, unit = decimal(bench["value"], "value"), str(bench["unit"]).partition("\t")[0].strip()
    if unit.lower() in _RATES:
        time_ns = 1e9 / value if value > 0 else 0.0
    else:
        base, _, rest = unit.partition("/")
        scale = _TIMES_NS.get(base.strip()) or _TIMES_NS.get(base.strip().lower())
        if scale is None or not _PER.fullmatch(f"/{rest}" if rest else ""):
            return None
        time_ns = value * scale
    if not 0 < time_ns < 1e15:
        raise BadLine(f"{shown(bench['value'])} {shown(unit)}, which no time can be")
    return time_ns


def _imported(runs: list[ImportedRun], others: list[str], source: Source) -> Imported:
    if not runs:
        what = f" (there is {', '.join(others[:_FEW])})" if others else ""
        source.refuse(f"no entry is a time{what}", "give entries in ns, us, ms, s, or iterations a second")
    if others:
        more = f" and {len(others) - _FEW} more" if len(others) > _FEW else ""
        source.notes.append(f"not kept, for they are no times: {', '.join(others[:_FEW])}{more}")
    return Imported(
        tool="github-action-benchmark",
        latency_definition=DEFINITION,
        runs=tuple(runs),
        notes=tuple(source.notes),
    )
