"""What was recorded of a load, as it goes from process to process, and made into columns by side."""

from __future__ import annotations

from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfgate.load.plan import LoadOutcome, LoadPlan
from perfgate.model import Passes


@dataclass(frozen=True, slots=True, kw_only=True)
class RawLoad:
    """What one process has recorded: buffers of rows, and the tables their numbers index."""

    rows: Sequence[bytes | array[int]]
    openings: Sequence[bytes | array[int]]
    errors: tuple[str, ...]
    endpoints: tuple[str, ...]
    since_ns: int
    wall_ns: int
    cpu_ns: int
    requests: int
    stamped: int
    rows_bytes: int
    clock_step_ns: int
    passes: Mapping[str, Passes]
    objections: tuple[str, ...] = ()


class LoadStopped(KeyboardInterrupt):
    """The user stopped a load that was being measured; `raw` is what had finished by then."""

    def __init__(self, raw: RawLoad) -> None:
        super().__init__()
        self.raw = raw


def outcome(raw: RawLoad, plan: LoadPlan) -> LoadOutcome:
    """The rows of a load as columns by side."""
    import numpy as np

    from perfgate.load import samples
    from perfgate.load.recorder import OPENING_COLUMNS

    rows = samples.joined(raw.rows, since_ns=raw.since_ns)
    openings = [np.frombuffer(part, dtype=np.int64) for part in raw.openings if len(part)]
    lateness = samples.lateness_ns(rows)
    return LoadOutcome(
        samples=samples.by_side(rows, errors=raw.errors, endpoints=raw.endpoints, sides=len(plan.addresses)),
        duration_ns=raw.wall_ns,
        driver_cpu_ns=raw.cpu_ns,
        driver_cpu_ratio=raw.cpu_ns / max(raw.wall_ns, 1),
        lateness_ns=lateness[lateness > 0],
        sending_ns=samples.sending_ns(rows),
        openings_ns=np.concatenate([np.empty(0, np.int64), *openings]).reshape(-1, OPENING_COLUMNS),
        clock_step_ns=raw.clock_step_ns,
        kernel_stamped_ratio=min(raw.stamped / max(samples.answers(raw.rows), 1), 1.0),
        rows_bytes=raw.rows_bytes,
        passes=raw.passes,
        objections=raw.objections,
    )
