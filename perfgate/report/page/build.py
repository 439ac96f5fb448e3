"""The page of a verdict: what every part of the report shows, from the verdict and its evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

import perfgate
from perfgate.model import ALL_ENDPOINTS, EndpointTimes, Metric
from perfgate.report.accepting import accept_commands
from perfgate.report.distinct import distinct_names
from perfgate.report.headline import headline, told_by_headline
from perfgate.report.page.axis import axis_of, sides_of
from perfgate.report.page.basis import basis_of
from perfgate.report.page.counted import Counts, errors_and_statuses
from perfgate.report.page.distributions import density, ecdf, quantiles
from perfgate.report.page.environment import environment_rows
from perfgate.report.page.facts import facts_of
from perfgate.report.page.forest import forest_rows
from perfgate.report.page.model import EndpointView, Page, RoundView, SeriesView
from perfgate.report.page.notes import notes_of
from perfgate.report.page.overtime import OverTime, over_time
from perfgate.report.page.points import (
    MOST_ENDPOINTS,
    MOST_FOREST_ROWS,
    MOST_ROUNDS,
    NAME_WIDTH,
    Points,
    points_of,
)
from perfgate.report.page.requests import by_round
from perfgate.report.page.roundsview import rounds_view
from perfgate.report.page.seriesview import series_of
from perfgate.report.page.shift import shift_curve
from perfgate.report.text import clean, shorten
from perfgate.report.words import (
    commit_text,
    doubts,
    head_text,
    reason_text,
    remedy_text,
    rows,
    worst_first,
)

if TYPE_CHECKING:
    from perfgate.model import Comparison, Evidence, Reason, Verdict
    from perfgate.report.words import Row

_TITLE_NAME_WIDTH = 60
_NOTHING = EndpointTimes(base=None, head=None)
_UNCOUNTED: tuple[Counts, Counts] = ((), ())
_TIMELESS = OverTime(latency={}, throughput={})


@dataclass(frozen=True, slots=True, kw_only=True)
class _Measured:
    """What evidence adds to a verdict; all of it empty where there is none."""

    counts: Mapping[str, tuple[Counts, Counts]] = field(default_factory=dict)
    curves: Mapping[str, OverTime] = field(default_factory=dict)
    rounds: tuple[RoundView, ...] = ()
    series: tuple[SeriesView, ...] = ()


def page_of(verdict: Verdict, evidence: Evidence | None, *, generated_at: str, head_sha: str = "") -> Page:
    """Everything the page shows, the worst first, aggregated to some hundred thousand numbers at most.

    No number is NaN or infinite, and all text is clean but not escaped for any surface.

    Args:
        verdict: what was concluded.
        evidence: what it was concluded from, None where that is not at hand.
        generated_at: when the page is made, ISO 8601.
        head_sha: the pull request's head, where a merge of it was measured.
    """
    ordered = worst_first(verdict.comparisons)
    names = _names(ordered, evidence)
    shown = names[:MOST_ENDPOINTS]
    anchors = {name: f"endpoint-{number}" for number, name in enumerate(shown, start=1)}
    texts = _texts(ordered, names)
    points = points_of(len(shown), _rounds(evidence))
    measured = _measured(evidence, shown[: points.timed_endpoints], points) if evidence else _Measured()
    times = evidence.times if evidence else {}
    table: dict[str, list[Row]] = {}
    for comparison, row in zip(ordered, rows(verdict), strict=True):
        endpoint = comparison.metric.endpoint
        table.setdefault(endpoint, []).append(replace(row, endpoint=texts[endpoint]))
    return Page(
        headline=headline(verdict),
        outcome=str(verdict.outcome),
        title=_title(verdict, head_sha),
        reasons=tuple(_told("", reason) for reason in verdict.reasons[told_by_headline(verdict) :]),
        warnings=tuple(
            _told(subject, reason)
            for subject, reason in [*(("", warning) for warning in verdict.warnings), *doubts(verdict)]
        ),
        forest=forest_rows(ordered[:MOST_FOREST_ROWS], texts, anchors),
        endpoints=tuple(
            _endpoint(
                texts[name],
                anchors[name],
                tuple(table.get(name, ())),
                times=times.get(name, _NOTHING),
                counts=measured.counts.get(name, _UNCOUNTED),
                curves=measured.curves.get(name, _TIMELESS),
                points=points,
            )
            for name in shown
        ),
        endpoints_left_out=len(names) - len(shown),
        basis=basis_of(evidence),
        is_paired=evidence is None or evidence.base is None or evidence.is_paired,
        rounds=measured.rounds,
        series=measured.series,
        environment=environment_rows(evidence) if evidence else (),
        facts=facts_of(verdict, evidence, head_sha),
        notes=notes_of(
            verdict,
            evidence,
            series=measured.series,
            curves=measured.curves,
            endpoints=len(shown),
        ),
        reproduce=clean(verdict.reproduce),
        accept=next(iter(accept_commands(verdict)), ""),
        generated_at=clean(generated_at),
        version=perfgate.__version__,
    )


def _names(ordered: Sequence[Comparison], evidence: Evidence | None) -> list[str]:
    """The endpoints: those with the worst comparisons first, then those that were only measured."""
    compared = [c.metric.endpoint for c in ordered if c.metric.endpoint != ALL_ENDPOINTS]
    measured: list[str] = []
    if evidence is not None:
        sides = sides_of(evidence).values()
        measured = sorted({e.endpoint for kept in sides for r in kept.result.rounds for e in r.endpoints})
    return list(dict.fromkeys([*compared, *measured]))


def _texts(ordered: Sequence[Comparison], names: Sequence[str]) -> dict[str, str]:
    """Every endpoint as the page calls it: short, and numbered where two would read the same."""
    metrics = [*(c.metric for c in ordered), *(Metric(endpoint=name, statistic="p50") for name in names)]
    return distinct_names(metrics, lambda text: shorten(text, NAME_WIDTH))


def _rounds(evidence: Evidence | None) -> int:
    if evidence is None:
        return 0
    return min(max(len(kept.result.rounds) for kept in sides_of(evidence).values()), MOST_ROUNDS)


def _measured(evidence: Evidence, timed: Sequence[str], points: Points) -> _Measured:
    requests = {side: by_round(kept) for side, kept in sides_of(evidence).items()}
    axis = axis_of(evidence, requests)
    return _Measured(
        counts=errors_and_statuses(evidence),
        curves=over_time(evidence, axis, requests, timed, points.time),
        rounds=rounds_view(evidence, axis),
        series=series_of(evidence, axis),
    )


def _endpoint(
    name: str,
    anchor: str,
    table: tuple[Row, ...],
    *,
    times: EndpointTimes,
    counts: tuple[Counts, Counts],
    curves: OverTime,
    points: Points,
) -> EndpointView:
    shift, band = shift_curve(times.shift)
    return EndpointView(
        name=name,
        anchor=anchor,
        rows=table,
        quantiles=quantiles(times),
        ecdf=ecdf(times, points.ecdf),
        density=density(times, points.density),
        shift=shift,
        shift_band=band,
        latency=curves.latency,
        throughput=curves.throughput,
        errors=counts[0],
        statuses=counts[1],
    )


def _title(verdict: Verdict, head_sha: str) -> str:
    workload = shorten(clean(verdict.workload_name), _TITLE_NAME_WIDTH)
    return f"{verdict.outcome}: {workload}, {commit_text(verdict.base)} → {head_text(verdict.head, head_sha)}"


def _told(subject: str, reason: Reason) -> tuple[str, str]:
    text = reason_text(reason)
    return (f"{subject}: {text}" if subject else text), remedy_text(reason)
