"""Absolute limits on head: thresholds held against its requests, as reasons of a verdict."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.thresholds import Series, Threshold, describe, evaluate
from perfgate.model import Outcome, Reason

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from perfgate.model import Round, Samples


def breaches(
    thresholds: Sequence[Threshold],
    samples: Samples,
    round_of_sample: NDArray[np.int32],
    rounds: Sequence[Round],
) -> tuple[tuple[Outcome, Reason], ...]:
    """Every threshold that head breaks, and every one that had no data (which is never a pass).

    Args:
        thresholds: what perfgate.yml asks of head.
        samples: head's requests of all rounds.
        round_of_sample: the index of the round of each request.
        rounds: the rounds that count.
    """
    keep = np.isin(round_of_sample, [r.index for r in rounds])
    return _judge(thresholds, series_of(samples, keep, sum(r.duration_ns for r in rounds)), "head")


def breaches_of(
    thresholds: Sequence[Threshold], samples: Samples, *, duration_ns: int, unsent: str
) -> tuple[tuple[Outcome, Reason], ...]:
    """The same for one load on one service; all its requests count, but for the error class `unsent`."""
    keep = np.array([name != unsent for name in samples.errors])[samples.error]
    return _judge(thresholds, series_of(samples, keep, duration_ns), "the service")


def without_requests() -> tuple[tuple[Outcome, Reason], ...]:
    """What thresholds say of a result that was imported without its single requests."""
    reason = Reason(
        code="threshold_without_data",
        text="thresholds are of single requests, and what was imported holds none",
        remedy="import the requests of a run, or compare with a perfgate.yml that has no thresholds",
    )
    return ((Outcome.INVALID, reason),)


def series_of(samples: Samples, keep: NDArray[np.bool_], duration_ns: int) -> Series:
    """The requests that `keep` marks, as thresholds see them."""
    service_ns = np.where(samples.status > 0, samples.last_ns - samples.sent_ns, 0)
    return Series(
        endpoints=samples.endpoints,
        endpoint=samples.endpoint[keep],
        service_ns=service_ns[keep],
        status=samples.status[keep],
        failed=samples.error[keep] > 0,
        duration_ns=duration_ns,
    )


def _judge(thresholds: Sequence[Threshold], series: Series, who: str) -> tuple[tuple[Outcome, Reason], ...]:
    found = []
    for threshold in thresholds:
        outcome = evaluate(threshold, series)
        if outcome.no_data:
            reason = Reason(
                code="threshold_without_data",
                text=describe(outcome),
                remedy="correct the threshold, or let the workload send such requests",
            )
            found.append((Outcome.INVALID, reason))
        elif not outcome.passed:
            reason = Reason(
                code="threshold_breached",
                text=f"{who}: {describe(outcome)}",
                remedy=f"make {who} faster, or change the threshold in perfgate.yml in a reviewed commit",
            )
            found.append((Outcome.THRESHOLD_BREACHED, reason))
    return tuple(found)
