"""What a file of another tool says once read: runs that can be stored, or a summary that is only shown."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from perfgate.model import Samples


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Counted:
    """A distribution: how many requests took each of some times, with the widest step between neighbours.

    Each time stands for `width_ns` around it, 0 where it is as good as exact.
    """

    times_ns: NDArray[np.float64]
    counts: NDArray[np.int64]
    width_ns: NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured:
    """One endpoint (or benchmark) of a run that does not come as single requests.

    Either `quantiles_ns` are stated by the tool, or `distribution` holds them.
    """

    endpoint: str
    requests: int
    quantiles_ns: Mapping[str, float] = field(default_factory=dict)
    distribution: Counted | None = None
    errors: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedRun:
    """One run: its requests one by one, or what was kept of them.

    `started_at_s` is in seconds since the epoch, None where the file does not say. Times of `samples` are
    known in steps of `resolution_ns` only (0: as good as exact).
    """

    samples: Samples | None = None
    measured: Sequence[Measured] = ()
    started_at_s: float | None = None
    duration_ns: int = 0
    resolution_ns: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Imported:
    """A file that holds one or more runs; `tool` is whose it is, `notes` what of it did not take part."""

    tool: str
    latency_definition: str
    runs: tuple[ImportedRun, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """A summary: rows of endpoint, metric and value to be read by people, and why it cannot be stored."""

    tool: str
    rows: tuple[tuple[str, str, str], ...]
    why: str
    instead: str


_RESERVED = {"*": "(*)", "all endpoints": "(all endpoints)"}
"""Names that mean all endpoints together, in results and in tables."""


def with_usable_names(imported: Imported) -> Imported:
    """The same with other names for endpoints that have none, or one that means all of them; notes say so."""
    changed: dict[str, str] = {}

    def usable(name: str) -> str:
        other = _RESERVED.get(name) or name if name.strip() else "(no name)"
        if other != name:
            changed[name] = other
        return other

    def renamed(run: ImportedRun) -> ImportedRun:
        samples = run.samples and replace(run.samples, endpoints=tuple(map(usable, run.samples.endpoints)))
        measured = tuple(replace(each, endpoint=usable(each.endpoint)) for each in run.measured)
        return replace(run, samples=samples, measured=measured)

    runs = tuple(map(renamed, imported.runs))
    notes = tuple(f"the endpoint {name!r} is called {other} here" for name, other in changed.items())
    return replace(imported, runs=runs, notes=(*imported.notes, *notes))
