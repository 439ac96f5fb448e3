"""What a pilot's few rounds say about noise: close to what made them."""

import math

import numpy as np
import pytest
from measured_rounds import measured

from perfgate.measure.history import PairedRun, pilot_differences
from perfgate.measure.pilot import PRIOR_SD, Pilot, components
from perfgate.model import ALL_ENDPOINTS, Metric

P50 = Metric(endpoint="GET /", statistic="p50")


def pilot(requests: int = 500, change: float = 0.0, rounds: int = 3) -> Pilot:
    rng = np.random.default_rng(11)
    made = tuple(
        measured(rng, index=i, requests=requests, change=change, restart_sd=0.0) for i in range(rounds)
    )
    return Pilot(rounds=made, restart_s=0.4)


def limits(metric: Metric) -> tuple[float, float]:
    return 0.03, 0.05


def by_metric(found):
    return {c.metric: c for c in found}


def test_sampling_noise_is_what_the_requests_of_a_second_leave() -> None:
    component = by_metric(components(pilot(), (), limits, pinned=True))[P50]
    rng = np.random.default_rng(5)
    seen = pilot_differences(
        *zip(*[measured(rng, index=i, restart_sd=0.0).rounds for i in range(200)], strict=True)
    ).d[P50]
    assert math.sqrt(component.sampling) == pytest.approx(seen.std(), rel=0.25)


def test_a_change_on_head_does_not_look_like_noise() -> None:
    same = by_metric(components(pilot(), (), limits, pinned=True))[P50]
    slower = by_metric(components(pilot(change=0.5), (), limits, pinned=True))[P50]
    assert slower.sampling == pytest.approx(same.sampling, rel=0.05)
    assert slower.between == pytest.approx(same.between, rel=0.05)


def test_a_tail_with_too_few_requests_is_not_promised() -> None:
    found = by_metric(components(pilot(requests=20), (), limits, pinned=True))
    assert {m.statistic for m in found} == {"p50", "p95", "cpu"}
    assert {m.statistic for m in by_metric(components(pilot(), (), limits, pinned=True))} == {
        "p50",
        "p95",
        "p99",
        "cpu",
    }


def test_metrics_the_verdict_does_not_wait_for_are_left_out() -> None:
    found = components(pilot(), (), lambda m: (0.03, 0.05) if m.statistic == "p50" else None, pinned=True)
    assert [c.metric for c in found] == [P50]


def test_history_counts_for_more_than_the_prior() -> None:
    rng = np.random.default_rng(2)
    noisy = [PairedRun(d={P50: rng.normal(0, 0.06, 13)}, round_s=1.0) for _ in range(5)]
    with_history = by_metric(components(pilot(), noisy, limits, pinned=True))[P50]
    without = by_metric(components(pilot(), (), limits, pinned=True))[P50]
    assert math.sqrt(without.between) < 0.03
    assert 0.03 < math.sqrt(with_history.between) < 0.08


def test_services_that_move_between_cpus_are_expected_to_vary_more() -> None:
    pinned, unpinned = (by_metric(components(pilot(), (), limits, pinned=p))[P50] for p in (True, False))
    assert unpinned.between > 4 * pinned.between
    assert set(PRIOR_SD) == {"p50", "p95", "p99", "cpu"}


def test_cpu_varies_from_restart_to_restart_only() -> None:
    cpu = by_metric(components(pilot(), (), limits, pinned=True))[
        Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")
    ]
    assert cpu.sampling == 0
    assert cpu.between > 0
