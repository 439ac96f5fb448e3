"""What goes over time on the page lies on the axis of rounds, and says nothing where there is too little."""

from dataclasses import replace

import numpy as np
import pytest
from page_evidence import PAUSE_NS, ROUND_NS, START_NS, alone, make_evidence, make_series

from perfgate.model import Evidence
from perfgate.report.page.axis import axis_of, sides_of
from perfgate.report.page.overtime import OverTime, over_time
from perfgate.report.page.requests import by_round
from perfgate.report.page.roundsview import rounds_view
from perfgate.report.page.seriesview import series_of

NAME = "GET /items"


def requests_of(evidence: Evidence):
    return {side: by_round(kept) for side, kept in sides_of(evidence).items()}


def axis(evidence: Evidence):
    return axis_of(evidence, requests_of(evidence))


def curves(evidence: Evidence, *, points: int = 300, name: str = NAME) -> OverTime:
    return over_time(evidence, axis(evidence), requests_of(evidence), [name], points)[name]


def with_base(evidence: Evidence, **changes: object) -> Evidence:
    return replace(evidence, base=replace(evidence.base, **changes))


def test_rounds_lie_one_after_another_without_the_pauses_between_them():
    spans = axis(make_evidence(rounds=3))
    assert [span.start_s for span in spans.values()] == pytest.approx([0, 1, 2], abs=0.01)
    assert [span.origin_ns["head"] for span in spans.values()] == [
        START_NS + n * (ROUND_NS + PAUSE_NS) for n in range(3)
    ]


def test_without_requests_a_round_is_as_long_as_it_was_measured():
    spans = axis(make_evidence(rounds=3, keeps_samples=False, keeps_series=False))
    assert [span.end_s for span in spans.values()] == [1, 2, 3]
    assert not any(span.origin_ns for span in spans.values())


def test_bins_hold_thirty_requests_or_a_tenth_of_a_second():
    assert len(curves(make_evidence(rounds=2, requests=90)).latency["head"]["p50"].x) == 2 * 3
    assert len(curves(make_evidence(rounds=2, requests=3000)).latency["head"]["p50"].x) == 2 * 10
    assert len(curves(make_evidence(rounds=2, requests=3000), points=6).latency["head"]["p50"].x) == 2 * 3


def test_latency_and_throughput_are_those_of_the_bin():
    found = curves(make_evidence(rounds=4, requests=900, slower=0.5))
    assert np.array(found.latency["base"]["p50"].y) == pytest.approx(2.0, rel=0.2)
    assert np.array(found.latency["head"]["p50"].y) == pytest.approx(3.0, rel=0.2)
    assert np.array(found.latency["head"]["p95"].y) == pytest.approx(3 * np.exp(1.645 * 0.3), rel=0.25)
    assert np.array(found.throughput["base"].y) == pytest.approx(900, rel=0.05)
    assert found.latency["base"]["p50"].x == found.latency["head"]["p50"].x == found.throughput["head"].x


def test_a_slow_moment_shows_where_it_was():
    evidence = make_evidence(rounds=2, requests=1000)
    samples = evidence.head.samples
    late = slice(1000 + 450, 1000 + 550)  # half a second into the second round
    last_ns = samples.last_ns.copy()
    last_ns[late] += 50_000_000
    head = replace(evidence.head, samples=replace(samples, last_ns=last_ns))
    p50 = curves(replace(evidence, head=head)).latency["head"]["p50"]
    slow = [x for x, y in zip(p50.x, p50.y, strict=True) if y > 30]
    assert slow == pytest.approx([1.5], abs=0.06)


def test_failed_requests_are_in_the_throughput_and_not_in_the_latency():
    found = curves(make_evidence(rounds=2, requests=100, error=2))
    assert np.array(found.throughput["head"].y) == pytest.approx(100, rel=0.1)
    none_left = curves(make_evidence(rounds=2, requests=100, error=1))
    assert set(none_left.latency["head"]["p50"].y) == {None}
    assert np.array(none_left.throughput["head"].y) == pytest.approx(100, rel=0.1)


def test_too_few_requests_of_a_bin_are_no_quantile():
    few = curves(make_evidence(rounds=2, requests=19)).latency["base"]
    assert None not in few["p50"].y
    assert set(few["p95"].y) == {None}
    assert set(curves(make_evidence(rounds=2, requests=5)).latency["base"]["p50"].y) == {None}


def test_an_endpoint_that_a_round_did_not_send_to_has_a_gap():
    found = curves(make_evidence(rounds=2), name="GET /elsewhere")
    assert found.latency["head"]["p50"].y == (None, None)
    assert found.throughput["head"].y == (0.0, 0.0)


def test_without_requests_a_round_is_a_point_of_its_stored_quantiles():
    evidence = make_evidence(rounds=3, keeps_samples=False)
    found = curves(evidence)
    stored = [each.endpoints[0].quantiles_ns["p95"] / 1e6 for each in evidence.head.result.rounds]
    assert found.latency["head"]["p95"].x == pytest.approx((0.5, 1.5, 2.5))
    assert found.latency["head"]["p95"].y == pytest.approx(stored, rel=1e-3)
    assert found.throughput["head"].y == (300, 300, 300)


