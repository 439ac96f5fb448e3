"""Many runs of known truth: what counts as a false alarm or a find, and what is said of each metric."""

import dataclasses
import math

import numpy as np
import pytest
from gate_results import dropped, make_pair

from perfgate.gate.calibration import run_of, summarise, worst_row
from perfgate.gate.decide import Circumstances, judge
from perfgate.gate.policy import Policy
from perfgate.model import Injected, Metric, Outcome

POLICY = Policy(flips=2_000)
HALF_MS = Injected(text="500us", ratio=0.0, fixed_ns=500_000, is_tail_only=False)
SHARE = Injected(text="5%", ratio=0.05, fixed_ns=0, is_tail_only=False)
P50 = Metric(endpoint="GET /items", statistic="p50")


def later(result, delay_ns):
    """The same result with every answer later by as much."""

    def moved(endpoint):
        times = {k: v + delay_ns for k, v in endpoint.quantiles_ns.items()}
        return dataclasses.replace(endpoint, quantiles_ns=times)

    rounds = (dataclasses.replace(r, endpoints=tuple(map(moved, r.endpoints))) for r in result.rounds)
    return dataclasses.replace(result, rounds=tuple(rounds))


def run(number=1, injected=None, seconds=10.0, drop=0, delay_ns=0, **pair):
    base, head = make_pair(seed=number, **pair)
    head = later(head, delay_ns)
    if drop:
        base, head = dropped(base, drop), dropped(head, drop)
    verdict = judge(base, head, POLICY, Circumstances(elapsed_s=seconds, reproduce=""))
    return run_of(number, verdict, (base, head), POLICY, injected)


def metric(found, wanted=P50):
    return next(m for m in found.metrics if m.metric == wanted)


def test_no_change_ten_times_is_no_false_alarm_and_bounds_the_rate():
    found = summarise([run(n) for n in range(1, 11)], asked=10, injected=None)
    assert (found.judged, found.red, found.lower) == (10, 0, 0.0)
    assert found.upper == pytest.approx(1 - 0.05**0.1)
    assert found.runs_for_one_percent == 299
    assert sum(found.outcomes.values()) == 10


def test_a_regression_where_nothing_changed_is_a_false_alarm_named_by_metric():
    alarm = run(1, screen=13, confirm=13, effect={("GET /items", "p50"): 0.2})
    found = summarise([alarm, run(2), run(3)], asked=3, injected=None)
    assert found.red == 1
    assert 0 < found.lower < 1 / 3 < found.upper < 1
    assert (metric(found).red, metric(found).flagged) == (1, 1)
    assert worst_row(alarm).metric == P50


def test_invalid_runs_are_counted_apart():
    invalid = run(2, drop=8)
    assert invalid.outcome is Outcome.INVALID
    found = summarise([run(1), invalid], asked=2, injected=None)
    assert (found.judged, found.outcomes[Outcome.INVALID]) == (1, 1)
    only = summarise([invalid], asked=2, injected=None)
    assert (only.judged, only.lower, only.upper, only.metrics) == (0, 0.0, 1.0, ())


def test_the_noise_of_a_round_is_what_went_in():
    found = summarise([run(n, noise={"p50": 0.02}) for n in range(1, 13)], asked=12, injected=None)
    assert metric(found).round_sd == pytest.approx(0.02, rel=0.2)


def test_what_can_be_seen_is_told_from_what_cannot():
    found = summarise([run(n, noise={"p95": 0.5}) for n in range(1, 4)], asked=3, injected=None)
    blind = metric(found, Metric(endpoint="GET /items", statistic="p95"))
    assert (metric(found).met, metric(found).runs) == (3, 3)
    assert metric(found).mde <= metric(found).requirement
    assert blind.met == 0
    assert blind.mde > blind.requirement == 0.15


def test_medians_and_seconds_are_those_of_the_runs():
    runs = [run(n, seconds=s) for n, s in ((1, 30.0), (2, 10.0), (3, 20.0))]
    found = summarise(runs, asked=3, injected=None)
    assert found.seconds == 20.0
    mdes = sorted(row.mde for r in runs for row in r.rows if row.metric == P50)
    assert metric(found).mde == mdes[1]


def test_an_injected_delay_is_found_and_its_interval_holds_it():
    runs = [run(n, injected=HALF_MS, confirm=13, delay_ns=500_000) for n in range(1, 4)]
    found = summarise(runs, asked=3, injected=HALF_MS)
    assert (found.judged, found.red) == (3, 3)
    assert found.lower == pytest.approx(0.05 ** (1 / 3))
    assert metric(found).injected == pytest.approx(0.5, rel=0.2)
    assert metric(found).coverable == 3
    assert metric(found).low < metric(found).change < metric(found).high


def test_nine_of_ten_intervals_hold_the_injected_delay():
    """Many runs in which the truth is half a millisecond: the claim of the intervals, end to end."""
    runs = [run(n, injected=HALF_MS, confirm=13, delay_ns=500_000) for n in range(1, 31)]
    found = summarise(runs, asked=30, injected=HALF_MS)
    covered = sum(m.covered for m in found.metrics if m.metric.statistic == "p50")
    assert sum(m.coverable for m in found.metrics if m.metric.statistic == "p50") == 90
    assert 70 <= covered <= 90


@pytest.mark.parametrize(
    "injected", [SHARE, dataclasses.replace(HALF_MS, is_tail_only=True), None], ids=["share", "tail", "none"]
)
def test_no_true_change_is_claimed_where_none_follows_from_the_injection(injected):
    found = summarise([run(1, injected=injected)], asked=1, injected=injected)
    assert all(m.injected is None and not m.coverable for m in found.metrics)


def test_errors_that_a_delay_caused_are_no_find_of_the_delay():
    errors = {"GET /items": {"timeout": 40}}
    one = run(1, injected=HALF_MS, confirm=13, head_errors=errors)
    assert one.outcome is Outcome.REGRESSED
    assert not one.is_red
    assert run(1, confirm=13, head_errors=errors).is_red


def test_a_run_of_nothing_but_dropped_rounds_has_no_rows_and_no_worst():
    nothing = run(1, drop=13)
    assert nothing.rows == ()
    assert worst_row(nothing) is None


def test_no_runs_at_all_are_refused():
    with pytest.raises(ValueError, match="no run"):
        summarise([], asked=3, injected=None)


def test_the_pooled_spread_is_a_root_mean_square():
    runs = [run(1, noise={"p50": 0.01}), run(2, noise={"p50": 0.08})]
    spreads = [row.round_sd for r in runs for row in r.rows if row.metric == P50]
    pooled = metric(summarise(runs, asked=2, injected=None)).round_sd
    assert pooled == pytest.approx(math.sqrt(np.mean(np.square(spreads))))
