"""What a page cannot show, and why, so that nothing is missing without a word."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

from perfgate.report.page.axis import sides_of
from perfgate.report.page.points import MOST_FOREST_ROWS, MOST_ROUNDS
from perfgate.report.page.undrawn import undrawn_curves, undrawn_series
from perfgate.report.text import clean, shorten

if TYPE_CHECKING:
    from perfgate.model import Evidence, Verdict
    from perfgate.report.page.model import SeriesView
    from perfgate.report.page.overtime import OverTime

_WIDTH = 400


def notes_of(
    verdict: Verdict,
    evidence: Evidence | None,
    *,
    series: Collection[SeriesView],
    curves: Mapping[str, OverTime],
    endpoints: int,
) -> tuple[str, ...]:
    """The notes, each a sentence; of the `endpoints` on the page those in `curves` have some."""
    found = list(_notes(verdict, evidence, series, curves, endpoints))
    return tuple(dict.fromkeys(shorten(clean(note), _WIDTH) for note in found))


def _notes(
    verdict: Verdict,
    evidence: Evidence | None,
    series: Collection[SeriesView],
    curves: Mapping[str, OverTime],
    endpoints: int,
) -> Iterator[str]:
    more = len(verdict.comparisons) - MOST_FOREST_ROWS
    if more > 0:
        yield f"{more} more metrics are not drawn; the JSON report has them"
    if evidence is None:
        yield "no result was at hand, so there are no distributions, no rounds and no environment to show"
        return
    yield from evidence.notes
    yield from _sides(evidence)
    yield from undrawn_curves(evidence, curves)
    yield from _shift(evidence)
    if len(curves) < endpoints:
        first = f"the first {len(curves)} of {endpoints} endpoints"
        yield f"latency and throughput over time are drawn for {first}"
    rounds = len({r.index for kept in sides_of(evidence).values() for r in kept.result.rounds})
    if rounds > MOST_ROUNDS:
        yield f"only the first {MOST_ROUNDS} of {rounds} rounds are on the time axis and in their table"
    yield from undrawn_series(evidence, series)


def _sides(evidence: Evidence) -> Iterator[str]:
    if evidence.base is None:
        yield "only head was measured, so nothing stands beside it"
    elif not evidence.is_paired:
        yield (
            "base and head were measured at different times: rounds of the same number have nothing in "
            "common, and there is no shift function"
        )
        if not evidence.base.result.is_imported:
            yield (
                "curves, quantiles, counts and environment of base are of one of its stored runs; the "
                "verdict's table has the median of all that can be compared"
            )
    without = [side for side, kept in sides_of(evidence).items() if kept.samples is None]
    if without:
        yield f"no requests of {' and '.join(without)} are at hand: over time there is one point a round"


def _shift(evidence: Evidence) -> Iterator[str]:
    shifts = [times.shift for times in evidence.times.values() if times.shift is not None]
    if any(all(low is None for low in shift.low) for shift in shifts):
        fewest = min(shift.rounds for shift in shifts)
        yield (
            f"where an endpoint was answered in too few rounds on both sides (the fewest are {fewest}; a "
            "90 % interval takes 5) or too rarely, its shift function has no band"
        )
