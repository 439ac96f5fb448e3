"""Whether one load is evidence: decided from the driver, and from failures that nothing limits."""

from __future__ import annotations

from dataclasses import replace

import pytest

from perfgate.gate.loaded import doubts, invalidity
from perfgate.gate.threshold_syntax import Threshold
from perfgate.model import DriverLoad, EndpointLoad, LoadSummary, Profile, Ramp, Spread

MS = 1_000_000


def spread(count: int, *, p50: float = 1, p95: float = 1, p99: float = 1) -> Spread:
    """Quantiles in milliseconds."""
    quantiles = {"p50": p50, "p90": p95, "p95": p95, "p99": p99, "p99.9": p99}
    return Spread(
        count=count,
        mean_ns=p50 * MS,
        min_ns=0,
        max_ns=round(p99 * MS),
        quantiles_ns={name: round(ms * MS) for name, ms in quantiles.items()},
    )


def load(requests: int = 1000, *, failed: int = 0, **changes) -> LoadSummary:
    fine = spread(requests - failed) if failed < requests else None
    profile = Profile(
        executor="constant-arrival-rate", vus=9, start=9, stages=(Ramp(duration_ns=10**9, target=9),)
    )
    driver = DriverLoad(
        processes=1,
        cpu_ratio=0.1,
        cpu_us_per_request=1,
        rows_bytes=1,
        clock_source="",
        kernel_stamped_ratio=1,
        clock_step_ns=0,
    )
    endpoint = EndpointLoad(
        name="GET /",
        requests=requests,
        errors={"status 500": failed} if failed else {},
        statuses={},
        bytes_received=0,
        service=fine,
        response=fine,
    )
    whole = LoadSummary(
        workload_name="w",
        workload_digest="d",
        target="t",
        started_at="",
        profile=profile,
        seed=1,
        elapsed_s=1,
        requests=requests,
        dropped=0,
        endpoints=(endpoint,) if requests else (),
        service=fine if requests else None,
        response=fine,
        lateness=spread(requests),
        phases={},
        driver=driver,
    )
    return replace(whole, **changes)


def codes(reasons) -> list[str]:
    return [reason.code for reason in reasons]


def test_a_load_that_went_well_is_evidence_without_a_doubt():
    assert codes(invalidity(load())) == codes(doubts(load())) == []


def test_nothing_that_succeeded_and_nothing_that_was_sent_are_no_evidence():
    assert codes(invalidity(load(failed=1000))) == ["no_success"]
    assert codes(invalidity(load(0, lateness=None))) == ["no_requests"]


def test_an_interrupted_load_has_no_verdict():
    assert codes(invalidity(load(interrupted=True))) == ["interrupted"]


@pytest.mark.parametrize(
    ("lateness", "is_late"),
    [
        (spread(1000, p99=21), True),
        (spread(1000, p99=19), False),
        (spread(100, p95=19, p99=900), False),
        (spread(100, p95=21, p99=900), True),
        (spread(20, p95=900, p99=900), False),
        (spread(20, p50=21, p95=900, p99=900), True),
        (None, False),
    ],
)
def test_a_late_driver_is_no_evidence_but_one_hiccup_of_a_short_load_is_no_late_driver(lateness, is_late):
    assert codes(invalidity(load(lateness=lateness))) == ["driver_late"] * is_late


def test_failures_that_no_threshold_limits_are_a_doubt():
    limit = Threshold(
        metric="http_req_failed",
        tags=(),
        method="rate",
        percentile=None,
        operator="<",
        limit=0.5,
        source="rate<0.5",
    )
    assert codes(doubts(load(failed=11))) == ["failures_unbounded"]
    assert codes(doubts(load(failed=10))) == []
    assert codes(doubts(load(failed=500), [limit])) == []


def test_a_driver_without_room_is_no_evidence_about_arrivals_and_a_doubt_about_users():
    busy = replace(load().driver, cpu_ratio=0.99)
    closed = Profile(executor="constant-vus", vus=1, start=1, stages=(Ramp(duration_ns=10**9, target=1),))
    assert codes(invalidity(load(driver=busy))) == ["driver_saturated"]
    assert codes(invalidity(load(driver=busy, profile=closed, lateness=None))) == []
    assert codes(doubts(load(driver=busy, profile=closed, lateness=None))) == ["driver_bound"]


def test_dropped_arrivals_are_a_doubt():
    assert codes(doubts(load(dropped=3))) == ["arrivals_dropped"]
