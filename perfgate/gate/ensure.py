"""What a load test's file demands of its run, held against what was measured; and the score of apdex."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from perfgate.gate.figures import Measured, apdex_score, figure_of
from perfgate.model import Demand, Outcome, Reason

_RANKS = ((0.94, "excellent"), (0.85, "good"), (0.7, "fair"), (0.49, "poor"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One demand and what became of it; a figure that had nothing to measure has no value."""

    demand: Demand
    holds: bool
    values: Mapping[str, float | None]


def judge(demands: Sequence[Demand], measured: Measured) -> tuple[Judged, ...]:
    """Hold the run against every demand; one whose figures have no data does not hold."""
    found = []
    for demand in demands:
        values = {figure.name: figure_of(figure, measured) for figure in demand.figures}
        known = {name: value for name, value in values.items() if value is not None}
        holds = len(known) == len(values) and demand.holds(known)
        found.append(Judged(demand=demand, holds=holds, values=values))
    return tuple(found)


def breaches_of(judged: Sequence[Judged]) -> tuple[tuple[Outcome, Reason], ...]:
    """The strict demands that do not hold, as reasons of an outcome."""
    remedy = "make the service faster, or change config.ensure of the load test in a reviewed commit"
    return tuple(
        (
            Outcome.THRESHOLD_BREACHED,
            Reason(code="ensure_breached", text=f"the service: {describe(item)}", remedy=remedy),
        )
        for item in judged
        if item.demand.strict and not item.holds
    )


def told(judged: Sequence[Judged]) -> tuple[str, ...]:
    """What to say of the demands that fail nobody, held or not."""
    return tuple(f"config.ensure: {describe(item)}" for item in judged if not item.demand.strict)


def describe(item: Judged) -> str:
    """A demand, whether it holds, and its figures: `http.codes.500 < 1 is breached (http.codes.500 is 3)`."""
    figures = ", ".join(
        f"{name} has no data" if value is None else f"{name} is {value:.6g}"
        for name, value in item.values.items()
    )
    return f"{item.demand.source} {'holds' if item.holds else 'is breached'} ({figures})"


def describe_apdex(measured: Measured) -> str:
    """The score and its rank in the words of Apdex, or "" where nothing was answered."""
    score = apdex_score(measured)
    if score is None:
        return ""
    rank = next((word for least, word in _RANKS if score >= least), "unacceptable")
    return f"apdex: {score:.2f} ({rank}, for a threshold of {measured.apdex_ms:g} ms)"
