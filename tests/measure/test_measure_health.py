"""Rounds are dropped by what disturbed them, with the figure in the reason."""

from dataclasses import replace

import pytest

from perfgate.measure.health import why_dropped
from perfgate.model import Health

FINE = Health(
    steal_ratio=0.02,
    driver_cpu_ratio=0.5,
    lateness_p99_ns=1_000_000,
    clock_step_ns=10_000,
    kernel_stamped_ratio=1.0,
)


def test_a_quiet_round_is_kept() -> None:
    assert why_dropped(FINE, open_model=False) == ""
    assert why_dropped(FINE, open_model=True) == ""


@pytest.mark.parametrize(
    "change", [{"psi_some_ratio": 1.0}, {"throttled_ratio": 0.09}, {"service_cpu_ratio": 1.0}]
)
def test_what_the_services_do_to_each_other_drops_no_round(change: dict[str, float]) -> None:
    """On one CPU somebody always waits as soon as both sides have something to do."""
    for open_model in (False, True):
        assert why_dropped(replace(FINE, **change), open_model=open_model) == ""  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "text"),
    [
        ({"steal_ratio": 0.4}, "40.0 %"),
        ({"throttled_ratio": 0.25}, "held it back for 25.0 % of the time (limit 10.0 %)"),
        ({"clock_step_ns": -5_000_000}, "-5.00 ms"),
        ({"clock_step_ns": 3_600_000_000_000}, "clock"),
    ],
)
def test_a_disturbed_round_is_dropped_in_either_model(change: dict[str, float], text: str) -> None:
    for open_model in (False, True):
        assert text in why_dropped(replace(FINE, **change), open_model=open_model)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("change", "text"), [({"lateness_p99_ns": 50_000_000}, "50.0 ms"), ({"driver_cpu_ratio": 0.99}, "99.0 %")]
)
def test_a_late_or_saturated_driver_spoils_the_open_model_only(change: dict[str, float], text: str) -> None:
    """In the closed model the next request waits for the last answer, so the driver cannot be late."""
    health = replace(FINE, **change)  # type: ignore[arg-type]
    assert text in why_dropped(health, open_model=True)
    assert why_dropped(health, open_model=False) == ""
