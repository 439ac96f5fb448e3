"""The rate that follows from what base takes: half of the scarcest of CPUs, connections and driver."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.measure.calibration import Cost, Used, corrected, rate_for

SECONDS = st.floats(1e-6, 10)


def cost(service_s: float = 0.001, busy_s: float = 0.002, driver_s: float = 0.0001) -> Cost:
    return Cost(service_s=service_s, busy_s=busy_s, service_time_s=busy_s, driver_s=driver_s)


def test_half_of_the_cpus_where_they_are_scarcest() -> None:
    assert rate_for(cost(service_s=0.01), cpus=1, connections=100) == pytest.approx(50)
    assert rate_for(cost(service_s=0.01), cpus=4, connections=100) == pytest.approx(200)


def test_half_of_the_connections_where_the_service_mostly_waits() -> None:
    assert rate_for(cost(busy_s=0.1), cpus=8, connections=2) == pytest.approx(10)


def test_where_cpu_time_cannot_be_seen_the_connections_bound_it() -> None:
    assert rate_for(cost(service_s=0.0, busy_s=0.1), cpus=1, connections=1) == pytest.approx(5)


def test_never_more_than_the_driver_can_send_on_time() -> None:
    rate = rate_for(cost(service_s=1e-6, busy_s=1e-6, driver_s=0.001), cpus=8, connections=100)
    assert rate == pytest.approx(700)


@given(SECONDS, SECONDS, SECONDS, st.integers(1, 64), st.integers(1, 512))
def test_nothing_is_used_more_than_it_may_be(service_s, busy_s, driver_s, cpus, connections) -> None:
    rate = rate_for(cost(service_s, busy_s, driver_s), cpus=cpus, connections=connections)
    assert rate * service_s <= 0.5 * cpus * (1 + 1e-9)
    assert rate * busy_s <= 0.5 * connections * (1 + 1e-9)
    assert rate * driver_s <= 0.7 * (1 + 1e-9)


@pytest.mark.parametrize(
    ("cpu", "connections", "driver", "rate"),
    [
        (0.45, 0.2, 0.1, 100),
        (0.60, 0.2, 0.1, 100),
        (0.80, 0.2, 0.1, 62.5),
        (0.25, 0.1, 0.1, 200),
        (0.20, 1.0, 0.1, 50),
        (None, 0.25, 0.1, 200),
        (0.10, 0.1, 0.98, 100 * 0.7 / 0.98),
    ],
)
def test_what_it_really_uses_corrects_it_outside_40_to_60_percent(cpu, connections, driver, rate) -> None:
    used = Used(rate=100, cpu_ratio=cpu, connections_ratio=connections, driver_ratio=driver)
    assert corrected(100, used) == pytest.approx(rate)


def test_a_rate_that_was_not_reached_is_not_raised_beyond_what_was_seen() -> None:
    used = Used(rate=40, cpu_ratio=0.2, connections_ratio=0.1, driver_ratio=0.1)
    assert corrected(100, used) == pytest.approx(100)
    crowded = Used(rate=80, cpu_ratio=1.0, connections_ratio=0.1, driver_ratio=0.1)
    assert corrected(100, crowded) == pytest.approx(40)
