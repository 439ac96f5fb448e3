"""The whole distribution of each endpoint's service times, and how far each of its quantiles shifted."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import CountedTimes, EndpointTimes, Shift, fewest_requests
from perfgate.stats.interval import hodges_lehmann
from perfgate.stats.quantiles import harrell_davis_counted

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.model import Result

CONFIDENCE = 0.90
TWENTIETHS = (*(step / 20 for step in range(1, 20)), 0.99)
TENTHS = (*(step / 10 for step in range(1, 10)), 0.95, 0.99)
FIFTHS = (0.1, 0.3, 0.5, 0.7, 0.9)
_TWENTIETHS_UP_TO = 1_000
_TENTHS_UP_TO = 10_000

Decode = Callable[[str], CountedTimes]
_ByRound = Mapping[int, CountedTimes]


def endpoint_times(base: Result | None, head: Result, decode: Decode) -> dict[str, EndpointTimes]:
    """The service times of every endpoint, added up over valid rounds, and the shift function over rounds.

    The shift function (Doksum, 1974; as Rousselet, Pernet & Wilcox, 2017, draw it) is the change of every
    quantile. A quantile of a round is the Harrell-Davis estimate from its histogram. Its change is what the
    verdict's table has for p50: the Hodges-Lehmann estimate over the rounds' log(head / base), with the
    interval of the signed-rank test, of each quantile by itself. Rounds of both stages take part.

    Args:
        base: None where only head was measured; results of different runs have no shift.
        head: the other side.
        decode: reads `EndpointRound.histogram`.
    """
    names = sorted({e.endpoint for side in (base, head) if side for r in side.rounds for e in r.endpoints})
    paired = base is not None and base.run_id == head.run_id
    probabilities = _probabilities(len(names) * len(head.rounds))
    payloads = {"base": _payloads(base) if base else {}, "head": _payloads(head)}
    found = {}
    for name in names:
        bases, heads = (_decoded(payloads[side].get(name, {}), decode) for side in ("base", "head"))
        pairs = [(bases[i], heads[i]) for i in sorted(bases.keys() & heads.keys())] if paired else []
        found[name] = EndpointTimes(
            base=added(tuple(bases.values())),
            head=added(tuple(heads.values())),
            shift=shift_of(pairs, probabilities) if pairs else None,
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


def shift_of(
    pairs: Sequence[tuple[CountedTimes, CountedTimes]], probabilities: Sequence[float] = TWENTIETHS
) -> Shift:
    """The change of each quantile over paired rounds (base, head), one or more."""
    logs = np.array([_log_ratios(base, head, probabilities) for base, head in pairs])
    fewest = min(sum(int(pair[side].counts.sum()) for pair in pairs) for side in (0, 1))
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
        rounds=len(pairs),
    )


def _log_ratios(
    base: CountedTimes, head: CountedTimes, probabilities: Sequence[float]
) -> NDArray[np.float64]:
    quantiles = [harrell_davis_counted(side.values_ns, side.counts, probabilities) for side in (base, head)]
    logs: NDArray[np.float64] = np.log(quantiles[1] / quantiles[0])
    return logs


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
    return TENTHS if cells <= _TENTHS_UP_TO else FIFTHS


def _payloads(result: Result) -> dict[str, dict[int, str]]:
    """The histograms of valid rounds by endpoint and round."""
    found: dict[str, dict[int, str]] = {}
    for each in result.rounds:
        if not each.dropped_because:
            for endpoint in each.endpoints:
                if endpoint.histogram:
                    found.setdefault(endpoint.endpoint, {})[each.index] = endpoint.histogram
    return found


def _decoded(payloads: Mapping[int, str], decode: Decode) -> _ByRound:
    decoded = {index: decode(payload) for index, payload in payloads.items()}
    return {index: times for index, times in decoded.items() if times.values_ns.size}
