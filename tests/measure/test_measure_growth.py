"""Bytes a request: readings in time against requests answered by then."""

import numpy as np
import pytest

from perfgate.measure.growth import MIN_READINGS, MIN_REQUESTS, rss_slope_bytes
from perfgate.model import Samples

_MS = 10**6


def _samples(last_ns: np.ndarray) -> Samples:
    count = len(last_ns)
    zeros = np.zeros(count, dtype=np.int32)
    times = last_ns.astype(np.int64)
    return Samples(
        endpoints=("GET /a",),
        errors=("",),
        endpoint=zeros,
        due_ns=times,
        sent_ns=times,
        first_ns=times,
        last_ns=times,
        status=zeros,
        error=zeros,
        bytes_received=times,
        couple=zeros,
    )


def _steady(requests: int, every_ns: int = _MS) -> Samples:
    return _samples(np.arange(1, requests + 1) * every_ns)


def _readings(requests: int, grown: float, *, count: int = 40) -> tuple[list[int], list[int]]:
    """Readings evenly over the time of the requests, in pages, of a service that grows with each."""
    by_then = np.linspace(0, requests, count)
    pages = np.floor(by_then * grown / 4096)
    return [int(n * _MS) for n in by_then], [int(p * 4096 + 20_000_000) for p in pages]


def test_growth_per_request_is_found_in_pages() -> None:
    assert rss_slope_bytes(*_readings(1000, 1024.0), _steady(1000)) == pytest.approx(1024, rel=0.02)


def test_what_fills_up_in_the_first_third_is_no_growth() -> None:
    at_ns, rss = _readings(900, 0.0)
    filling = [r + min(int(at / _MS), 290) * 4096 for at, r in zip(at_ns, rss, strict=True)]
    assert rss_slope_bytes(at_ns, filling, _steady(900)) == 0.0


def test_the_rate_of_requests_does_not_matter() -> None:
    """Twice as fast, the same leak grows twice as fast in time, and the same per request."""
    at_ns, rss = _readings(1000, 2048.0)
    fast = rss_slope_bytes([at // 2 for at in at_ns], rss, _steady(1000, _MS // 2))
    assert fast == pytest.approx(rss_slope_bytes(at_ns, rss, _steady(1000)), rel=0.01)


def test_too_little_is_none() -> None:
    few = MIN_REQUESTS - 1
    assert rss_slope_bytes(*_readings(few, 1024.0), _steady(few)) is None
    assert rss_slope_bytes(*_readings(1000, 1024.0, count=MIN_READINGS), _steady(1000)) is None
    assert rss_slope_bytes([], [], _steady(1000)) is None


def test_a_hang_without_any_answer_has_no_slope() -> None:
    answers = _steady(1000)
    after = [2000 * _MS + n for n in range(40)]
    assert rss_slope_bytes(after, [10**7] * 40, answers) is None


def test_unanswered_requests_do_not_count() -> None:
    answered = np.arange(1, 1001) * _MS
    with_timeouts = _samples(np.concatenate([answered, np.zeros(500)]))
    readings = _readings(1000, 1024.0)
    assert rss_slope_bytes(*readings, with_timeouts) == rss_slope_bytes(*readings, _samples(answered))
    mostly_timeouts = _samples(np.concatenate([answered[:50], np.zeros(500)]))
    assert rss_slope_bytes(*_readings(50, 1024.0), mostly_timeouts) is None
