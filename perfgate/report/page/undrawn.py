"""Which charts of a page cannot be drawn, of which side or of how many endpoints, and why."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from typing import TYPE_CHECKING

import numpy as np

from perfgate.model import SIDES
from perfgate.report.page.axis import sides_of

if TYPE_CHECKING:
    from perfgate.model import EndpointTimes, Evidence, ServiceSeries
    from perfgate.report.page.model import SeriesName, SeriesView
    from perfgate.report.page.overtime import OverTime

_COLUMNS: dict[SeriesName, str] = {
    "CPU": "cpu_ns",
    "memory": "rss_bytes",
    "threads": "threads",
    "connections": "connections",
}


def undrawn_series(evidence: Evidence, series: Collection[SeriesView]) -> Iterator[str]:
    """What of the services is not drawn, though something was read of them or of the other side's."""
    drawn = {(side, view.name) for view in series for side in view.curves}
    if not any(kept.series for kept in sides_of(evidence).values()):
        yield (
            "nothing was read of the services' CPU, memory, threads and connections: perfgate reads them of "
            "services that it starts itself"
        )
        return
    found: dict[tuple[str, str], list[str]] = {}
    for name in _COLUMNS:
        missing: dict[str, list[str]] = {}
        for side, kept in sides_of(evidence).items():
            if (side, name) not in drawn:
                missing.setdefault(_why_not(name, kept.series), []).append(side)
        for why, sides in missing.items():
            found.setdefault((" and ".join(sides), why), []).append(name)
    for (whose, why), names in found.items():
        listed = " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))
        yield f"{listed} of {whose} {'is' if names in (['CPU'], ['memory']) else 'are'} not drawn: {why}"


def undrawn_curves(evidence: Evidence, curves: Mapping[str, OverTime]) -> Iterator[str]:
    """Of how many endpoints a chart is missing, or shows one side alone."""
    times = list(evidence.times.values())
    yield from _distributions(evidence, times)
    if evidence.is_paired:
        shiftless = sum(_has_both(each) and not _has_shift(each) for each in times)
        if shiftless:
            yield (
                f"{_endpoints(shiftless)} no shift function: no round has answers of both sides, or there "
                "are too few in all"
            )
    silent = sum(not _has_latency(each) for each in curves.values())
    if silent:
        yield f"{_endpoints(silent)} no latency over time: a moment of it takes 6 answers without error"


def _distributions(evidence: Evidence, times: Collection[EndpointTimes]) -> Iterator[str]:
    unknown = sum(each.base is None and each.head is None for each in times)
    if unknown:
        yield (
            f"no times of {unknown} endpoint{'s' if unknown > 1 else ''} are known one by one, so there "
            "are no distributions of them"
        )
    if evidence.base is None:
        return
    for side, other in (SIDES, SIDES[::-1]):
        alone = sum(getattr(each, side) is None and getattr(each, other) is not None for each in times)
        if alone:
            why = "nothing was sent, or all failed"
            yield f"{_endpoints(alone)} no times of {side} ({why}): {other} is drawn alone"


def _why_not(name: SeriesName, series: Collection[ServiceSeries]) -> str:
    known = [int(np.sum(getattr(each, _COLUMNS[name]) >= 0)) for each in series]
    if not known:
        return "there are no readings"
    if not any(known):
        return "no reading told"
    if name == "CPU" and max(known) < 2:
        return "it takes two readings in a round, and the rounds are too short for that (measure.round)"
    return "its readings are too close together, or of other rounds"


def _has_both(times: EndpointTimes) -> bool:
    return times.base is not None and times.head is not None


def _has_shift(times: EndpointTimes) -> bool:
    return times.shift is not None and any(change is not None for change in times.shift.change)


def _has_latency(curves: OverTime) -> bool:
    lines = (line for by_name in curves.latency.values() for line in by_name.values())
    return any(y is not None for line in lines for y in line.y)


def _endpoints(count: int) -> str:
    return f"{count} endpoint{' has' if count == 1 else 's have'}"
