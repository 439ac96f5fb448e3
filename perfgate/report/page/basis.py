"""Which rounds the numbers of a page stand on: the verdict's table, and the distributions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.report.page.axis import sides_of
from perfgate.report.page.model import Basis

if TYPE_CHECKING:
    from perfgate.model import Evidence, Result, Stage


def basis_of(evidence: Evidence | None) -> Basis:
    """Each in a sentence; empty where no result is at hand.

    A metric that looked worse is shown by its fresh rounds alone, and any other by the screening rounds. The
    distributions, and the quantiles beside them, are of both.
    """
    if evidence is None:
        return Basis()
    return Basis(
        metrics=_metrics(evidence),
        quantiles=f"p5 to p99 are medians over {_together(evidence)}; p99.9, the longest and the curves "
        "are of all their requests.",
    )


def _metrics(evidence: Evidence) -> str:
    screen, fresh = _valid(evidence.head.result, "screen"), _valid(evidence.head.result, "confirm")
    if not evidence.is_paired:
        base = "the baseline" if evidence.base is None else "all its stored runs that can be compared"
        return f"Head is of {_rounds(screen)}, base of {base}."
    if fresh:
        return f"Of {_rounds(screen)} of screening; what looked worse in them, of {fresh} fresh ones alone."
    return f"Of {_rounds(screen)}."


def _together(evidence: Evidence) -> str:
    counts = {
        side: (_valid(kept.result, "screen"), _valid(kept.result, "confirm"))
        for side, kept in sides_of(evidence).items()
    }
    if not evidence.is_paired:
        return " and ".join(f"{_rounds(sum(both))} of {side}" for side, both in counts.items())
    screen, fresh = counts["head"]
    return _rounds(screen + fresh) + (", screening and fresh ones together" if fresh else "")


def _valid(result: Result, stage: Stage) -> int:
    return sum(each.stage == stage and not each.dropped_because for each in result.rounds)


def _rounds(count: int) -> str:
    return f"{count} round{'' if count == 1 else 's'}"
