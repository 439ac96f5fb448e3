"""From what other tools' files say to a result: a run is a round, and what nobody watched is unknown."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import perfgate
from perfgate.errors import UsageError
from perfgate.measure.summary import busy_ns, summarise
from perfgate.model import QUANTILES, Commit, EndpointRound, Environment, Placement, Result, Round
from perfgate.store.histogram import encode_counted
from perfgate.store.names import slug
from perfgate.store.schema import SCHEMA_VERSION
from perfgate.units import format_duration_ns

if TYPE_CHECKING:
    from perfgate.interchange.imported import Counted, Imported, ImportedRun, Measured
    from perfgate.model import Samples

MAX_STEP_RATIO = 0.10
"""A quantile that is known in larger steps than this is not kept: a change could hide between two."""

_UNKNOWN = "unknown"
_EARLIEST_S = 946_684_800  # the year 2000
_LATE_S = 86_400
_MOST_NOTED = 12
_PROBABILITIES = (0.50, 0.95, 0.99)


@dataclass(frozen=True, slots=True, kw_only=True)
class Stated:
    """What a user says of an import, because no file does; empty where nothing was said."""

    commit: Commit
    workload_name: str
    workload_digest: str
    environment: str = ""
    load: str = ""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Made:
    """A result, and its requests round by round where every run had some."""

    result: Result
    samples: tuple[tuple[Round, Samples], ...] | None


def result_of(files: Sequence[tuple[str, Imported]], stated: Stated, *, digest: str, now: datetime) -> Made:
    """One result of all runs in all files, in their order.

    Args:
        files: the name of each with what is in it; at least one.
        stated: what the user says of them.
        digest: of the files' content: the same files make the same run.
        now: stands for the time of files that do not say when they were measured.

    Raises:
        UsageError: the files are of different tools or of different definitions of latency.
    """
    _require_one_definition(files)
    first = files[0][1]
    runs = [run for _, imported in files for run in imported.runs]
    coarse: dict[str, None] = {}
    rounds = tuple(_round(index, run, coarse) for index, run in enumerate(runs))
    samples = [run.samples for run in runs if run.samples is not None]
    names = ", ".join(name for name, _ in files[:_MOST_NOTED])
    more = f" and {len(files) - _MOST_NOTED} more" if len(files) > _MOST_NOTED else ""
    result = Result(
        schema_version=SCHEMA_VERSION,
        tool_version=perfgate.__version__,
        run_id=_run_id(digest, stated),
        side="head",
        started_at=_started_at(runs, now),
        status="complete",
        commit=stated.commit,
        workload_name=stated.workload_name,
        workload_digest=stated.workload_digest,
        load_model=f"{stated.load} (as stated)" if stated.load else f"{_UNKNOWN} load of {first.tool}",
        seed=0,
        environment=_environment(stated.environment),
        placement=Placement(driver_cpus=(), service_cpus=(), pinned=False, note="unknown: imported"),
        clock_source=f"{_UNKNOWN} clock of {first.tool}",
        latency_definition=first.latency_definition,
        restarts=False,
        rounds=rounds,
        notes=tuple(
            dict.fromkeys(
                (
                    f"imported from {first.tool}: {names}{more}",
                    *(f"{name}: {note}" for name, imported in files for note in imported.notes),
                    *_first(list(coarse)),
                )
            )
        ),
    )
    kept = tuple(zip(rounds, samples, strict=True)) if len(samples) == len(runs) else None
    return Made(result=result, samples=kept)


def _require_one_definition(files: Sequence[tuple[str, Imported]]) -> None:
    (name, first), *others = files
    for other_name, other in others:
        if (other.tool, other.latency_definition) != (first.tool, first.latency_definition):
            raise UsageError(
                f"{name} and {other_name} are not runs of one thing: the first has "
                f"{first.latency_definition!r} ({first.tool}), the second "
                f"{other.latency_definition!r} ({other.tool})",
                "import each kind by itself: results of different definitions are never compared",
            )


def _run_id(digest: str, stated: Stated) -> str:
    of = f"{digest} {stated.commit.sha} {stated.workload_digest} {stated.environment} {stated.load}"
    return f"import-{hashlib.sha256(of.encode()).hexdigest()[:12]}"


def _started_at(runs: Sequence[ImportedRun], now: datetime) -> str:
    known = [run.started_at_s for run in runs if run.started_at_s is not None]
    latest_s = now.timestamp() + _LATE_S
    begun = min((at for at in known if _EARLIEST_S <= at <= latest_s), default=now.timestamp())
    return datetime.fromtimestamp(begun, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _environment(stated: str) -> Environment:
    """Nobody says which machine it was; a name the user gives is a class of its own."""
    return Environment(
        cpu_model=_UNKNOWN,
        cores=0,
        architecture=_UNKNOWN,
        kernel=_UNKNOWN,
        cgroup_cpu=_UNKNOWN,
        cgroup_memory=_UNKNOWN,
        interpreter=_UNKNOWN,
        class_id=slug(f"stated-{stated}") if stated else _UNKNOWN,
    )


def _round(index: int, run: ImportedRun, coarse: dict[str, None]) -> Round:
    if run.samples is not None:
        endpoints = tuple(
            replace(e, quantiles_ns=_fine(e.endpoint, e.quantiles_ns, run.resolution_ns, coarse))
            for e in summarise(run.samples)
        )
    else:
        endpoints = tuple(_endpoint(measured, coarse) for measured in run.measured)
    return Round(
        index=index,
        stage="screen",
        seed=0,
        duration_ns=run.duration_ns,
        endpoints=endpoints,
        cpu_ns=None,
        rss_bytes=None,
        health=None,
        busy_ns=busy_ns(run.samples) if run.samples is not None else None,
    )


def _fine(
    endpoint: str, quantiles_ns: Mapping[str, float], step_ns: int, coarse: dict[str, None]
) -> dict[str, float]:
    kept = {}
    for name, value in quantiles_ns.items():
        if step_ns > MAX_STEP_RATIO * value:
            coarse[_too_coarse(endpoint, name, step_ns)] = None
        else:
            kept[name] = value
    return kept


def _too_coarse(endpoint: str, name: str, step_ns: float) -> str:
    step = format_duration_ns(round(step_ns))
    return f"{endpoint} {name} is not kept: known in steps of {step}, more than {MAX_STEP_RATIO:.0%} of it"


def _endpoint(measured: Measured, coarse: dict[str, None]) -> EndpointRound:
    quantiles, histogram = dict(measured.quantiles_ns), ""
    if measured.distribution is not None:
        histogram = encode_counted(
            measured.distribution.times_ns.astype("int64"), measured.distribution.counts
        )
        for name, value, width in _quantiles(measured.distribution):
            quantiles |= _fine(measured.endpoint, {name: value}, round(width), coarse)
    return EndpointRound(
        endpoint=measured.endpoint,
        requests=measured.requests,
        quantiles_ns=quantiles,
        errors=measured.errors,
        statuses={},
        histogram=histogram,
    )


def _quantiles(counted: Counted) -> Iterator[tuple[str, float, float]]:
    """Each quantile with the width of the slot it is in, inside which it is taken by its share.

    So a small shift moves a quantile a little, and not by a whole slot all at once.
    """
    import numpy as np

    order = np.argsort(counted.times_ns)
    times, counts, width = (column[order] for column in (counted.times_ns, counted.counts, counted.width_ns))
    until = np.cumsum(counts)
    total = int(until[-1]) if len(until) else 0
    if total <= 0:
        return
    for name, probability in zip(QUANTILES, _PROBABILITIES, strict=True):
        place = int(np.searchsorted(until, probability * total))
        share = (probability * total - (until[place] - counts[place])) / counts[place]
        value = float(times[place] + (share - 0.5) * width[place])
        if value > 0:
            yield name, value, float(width[place])


def _first(notes: Sequence[str]) -> Iterator[str]:
    yield from notes[:_MOST_NOTED]
    if len(notes) > _MOST_NOTED:
        yield f"and {len(notes) - _MOST_NOTED} more that are not kept for the same reason"
