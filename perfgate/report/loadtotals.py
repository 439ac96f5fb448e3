"""A load's figures over all its endpoints: failures, answers, bytes, and how many a second."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from perfgate.model import EndpointLoad, LoadSummary


def failed(endpoint: EndpointLoad) -> int:
    """Requests of an endpoint that ended in any error class."""
    return sum(endpoint.errors.values())


def all_failed(summary: LoadSummary) -> int:
    """Requests that ended in any error class."""
    return sum(map(failed, summary.endpoints))


def errors(summary: LoadSummary) -> dict[str, int]:
    """Error class → requests, the most frequent first."""
    return _summed(endpoint.errors for endpoint in summary.endpoints)


def statuses(summary: LoadSummary) -> dict[str, int]:
    """HTTP status → requests, the most frequent first."""
    return _summed(endpoint.statuses for endpoint in summary.endpoints)


def where(summary: LoadSummary, error: str) -> dict[str, int]:
    """Endpoint → requests that ended in this error class, the most frequent first."""
    return _ordered({e.name: e.errors[error] for e in summary.endpoints if e.errors.get(error)})


def bytes_received(summary: LoadSummary) -> int:
    """Bytes of all answers."""
    return sum(endpoint.bytes_received for endpoint in summary.endpoints)


def per_second(requests: int, summary: LoadSummary) -> float | None:
    """So many requests as a rate over the whole load, None if it took no time."""
    return requests / summary.elapsed_s if summary.elapsed_s > 0 else None


def _summed(counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    total: Counter[str] = Counter()
    for count in counts:
        total.update(count)
    return _ordered(total)


def _ordered(counts: Mapping[str, int]) -> dict[str, int]:
    seen = [(name, count) for name, count in counts.items() if count]
    return dict(sorted(seen, key=lambda item: (-item[1], item[0])))
