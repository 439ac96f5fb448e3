"""The page of a verdict: nothing of it is NaN, endless or active, and nothing is missing without a word."""

import dataclasses
import json
import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from page_evidence import alone, make_evidence, make_samples
from report_verdicts import comparison, unchanged, verdict

from perfgate.model import (
    QUANTILES,
    STATISTICS,
    Evidence,
    Outcome,
    Reason,
    Result,
    Round,
    ServiceSeries,
    SideEvidence,
)
from perfgate.report.html import render_page
from perfgate.report.page import points
from perfgate.report.page.build import page_of
from perfgate.report.page.model import EndpointView, Page
from tests.imaginary import result_of

NOW = "2026-11-26T04:00:00Z"
HOSTILE = "</script><script>alert(1)</script>\x1b[31m\u202e@everyone `rm -rf` | \x00" + "x" * 5000


def page(
    *comparisons, evidence: Evidence | None = None, outcome: Outcome = Outcome.REGRESSED, **about
) -> Page:
    return page_of(verdict(outcome, *comparisons, **about), evidence, generated_at=NOW)


def document(made: Page) -> str:
    return json.dumps(dataclasses.asdict(made), allow_nan=False)


def texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for key, item in value.items():
            yield from texts(key)
            yield from texts(item)
    elif isinstance(value, list | tuple):
        for item in value:
            yield from texts(item)


def regressed(name: str = "GET /items", statistic: str = "p50", **changes):
    numbers = {"change": 0.462, "low": 0.441, "high": 0.48} | changes
    return comparison(name, statistic, Outcome.REGRESSED, base=2e6, head=2.9e6, **numbers)


def test_the_page_says_what_was_found_and_how_to_go_on():
    made = page(regressed(), evidence=make_evidence(slower=0.46))
    assert made.headline.startswith("REGRESSED: GET /items p50 is 46.2 % slower")
    assert made.title == "REGRESSED: shop, main 1a2b3c4d5e → slow-query 99aa88bb77"
    assert made.reproduce == "perfgate compare main slow-query --seed 7"
    assert made.accept == "perfgate accept 'GET /items' p50 --up-to 48% --reason WHY --expires YYYY-MM-DD"
    facts = dict(made.facts)
    assert facts["workload digest"] == "d" * 12
    assert facts["rounds"] == "13 measured"
    assert facts["latency"].startswith("service time")
    assert made.generated_at == NOW
    assert made.notes == ()


def test_the_forest_has_lengths_in_one_unit_and_the_words_beside_them():
    rows = page(
        regressed(),
        comparison("GET /items", "errors", change=0.012, low=0.01, high=0.014),
        comparison("*", "memory", change=512.0, low=-math.inf, high=math.nan, mde=None),
    ).forest
    assert [(row.metric, row.unit) for row in rows] == [
        ("p50", "%"),
        ("memory", "100 B/request"),
        ("errors", "pp"),
    ]
    assert (rows[0].change, rows[0].low, rows[0].high, rows[0].tolerance) == (46.2, 44.1, 48.0, 3.0)
    assert (rows[1].change, rows[1].low, rows[1].high, rows[1].mde, rows[1].tolerance) == (
        5.12,
        *[None] * 3,
        2.56,
    )
    assert rows[0].text == "+46.2 % [+44.1, +48.0]"
    assert (rows[0].anchor, rows[1].anchor) == ("endpoint-1", "")
    assert rows[1].label == "all endpoints memory"


def test_the_worst_endpoint_is_first_and_measured_ones_without_a_row_are_last():
    evidence = make_evidence(endpoints=("GET /items", "GET /other"))
    made = page(*unchanged("GET /a", "GET /b"), regressed("GET /items"), evidence=evidence)
    assert [each.name for each in made.endpoints] == ["GET /items", "GET /a", "GET /b", "GET /other"]
    assert [each.anchor for each in made.endpoints] == [f"endpoint-{n}" for n in range(1, 5)]
    assert [row.metric for row in made.endpoints[1].rows] == ["p50", "p95", "p99", "errors"]
    assert made.endpoints[3].rows == ()


