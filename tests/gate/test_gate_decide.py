"""Verdicts on runs whose truth is known."""

from dataclasses import replace

import pytest
from gate_results import ENDPOINTS, dropped, make_pair, swapped

from perfgate.gate.decide import Circumstances, judge
from perfgate.gate.policy import Policy, Rule
from perfgate.gate.screen import next_step
from perfgate.gate.table import paired_rounds
from perfgate.model import ALL_ENDPOINTS, STATISTICS, Metric, Outcome, Reason, Result, Verdict

SLOW = {("GET /items", "p50"): 0.10}
_NOW = Circumstances(elapsed_s=1.0, reproduce="perfgate compare main HEAD")


def _judge(pair: tuple[Result, Result], policy: Policy | None = None) -> Verdict:
    return judge(*pair, policy or Policy(), _NOW)


def _outcome(verdict: Verdict, endpoint: str, statistic: str) -> Outcome:
    metric = Metric(endpoint=endpoint, statistic=statistic)  # type: ignore[arg-type]
    return next(c.outcome for c in verdict.comparisons if c.metric == metric)


def test_no_change_passes() -> None:
    verdict = _judge(make_pair())
    assert verdict.outcome is Outcome.PASS
    assert verdict.reasons == ()


def test_a_slow_endpoint_regresses_and_only_that_one() -> None:
    verdict = _judge(make_pair(effect=SLOW, confirm=13))
    assert verdict.outcome is Outcome.REGRESSED
    worse = {c.metric for c in verdict.comparisons if c.outcome is Outcome.REGRESSED}
    assert worse == {Metric(endpoint="GET /items", statistic="p50")}
    row = next(c for c in verdict.comparisons if c.outcome is Outcome.REGRESSED)
    assert row.low is not None
    assert row.high is not None
    assert row.change == pytest.approx(0.10, abs=0.02)
    assert 0.05 < row.low < row.change < row.high


def test_a_change_that_was_not_confirmed_is_no_regression() -> None:
    verdict = _judge(make_pair(effect=SLOW))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert [reason.code for reason in verdict.reasons] == ["not_confirmed"]


def test_a_suspicion_that_fresh_rounds_clear_passes() -> None:
    suspicious = make_pair(effect={("GET /items", "p50"): 0.03}, seed=1)
    cleared = make_pair(confirm=26, seed=2)
    joined = tuple(
        replace(first, rounds=(*first.rounds, *(r for r in second.rounds if r.index >= 13)))
        for first, second in zip(suspicious, cleared, strict=True)
    )
    policy = Policy(requirement={"p50": 0.2, "p95": 0.2, "p99": 0.5, "cpu": 0.1})
    assert _judge((joined[0], joined[1]), policy).outcome is Outcome.PASS


def test_a_mean_that_no_confirmation_looked_at_stays_open() -> None:
    """Screening suspects one endpoint and the mean over all; the fresh rounds go to the endpoint alone."""
    suspicious = make_pair(effect=SLOW, seed=1)
    cleared = make_pair(confirm=26, seed=2)
    joined = tuple(
        replace(first, rounds=(*first.rounds, *(r for r in second.rounds if r.index >= 13)))
        for first, second in zip(suspicious, cleared, strict=True)
    )
    policy = Policy(requirement={"p50": 0.2, "p95": 0.2, "p99": 0.5, "cpu": 0.1})
    assert _outcome(_judge((joined[0], joined[1]), policy), ALL_ENDPOINTS, "p50") is Outcome.INCONCLUSIVE


def test_significant_but_below_tolerance_passes() -> None:
    verdict = _judge(make_pair(effect={("GET /items", "p50"): 0.012}, noise={"p50": 0.002}, confirm=13))
    assert verdict.outcome is Outcome.PASS


def test_swapping_the_sides_turns_a_regression_into_an_improvement() -> None:
    pair = make_pair(effect=SLOW, confirm=13)
    assert _judge(pair).outcome is Outcome.REGRESSED
    mirrored = _judge(swapped(*pair))
    assert mirrored.outcome is Outcome.IMPROVED
    assert _outcome(mirrored, "GET /items", "p50") is Outcome.IMPROVED


def test_too_much_noise_is_inconclusive_and_says_what_it_would_take() -> None:
    verdict = _judge(make_pair(noise={"p50": 0.2}))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.reasons[0].code == "underpowered"
    assert "rounds" in verdict.reasons[0].remedy


def test_no_pass_where_the_detectable_effect_exceeds_the_requirement() -> None:
    for noise in (0.005, 0.02, 0.05, 0.1):
        verdict = _judge(make_pair(noise={"p50": noise}))
        for row in verdict.comparisons:
            if row.outcome is Outcome.PASS and row.metric.statistic != "errors":
                assert row.mde is not None
                assert row.mde <= row.requirement


