"""What the gate makes of results of other tools: a round is a run, and nobody watched the machine."""

from dataclasses import replace

from perfgate.gate.decide import Circumstances, judge_unpaired
from perfgate.gate.levels import run_levels, runs_of
from perfgate.gate.policy import Policy
from perfgate.gate.stored import judge_stored
from perfgate.gate.validity import comparable, conditions_of, doubts, invalidity_alone
from perfgate.model import EndpointRound, Metric, Result, Round
from tests.imaginary import HEALTH, result_of

P50 = Metric(endpoint="GET /", statistic="p50")


def a_round(index: int, level_ns: float, *, requests: int = 100) -> Round:
    endpoint = EndpointRound(
        endpoint="GET /",
        requests=requests,
        quantiles_ns={"p50": level_ns},
        errors={},
        statuses={"200": requests},
        histogram="",
    )
    return Round(
        index=index,
        stage="screen",
        seed=0,
        duration_ns=10**9,
        endpoints=(endpoint,),
        cpu_ns=None,
        rss_bytes=None,
        health=None,
    )


def imported(*levels_ns: float, **changes: object) -> Result:
    rounds = tuple(a_round(index, level) for index, level in enumerate(levels_ns))
    return result_of("head", rounds, restarts=False, clock_source="unknown clock of k6", **changes)


def test_every_round_of_an_imported_result_is_a_run_and_others_are_one() -> None:
    result = imported(1e6, 2e6, 4e6)
    assert [run[P50] for run in runs_of(result, Policy())] == [1e6, 2e6, 4e6]
    watched = replace(result, rounds=tuple(replace(r, health=HEALTH) for r in result.rounds))
    assert runs_of(watched, Policy()) == (run_levels(watched, Policy()),)


def test_one_imported_run_is_evidence_though_one_round_of_perfgate_is_none() -> None:
    result = imported(1e6)
    assert invalidity_alone(result, Policy()) == ()
    watched = replace(result, rounds=(replace(result.rounds[0], health=HEALTH),))
    assert [reason.code for reason in invalidity_alone(watched, Policy())] == ["too_few_rounds"]


def test_nothing_is_claimed_about_a_machine_that_nobody_watched() -> None:
    result = imported(1e6, notes=("imported from k6: run.json",))
    assert [reason.code for reason in doubts(result, result)] == ["imported", "note"]


def test_the_definition_of_latency_is_the_first_difference_that_is_named_after_the_workload() -> None:
    base = conditions_of(imported(1e6, latency_definition="a", load_model="x"))
    head = conditions_of(imported(1e6, latency_definition="b", load_model="y"))
    first, second = comparable(base, head)
    assert (first.code, second.code) == ("latency_differs", "load_differs")
    assert "a and b" in first.text


def test_a_metric_without_tails_has_no_rows_of_them() -> None:
    levels = {P50: [1e6 * (1 + n / 100) for n in range(10)]}
    head = imported(1.05e6)
    judged = judge_stored(levels, run_levels(head, Policy()), Policy())
    verdict = judge_unpaired(head.commit, head, judged, Policy(), Circumstances(elapsed_s=1, reproduce=""))
    assert {row.metric.statistic for row in verdict.comparisons} == {"p50"}
