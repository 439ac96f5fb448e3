"""The kept requests of one side, round by round, without copying them where rounds lie one after another."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.model import SideEvidence


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Requests:
    """Those of one side in one round that were sent; `endpoint` indexes `endpoints`."""

    endpoints: tuple[str, ...]
    endpoint: NDArray[np.int32]
    sent_ns: NDArray[np.int64]
    last_ns: NDArray[np.int64]
    failed: NDArray[np.bool_]


def by_round(side: SideEvidence | None) -> dict[int, Requests]:
    """The requests of every round that has some; a script's own failures, which sent nothing, are none."""
    if side is None or side.samples is None or side.rounds_of is None:
        return {}
    rounds, order = side.rounds_of, None
    if (np.diff(rounds) < 0).any():
        order = np.argsort(rounds, kind="stable")
        rounds = rounds[order]
    numbers, starts = np.unique(rounds, return_index=True)
    ends = [*starts[1:], len(rounds)]
    found = {}
    for number, start, end in zip(map(int, numbers), starts, ends, strict=True):
        requests = _chosen(side, slice(start, end) if order is None else order[start:end])
        if len(requests.sent_ns):
            found[number] = requests
    return found


def _chosen(side: SideEvidence, rows: slice | NDArray[np.intp]) -> Requests:
    samples = side.samples
    assert samples is not None  # noqa: S101 - the caller looked
    sent_ns = samples.sent_ns[rows]
    kept = slice(None) if (sent_ns > 0).all() else sent_ns > 0
    return Requests(
        endpoints=samples.endpoints,
        endpoint=samples.endpoint[rows][kept],
        sent_ns=sent_ns[kept],
        last_ns=samples.last_ns[rows][kept],
        failed=samples.error[rows][kept] != 0,
    )