def test_scaling_both_sides_changes_no_change() -> None:
    base, head = make_pair(effect=SLOW, confirm=13)

    def slower(result: Result) -> Result:
        rounds = tuple(
            replace(
                r,
                endpoints=tuple(
                    replace(e, quantiles_ns={k: v * 7 for k, v in e.quantiles_ns.items()})
                    for e in r.endpoints
                ),
            )
            for r in result.rounds
        )
        return replace(result, rounds=rounds)

    plain, scaled = _judge((base, head)), _judge((slower(base), slower(head)))
    assert [c.outcome for c in plain.comparisons] == [c.outcome for c in scaled.comparisons]
    for mine, theirs in zip(plain.comparisons, scaled.comparisons, strict=True):
        assert mine.change == pytest.approx(theirs.change, abs=1e-9)


def test_a_new_error_class_regresses() -> None:
    errors = {"POST /orders": {"status 503": 1}}
    verdict = _judge(make_pair(head_errors=errors, confirm=13))
    assert verdict.outcome is Outcome.REGRESSED
    assert _outcome(verdict, "POST /orders", "errors") is Outcome.REGRESSED
    assert "status 503" in verdict.reasons[0].text


def test_errors_that_both_sides_have_pass() -> None:
    errors = {"POST /orders": {"status 503": 2}}
    assert _judge(make_pair(head_errors=errors, base_errors=errors)).outcome is Outcome.PASS


def test_more_of_the_same_errors_regress() -> None:
    verdict = _judge(
        make_pair(
            base_errors={"POST /orders": {"status 503": 1}},
            head_errors={"POST /orders": {"status 503": 8}},
            confirm=13,
        )
    )
    assert _outcome(verdict, "POST /orders", "errors") is Outcome.REGRESSED


def test_zero_errors_are_bounded_not_denied() -> None:
    verdict = _judge(make_pair())
    row = next(c for c in verdict.comparisons if c.metric.statistic == "errors")
    assert row.mde == pytest.approx(3 / (13 * 200))


def test_a_base_that_mostly_fails_is_invalid() -> None:
    errors = {endpoint: {"status 404": 150} for endpoint in ENDPOINTS}
    verdict = _judge(make_pair(base_errors=errors, head_errors=errors))
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons[0].code == "base_fails"
    assert "status 404" in verdict.reasons[0].text


def test_an_endpoint_that_fails_on_base_leaves_its_question_open_and_the_others_judged() -> None:
    """A pull request that adds an endpoint and a step for it: base answers 404 there."""
    errors = {"POST /orders": {"status 404": 200}}
    verdict = _judge(make_pair(base_errors=errors))
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert "endpoint_fails" in [reason.code for reason in verdict.reasons]
    worse = _judge(make_pair(base_errors=errors, effect=SLOW, confirm=13))
    assert worse.outcome is Outcome.REGRESSED


def test_no_rounds_are_invalid() -> None:
    assert _judge(make_pair(screen=0)).outcome is Outcome.INVALID


def test_too_few_rounds_are_invalid() -> None:
    assert _judge(make_pair(screen=7)).outcome is Outcome.INVALID


def test_a_fifth_of_the_rounds_may_be_dropped_and_not_more() -> None:
    base, head = make_pair(screen=15)
    assert _judge((dropped(base, 3), head)).outcome is Outcome.PASS
    invalid = _judge((dropped(base, 4), head))
    assert invalid.outcome is Outcome.INVALID
    assert invalid.reasons[0].code == "machine_too_noisy"


def test_a_tail_with_too_few_requests_is_not_measured_and_not_passed() -> None:
    verdict = _judge(make_pair(requests=20))
    assert _outcome(verdict, "GET /items", "p99") is Outcome.NOT_MEASURED


def test_a_gate_on_nothing_that_was_measured_is_no_pass() -> None:
    """Only p99 may fail, and no endpoint has the requests for one."""
    others = {statistic: "off" for statistic in STATISTICS if statistic != "p99"}
    verdict = _judge(make_pair(requests=20), Policy(level=others))
    assert {c.outcome for c in verdict.comparisons} == {Outcome.NOT_MEASURED}
    assert verdict.outcome is Outcome.INVALID
    assert [reason.code for reason in verdict.reasons] == ["nothing_measured"]


