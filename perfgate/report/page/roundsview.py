"""The rounds of a run: where they lie on the time axis, which do not count and why, how the machine fared."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from perfgate.report.page.axis import Span, sides_of
from perfgate.report.page.model import RoundView
from perfgate.report.page.numbers import SECONDS_DIGITS
from perfgate.report.text import clean, shorten
from perfgate.units import format_duration_ns, format_ratio

if TYPE_CHECKING:
    from perfgate.model import Evidence, Health

_REASON_WIDTH = 300


def rounds_view(evidence: Evidence, axis: Mapping[int, Span]) -> tuple[RoundView, ...]:
    """A row a round of the axis. What was seen of the machine is the same for sides measured together.

    Of those that were not it is head's, and why a round was dropped begins with the side.
    """
    rounds = {side: {r.index: r for r in kept.result.rounds} for side, kept in sides_of(evidence).items()}
    rows = []
    for index, span in axis.items():
        here = {side: each[index] for side, each in rounds.items() if index in each}
        together = evidence.base is None or evidence.is_paired
        causes = dict.fromkeys(
            each.dropped_because if together else f"{side}: {each.dropped_because}"
            for side, each in here.items()
            if each.dropped_because
        )
        newest = list(here.values())[-1]
        rows.append(
            RoundView(
                number=index + 1,
                stage=newest.stage,
                start_s=round(span.start_s, SECONDS_DIGITS),
                end_s=round(span.end_s, SECONDS_DIGITS),
                dropped_because=shorten(clean("; ".join(causes)), _REASON_WIDTH),
                requests={side: sum(e.requests for e in each.endpoints) for side, each in here.items()},
                health=health_words(newest.health),
            )
        )
    return tuple(rows)


def health_words(health: Health | None) -> dict[str, str]:
    """What could have spoilt a round, by name; what could not be seen is left out."""
    if health is None:
        return {}
    shares = {
        "steal": health.steal_ratio,
        "throttled": health.throttled_ratio,
        "CPU pressure": health.psi_some_ratio,
        "driver CPU": health.driver_cpu_ratio,
        "service CPU": health.service_cpu_ratio,
        "kernel stamps": health.kernel_stamped_ratio,
    }
    times = {"lateness p99": health.lateness_p99_ns, "clock step": health.clock_step_ns}
    return {
        **{name: format_ratio(share) for name, share in shares.items() if share is not None},
        **{name: format_duration_ns(time_ns) for name, time_ns in times.items()},
    }