def test_the_page_says_which_rounds_its_tables_stand_on():
    def confirmed(result: Result) -> Result:
        fresh = [replace(r, stage="confirm") if r.index >= 5 else r for r in result.rounds]
        return replace(result, rounds=tuple(fresh))

    made = page(regressed(), evidence=make_evidence(rounds=8, dropped=[2], changed=confirmed))
    assert made.basis.metrics == "Of 4 rounds of screening; what looked worse in them, of 3 fresh ones alone."
    assert made.basis.quantiles.startswith(
        "p5 to p99 are medians over 7 rounds, screening and fresh ones together;"
    )
    html = render_page(made)
    assert html.index("of 3 fresh ones alone") < html.index("screening and fresh ones together")
    screened = page(regressed(), evidence=make_evidence(rounds=8)).basis
    assert screened.metrics == "Of 8 rounds."
    assert "medians over 8 rounds; " in screened.quantiles
    checked = page(regressed(), evidence=alone(make_evidence(rounds=8))).basis
    assert checked.metrics == "Head is of 8 rounds, base of the baseline."


def test_base_of_another_time_is_said_to_be_one_run_of_several():
    evidence = make_evidence(rounds=6, dropped=[1], changed=lambda r: replace(r, run_id=r.side))
    made = page(regressed(), evidence=replace(evidence, times={}))
    assert made.basis.metrics == "Head is of 5 rounds, base of all its stored runs that can be compared."
    assert "medians over 5 rounds of base and 5 rounds of head;" in made.basis.quantiles
    assert made.rounds[1].dropped_because.startswith("base: the hypervisor took 40 % of the CPU; head: the")
    html = render_page(made)
    assert "Base and head were measured at different times;" in html
    assert "Both sides were measured in each" not in html
    assert any("of base are of one of its stored runs" in note for note in made.notes)


def test_errors_and_statuses_are_counted_over_rounds_that_count():
    evidence = make_evidence(rounds=5, requests=100, error=4, dropped=[0])
    (endpoint,) = page(evidence=evidence).endpoints
    assert endpoint.errors == (("status 503", 100, 100),)
    assert endpoint.statuses == (("200", 300, 300), ("503", 100, 100))


def test_very_many_error_classes_are_added_up():
    def many(result: Result) -> Result:
        first = result.rounds[0]
        errors = {f"class {n:03}": 1000 - n for n in range(50)}
        return replace(
            result, rounds=(replace(first, endpoints=(replace(first.endpoints[0], errors=errors),)),)
        )

    errors = page(evidence=make_evidence(rounds=1, changed=many)).endpoints[0].errors
    assert len(errors) == 21
    assert errors[0] == ("class 000", 1000, 1000)
    assert errors[-1] == ("30 more", sum(range(951, 981)), sum(range(951, 981)))


def test_environments_are_side_by_side_and_differences_lead():
    def moved(result: Result) -> Result:
        if result.side == "base":
            return result
        return replace(result, environment=replace(result.environment, kernel="Linux 6.6"), tool_version="9")

    rows = page(evidence=make_evidence(changed=moved)).environment
    assert rows[:2] == (("kernel", "Linux 6.1", "Linux 6.6"), ("perfgate", "0", "9"))
    assert ("services on CPUs", "0", "0") in rows
    assert ("clock", "kernel receive timestamps", "kernel receive timestamps") in rows


def test_head_alone_stands_beside_nothing_and_says_so():
    made = page(evidence=alone(make_evidence()))
    assert ("kernel", "–", "Linux 6.1") in made.environment
    assert set(made.endpoints[0].ecdf) == {"head"}
    assert made.endpoints[0].shift.x == ()
    assert any("only head was measured" in note for note in made.notes)


