"""One run judged by runs of other times."""

import math

import numpy as np
import pytest
from gate_results import make_pair

from perfgate.gate.decide import Circumstances, judge_unpaired
from perfgate.gate.levels import run_levels
from perfgate.gate.policy import Policy, Rule
from perfgate.gate.predict import MIN_RUNS, Speeds
from perfgate.gate.stored import judge_stored, undecided
from perfgate.model import ALL_ENDPOINTS, Metric, Outcome

P50 = Metric(endpoint="GET /items", statistic="p50")
ERRORS = Metric(endpoint="GET /items", statistic="errors")


def _runs(count: int, sd: float = 0.02, seed: int = 1) -> list[float]:
    return [1e6 * math.exp(x) for x in np.random.default_rng(seed).normal(0, sd, count)]


def test_an_unchanged_run_passes() -> None:
    judged = judge_stored({P50: _runs(20)}, {P50: 1.01e6}, Policy())
    assert judged.alarms == ()
    assert judged.comparisons[0].outcome is Outcome.PASS


def test_a_run_beyond_the_prediction_alarms() -> None:
    judged = judge_stored({P50: _runs(20)}, {P50: 1.2e6}, Policy())
    assert judged.alarms == (P50,)
    assert judged.comparisons[0].change == pytest.approx(0.2, abs=0.02)


def test_an_ordinary_bad_day_does_not_alarm() -> None:
    """5 % above the mean is an ordinary run where runs spread by 6 %."""
    judged = judge_stored({P50: _runs(20, sd=0.06)}, {P50: 1.05e6}, Policy())
    assert judged.alarms == ()


def test_a_wide_baseline_is_inconclusive_not_a_pass() -> None:
    judged = judge_stored({P50: _runs(20, sd=0.2)}, {P50: 1.0e6}, Policy())
    assert judged.comparisons[0].outcome is Outcome.INCONCLUSIVE
    assert judged.comparisons[0].reasons[0].code == "baseline_too_wide"


def test_one_lucky_run_is_no_baseline() -> None:
    """A real day once ran 20 % fast; a single stored run must not turn the next day red."""
    judged = judge_stored({P50: [0.8e6]}, {P50: 1.0e6}, Policy())
    assert judged.alarms == ()
    assert judged.too_few
    assert judged.comparisons[0].outcome is Outcome.INCONCLUSIVE


def test_even_one_run_shows_a_doubling() -> None:
    assert judge_stored({P50: [1e6]}, {P50: 2e6}, Policy()).alarms == (P50,)


def test_errors_alarm_above_everything_seen_before() -> None:
    stored = {ERRORS: [0.0, 0.002] + [0.0] * 10}
    assert judge_stored(stored, {ERRORS: 0.002}, Policy()).alarms == ()
    assert judge_stored(stored, {ERRORS: 0.01}, Policy()).alarms == (ERRORS,)


def test_a_metric_head_has_no_data_for_is_inconclusive() -> None:
    judged = judge_stored({P50: _runs(20), ERRORS: [0.0] * 20}, {ERRORS: 0.0}, Policy())
    missing = next(c for c in judged.comparisons if c.metric == P50)
    assert missing.outcome is Outcome.INCONCLUSIVE


def test_the_verdict_says_it_is_unpaired() -> None:
    base, head = make_pair()
    levels = {metric: [level] * MIN_RUNS for metric, level in run_levels(base, Policy()).items()}
    judged = judge_stored(levels, run_levels(head, Policy()), Policy())
    now = Circumstances(elapsed_s=1.0, reproduce="perfgate check")
    verdict = judge_unpaired(base.commit, head, judged, Policy(), now)
    assert verdict.warnings[0].code == "unpaired"


def test_nothing_to_compare_is_never_a_pass() -> None:
    base, head = make_pair()
    now = Circumstances(elapsed_s=1.0, reproduce="perfgate check")
    verdict = judge_unpaired(base.commit, head, judge_stored({}, {}, Policy()), Policy(), now)
    assert verdict.outcome is Outcome.INVALID


