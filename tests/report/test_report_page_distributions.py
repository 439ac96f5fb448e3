"""Distributions on the page are those of the requests, whatever the scale, the size and the side."""

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from page_evidence import endpoint_of, make_evidence, swapped

from perfgate.report.page.distributions import density, ecdf, quantiles
from perfgate.report.page.shift import shift_curve

times_ns = st.lists(st.integers(1, 3_600_000_000_000), min_size=1, max_size=80)


@given(times_ns, times_ns, st.integers(24, 300))
def test_an_ecdf_rises_to_one_and_is_the_share_of_requests_within_each_time(base, head, points):
    curves = ecdf(endpoint_of(base, head), points)
    for side, values in (("base", base), ("head", head)):
        x, y = curves[side].x, curves[side].y
        assert list(x) == sorted(set(x))
        assert list(y) == sorted(y)
        assert y[-1] == 1.0
        shares = [sum(value <= round(place * 1e6) for value in values) / len(values) for place in x]
        assert y == pytest.approx(shares, abs=1e-5)


@given(times_ns, st.integers(24, 300))
def test_an_ecdf_has_no_more_points_than_asked_for(head, points):
    assert len(ecdf(endpoint_of(head, head), points)["head"].x) <= points + 2


@given(times_ns, times_ns, st.integers(24, 200))
def test_a_density_holds_all_requests_but_the_outermost(base, head, points):
    for curve in density(endpoint_of(base, head), points).values():
        assert list(curve.x) == sorted(set(curve.x))
        assert np.trapezoid(curve.y, np.log10(curve.x)) == pytest.approx(1.0, abs=0.01)


def test_an_ecdf_ends_at_the_longest_time_however_many_are_shorter():
    curve = ecdf(endpoint_of(None, [1_000_000] * 300_000 + [900_000_000]), 300)["head"]
    assert curve.x[-1] == pytest.approx(900, rel=2e-3)
    assert curve.x[-1] >= 900
    assert curve.y[-1] == 1.0


def test_a_density_is_that_of_the_lognormal_the_times_are_from():
    values = np.random.default_rng(3).lognormal(math.log(2e6), 0.4, 100_000).astype(np.int64)
    curve = density(endpoint_of(None, values // 1000 * 1000), 200)["head"]
    logs = np.log(np.array(curve.x) * 1e6)
    true = np.exp(-0.5 * ((logs - math.log(2e6)) / 0.4) ** 2) / (0.4 * math.sqrt(2 * math.pi)) * math.log(10)
    assert np.array(curve.y) == pytest.approx(true, abs=0.05)


def test_both_sides_share_their_places():
    evidence = make_evidence(slower=0.2)
    times = evidence.times["GET /items"]
    for curves in (ecdf(times, 300), density(times, 200)):
        assert curves["base"].x == curves["head"].x


def test_quantiles_are_times_that_requests_took_within_a_thousandth():
    values = np.random.default_rng(5).lognormal(math.log(2e6), 0.4, 5000).astype(np.int64)
    found = {name: (base, head) for name, base, head in quantiles(endpoint_of(values, values * 2))}
    ordered = np.sort(values)
    for name, share in (("p5", 0.05), ("p50", 0.5), ("p95", 0.95), ("p99.9", 0.999), ("max", 1.0)):
        true = ordered[math.ceil(share * 5000) - 1] / 1e6
        assert found[name] == pytest.approx((true, 2 * true), rel=1e-3)


def test_quantiles_are_those_of_the_median_round_as_in_the_table():
    evidence = make_evidence(rounds=7, requests=500)
    stored = [each.endpoints[0].quantiles_ns["p95"] / 1e6 for each in evidence.head.result.rounds]
    found = {name: head for name, _, head in quantiles(evidence.times["GET /items"])}
    assert found["p95"] == pytest.approx(np.median(stored), rel=1e-3)
    assert found["max"] == pytest.approx(
        (evidence.head.samples.last_ns - evidence.head.samples.sent_ns).max() / 1e6, rel=1e-3
    )


def test_a_quantile_needs_requests_and_the_longest_time_only_one():
    found = {name: head for name, _, head in quantiles(endpoint_of(None, [2_000_000] * 71))}
    assert found["p50"] == found["max"] == 2.0
    assert found["p95"] is found["p99"] is found["p5"] is None
    assert quantiles(endpoint_of(None, [1] * 72))[5] == ("p95", None, 1e-6)


def test_sides_without_requests_have_no_curves():
    assert ecdf(endpoint_of(None, None), 300) == density(endpoint_of(None, None), 200) == {}
    assert set(ecdf(endpoint_of([5], None), 300)) == {"base"}
    assert all(row[1:] == (None, None) for row in quantiles(endpoint_of(None, None)))


def test_a_shift_has_its_band_around_the_true_change_at_every_quantile():
    shift, band = shift_curve(make_evidence(rounds=13, requests=900, slower=0.3).times["GET /items"].shift)
    assert shift.x == band.x == (*(step / 20 for step in range(1, 20)), 0.99)
    assert np.array(shift.y[:-1]) == pytest.approx(0.3, abs=0.05)
    assert all(low <= change <= high for low, change, high in zip(band.low, shift.y, band.high, strict=True))


def test_swapping_the_sides_mirrors_the_shift():
    evidence = make_evidence(slower=0.3)
    there, back = (shift_curve(e.times["GET /items"].shift) for e in (evidence, swapped(evidence)))
    assert back[0].y == pytest.approx([1 / (1 + change) - 1 for change in there[0].y], abs=1e-4)
    assert back[1].low == pytest.approx([1 / (1 + change) - 1 for change in there[1].high], abs=1e-4)


def test_the_shift_does_not_depend_on_the_unit_of_time():
    slow, fast = (
        shift_curve(make_evidence(slower=0.3, median_ns=median).times["GET /items"].shift)[0]
        for median in (2e6, 2e9)
    )
    assert fast.y == pytest.approx(slow.y, abs=2e-3)


def test_too_few_rounds_have_a_shift_without_a_band():
    shift, band = shift_curve(make_evidence(rounds=4).times["GET /items"].shift)
    assert None not in shift.y
    assert set(band.low) == set(band.high) == {None}
    assert shift_curve(None)[0].x == ()
