"""What a report shows besides a verdict, from the store: distributions, requests, readings of services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.cli import output
from perfgate.errors import PerfgateError

if TYPE_CHECKING:
    from collections.abc import Collection
    from pathlib import Path

    from perfgate.cli.judged import Judged
    from perfgate.model import CountedTimes, Evidence, Result, ServiceSeries, SideEvidence


def evidence_for(judged: Judged, outputs: Collection[tuple[str, Path]], store: Path) -> Evidence | None:
    """The evidence of a verdict where an output shows it; else it is not even read."""
    if judged.head is None or not any(output.needs_page(name, path) for name, path in outputs):
        return None
    return evidence_of(judged.base, judged.head, store)


def evidence_of(base: Result | None, head: Result, store: Path) -> Evidence:
    """Both results with what lies beside their files; what cannot be read is noted, and never fatal."""
    from perfgate.gate.distributions import endpoint_times
    from perfgate.model import Evidence

    notes: list[str] = []
    return Evidence(
        base=_side(base, store, notes) if base is not None else None,
        head=_side(head, store, notes),
        times=endpoint_times(base, head, _counted),
        notes=tuple(notes),
    )


def _side(result: Result, store: Path, notes: list[str]) -> SideEvidence:
    from perfgate.model import SideEvidence
    from perfgate.store.observed import load_observed
    from perfgate.store.results import path_of
    from perfgate.store.samples import load_samples, samples_path

    path = path_of(store, result)
    rounds_of, samples = None, None
    series: tuple[ServiceSeries, ...] = ()
    if samples_path(path).exists():
        try:
            rounds_of, samples = load_samples(path)
        except PerfgateError as error:
            notes.append(f"{result.side}: {error.message}")
    try:
        series = load_observed(path)
    except PerfgateError as error:
        notes.append(f"{result.side}: {error.message}")
    return SideEvidence(result=result, rounds_of=rounds_of, samples=samples, series=series)


def _counted(payload: str) -> CountedTimes:
    from perfgate.model import CountedTimes
    from perfgate.store.histogram import decode

    values_ns, counts = decode(payload).counted()
    return CountedTimes(values_ns=values_ns, counts=counts)
