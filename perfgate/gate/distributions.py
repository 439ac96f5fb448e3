"""The whole distribution of each endpoint's service times, and how far each of its quantiles shifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import CountedTimes, EndpointTimes, Quantiles, Shift, fewest_requests
from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.quantiles import harrell_davis_counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.model import Result

CONFIDENCE = 0.90
TWENTIETHS = (*(step / 20 for step in range(1, 20)), 0.99)
TENTHS = (0.05, 0.1, 0.2, 0.25, 0.3, 0.4, 0.5, 0.6, 0.7, 0.75, 0.8, 0.9, 0.95, 0.99)
FEWEST = (0.05, 0.25, 0.5, 0.75, 0.9, 0.95, 0.99)
_TWENTIETHS_UP_TO = 1_000
_TENTHS_UP_TO = 5_000

Decode = Callable[[str], CountedTimes]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Side:
    """One endpoint of one side: times and quantiles of each valid round by its index."""

    times: Mapping[int, CountedTimes]
    quantiles_ns: Mapping[int, NDArray[np.float64]]

    @property
    def requests(self) -> int:
        return sum(int(each.counts.sum()) for each in self.times.values())


def endpoint_times(base: Result | None, head: Result, decode: Decode) -> dict[str, EndpointTimes]:
    """The service times of every endpoint, added up over valid rounds, and its quantiles round by round.

    A quantile of a round is the Harrell-Davis estimate from its histogram, as the one a verdict's table has
    is from its requests. The shift function (Doksum, 1974; as Rousselet, Pernet & Wilcox, 2017, draw it) is
    the change of every quantile: the Hodges-Lehmann estimate over the rounds' log(head / base), with the
    interval of the signed-rank test, of each quantile by itself. Rounds of both stages take part.

    Args:
        base: None where only head was measured; results of different runs have no shift.
        head: the other side.
        decode: reads `EndpointRound.histogram`.
    """
    names = sorted({e.endpoint for side in (base, head) if side for r in side.rounds for e in r.endpoints})
    paired = base is not None and base.run_id == head.run_id
    probabilities = _probabilities(len(names) * len(head.rounds))
    payloads = (_payloads(base) if base else {}, _payloads(head))
    found = {}
    for name in names:
        bases, heads = (_side(each.get(name, {}), decode, probabilities) for each in payloads)
        found[name] = EndpointTimes(
            base=added(tuple(bases.times.values())),
            head=added(tuple(heads.times.values())),
            base_quantiles=_medians(bases, probabilities),
            head_quantiles=_medians(heads, probabilities),
            shift=_shift(bases, heads, probabilities) if paired else None,
        )
    return found


def added(parts: Sequence[CountedTimes]) -> CountedTimes | None:
    """All times together; None where there is none."""
    if not parts:
        return None
    values, places = np.unique(np.concatenate([part.values_ns for part in parts]), return_inverse=True)
    counts = np.zeros(values.size, dtype=np.int64)
    np.add.at(counts, places, np.concatenate([part.counts for part in parts]))
    return CountedTimes(values_ns=values, counts=counts)


def _shift(base: _Side, head: _Side, probabilities: Sequence[float]) -> Shift | None:
    """The change of each quantile over the rounds that have both sides; None where none has."""
    both = sorted(base.times.keys() & head.times.keys())
    if not both:
        return None
    logs = np.log(np.array([head.quantiles_ns[i] / base.quantiles_ns[i] for i in both]))
    fewest = min(sum(int(side.times[i].counts.sum()) for i in both) for side in (base, head))
    changes = [
        _change(logs[:, column]) if fewest >= fewest_requests(probability) else (None, None, None)
        for column, probability in enumerate(probabilities)
    ]
    return Shift(
        probability=tuple(probabilities),
        change=tuple(change for change, _, _ in changes),
        low=tuple(low for _, low, _ in changes),
        high=tuple(high for _, _, high in changes),
        confidence=CONFIDENCE,
        rounds=len(both),
    )


def _medians(side: _Side, probabilities: Sequence[float]) -> Quantiles | None:
    if not side.times:
        return None
    medians_ns = np.median(np.array(list(side.quantiles_ns.values())), axis=0)
    return Quantiles(
        probability=tuple(probabilities),
        median_ns=tuple(
            float(median_ns) if side.requests >= fewest_requests(probability) else None
            for median_ns, probability in zip(medians_ns, probabilities, strict=True)
        ),
    )


def _change(logs: NDArray[np.float64]) -> tuple[float | None, float | None, float | None]:
    estimate = hodges_lehmann(logs, CONFIDENCE)
    change, low, high = (
        float(np.expm1(value)) if np.isfinite(value) else None
        for value in (estimate.center, estimate.low, estimate.high)
    )
    return change, low, high


def _probabilities(cells: int) -> tuple[float, ...]:
    """Fewer quantiles where they have to be estimated very often: so many endpoints in so many rounds."""
    if cells <= _TWENTIETHS_UP_TO:
        return TWENTIETHS
    return TENTHS if cells <= _TENTHS_UP_TO else FEWEST


def _payloads(result: Result) -> dict[str, dict[int, str]]:
    """The histograms of valid rounds by endpoint and round."""
    found: dict[str, dict[int, str]] = {}
    for each in result.rounds:
        if not each.dropped_because:
            for endpoint in each.endpoints:
                if endpoint.histogram:
                    found.setdefault(endpoint.endpoint, {})[each.index] = endpoint.histogram
    return found


def _side(payloads: Mapping[int, str], decode: Decode, probabilities: Sequence[float]) -> _Side:
    decoded = {index: decode(payload) for index, payload in payloads.items()}
    times = {index: counted for index, counted in decoded.items() if counted.values_ns.size}
    quantiles_ns = {
        index: harrell_davis_counted(counted.values_ns, counted.counts, probabilities)
        for index, counted in times.items()
    }
    return _Side(times=times, quantiles_ns=quantiles_ns)
