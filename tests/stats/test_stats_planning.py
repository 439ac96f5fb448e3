"""A plan keeps to the time there is, uses it, and promises about what the measurement then finds."""

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from perfgate.model import Metric
from perfgate.stats.planning import (
    LEAST_ROUNDS,
    Component,
    Freedom,
    Observed,
    best_plan,
    between_variance,
    least_s,
    observed_variance,
    predicted_mde,
)
from perfgate.stats.power import minimum_detectable_effect
from perfgate.stats.signflip import max_t

ALPHA = 0.04
SDS = st.floats(1e-3, 0.3)
OVERHEADS = st.floats(0.01, 10)
TIMES = st.floats(1, 7200)


@st.composite
def component_lists(draw: st.DrawFn) -> list[Component]:
    count = draw(st.integers(1, 6))
    return [
        Component(
            metric=Metric(endpoint=f"GET /{number}", statistic="p50"),
            sampling=draw(SDS) ** 2,
            between=draw(SDS) ** 2,
            tolerance=(tolerance := draw(st.floats(0.005, 0.1))),
            requirement=tolerance * draw(st.floats(1.2, 5)),
        )
        for number in range(count)
    ]


def plan_of(components, overhead_s, available_s, freedom=None):
    return best_plan(
        components,
        overhead_s=overhead_s,
        available_s=available_s,
        freedom=freedom or Freedom(),
        alpha=ALPHA,
    )


def worst(components, plan):
    return max(plan.mde[c.metric] / c.requirement for c in components)


@given(component_lists(), OVERHEADS, TIMES)
def test_a_plan_fits_with_its_confirmation_and_is_never_too_small(components, overhead_s, available_s):
    plan = plan_of(components, overhead_s, available_s)
    if plan is None:
        assert least_s(Freedom(), overhead_s) > available_s
        return
    assert LEAST_ROUNDS <= plan.rounds <= 26
    assert 0.1 * (1 - 1e-6) <= plan.round_s <= 600
    assert plan.screen_s < plan.total_s <= available_s * (1 + 1e-9)


@given(component_lists(), OVERHEADS, TIMES, st.floats(1, 10))
def test_more_time_never_finds_less(components, overhead_s, available_s, factor):
    short = plan_of(components, overhead_s, available_s)
    assume(short is not None)
    long = plan_of(components, overhead_s, available_s * factor)
    assert worst(components, long) <= worst(components, short) * (1 + 1e-9)


@given(component_lists(), OVERHEADS, TIMES)
def test_no_plan_that_fits_finds_more(components, overhead_s, available_s):
    plan = plan_of(components, overhead_s, available_s)
    assume(plan is not None)
    for rounds in (8, 13, 20, 26):
        other = plan_of(components, overhead_s, available_s, Freedom(rounds=(rounds, rounds)))
        assert other is None or worst(components, plan) <= worst(components, other)


@given(component_lists(), OVERHEADS, TIMES, st.integers(8, 26))
def test_what_is_fixed_stays(components, overhead_s, available_s, rounds):
    fixed = plan_of(components, overhead_s, available_s, Freedom(rounds=(rounds, rounds)))
    assert fixed is None or fixed.rounds == rounds
    length = plan_of(components, overhead_s, available_s, Freedom(round_s=(1.5, 1.5)))
    assert length is None or length.round_s == pytest.approx(1.5)


def test_a_length_that_is_fixed_fits_into_exactly_its_time():
    plan = plan_of([], 0.1, 26 * (0.3 + 0.1), Freedom(rounds=(13, 13), round_s=(0.3, 0.3)))
    assert plan is not None
    assert plan.rounds == 13


def test_rounds_are_about_as_long_as_a_dear_restart_and_short_after_a_cheap_one():
    component = Component(
        metric=Metric(endpoint="GET /", statistic="p50"),
        sampling=2e-4,
        between=0.015**2,
        tolerance=math.log1p(0.03),
        requirement=math.log1p(0.05),
    )
    cheap = plan_of([component], 0.6, 40)
    dear = plan_of([component], 3.2, 150)
    assert 12 <= cheap.rounds <= 18
    assert 12 <= dear.rounds <= 18
    assert 0.5 < cheap.round_s < 1.5
    assert 1.5 < dear.round_s < 4


def test_without_anything_known_there_are_thirteen_rounds():
    assert plan_of([], 0.5, 100).rounds == 13


@pytest.mark.parametrize(("rounds", "metrics"), [(8, 4), (13, 4), (13, 12), (26, 8)])
def test_the_prediction_is_about_what_the_test_then_says(rounds, metrics):
    component = Component(
        metric=Metric(endpoint="GET /", statistic="p50"),
        sampling=2e-4,
        between=0.01**2,
        tolerance=0.0,
        requirement=0.05,
    )
    predicted = predicted_mde(component, rounds=rounds, round_s=1.0, metrics=metrics, alpha=ALPHA)
    rng = np.random.default_rng(5)
    flags, floor, found = np.full(metrics, True), np.zeros(metrics), []
    for _ in range(40):
        d = rng.normal(0, math.sqrt(component.variance(1.0)), (rounds, metrics))
        test = max_t(d, clipped=flags, flips=2000, rng=rng)
        found.append(
            minimum_detectable_effect(
                d, clipped=flags, null_max=test.null_max, alpha=ALPHA, tolerance=floor
            ).mean()
        )
    assert 0.75 < predicted / np.median(found) < 1.35


def test_a_real_change_in_history_is_no_noise():
    rng = np.random.default_rng(3)
    d = rng.normal(0, 0.01, 13)
    assert observed_variance(d + 0.3) == pytest.approx(observed_variance(d))
    assert observed_variance(np.append(d, math.nan))[1] == 13


def test_too_few_rounds_say_nothing_and_do_not_fail():
    assert observed_variance(np.array([0.1])) == (0.0, 0)
    assert observed_variance(np.full(13, 0.02)) == pytest.approx((0.0, 13))


def test_history_outweighs_the_prior():
    runs = [Observed(variance=0.03**2 + 1e-5, sampling=1e-5, rounds=13)] * 4
    assert math.sqrt(between_variance(0.015, runs)) == pytest.approx(0.03, rel=0.1)
    assert math.sqrt(between_variance(0.015, [])) == pytest.approx(0.015)


def test_what_is_sampling_is_not_counted_twice():
    runs = [Observed(variance=2 * 0.02**2, sampling=0.02**2, rounds=13)] * 4
    assert math.sqrt(between_variance(0.02, runs)) == pytest.approx(0.02)


def test_a_pilot_that_is_all_sampling_hardly_moves_the_prior():
    noisy = Observed(variance=0.2**2, sampling=0.1**2, rounds=3)
    assert between_variance(0.015, [noisy]) < 1.05 * 0.015**2


@given(st.lists(st.tuples(st.floats(0, 1), st.floats(0, 1), st.integers(0, 30)), max_size=6))
def test_a_variance_is_never_negative(found):
    runs = [Observed(variance=v, sampling=s, rounds=n) for v, s, n in found]
    assert between_variance(0.015, runs) >= 0


def test_the_variance_of_a_component_falls_with_time_to_what_restarts_leave():
    component = Component(
        metric=Metric(endpoint="GET /", statistic="p95"),
        sampling=4e-4,
        between=1e-4,
        tolerance=0.05,
        requirement=0.15,
    )
    assert component.variance(1) == pytest.approx(5e-4)
    assert component.variance(1e9) == pytest.approx(1e-4)
    assert replace(component, sampling=0.0).variance(0.1) == 1e-4
