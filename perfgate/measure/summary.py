"""From the requests of one side of a round to what is kept of them for every endpoint."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from perfgate.errors import MeasureError
from perfgate.model import QUANTILES, EndpointRound, Samples
from perfgate.stats.quantiles import harrell_davis
from perfgate.store.histogram import encode

if TYPE_CHECKING:
    from numpy.typing import NDArray

_PROBABILITIES = (0.50, 0.95, 0.99)


def summarise(samples: Samples) -> tuple[EndpointRound, ...]:
    """What each endpoint did, in the workload's order; endpoints nothing was sent to are left out."""
    return tuple(
        _endpoint(samples, number) for number in range(len(samples.endpoints)) if _any_sent(samples, number)
    )


def require_answers(samples: Samples, side: str, round_number: int, *, waits: bool = False) -> None:
    """Refuse a round in which a side said nothing at all: it hangs, or nothing reached it, or all `waits`.

    Raises:
        MeasureError: no request was sent, or none got a whole answer.
    """
    sent = len(samples.sent_ns)
    if not sent:
        raise MeasureError(
            f"round {round_number}: no request to {side} was finished in time to be measured",
            "see whether both sides answer the workload's requests at all (one that hangs holds up the "
            "other); if they do, lengthen measure.round"
            + (", or leave the think times out with load.think: skip" if waits else ""),
        )
    if not samples.status.any():
        numbers, counts = np.unique(samples.error, return_counts=True)
        causes = ", ".join(
            f"{count} x {samples.errors[number]}" for number, count in zip(numbers, counts, strict=True)
        )
        raise MeasureError(
            f"round {round_number}: {side} answered none of {sent} requests ({causes})",
            "send the workload's requests to the service by hand; measure.timeout bounds the wait for each",
        )


def _any_sent(samples: Samples, number: int) -> bool:
    return bool((samples.endpoint == number).any())


def _endpoint(samples: Samples, number: int) -> EndpointRound:
    mine = samples.endpoint == number
    errors, statuses = samples.error[mine], samples.status[mine]
    succeeded = mine & (samples.error == 0)
    # Below zero only if the wall clock was set back; such a round is dropped, but has to be storable.
    service_ns = np.maximum(samples.last_ns[succeeded] - samples.sent_ns[succeeded], 1)
    quantiles = harrell_davis(service_ns, _PROBABILITIES) if service_ns.size else ()
    return EndpointRound(
        endpoint=samples.endpoints[number],
        requests=int(mine.sum()),
        quantiles_ns=dict(zip(QUANTILES, map(float, quantiles), strict=False)),
        errors={samples.errors[int(k)]: n for k, n in counts_of(errors[errors > 0])},
        statuses={str(k): n for k, n in counts_of(statuses[statuses > 0])},
        histogram=encode(service_ns),
    )


def busy_ns(samples: Samples) -> int:
    """The service times of all requests that got a whole answer, failed ones too, added up."""
    answered = samples.status > 0
    times_ns = np.maximum(samples.last_ns[answered] - samples.sent_ns[answered], 1)
    return int(times_ns.sum())


def counts_of(values: NDArray[np.int32]) -> list[tuple[int, int]]:
    """Each value with how often it occurs, in order."""
    numbers, counts = np.unique(values, return_counts=True)
    return [(int(k), int(n)) for k, n in zip(numbers, counts, strict=True)]
