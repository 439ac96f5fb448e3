"""The cut time axis: rounds one after another, without the pauses in which services were started."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.report.page.points import MOST_ROUNDS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfgate.model import Evidence, Round, ServiceSeries, Side, SideEvidence
    from perfgate.report.page.requests import Requests

_SHORTEST_S = 0.001


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """Where a round lies on the axis.

    `origin_ns` is the wall clock at its beginning by side: that of the first measured request of either side,
    where both were measured together. A side of which nothing with a time was kept has none.
    """

    start_s: float
    length_s: float
    origin_ns: Mapping[Side, int]

    @property
    def end_s(self) -> float:
        """Where the next round begins."""
        return self.start_s + self.length_s


def axis_of(evidence: Evidence, requests: Mapping[Side, Mapping[int, Requests]]) -> dict[int, Span]:
    """The span of each round by its index, the first `MOST_ROUNDS` of them.

    A round is as long as it was measured, or until the last request was sent. Requests that took longer do
    not make it longer.
    """
    rounds = {
        side: {each.index: each for each in kept.result.rounds} for side, kept in sides_of(evidence).items()
    }
    series = {
        side: {each.round_index: each for each in kept.series} for side, kept in sides_of(evidence).items()
    }
    found: dict[int, Span] = {}
    start_s = 0.0
    for index in sorted({index for each in rounds.values() for index in each})[:MOST_ROUNDS]:
        origins = {
            side: origin
            for side in rounds
            if (origin := _origin_ns(requests[side].get(index), series[side].get(index))) is not None
        }
        if evidence.is_paired and origins:
            origins = dict.fromkeys(origins, min(origins.values()))
        here = [each[index] for each in rounds.values() if index in each]
        length_s = max(_lengths_s(here, index, requests, origins), default=0.0)
        found[index] = Span(start_s=start_s, length_s=max(length_s, _SHORTEST_S), origin_ns=origins)
        start_s = found[index].end_s
    return found


def sides_of(evidence: Evidence) -> dict[Side, SideEvidence]:
    """The sides there are, base first."""
    found: dict[Side, SideEvidence] = {"base": evidence.base} if evidence.base is not None else {}
    return found | {"head": evidence.head}


def _origin_ns(requests: Requests | None, series: ServiceSeries | None) -> int | None:
    if requests is not None:
        return int(requests.sent_ns.min())
    return int(series.at_ns.min()) if series is not None and len(series.at_ns) else None


def _lengths_s(
    rounds: list[Round],
    index: int,
    requests: Mapping[Side, Mapping[int, Requests]],
    origins: Mapping[Side, int],
) -> Iterator[float]:
    for each in rounds:
        yield each.duration_ns / 1e9
    for side, origin_ns in origins.items():
        if index in requests[side]:
            yield (int(requests[side][index].sent_ns.max()) - origin_ns) / 1e9
