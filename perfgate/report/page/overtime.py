"""Latency and throughput of each endpoint over the cut time axis, in bins with enough requests."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from perfgate.report.page.axis import Span, sides_of
from perfgate.report.page.model import Curve
from perfgate.report.page.numbers import all_significant, places

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.model import EndpointRound, Evidence, Round, Side
    from perfgate.report.page.requests import Requests

NARROWEST_S = 0.1
REQUESTS_A_BIN = 30
_LEVELS = {"p50": (0.50, 6), "p95": (0.95, 20)}
"""Quantiles with the fewest requests: below 20 the 95th percentile is the longest time of all."""
_NS_PER_MS = 1e6


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """The curves of one endpoint, by side; `latency` has p50 and p95."""

    latency: Mapping[Side, Mapping[str, Curve]]
    throughput: Mapping[Side, Curve]


@dataclass(slots=True)
class _Track:
    """The points of one endpoint and side while they are collected, round by round."""

    x_s: list[float] = field(default_factory=list)
    ms: dict[str, list[float]] = field(default_factory=lambda: {name: [] for name in _LEVELS})
    rate: list[float] = field(default_factory=list)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Bins:
    """How many bins of a round each endpoint has, and where its first is among those of all."""

    counts: NDArray[np.int64]
    offsets: NDArray[np.int64]


def over_time(
    evidence: Evidence,
    axis: Mapping[int, Span],
    requests: Mapping[Side, Mapping[int, Requests]],
    names: Sequence[str],
    points: int,
) -> dict[str, OverTime]:
    """The curves of the endpoints named, each of about so many points, and at least one a round.

    A bin is 100 ms or longer, and so long that about 30 requests of a side are in it; both sides have the
    same bins. A quantile of a bin is the least time that so large a share of its requests without error did
    not exceed. The throughput counts requests sent, failed ones too. Where requests were not kept a round is
    one point: its stored quantiles (Harrell-Davis) and its requests over its time.
    """
    numbers = {name: number for number, name in enumerate(names)}
    tracks: dict[Side, list[_Track]] = {side: [_Track() for _ in names] for side in sides_of(evidence)}
    rounds = {side: {r.index: r for r in kept.result.rounds} for side, kept in sides_of(evidence).items()}
    most = max(points // max(len(axis), 1), 1)
    for index, span in axis.items():
        here = {side: each[index] for side, each in requests.items() if index in each}
        bins = _bins(here, span, numbers, most)
        for side, of_side in tracks.items():
            if side in here:
                origin_ns = span.origin_ns[side]
                _add_bins(of_side, here[side], span, numbers, origin_ns=origin_ns, bins=bins)
            elif index in rounds[side]:
                _add_round(of_side, rounds[side][index], span, names)
    return {name: _curves(tracks, number) for name, number in numbers.items()}


def _mapped(requests: Requests, numbers: Mapping[str, int]) -> NDArray[np.int64]:
    """The number here of each request's endpoint, -1 for those that are not drawn."""
    table = np.array([numbers.get(name, -1) for name in requests.endpoints], dtype=np.int64)
    return table[requests.endpoint]


def _bins(here: Mapping[Side, Requests], span: Span, numbers: Mapping[str, int], most: int) -> _Bins:
    fitting: NDArray[np.int64] = np.full(
        len(numbers), min(most, max(int(span.length_s / NARROWEST_S), 1)), dtype=np.int64
    )
    for requests in here.values():
        mapped = _mapped(requests, numbers)
        answered = np.bincount(mapped[(mapped >= 0) & ~requests.failed], minlength=len(numbers))
        fitting = np.minimum(fitting, answered // REQUESTS_A_BIN).astype(np.int64)
    counts = np.maximum(fitting, 1)
    return _Bins(counts=counts, offsets=np.cumsum(counts) - counts)


def _add_bins(
    tracks: Sequence[_Track],
    requests: Requests,
    span: Span,
    numbers: Mapping[str, int],
    *,
    origin_ns: int,
    bins: _Bins,
) -> None:
    mapped = _mapped(requests, numbers)
    drawn = mapped >= 0
    endpoint = mapped[drawn]
    at_s = (requests.sent_ns[drawn] - origin_ns) / 1e9
    within = np.minimum(
        (at_s / span.length_s * bins.counts[endpoint]).astype(np.int64), bins.counts[endpoint] - 1
    )
    cells = bins.offsets[endpoint] + within
    total = int(bins.counts.sum())
    sent = np.bincount(cells, minlength=total)
    fine = ~requests.failed[drawn]
    took_ns = np.maximum(requests.last_ns[drawn][fine] - requests.sent_ns[drawn][fine], 1)
    quantiles_ns = _quantiles_ns(cells[fine], took_ns, total)
    for number, track in enumerate(tracks):
        count, first = int(bins.counts[number]), int(bins.offsets[number])
        width_s = span.length_s / count
        track.x_s += [span.start_s + (place + 0.5) * width_s for place in range(count)]
        track.rate += map(float, sent[first : first + count] / width_s)
        for name, values in quantiles_ns.items():
            track.ms[name] += map(float, values[first : first + count] / _NS_PER_MS)


def _quantiles_ns(
    cells: NDArray[np.int64], took_ns: NDArray[np.int64], total: int
) -> dict[str, NDArray[np.float64]]:
    """Nearest-rank quantiles of each cell, NaN where it has too few requests."""
    ordered = took_ns[np.lexsort((took_ns, cells))]
    counts = np.bincount(cells, minlength=total)
    starts = np.cumsum(counts) - counts
    found: dict[str, NDArray[np.float64]] = {}
    for name, (probability, fewest) in _LEVELS.items():
        values: NDArray[np.float64] = np.full(total, np.nan)
        enough = np.flatnonzero(counts >= fewest)
        ranks = np.ceil(probability * counts[enough] - 1e-9).astype(np.int64) - 1
        values[enough] = ordered[starts[enough] + ranks]
        found[name] = values
    return found


def _add_round(tracks: Sequence[_Track], measured: Round, span: Span, names: Sequence[str]) -> None:
    endpoints: dict[str, EndpointRound] = {each.endpoint: each for each in measured.endpoints}
    for name, track in zip(names, tracks, strict=True):
        found = endpoints.get(name)
        seconds = measured.duration_ns / 1e9
        track.x_s.append(span.start_s + span.length_s / 2)
        track.rate.append(found.requests / seconds if found and seconds else np.nan)
        for level, values in track.ms.items():
            values.append(found.quantiles_ns.get(level, np.nan) / _NS_PER_MS if found else np.nan)


def _curves(tracks: Mapping[Side, Sequence[_Track]], number: int) -> OverTime:
    latency: dict[Side, Mapping[str, Curve]] = {}
    throughput: dict[Side, Curve] = {}
    for side, of_side in tracks.items():
        track = of_side[number]
        x = places(track.x_s)
        latency[side] = {name: Curve(x=x, y=all_significant(ms)) for name, ms in track.ms.items()}
        throughput[side] = Curve(x=x, y=all_significant(track.rate))
    return OverTime(latency=latency, throughput=throughput)