def test_alarms_at_the_promised_rate() -> None:
    """Over 2000 baselines of 12 runs and one unchanged run each: 1 % nominal."""
    rng = np.random.default_rng(7)
    policy = Policy(tolerance={"p50": 0.0001}, requirement={"p50": 0.5})
    alarms = 0
    for _ in range(2000):
        *runs, new = (1e6 * np.exp(rng.normal(0, 0.02, 13))).tolist()
        alarms += bool(judge_stored({P50: runs}, {P50: new}, policy).alarms)
    assert 5 <= alarms <= 36


def test_too_few_runs_leave_what_alarmed_open() -> None:
    judged = judge_stored({P50: [1e6]}, {P50: 2e6}, Policy())
    (row,) = undecided(judged).comparisons
    assert row.outcome is Outcome.INCONCLUSIVE
    assert row.reasons[0].code == "above_prediction"


def _following(count: int) -> tuple[list[float], list[int]]:
    """Runs whose level follows the speed of the machine."""
    rng = np.random.default_rng(9)
    speed = rng.normal(0, 0.06, count)
    levels = 1e6 * np.exp(0.9 * speed + rng.normal(0, 0.005, count))
    return levels.tolist(), [round(2e6 * math.exp(each)) for each in speed]


def test_a_slow_machine_excuses_a_slow_run_where_runs_follow_it() -> None:
    levels, speeds = _following(20)
    slow_day = round(2e6 * math.exp(0.2))
    head = {P50: 1e6 * math.exp(0.9 * 0.2)}
    judged = judge_stored({P50: levels}, head, Policy(), Speeds(base={P50: speeds}, head=slow_day))
    assert judged.alarms == ()
    assert judged.comparisons[0].outcome is Outcome.PASS
    assert judged.comparisons[0].reasons[0].code == "calibrated"
    assert judged.comparisons[0].change == pytest.approx(0.0, abs=0.03)


def test_a_slow_service_on_a_machine_as_usual_is_not_excused() -> None:
    levels, speeds = _following(20)
    usual = Speeds(base={P50: speeds}, head=2_000_000)
    assert judge_stored({P50: levels}, {P50: 1.12e6}, Policy(), usual).alarms == (P50,)
    assert judge_stored({P50: levels}, {P50: 1.12e6}, Policy()).alarms == ()


def test_a_run_that_was_not_calibrated_makes_it_plain() -> None:
    levels, speeds = _following(20)
    partly = Speeds(base={P50: [None, *speeds[1:]]}, head=2_000_000)
    head = {P50: 1.0e6}
    plain = judge_stored({P50: levels}, head, Policy())
    assert judge_stored({P50: levels}, head, Policy(), partly) == plain
    assert judge_stored({P50: levels}, head, Policy(), Speeds(base={P50: speeds}, head=None)) == plain


def test_a_metric_that_only_warns_does_not_fail_against_stored_runs() -> None:
    policy = Policy(level={"p50": "warn"})
    assert judge_stored({P50: _runs(20), ERRORS: [0.0] * 20}, {P50: 2e6, ERRORS: 0.0}, policy).alarms == ()


def test_metrics_at_level_warn_raise_no_alarm_but_a_warning() -> None:
    policy = Policy(level={"p50": "warn"})
    judged = judge_stored({P50: _runs(20)}, {P50: 1.2e6}, policy)
    assert judged.alarms == ()
    assert judged.comparisons[0].outcome is Outcome.PASS
    assert [reason.code for reason in judged.warnings] == ["worse_at_level_warn"]
    wide = judge_stored({P50: _runs(20, sd=0.2)}, {P50: 1.0e6}, policy)
    assert wide.comparisons[0].outcome is Outcome.PASS
    missing = judge_stored({P50: _runs(20), ERRORS: [0.0] * 20}, {ERRORS: 0.0}, policy)
    assert {c.outcome for c in missing.comparisons} == {Outcome.PASS, Outcome.NOT_MEASURED}


