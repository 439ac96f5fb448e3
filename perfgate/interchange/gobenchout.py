"""Go benchmark text, one line an endpoint a round, for benchstat."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from perfgate.interchange.figures import Exported, valid_rounds
from perfgate.model import EndpointRound, Result

_UNITS = {"p50": "ns/op", "p95": "p95-ns/op", "p99": "p99-ns/op"}
_PROCESSORS = re.compile(r"-(?=\d+\Z)")


def write_gobench(exported: Sequence[Exported]) -> str:
    """The results one after another; the key `commit` is there only where several have to be told apart.

    benchstat makes a table of its own for every combination of keys, so base and head in two files may
    differ in none of them.
    """
    names = _names(each.endpoint for one in exported for r in one.result.rounds for each in r.endpoints)
    lines: list[str] = []
    for one in exported:
        lines += _configuration(one.result, tell_apart=len(exported) > 1)
        for each in valid_rounds(one.result):
            lines += [_line(names[e.endpoint], e) for e in each.endpoints if e.quantiles_ns]
    return "\n".join(lines) + "\n"


def _configuration(result: Result, *, tell_apart: bool) -> Iterator[str]:
    yield f"# perfgate: {_one_line(result.commit.ref)} ({result.commit.sha}), the {result.side} of its run"
    if tell_apart:
        yield f"commit: {result.commit.sha}"
        yield f"side: {result.side}"
    yield f"workload: {_one_line(result.workload_name)}"
    yield f"load: {_one_line(result.load_model)}"
    yield f"latency: {_one_line(result.latency_definition)}"
    yield f"cpu: {_one_line(result.environment.cpu_model)}"


def _line(name: str, endpoint: EndpointRound) -> str:
    values = [
        f"{_number(endpoint.quantiles_ns[q])} {unit}"
        for q, unit in _UNITS.items()
        if q in endpoint.quantiles_ns
    ]
    values.append(f"{_number(endpoint.failed / max(endpoint.requests, 1))} errors/op")
    return f"Benchmark{name} {endpoint.requests} {' '.join(values)}"


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1 << 53 else repr(value)


def _names(endpoints: Iterator[str]) -> dict[str, str]:
    """A name without white space for every endpoint, no two of them equal, the same in every export."""
    names: dict[str, str] = {}
    taken: set[str] = set()
    for endpoint in sorted(set(endpoints)):
        wanted = name = _go_name(endpoint)
        number = 0
        while name in taken:
            number += 1
            name = f"{wanted}#{number:02}"
        taken.add(name)
        names[endpoint] = name
    return names


def _go_name(endpoint: str) -> str:
    """As `go test` writes names; what would read as `-8`, a number of processors, at the end becomes `_8`."""
    text = "".join("_" if c.isspace() else c if c.isprintable() else _escaped(c) for c in endpoint)
    # A lower-case letter after the word Benchmark would make it the name of some other function.
    text = text[:1].upper() + text[1:] if text[:1].islower() else text
    return _PROCESSORS.sub("_", text) or "_"


def _escaped(character: str) -> str:
    return character.encode("unicode_escape").decode("ascii")


def _one_line(text: str) -> str:
    return " ".join("".join(c if c.isprintable() else " " for c in text).split()) or "-"
