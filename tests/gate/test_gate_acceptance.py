"""Which regressions a decision lets pass, and what is said where it does not."""

import datetime
from dataclasses import replace

import pytest
from gate_results import make_pair
from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.acceptance import Accepted, apply, days_left, outdated, statistics_of
from perfgate.gate.decide import Circumstances, judge, judge_unpaired
from perfgate.gate.policy import Policy
from perfgate.gate.stored import judge_stored
from perfgate.model import ALL_ENDPOINTS, Acceptance, Comparison, Metric, Outcome, Verdict

TODAY = datetime.date(2026, 11, 25)
P50 = Metric(endpoint="GET /items", statistic="p50")
SLOW = {("GET /items", "p50"): 0.10}


def entry(up_to: float = 0.12, expires: str = "2027-01-31") -> Acceptance:
    return Acceptance(
        up_to=up_to, reason="ranks better", expires=expires, author="Ann <a@x>", date="2026-11-01"
    )


def accepting(**wanted: Acceptance) -> Accepted:
    return Accepted(entries={P50: wanted.get("p50", entry())}, today=TODAY)


def judged(accepted: Accepted | None, **pair: object) -> Verdict:
    now = Circumstances(elapsed_s=1.0, reproduce="perfgate compare", accepted=accepted)
    return judge(*make_pair(effect=SLOW, confirm=13, **pair), Policy(), now)  # type: ignore[arg-type]


def row_of(verdict: Verdict, metric: Metric = P50) -> Comparison:
    return next(row for row in verdict.comparisons if row.metric == metric)


def codes(verdict: Verdict) -> set[str]:
    return {reason.code for reason in verdict.reasons}


def test_a_slowdown_within_its_bound_passes_and_is_shown() -> None:
    verdict = judged(accepting())
    assert verdict.outcome is Outcome.PASS
    assert row_of(verdict).accepted == entry()
    (told,) = [reason.text for reason in verdict.warnings if reason.code == "accepted"]
    change = row_of(verdict).change
    assert told == (
        f"accepted: GET /items p50 +{(change or 0) * 100:.1f} % (up to 12 % until 2027-01-31: ranks better, "
        "by Ann <a@x>)"
    )


def test_the_estimate_has_to_be_within_not_its_interval() -> None:
    plain = row_of(judged(None))
    assert plain.change is not None
    assert plain.high is not None
    between = (plain.change + plain.high) / 2
    assert row_of(judged(accepting(p50=entry(between)))).outcome is Outcome.PASS


def test_beyond_the_bound_it_regresses_and_says_what_was_accepted() -> None:
    verdict = judged(accepting(p50=entry(0.05)))
    assert verdict.outcome is Outcome.REGRESSED
    assert "beyond_acceptance" in codes(verdict)
    assert any("up to 5 %" in reason.text for reason in verdict.reasons)
    assert row_of(verdict).accepted is None


@pytest.mark.parametrize(
    ("expires", "outcome"),
    [("2026-11-25", Outcome.PASS), ("2026-11-24", Outcome.REGRESSED), ("2028-01-01", Outcome.REGRESSED)],
)
def test_it_holds_through_its_last_day_and_for_a_year_at_most(expires: str, outcome: Outcome) -> None:
    assert judged(accepting(p50=entry(expires=expires))).outcome is outcome


def test_an_expired_one_names_the_day() -> None:
    verdict = judged(accepting(p50=entry(expires="2026-11-24")))
    assert any("expired on 2026-11-24" in r.text for r in verdict.reasons if r.code == "acceptance_expired")


def test_what_base_has_already_covers_no_further_slowdown() -> None:
    verdict = judged(replace(accepting(), merged=frozenset({P50})))
    assert verdict.outcome is Outcome.REGRESSED
    assert "acceptance_merged" in codes(verdict)


def test_another_metric_is_not_covered() -> None:
    other = Metric(endpoint="GET /items", statistic="p95")
    verdict = judged(Accepted(entries={other: entry(5.0)}, today=TODAY))
    assert verdict.outcome is Outcome.REGRESSED


def test_the_mean_that_an_accepted_endpoint_explains_stays_closed() -> None:
    assert judged(accepting(), noise={"p50": 0.002}).outcome is Outcome.PASS