def test_metrics_that_were_switched_off_since_have_no_row() -> None:
    judged = judge_stored({P50: _runs(20)}, {}, Policy(rules=(Rule(endpoint="GET *", level={"p50": "off"}),)))
    assert judged.comparisons == ()


def test_means_are_over_the_same_endpoints_on_both_sides() -> None:
    """An endpoint that only warns since the baseline was recorded must not fail anybody through the mean."""
    other = Metric(endpoint="GET /b", statistic="p50")
    third = Metric(endpoint="GET /c", statistic="p50")
    mean = Metric(endpoint=ALL_ENDPOINTS, statistic="p50")
    runs = {metric: _runs(12, seed=seed) for seed, metric in enumerate((P50, other, third))}
    stored = runs | {mean: [math.prod(run) ** (1 / 3) for run in zip(*runs.values(), strict=True)]}
    head = {P50: 2e6, other: 1e6, third: 1e6, mean: 2e6 ** (1 / 3) * 1e4}
    assert mean in judge_stored(stored, head, Policy()).alarms
    warned = Policy(rules=(Rule(endpoint="GET /items", level={"p50": "warn"}),))
    judged = judge_stored(stored, head, warned)
    row = next(c for c in judged.comparisons if c.metric == mean)
    assert (judged.alarms, row.head) == ((), pytest.approx(1e6))
    both = Policy(rules=(*warned.rules, Rule(endpoint="GET /b", level={"p50": "off"})))
    assert mean not in {c.metric for c in judge_stored(stored, head, both).comparisons}


def test_throughput_alarms_downwards() -> None:
    metric = Metric(endpoint="*", statistic="throughput")
    stored = {metric: [400 * math.exp(x) for x in np.random.default_rng(3).normal(0, 0.02, 20)]}
    assert judge_stored(stored, {metric: 500.0}, Policy()).alarms == ()
    assert judge_stored(stored, {metric: 396.0}, Policy()).alarms == ()
    judged = judge_stored(stored, {metric: 320.0}, Policy())
    assert judged.alarms == (metric,)
    [row] = judged.comparisons
    assert row.base == pytest.approx(400, rel=0.02)
    assert row.change == pytest.approx(-0.2, abs=0.02)
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.2 < row.high
    assert "below the 20 stored runs" in row.reasons[0].text


def test_throughput_and_times_alarm_at_the_same_distance() -> None:
    """A mirrored baseline and a mirrored run: the logarithms say the same."""
    metric = Metric(endpoint="*", statistic="throughput")
    times, policy = _runs(20), Policy(tolerance={"p50": 0.0, "throughput": 0.0})
    rates = [1e9 / time for time in times]
    for factor in (1.04, 1.055, 1.06, 1.07, 1.09):
        slow = judge_stored({P50: times}, {P50: 1e6 * factor}, policy)
        fewer = judge_stored({metric: rates}, {metric: 1e3 / factor}, policy)
        assert bool(slow.alarms) == bool(fewer.alarms)


def test_a_run_that_did_not_saturate_leaves_throughput_unmeasured_not_open() -> None:
    metric = Metric(endpoint="*", statistic="throughput")
    judged = judge_stored({metric: [400.0] * 12, ERRORS: [0.0] * 12}, {ERRORS: 0.0}, Policy())
    assert [c.outcome for c in judged.comparisons if c.metric == metric] == [Outcome.NOT_MEASURED]


def test_memory_is_no_level_to_hold_a_run_to() -> None:
    base, _ = make_pair(leak_bytes=500, fewer_requests=0.0)
    statistics = {metric.statistic for metric in run_levels(base, Policy())}
    assert "memory" not in statistics
    assert "throughput" in statistics