@pytest.mark.parametrize(
    ("how", "changes", "words"),
    [
        ({"rounds": 2, "keeps_samples": False}, {}, "no requests of base and head are at hand"),
        ({"rounds": 2, "keeps_series": False}, {}, "nothing was read of the services' CPU"),
        ({"rounds": 4}, {}, "has no band"),
        ({"rounds": 2}, {"notes": ("head: torn\x1b[2J",)}, "head: torn"),
        (
            {"rounds": 2, "changed": lambda r: replace(r, run_id=r.side)},
            {"times": {}},
            "measured at different times",
        ),
        ({"rounds": 401, "requests": 2}, {}, "only the first 400 of 401 rounds"),
    ],
)
def test_what_cannot_be_shown_is_said(how, changes, words):
    notes = page(evidence=replace(make_evidence(**how), **changes)).notes
    assert any(words in note for note in notes), notes


def test_a_chart_of_the_services_that_cannot_be_drawn_is_named():
    def notes_with(**columns) -> str:
        evidence = make_evidence(rounds=6)
        series = tuple(
            replace(each, **{name: column(getattr(each, name)) for name, column in columns.items()})
            for each in evidence.head.series
        )
        head = replace(evidence.head, series=series)
        return " ".join(page(evidence=replace(evidence, head=head)).notes)

    def once(values):
        return np.where(np.arange(len(values)) == 3, values, -1)

    assert "CPU of head is not drawn: it takes two readings in a round" in notes_with(cpu_ns=once)
    assert "threads of head are not drawn: no reading told" in notes_with(threads=lambda v: v * 0 - 1)
    assert "CPU, memory, threads and connections of head are not drawn: its readings" in notes_with(
        at_ns=lambda v: v + 10**15
    )
    nothing = make_evidence(rounds=6)
    nothing = replace(nothing, base=replace(nothing.base, series=()))
    assert page(evidence=nothing).notes == (
        "CPU, memory, threads and connections of base are not drawn: there are no readings",
    )


def test_a_chart_of_an_endpoint_that_cannot_be_drawn_is_named():
    few = page(evidence=make_evidence(rounds=6, requests=5))
    assert "1 endpoint has no latency over time: a moment of it takes 6 answers without error" in few.notes
    assert 'data-chart="latency"' not in render_page(few)
    assert 'data-chart="throughput"' in render_page(few)
    evidence = make_evidence(rounds=6)
    times = evidence.times["GET /items"]
    unmatched = replace(evidence, times={"GET /items": replace(times, shift=None)})
    assert any("1 endpoint has no shift function" in note for note in page(evidence=unmatched).notes)
    failed = replace(evidence, times={"GET /items": replace(times, head=None, shift=None)})
    (said,) = [note for note in page(evidence=failed).notes if "no times of head" in note]
    assert said.endswith("base is drawn alone")


def test_a_page_without_any_result_says_so():
    assert any("no result was at hand" in note for note in page(evidence=None).notes)


def test_reasons_and_doubts_come_with_their_remedies():
    told = Reason(code="a", text="too\u202enoisy.", remedy="be quiet")
    doubt = Reason(code="b", text="few requests", remedy="")
    made = page(
        comparison("GET /a", "p99", Outcome.NOT_MEASURED, change=None, reasons=(doubt,)),
        outcome=Outcome.PASS,
        reasons=(told,),
        warnings=(replace(told, code="c"),),
    )
    assert made.reasons == (("toonoisy", "be quiet"),)
    assert made.warnings == (("toonoisy", "be quiet"), ("GET /a p99: few requests", ""))