def test_new_errors_are_covered_by_their_ratio_and_named_all_the_same() -> None:
    errors = Metric(endpoint="POST /orders", statistic="errors")
    now = Circumstances(
        elapsed_s=1.0, reproduce="", accepted=Accepted(entries={errors: entry(0.01)}, today=TODAY)
    )
    few = judge(*make_pair(head_errors={"POST /orders": {"status 409": 1}}, confirm=13), Policy(), now)
    assert few.outcome is Outcome.PASS
    assert "status 409" in row_of(few, errors).reasons[0].text
    many = judge(*make_pair(head_errors={"POST /orders": {"status 409": 9}}, confirm=13), Policy(), now)
    assert many.outcome is Outcome.REGRESSED
    assert {"new_error_class", "beyond_acceptance"} <= codes(many)
    assert any("pp exceeds what was accepted: up to 1 pp" in reason.text for reason in many.reasons)


def test_a_worse_outcome_is_not_hidden() -> None:
    verdict = judged(accepting(), head_errors={"POST /orders": {"status 503": 2}})
    assert verdict.outcome is Outcome.REGRESSED
    assert row_of(verdict).outcome is Outcome.PASS


def test_stored_runs_are_held_against_what_was_decided_too() -> None:
    _, head = make_pair()
    stored = judge_stored({P50: [1e6] * 12}, {P50: 1.1e6}, Policy())
    assert stored.alarms == (P50,)
    now = Circumstances(elapsed_s=1.0, reproduce="", accepted=accepting())
    verdict = judge_unpaired(head.commit, head, stored, Policy(), now)
    assert verdict.outcome is Outcome.PASS
    assert "accepted" in [reason.code for reason in verdict.warnings]


def test_what_speaks_of_nothing_is_said() -> None:
    entries = {
        Metric(endpoint="GET /gone", statistic="p50"): entry(),
        Metric(endpoint="GET /items", statistic="p99"): entry(),
        Metric(endpoint="GET /items", statistic="cpu"): entry(),
        Metric(endpoint=ALL_ENDPOINTS, statistic="errors"): entry(),
        Metric(endpoint=ALL_ENDPOINTS, statistic="cpu"): entry(),
        P50: entry(),
    }
    accepted = Accepted(entries=entries, today=TODAY, merged=frozenset({P50}))
    found = outdated(accepted, ["GET /items"], Policy(level={"p99": "off"}))
    assert [reason.code for reason in found] == [
        *("acceptance_unknown", "acceptance_unknown", "acceptance_unknown", "acceptance_merged"),
        "acceptance_unknown",
    ]
    assert not any(
        "CPU per request up to" in r.text for r in found if r.text.startswith("the acceptance of all")
    )


def test_what_may_be_accepted_is_what_is_judged() -> None:
    rows = {row.metric for row in judged(None).comparisons}
    for metric in rows:
        assert metric.statistic in statistics_of(metric.endpoint)


@given(st.floats(0.05, 1.0), st.floats(0.05, 1.0), st.integers(-400, 800))
def test_nothing_passes_that_exceeds_its_bound_or_its_day(change: float, up_to: float, days: int) -> None:
    plain = replace(row_of(WORSE), change=change)
    expires = (TODAY + datetime.timedelta(days=days)).isoformat()
    (row,) = apply([plain], accepting(p50=entry(up_to, expires)))
    covered = change <= up_to and 0 <= days <= 366
    assert (row.outcome is Outcome.PASS) == covered
    assert (row.accepted is not None) == covered
    assert days_left(entry(up_to, expires), TODAY) == days


WORSE = judged(None)


def test_memory_is_bounded_in_bytes_and_throughput_downwards() -> None:
    memory = Metric(endpoint=ALL_ENDPOINTS, statistic="memory")
    throughput = Metric(endpoint=ALL_ENDPOINTS, statistic="throughput")
    row = next(r for r in judged(None).comparisons if r.outcome is Outcome.REGRESSED)
    grown = replace(row, metric=memory, change=1024.0)
    fewer = replace(row, metric=throughput, change=-0.06)
    bounds = {memory: entry(up_to=1100.0), throughput: entry(up_to=0.07)}
    within = apply([grown, fewer], Accepted(entries=bounds, today=TODAY))
    assert [r.outcome for r in within] == [Outcome.PASS, Outcome.PASS]
    bounds = {memory: entry(up_to=1000.0), throughput: entry(up_to=0.055)}
    beyond = apply([grown, fewer], Accepted(entries=bounds, today=TODAY))
    assert [r.outcome for r in beyond] == [Outcome.REGRESSED, Outcome.REGRESSED]
    assert "+1.02 kB/request exceeds what was accepted: up to 1.00 kB/request" in beyond[0].reasons[-1].text
    assert "-6.0 % exceeds what was accepted: up to 5.5 %" in beyond[1].reasons[-1].text
