"""Text of `go test -bench`: every line of a benchmark is a run of it (`-count 10` makes ten)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator

from perfgate.interchange.imported import Imported, ImportedRun, Measured
from perfgate.interchange.rows import decimal, whole
from perfgate.interchange.source import MAX_NAMES, BadLine, Source, shown

DEFINITION = "Go benchmark: mean ns/op of one run of the loop (kept as p50: there is one value a run)"
_LINE = re.compile(r"(Benchmark\S*)\s+(\d+)\s+(\S.*)")
_CONFIGURATION = re.compile(r"([a-z][^\s:]*):\s*(.*)")
_BEGINS = re.compile(r"(?m)^(?:goos|goarch|pkg|cpu): |^Benchmark\S*\s+\d+\s+[\d.]+ \S")
_FEW = 8


def is_go_benchmark(head: str) -> bool:
    """Whether a file holds text of Go benchmarks."""
    return not head.lstrip().startswith(("{", "[")) and _BEGINS.search(head) is not None


def read_go_benchmark(source: Source) -> Imported:
    """The runs: the first line of every benchmark makes the first, and so on.

    Raises:
        UsageError: no line has a time, a line is broken, or a benchmark has failed.
    """
    text = _Text()
    for number, line in source.lines():
        if line.startswith(("FAIL", "--- FAIL", "panic:")):
            source.refuse(f"a benchmark failed: {shown(line)}", "make it pass, and run it again", line=number)
        try:
            text.add(line)
        except BadLine as error:
            source.bad(error, number)
    if not text.runs:
        source.refuse("no benchmark with a time (ns/op) is in it", "no evidence is an error: run it again")
    return Imported(
        tool="Go benchmark",
        latency_definition=DEFINITION,
        runs=tuple(ImportedRun(measured=tuple(run)) for run in text.runs),
        notes=(*source.notes, *_left_out(text.others)),
    )


class _Text:
    def __init__(self) -> None:
        self.runs: list[list[Measured]] = []
        self.others: Counter[str] = Counter()
        self._seen: Counter[str] = Counter()
        self._package = ""

    def add(self, line: str) -> None:
        """Add one line.

        Raises:
            BadLine: a benchmark's line that has no result, or one that cannot be.
        """
        stated = _CONFIGURATION.fullmatch(line.strip())
        if stated and stated[1] == "pkg":
            self._package = stated[2].strip()
        match = _LINE.fullmatch(line.rstrip())
        if match is None:
            if re.match(r"Benchmark\S*\s+\d", line):
                raise BadLine("a benchmark without a result")
            return
        time_ns = _time_ns(match[3], self.others)
        if time_ns is None:
            return
        name = shown(f"{self._package} {match[1]}" if self._package else match[1])
        if name not in self._seen and len(self._seen) >= MAX_NAMES:
            raise BadLine(f"more than {MAX_NAMES} benchmarks")
        if self._seen[name] == len(self.runs):
            self.runs.append([])
        loops = min(max(whole(match[2], "the number of loops"), 1), 1 << 53)
        self.runs[self._seen[name]].append(
            Measured(endpoint=name, requests=loops, quantiles_ns={"p50": time_ns})
        )
        self._seen[name] += 1


def _time_ns(text: str, others: Counter[str]) -> float | None:
    words = text.split()
    if len(words) % 2:
        raise BadLine(f"a value without a unit: {shown(text)}")
    found = None
    for value, unit in zip(words[::2], words[1::2], strict=True):
        number = decimal(value, unit)
        if unit == "ns/op":
            found = number
        else:
            others[unit] += 1
    if found is not None and not 0 < found < 1e15:
        raise BadLine(f"{found:g} ns/op, which no time can be")
    return found


def _left_out(others: Counter[str]) -> Iterator[str]:
    if others:
        names = sorted(others)
        more = f" and {len(names) - _FEW} more" if len(names) > _FEW else ""
        yield f"not kept, for they are no times of an operation: {shown(', '.join(names[:_FEW]))}{more}"