def test_a_median_without_data_is_inconclusive() -> None:
    base, head = make_pair()
    rounds = tuple(replace(r, endpoints=r.endpoints[1:]) for r in head.rounds)
    verdict = _judge((base, replace(head, rounds=rounds)))
    assert _outcome(verdict, ENDPOINTS[0], "p50") is Outcome.INCONCLUSIVE
    assert verdict.outcome is Outcome.INCONCLUSIVE


def test_cpu_per_request_gates_by_default_warns_on_request_and_can_be_off() -> None:
    pair = make_pair(cpu_effect=0.10, confirm=13)
    assert _outcome(_judge(pair), ALL_ENDPOINTS, "cpu") is Outcome.REGRESSED
    warned = _judge(pair, Policy(level={"cpu": "warn"}))
    assert warned.outcome is Outcome.PASS
    assert "worse_at_level_warn" in [w.code for w in warned.warnings]
    assert all(c.metric.statistic != "cpu" for c in _judge(pair, Policy(level={"cpu": "off"})).comparisons)


def test_a_small_slowdown_of_everything_shows_in_the_mean_over_endpoints() -> None:
    everywhere = {(endpoint, "p50"): 0.05 for endpoint in ENDPOINTS}
    verdict = _judge(make_pair(effect=everywhere, noise={"p50": 0.08}, confirm=13, seed=5))
    assert Metric(endpoint=ALL_ENDPOINTS, statistic="p50") in {c.metric for c in verdict.comparisons}


def test_services_that_were_not_restarted_need_more_and_the_verdict_says_so() -> None:
    base, head = make_pair(effect={("GET /items", "p50"): 0.06}, confirm=13)
    assert _judge((base, head)).outcome is Outcome.REGRESSED
    running = _judge((replace(base, restarts=False), replace(head, restarts=False)))
    assert running.outcome is Outcome.PASS
    assert "no_restarts" in [w.code for w in running.warnings]


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("workload_digest", "e" * 64, "workload_differs"),
        ("latency_definition", "something else", "latency_differs"),
        ("clock_source", "another clock", "clock_differs"),
        ("load_model", "open model", "load_differs"),
    ],
)
def test_results_that_cannot_be_compared_are_invalid(field: str, value: str, code: str) -> None:
    base, head = make_pair()
    verdict = _judge((replace(base, **{field: value}), head))
    assert verdict.outcome is Outcome.INVALID
    assert verdict.reasons[0].code == code


def test_thresholds_decide_below_a_regression() -> None:
    breached = ((Outcome.THRESHOLD_BREACHED, Reason(code="threshold_breached", text="p(95)<1")),)
    now = replace(_NOW, extra_reasons=breached)
    assert judge(*make_pair(), Policy(), now).outcome is Outcome.THRESHOLD_BREACHED
    worse = judge(*make_pair(effect=SLOW, confirm=13), Policy(), now)
    assert worse.outcome is Outcome.REGRESSED
    assert "threshold_breached" in [reason.code for reason in worse.reasons]


def test_a_suspicious_whole_takes_the_focus_away() -> None:
    """CPU per request is of all requests, so its confirmation needs all of them."""
    pair = make_pair(effect=SLOW, cpu_effect=0.1)
    assert ALL_ENDPOINTS in next_step(paired_rounds(*pair, "screen"), Policy(), 1).confirm_endpoints


def _confirmed_by(screened: tuple[Result, Result], confirmed: tuple[Result, Result]) -> tuple[Result, Result]:
    base, head = (
        replace(first, rounds=(*first.rounds, *(r for r in second.rounds if r.index >= 13)))
        for first, second in zip(screened, confirmed, strict=True)
    )
    return base, head


def _row_and_why(pair: tuple[Result, Result]) -> tuple[float, str]:
    verdict = _judge(pair)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    metric = Metric(endpoint="GET /items", statistic="p50")
    (row,) = (c for c in verdict.comparisons if c.metric == metric)
    assert row.mde is not None
    return row.mde, row.reasons[0].text


def test_a_noisy_confirmation_that_clears_a_suspicion_is_no_pass() -> None:
    noisy = make_pair(confirm=26, seed=2, noise={"p50": 0.3})
    mde, why = _row_and_why(_confirmed_by(make_pair(effect=SLOW, seed=1), noisy))
    assert f"a change under {mde:.1%} could" in why


def test_of_a_suspicion_the_rounds_are_named_that_could_not_see_enough() -> None:
    """The row shows the fresh rounds; it must not seem to say what is said of those before."""
    noisy = make_pair(effect={("GET /items", "p50"): 2.0}, noise={"p50": 0.5}, seed=1)
    mde, why = _row_and_why(_confirmed_by(noisy, make_pair(confirm=26, seed=2)))
    assert mde < 0.05
    assert "p50: the rounds that made it suspicious: a change under" in why


