import itertools
import math
import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load.pacing import poisson_arrivals_ns

SECOND_NS = 1_000_000_000


@given(st.floats(0.01, 2000.0), st.integers(0, SECOND_NS), st.integers(0, 2**64))
def test_a_schedule_is_sorted_within_the_duration_and_the_same_for_the_same_seed(rate_rps, duration_ns, seed):
    due = poisson_arrivals_ns(rate_rps, duration_ns, random.Random(seed))
    assert due == sorted(due)
    assert all(0 <= moment < duration_ns for moment in due)
    assert all(type(moment) is int for moment in due)
    assert due == poisson_arrivals_ns(rate_rps, duration_ns, random.Random(seed))


def test_other_seeds_give_other_schedules():
    schedules = {tuple(poisson_arrivals_ns(100.0, SECOND_NS, random.Random(seed))) for seed in range(50)}
    assert len(schedules) == 50


@pytest.mark.parametrize("rate_rps", [3.5, 200.0])
def test_the_rate_is_met_on_average_and_counts_vary_like_a_poisson_process(rate_rps):
    seeds = 400
    counts = [len(poisson_arrivals_ns(rate_rps, 2 * SECOND_NS, random.Random(seed))) for seed in range(seeds)]
    expected = 2 * rate_rps
    mean = sum(counts) / seeds
    variance = sum((count - mean) ** 2 for count in counts) / (seeds - 1)
    assert abs(mean - expected) < 5 * math.sqrt(expected / seeds)
    assert abs(variance / expected - 1) < 5 * math.sqrt(2 / seeds) + 0.1


def test_gaps_have_no_memory():
    due = [0, *poisson_arrivals_ns(1000.0, 20 * SECOND_NS, random.Random(7))]
    gaps = sorted(b - a for a, b in itertools.pairwise(due))
    for ratio in (0.1, 0.5, 0.9):
        expected_ns = -math.log(1 - ratio) * SECOND_NS / 1000
        assert abs(gaps[int(ratio * len(gaps))] / expected_ns - 1) < 0.1


@pytest.mark.parametrize("rate_rps", [0.0, -1.0, math.nan, math.inf])
def test_a_rate_that_has_no_schedule_is_refused(rate_rps):
    with pytest.raises(ValueError, match="arrival rate"):
        poisson_arrivals_ns(rate_rps, SECOND_NS, random.Random(1))