def test_hostile_text_is_inert_and_short_everywhere():
    def named(result: Result) -> Result:
        return replace(
            result, workload_name=HOSTILE, load_model=HOSTILE, clock_source=HOSTILE, run_id=HOSTILE
        )

    made = page(
        regressed(HOSTILE),
        evidence=replace(make_evidence(endpoints=(HOSTILE,), changed=named), notes=(HOSTILE,)),
        reasons=(Reason(code=HOSTILE, text=HOSTILE, remedy=HOSTILE),),
        warnings=(Reason(code=HOSTILE, text=HOSTILE, remedy=HOSTILE),),
        workload_name=HOSTILE,
        reproduce=f"perfgate compare {HOSTILE[:90]}",
    )
    assert all(text.isprintable() for text in texts(dataclasses.asdict(made)))
    assert max(len(text) for text in texts(dataclasses.asdict(made))) < 700
    assert made.accept == ""
    assert {endpoint.anchor for endpoint in made.endpoints} == {"endpoint-1"}


def test_endpoints_that_read_the_same_are_told_apart():
    made = page(*unchanged("GET /a", "GET /a\x00", "GET /" + "x" * 900 + "1y", "GET /" + "x" * 900 + "2y"))
    names = [each.name for each in made.endpoints]
    assert len(set(names)) == 4
    assert "GET /a (2)" in names
    assert {row.endpoint for each in made.endpoints for row in each.rows} == set(names)
    assert {row.endpoint for row in made.forest} == set(names)


def test_what_cannot_be_accepted_has_no_command():
    assert page(comparison("GET /items", "p50"), outcome=Outcome.PASS).accept == ""


def many_endpoints(count: int, rounds: int, *, keeps_samples: bool = True) -> tuple[Evidence, list]:
    """One endpoint's evidence as that of many."""
    names = [f"GET /api/v1/customers/{{id}}/orders/{{order}}/items/{n}" for n in range(count)]

    def as_many(result: Result) -> Result:
        return replace(result, rounds=tuple(of_many(each) for each in result.rounds))

    def of_many(one: Round) -> Round:
        return replace(one, endpoints=tuple(replace(one.endpoints[0], endpoint=name) for name in names))

    one = make_evidence(
        rounds=rounds, requests=count * 40 if keeps_samples else 80, keeps_samples=keeps_samples
    )
    sides = []
    for kept in (one.base, one.head):
        samples = kept.samples and replace(
            kept.samples,
            endpoints=tuple(names),
            endpoint=(np.arange(len(kept.samples.sent_ns)) % count).astype(np.int32),
        )
        sides.append(replace(kept, result=as_many(kept.result), samples=samples))
    times = dict.fromkeys(names, one.times["GET /items"])
    evidence = replace(one, base=sides[0], head=sides[1], times=times)
    return evidence, [row for name in names for row in unchanged(name)]


def test_a_page_of_two_hundred_endpoints_is_small():
    evidence, rows = many_endpoints(200, 26, keeps_samples=False)
    made = page(*rows, evidence=evidence)
    assert len(made.endpoints) == 200
    assert sum(bool(each.latency) for each in made.endpoints) == 4000 // 26
    assert len(document(made)) < 1_400_000


def test_more_endpoints_than_that_are_counted_and_not_drawn():
    rows = [row for n in range(301) for row in unchanged(f"GET /{n}")]
    made = page(*rows)
    assert len(made.endpoints) == 200
    assert made.endpoints_left_out == 101
    assert len(made.forest) == 1000
    assert any("204 more metrics are not drawn" in note for note in made.notes)


def test_curves_over_time_end_where_the_page_would_grow_too_large(monkeypatch):
    monkeypatch.setattr(points, "_TIME_BUDGET", 6)
    evidence, rows = many_endpoints(3, 3)
    made = page(*rows, evidence=evidence)
    assert [bool(each.latency) for each in made.endpoints] == [True, True, False]
    assert any("for the first 2 of 3 endpoints" in note for note in made.notes)
    assert points.points_of(40, 400).timed_endpoints == 1


