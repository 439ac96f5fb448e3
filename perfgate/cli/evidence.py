"""What a report shows besides a verdict, from the store: distributions, requests, readings of services."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.cli import output
from perfgate.errors import PerfgateError, UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator
    from pathlib import Path

    import numpy as np
    from numpy.typing import NDArray

    from perfgate.cli.judged import Judged
    from perfgate.model import CountedTimes, Evidence, Result, Samples, ServiceSeries, SideEvidence


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
    from perfgate.store.observed import load_observed, observed_path
    from perfgate.store.results import path_of
    from perfgate.store.samples import samples_path

    path = path_of(store, result)
    rounds_of, samples = None, None
    series: tuple[ServiceSeries, ...] = ()
    try:
        rounds_of, samples = _requests(path, result)
    except PerfgateError as error:
        notes.append(_unread(f"the requests of {result.side}", samples_path(path), store, error))
    try:
        series = load_observed(path)
    except PerfgateError as error:
        notes.append(_unread(f"what {result.side} used", observed_path(path), store, error))
    return SideEvidence(result=result, rounds_of=rounds_of, samples=samples, series=series)


def _requests(path: Path, result: Result) -> tuple[NDArray[np.int32], Samples] | tuple[None, None]:
    """The requests kept beside a results file, None where none were.

    Raises:
        UsageError: they cannot be read, or are not those that the result counts.
    """
    from perfgate.store.samples import load_samples, samples_path

    kept = samples_path(path)
    if not kept.exists() and not kept.is_symlink():
        return None, None
    rounds_of, samples = load_samples(path)
    counted = {(r.index, e.endpoint): e.requests for r in result.rounds for e in r.endpoints}
    if any(counted.get(cell) != count for cell, count in _cells(rounds_of, samples)):
        raise UsageError(f"{kept}: not the requests that the result counts", "measure again")
    return rounds_of, samples


def _cells(rounds_of: NDArray[np.int32], samples: Samples) -> Iterator[tuple[tuple[int, str], int]]:
    """How many requests there are of each round and endpoint."""
    import numpy as np

    names = samples.endpoints
    cells, counts = np.unique(rounds_of.astype(np.int64) * len(names) + samples.endpoint, return_counts=True)
    for cell, count in zip(cells.tolist(), counts.tolist(), strict=True):
        index, number = divmod(cell, len(names))
        yield (index, names[number]), count


def _unread(what: str, path: Path, store: Path, error: PerfgateError) -> str:
    """Why something cannot be shown, with the file as it lies in the store: pages are given away."""
    from perfgate.store.names import shown

    why = error.message.removeprefix(f"{shown(path)}: ").removeprefix(f"{path}: ")
    return f"{what} cannot be shown ({path.relative_to(store)} in the store: {why})"


def _counted(payload: str) -> CountedTimes:
    from perfgate.model import CountedTimes
    from perfgate.store.histogram import decode

    values_ns, counts = decode(payload).counted()
    return CountedTimes(values_ns=values_ns, counts=counts)
