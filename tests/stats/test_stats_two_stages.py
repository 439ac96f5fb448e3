"""The whole decision on simulated pull requests: quiet without a change, loud at +5 % (more: bench)."""

import pytest

from bench.gate_sim import NOISY, POLICIES, TYPICAL
from bench.gate_sim_model import ENDPOINTS, NOTHING, slower
from bench.gate_sim_protocol import simulate, true_change
from bench.gate_sim_tally import tally
from bench.shares import clopper_pearson
from perfgate.model import ALL_ENDPOINTS, Metric

SEED = 21


def records(noise, change, count, policy="default"):
    return [simulate(noise, change, POLICIES[policy], (SEED, index)) for index in range(count)]


@pytest.mark.parametrize("noise", [TYPICAL, NOISY], ids=lambda noise: noise.name)
def test_pull_requests_without_a_change_stay_green(noise):
    red = [record.false for record in records(noise, NOTHING, 40) if record.false]
    assert len(red) <= 1


def test_without_any_tolerance_the_tests_alone_keep_it_near_one_in_a_hundred():
    """At a true rate of 1 %, 5 of 100 or more come up once in 300 seeds."""
    red = [record.false for record in records(TYPICAL, NOTHING, 100, "no tolerance") if record.false]
    assert len(red) <= 4


def test_five_percent_on_one_endpoint_is_found_and_nothing_else():
    found = records(TYPICAL, slower(0.05, "p50", "p95", "p99"), 30)
    assert sum(bool(record.found) for record in found) >= 28
    assert sum(bool(record.false) for record in found) <= 1
    assert sum(record.spent.confirm_rounds > 0 for record in found) >= 28


def test_nothing_passes_although_it_got_worse_than_the_requirement_allows():
    row = tally("noisy", "+20 %", "default", records(NOISY, slower(0.20, "p50"), 30))
    assert row["pass_although_above_requirement"]["count"] <= 1


def test_the_seed_decides_everything():
    assert records(TYPICAL, slower(0.03, "p50"), 3) == records(TYPICAL, slower(0.03, "p50"), 3)


def test_the_true_change_of_a_mean_is_the_geometric_mean():
    change = slower(0.20, "p50")
    assert true_change(Metric(endpoint=ENDPOINTS[0], statistic="p50"), change) == pytest.approx(0.20)
    assert true_change(Metric(endpoint=ENDPOINTS[1], statistic="p50"), change) == 0
    mean = true_change(Metric(endpoint=ALL_ENDPOINTS, statistic="p50"), change)
    assert mean == pytest.approx(1.2 ** (1 / 5) - 1)


def test_bounds_of_a_share_are_the_exact_ones():
    """Of 2000, 20 red: known bounds 0.612 % and 1.540 %."""
    low, high = clopper_pearson(20, 2000)
    assert (low, high) == pytest.approx((0.00612, 0.01540), abs=2e-5)
    assert clopper_pearson(0, 2000) == pytest.approx((0, 1 - 0.025 ** (1 / 2000)))
    assert clopper_pearson(5, 5)[1] == 1