def test_one_side_may_have_kept_its_requests_and_the_other_not():
    found = curves(with_base(make_evidence(rounds=2), samples=None, rounds_of=None))
    assert len(found.latency["base"]["p50"].x) == 2
    assert len(found.latency["head"]["p50"].x) == 20


def test_rounds_of_the_file_may_be_in_any_order():
    evidence = make_evidence(rounds=3, requests=200)
    order = np.random.default_rng(1).permutation(600)
    shuffled = {
        name: getattr(evidence.head.samples, name)[order]
        for name in ("endpoint", "due_ns", "sent_ns", "first_ns", "last_ns", "status", "error", "couple")
    }
    head = replace(
        evidence.head,
        rounds_of=evidence.head.rounds_of[order],
        samples=replace(evidence.head.samples, **shuffled),
    )
    assert curves(replace(evidence, head=head)) == curves(evidence)


def test_a_request_that_was_never_sent_is_no_point():
    evidence = make_evidence(rounds=2, requests=100)
    sent_ns = evidence.base.samples.sent_ns.copy()
    sent_ns[:50] = 0
    changed = with_base(evidence, samples=replace(evidence.base.samples, sent_ns=sent_ns))
    assert len(by_round(changed.base)[0].sent_ns) == 50
    assert len(by_round(changed.base)[1].sent_ns) == 100


def test_services_are_on_the_same_axis_as_requests():
    evidence = make_evidence(rounds=3)
    views = {view.name: view for view in series_of(evidence, axis(evidence))}
    assert [(name, view.unit) for name, view in views.items()] == [
        ("CPU", "cores"),
        ("memory", "MB"),
        ("threads", ""),
        ("connections", ""),
    ]
    cpu = views["CPU"].curves["head"]
    assert cpu.x[0] == pytest.approx(0.125, abs=0.01)
    assert cpu.x[-1] == pytest.approx(2.875, abs=0.01)
    assert np.array(cpu.y) == pytest.approx(0.5, rel=0.01)
    assert set(views["memory"].curves["base"].y) == {100.0}
    assert set(views["threads"].curves["base"].y) == {4.0}


def test_the_cpu_is_the_time_used_between_readings():
    evidence = make_evidence(rounds=1)
    series = make_series(0)
    half = len(series.at_ns) // 2
    used = np.concatenate([np.zeros(half), np.arange(len(series.at_ns) - half) * 50_000_000]).astype(np.int64)
    head = replace(evidence.head, series=(replace(series, cpu_ns=used),))
    changed = replace(evidence, head=head)
    cpu = series_of(changed, axis(changed))[0].curves["head"]
    assert cpu.y == pytest.approx((0, 0, 2, 2), abs=0.11)


def test_what_was_not_read_is_a_gap_and_what_was_never_read_is_left_out():
    evidence = make_evidence(rounds=2)
    unread = np.full(len(make_series(0).at_ns), -1)
    changed = replace(make_series(1), cpu_ns=unread, threads=unread)
    head = replace(evidence.head, series=(replace(make_series(0), threads=unread), changed))
    made = replace(evidence, head=head)
    views = {view.name: view.curves for view in series_of(made, axis(made))}
    assert views["CPU"]["head"].y[:4] == pytest.approx((0.5,) * 4, rel=0.01)
    assert views["CPU"]["head"].y[4:] == (None,) * 4
    assert set(views["threads"]) == {"base"}


def test_cpu_time_that_falls_is_unknown_and_not_negative():
    evidence = make_evidence(rounds=1)
    series = make_series(0)
    falling = series.cpu_ns[::-1].copy()
    made = replace(evidence, head=replace(evidence.head, series=(replace(series, cpu_ns=falling),)))
    assert "head" not in series_of(made, axis(made))[0].curves


def test_dropped_rounds_are_on_the_axis_and_say_why():
    evidence = make_evidence(rounds=3, dropped=[1])
    rows = rounds_view(evidence, axis(evidence))
    assert [row.dropped_because for row in rows] == ["", "the hypervisor took 40 % of the CPU", ""]
    assert [row.number for row in rows] == [1, 2, 3]
    assert rows[1].requests == {"base": 300, "head": 300}
    assert (rows[1].start_s, rows[1].end_s) == pytest.approx((1, 2), abs=0.01)
    assert rows[0].health["driver CPU"] == "50.0 %"
    assert len(curves(evidence).latency["head"]["p50"].x) == 30
    assert sum(evidence.times[NAME].head.counts) == 600


def test_head_alone_has_an_axis_too():
    found = curves(alone(make_evidence(rounds=2)))
    assert set(found.latency) == set(found.throughput) == {"head"}
    assert len(found.latency["head"]["p50"].x) == 20


def test_runs_of_different_times_begin_together_on_the_axis():
    evidence = make_evidence(rounds=2)
    later = replace(
        evidence.base.samples,
        sent_ns=evidence.base.samples.sent_ns + 10**15,
        last_ns=evidence.base.samples.last_ns + 10**15,
    )
    base = replace(evidence.base, samples=later, result=replace(evidence.base.result, run_id="earlier"))
    apart = curves(replace(evidence, base=base))
    assert apart.latency["base"]["p50"].x[-1] == pytest.approx(1.95, abs=0.01)
    assert apart.latency["base"]["p50"].y == curves(evidence).latency["base"]["p50"].y
