import itertools
import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from perfgate.load import pacing
from perfgate.model import Profile, Ramp

S = 1_000_000_000


def ramps(*stages: tuple[float, float]) -> tuple[Ramp, ...]:
    """Ramps as (seconds, target)."""
    return tuple(Ramp(duration_ns=round(seconds * S), target=target) for seconds, target in stages)


def rate(*stages: tuple[float, float], start: float = 0.0, arrivals: str = "even") -> Profile:
    return Profile(
        executor="ramping-arrival-rate", vus=1, start=start, stages=ramps(*stages), arrivals=arrivals
    )


def users(*stages: tuple[float, float], start: float = 0.0) -> Profile:
    return Profile(executor="ramping-vus", vus=100, start=start, stages=ramps(*stages))


def seconds(profile: Profile, seed: int = 1) -> list[float]:
    return [round(due / S, 3) for due in pacing.arrivals_ns(profile, seed)]


@pytest.mark.parametrize(
    ("profile", "due"),
    [
        (rate((1, 4), start=4), [0, 0.25, 0.5, 0.75]),
        (rate((1, 0)), []),
        (rate((0, 2), (1, 2)), [0, 0.5]),
        (rate((2, 0), (0, 2), (1, 2)), [2, 2.5]),
        (rate((1, 2), (2, 0), (0, 2), (1, 2), start=2), [0, 0.5, 1, 1.586, 3, 3.5]),
        (rate((0, 0.5), (4, 0.5)), [0, 2]),
        # From 0 to 8 in 2 s: 2 t² arrivals until t.
        (rate((2, 8)), [0, 0.707, 1, 1.225, 1.414, 1.581, 1.732, 1.871]),
        # From 8 to 0 in 2 s: 8 t - 2 t² until t.
        (rate((2, 0), start=8), [0, 0.129, 0.268, 0.419, 0.586, 0.775, 1, 1.293]),
        # A sum that is left over at the end of one ramp goes on in the next.
        (rate((0.75, 1), (0.75, 1), start=1), [0, 1]),
    ],
)
def test_even_arrivals_come_when_the_rate_has_summed_up_to_one_more(profile, due):
    assert seconds(profile) == due


@pytest.mark.parametrize(
    ("profile", "user", "windows"),
    [
        (users((3, 2), start=2), 0, [(0, 3)]),
        (users((3, 2), start=2), 1, [(0, 3)]),
        (users((3, 2), start=2), 2, []),
        (users((10, 10)), 0, [(0.5, 10)]),
        (users((10, 10)), 9, [(9.5, 10)]),
        (users((10, 10), (5, 10), (10, 0)), 4, [(4.5, 20.5)]),
        (users((10, 0), start=10), 9, [(0, 0.5)]),
        (users((1, 1), (0, 0), (1, 0), (0, 1), (1, 1), start=1), 0, [(0, 1), (2, 3)]),
        (users((2, 2), (2, 0), (2, 2)), 1, [(1.5, 2.5), (5.5, 6)]),
    ],
)
def test_a_user_is_active_while_the_level_rounds_to_more_than_its_number(profile, user, windows):
    assert pacing.windows_ns(profile, user) == [(round(a * S), round(b * S)) for a, b in windows]


STAGES = st.lists(st.tuples(st.floats(0, 5), st.floats(0, 300)), max_size=5)


@given(STAGES, st.floats(0, 300), st.integers(0, 2**64), st.sampled_from(["even", "poisson"]))
def test_a_schedule_is_in_order_within_the_load_and_the_same_for_the_same_seed(stages, start, seed, arrivals):
    profile = rate(*stages, start=start, arrivals=arrivals)
    due = list(pacing.arrivals_ns(profile, seed))
    assert due == sorted(due)
    assert all(0 <= moment < profile.duration_ns for moment in due)
    assert due == list(pacing.arrivals_ns(profile, seed))


@given(STAGES, st.floats(0, 300))
def test_there_are_as_many_even_arrivals_as_the_rate_sums_up_to(stages, start):
    profile = rate(*stages, start=start)
    expected = sum(
        (p.level_from + p.level_to) / 2 * (p.to_ns - p.from_ns) / S for p in pacing.pieces(profile)
    )
    assert abs(len(list(pacing.arrivals_ns(profile, 1))) - expected) <= 1.001


@given(STAGES, st.integers(0, 100))
def test_users_are_active_as_long_as_the_level_says_on_average(stages, start):
    stages = [(s, round(target) % 30) for s, target in stages]
    profile = users(*stages, start=start % 30)
    expected_s = sum(
        (p.level_from + p.level_to) / 2 * (p.to_ns - p.from_ns) / S for p in pacing.pieces(profile)
    )
    active_s = sum(b - a for user in range(30) for a, b in pacing.windows_ns(profile, user)) / S
    # Each end of a ramp may round half a user for as long as the level takes to pass it.
    assert active_s == pytest.approx(expected_s, abs=0.01)


def test_other_seeds_give_other_schedules():
    profile = rate((1, 100), start=100, arrivals="poisson")
    assert len({tuple(pacing.arrivals_ns(profile, seed)) for seed in range(50)}) == 50


@pytest.mark.parametrize("rate_rps", [3.5, 200.0])
def test_poisson_arrivals_meet_the_rate_and_their_counts_vary_as_they_should(rate_rps):
    seeds = 400
    profile = rate((2, rate_rps), start=rate_rps, arrivals="poisson")
    counts = [len(list(pacing.arrivals_ns(profile, seed))) for seed in range(seeds)]
    expected = 2 * rate_rps
    mean = sum(counts) / seeds
    variance = sum((count - mean) ** 2 for count in counts) / (seeds - 1)
    assert abs(mean - expected) < 5 * math.sqrt(expected / seeds)
    assert abs(variance / expected - 1) < 5 * math.sqrt(2 / seeds) + 0.1


def test_the_gaps_of_poisson_arrivals_have_no_memory():
    profile = rate((20, 1000), start=1000, arrivals="poisson")
    due = [0, *pacing.arrivals_ns(profile, 7)]
    gaps = sorted(b - a for a, b in itertools.pairwise(due))
    for ratio in (0.1, 0.5, 0.9):
        expected_ns = -math.log(1 - ratio) * S / 1000
        assert abs(gaps[int(ratio * len(gaps))] / expected_ns - 1) < 0.1


@given(st.integers(0, 10**6), st.integers(1, 20))
def test_shares_add_up_and_differ_by_one_at_most(total, count):
    parts = [pacing.share(total, index, count) for index in range(count)]
    assert sum(parts) == total
    assert max(parts) - min(parts) <= 1