numbers = st.none() | st.floats(allow_nan=True, allow_infinity=True)
comparisons = st.builds(
    comparison,
    st.sampled_from(["*", "GET /items", "", "\x00", HOSTILE]),
    st.sampled_from(STATISTICS),
    st.sampled_from(Outcome),
    base=numbers,
    head=numbers,
    change=numbers,
    low=numbers,
    high=numbers,
    p=numbers,
    mde=numbers,
)
columns = st.lists(st.integers(0, 2**63 - 1), min_size=1, max_size=6)


@st.composite
def sides(draw: st.DrawFn, side: str) -> SideEvidence:
    """A side of one to three rounds whose columns say anything that their types can."""
    made = make_evidence(rounds=draw(st.integers(1, 3)), requests=draw(st.integers(1, 5)), keeps_series=False)
    kept = made.base if side == "base" else made.head
    assert kept is not None
    count = len(kept.rounds_of)
    anything = st.lists(st.integers(0, 2**63 - 1), min_size=count, max_size=count).map(np.array)
    samples = replace(
        kept.samples,
        sent_ns=draw(anything).astype(np.int64),
        last_ns=draw(anything).astype(np.int64),
        endpoint=np.zeros(count, np.int32),
    )
    rounds_of = np.array(draw(st.lists(st.integers(0, 4), min_size=count, max_size=count)), np.int32)
    readings = np.array(draw(columns), np.int64)
    series = ServiceSeries(
        round_index=draw(st.integers(0, 4)),
        at_ns=readings,
        cpu_ns=readings - 1,
        rss_bytes=readings,
        threads=-(readings > 5).astype(np.int64),
        connections=readings,
    )
    rounds = tuple(
        replace(each, duration_ns=draw(st.sampled_from([0, 1, 10**9, 2**63 - 1])))
        for each in kept.result.rounds
    )
    rounds = rounds[draw(st.integers(0, 1)) :]
    return SideEvidence(
        result=replace(kept.result, rounds=rounds), rounds_of=rounds_of, samples=samples, series=(series,)
    )


@settings(deadline=None, max_examples=30)
@given(
    st.lists(comparisons, max_size=4),
    st.sampled_from([o for o in Outcome if o is not Outcome.NOT_MEASURED]),
    st.none() | sides("base"),
    sides("head"),
    st.booleans(),
)
def test_any_evidence_makes_a_page_of_finite_numbers(rows, outcome, base, head, has_times):
    times = make_evidence(rounds=1, requests=1).times if has_times else {}
    for evidence in (None, Evidence(base=base, head=head, times=times)):
        made = page(*rows, evidence=evidence, outcome=outcome)
        assert json.loads(document(made))["outcome"] == outcome
        assert all(text.isprintable() for text in texts(dataclasses.asdict(made)))


def test_a_result_without_rounds_makes_a_page():
    empty = SideEvidence(result=result_of("head", ()))
    made = page(evidence=Evidence(base=None, head=empty))
    assert made.rounds == made.endpoints == ()


def test_one_request_makes_a_page():
    evidence = make_evidence(rounds=1, requests=1)
    view: EndpointView = page(evidence=evidence).endpoints[0]
    assert view.ecdf["head"].y[-1] == 1.0
    assert view.quantiles[-1][1] is not None


def test_the_page_does_not_grow_with_the_requests():
    took = np.random.default_rng(1).lognormal(math.log(2e6), 0.3, 400_000).astype(np.int64)
    evidence = make_evidence(rounds=1, requests=2)
    samples = make_samples(0, took, endpoints=("GET /items",))
    head = replace(evidence.head, samples=samples, rounds_of=np.zeros(len(took), np.int32))
    assert len(document(page(evidence=replace(evidence, head=head)))) < 60_000


def test_quantiles_of_rows_are_those_of_the_verdict():
    rows = page(*unchanged("GET /a")).endpoints[0].rows
    assert [row.metric for row in rows[:3]] == list(QUANTILES)
