"""The two-stage rule as a whole: quiet without a change, loud at +5 % (longer: bench/gate_sim_small.py)."""

import runpy
from pathlib import Path

import numpy as np
import pytest

BENCH = Path(__file__).parents[2] / "bench" / "gate_sim_small.py"


@pytest.fixture(scope="module")
def simulation():
    return runpy.run_path(str(BENCH))


@pytest.mark.parametrize("kind", ["normal", "heavy"])
def test_pull_requests_without_a_change_stay_green(simulation, kind):
    assert simulation["false_regressions"](kind, 100, np.random.default_rng(21)) == 0


def test_even_where_noise_dwarfs_every_tolerance_the_tests_keep_it_near_one_in_a_hundred(simulation):
    """Ten times the noise: estimates pass the tolerance by chance, so only the p-values hold the line.

    At a true rate of 1 %, 10 of 300 or more come up once in 1000 seeds.
    """
    assert simulation["false_regressions"]("heavy", 300, np.random.default_rng(23), 10.0) <= 9


def test_five_percent_on_one_median_is_found_and_nothing_far_from_it(simulation):
    rng, effect = np.random.default_rng(22), simulation["slower_p50"](0.05)
    outcomes = [simulation["two_stages"]("heavy", effect, rng) for _ in range(60)]
    assert sum(0 in outcome.regressed for outcome in outcomes) >= 57
    assert all(outcome.regressed <= {0, 1, 2} for outcome in outcomes)