def test_cpu_that_was_not_seen_in_some_rounds_is_said() -> None:
    base, head = make_pair()
    rounds = tuple(replace(r, cpu_ns=None if r.index < 8 else r.cpu_ns) for r in head.rounds)
    verdict = _judge((base, replace(head, rounds=rounds)))
    assert _outcome(verdict, ALL_ENDPOINTS, "cpu") is Outcome.INCONCLUSIVE
    assert "5 of 13 rounds" in verdict.reasons[0].text


def test_endpoints_that_take_turns_in_being_silent_do_not_break_the_mean() -> None:
    base, head = make_pair()
    rounds = tuple(
        replace(r, endpoints=tuple(e for n, e in enumerate(r.endpoints) if (r.index + n) % 3))
        for r in head.rounds
    )
    verdict = _judge((base, replace(head, rounds=rounds)))
    assert Metric(endpoint=ALL_ENDPOINTS, statistic="p50") in {c.metric for c in verdict.comparisons}


def test_the_next_step_focuses_on_what_is_suspicious() -> None:
    pair = make_pair(effect=SLOW)
    step = next_step(paired_rounds(*pair, "screen"), Policy(), 1)
    assert step.confirm_endpoints == ("GET /items",)


def test_the_next_step_extends_only_where_too_little_can_be_seen() -> None:
    assert next_step(paired_rounds(*make_pair(), "screen"), Policy(), 1).more_screen_rounds == 0
    noisy = make_pair(noise={"p50": 0.2})
    assert next_step(paired_rounds(*noisy, "screen"), Policy(), 1).more_screen_rounds == 13


def test_pressure_is_held_against_the_other_rounds_only() -> None:
    def pressed(result: Result, usual: float, odd: float) -> Result:
        rounds = tuple(
            replace(r, health=replace(r.health, psi_some_ratio=odd if r.index in (3, 7) else usual))
            for r in result.rounds
        )
        return replace(result, rounds=rounds)

    pair = make_pair()
    always = _judge((pressed(pair[0], 0.98, 1.0), pressed(pair[1], 0.98, 1.0)))
    assert always.warnings == ()
    twice = _judge((pressed(pair[0], 0.1, 0.6), pressed(pair[1], 0.1, 0.6)))
    assert twice.outcome is Outcome.PASS
    [warning] = twice.warnings
    assert "in 2 of 13 rounds tasks waited for a CPU up to 60% of the time" in warning.text


def test_the_same_files_give_the_same_verdict() -> None:
    pair = make_pair(screen=26, effect=SLOW, confirm=13)
    assert _judge(pair) == _judge(pair)


def test_false_alarms_stay_under_one_percent() -> None:
    """400 runs without a change, five a thousand allowed beyond the promise for chance."""
    policy = Policy(flips=2000)
    red = 0
    for seed in range(400):
        screen = make_pair(seed=seed)
        if next_step(paired_rounds(*screen, "screen"), policy, seed).confirm_endpoints:
            whole = make_pair(seed=seed, confirm=13)
            red += _judge(whole, policy).outcome is Outcome.REGRESSED
    assert red <= 8


def test_an_endpoint_at_level_warn_fails_nobody_not_even_through_the_mean() -> None:
    policy = Policy(rules=(Rule(endpoint="GET /items", level={"p50": "warn"}),))
    verdict = _judge(make_pair(effect={("GET /items", "p50"): 0.5}, confirm=13), policy)
    assert verdict.outcome is Outcome.PASS
    assert "worse_at_level_warn" in [w.code for w in verdict.warnings]
    (row,) = [
        c for c in verdict.comparisons if (c.metric.endpoint, c.metric.statistic) == ("GET /items", "p50")
    ]
    assert row.level == "warn"


def test_an_endpoint_of_its_own_limits_is_held_to_them() -> None:
    small = {("GET /items", "p50"): 0.02}
    policy = Policy(rules=(Rule(endpoint="GET /items", tolerance={"p50": 0.01}, requirement={"p50": 0.04}),))
    assert _judge(make_pair(effect=small, noise={"p50": 0.005}, confirm=13)).outcome is Outcome.PASS
    assert (
        _judge(make_pair(effect=small, noise={"p50": 0.005}, confirm=13), policy).outcome is Outcome.REGRESSED
    )


def test_what_could_be_seen_counts_a_confirmation_of_as_many_rounds_as_were_screened() -> None:
    pair = make_pair(screen=26, noise={"p50": 0.05})
    assert [c.mde for c in _judge(pair, Policy()).comparisons] == [
        c.mde for c in _judge(pair, Policy(confirm_rounds=26)).comparisons
    ]
