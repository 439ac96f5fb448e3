"""Throughput and memory: judged where they exist, silent where they do not, and asked for by name."""

from dataclasses import replace
from typing import Any

import pytest
from gate_results import make_pair, swapped

from perfgate.gate.conditional import throughput_rps
from perfgate.gate.decide import Circumstances, judge
from perfgate.gate.policy import Policy
from perfgate.gate.screen import next_step
from perfgate.gate.table import paired_rounds
from perfgate.model import ALL_ENDPOINTS, Comparison, Metric, Outcome, Result, Statistic

_NOW = Circumstances(elapsed_s=1.0, reproduce="perfgate compare main HEAD")


def _row(
    pair: tuple[Result, Result], statistic: Statistic, policy: Policy | None = None
) -> Comparison | None:
    metric = Metric(endpoint=ALL_ENDPOINTS, statistic=statistic)
    verdict = judge(*pair, policy or Policy(), _NOW)
    return next((c for c in verdict.comparisons if c.metric == metric), None)


def _measured(pair: tuple[Result, Result], statistic: Statistic, policy: Policy | None = None) -> Comparison:
    row = _row(pair, statistic, policy)
    assert row is not None
    return row


def _changed(result: Result, **changes: Any) -> Result:
    return replace(result, rounds=tuple(replace(r, **changes) for r in result.rounds))


def test_a_leak_regresses_in_bytes_per_request() -> None:
    row = _measured(make_pair(leak_bytes=1000, confirm=13), "memory")
    assert row.outcome is Outcome.REGRESSED
    assert row.change == pytest.approx(1000, abs=60)
    assert (row.base, row.head) == (pytest.approx(300, abs=60), pytest.approx(1300, abs=60))
    assert row.low is not None
    assert row.high is not None
    assert 900 < row.low < row.high < 1100
    assert row.tolerance == 256
    assert row.mde is not None
    assert 256 < row.mde < 350


def test_growth_that_both_sides_share_passes_and_so_does_little_more() -> None:
    assert _measured(make_pair(leak_bytes=0), "memory").outcome is Outcome.PASS
    assert _measured(make_pair(leak_bytes=90, confirm=13), "memory").outcome is Outcome.PASS


def test_less_growth_is_an_improvement() -> None:
    row = _measured(swapped(*make_pair(leak_bytes=1000)), "memory")
    assert row.outcome is Outcome.IMPROVED
    assert row.change == pytest.approx(-1000, abs=60)


def test_a_leak_is_confirmed_under_the_whole_load() -> None:
    screen = paired_rounds(*make_pair(leak_bytes=1000), "screen")
    assert next_step(screen, Policy(), 1).confirm_endpoints == (ALL_ENDPOINTS,)


def test_noisy_memory_is_no_reason_to_doubt_a_pass_unless_asked_for() -> None:
    base, head = make_pair(leak_bytes=0)
    wild = replace(
        head,
        rounds=tuple(replace(r, rss_slope_bytes=(-1) ** r.index * 5000.0) for r in head.rounds),
    )
    row = _measured((base, wild), "memory")
    assert row.outcome is Outcome.PASS
    assert row.mde is not None
    assert row.mde > 2000
    strict = Policy(requirement={"memory": 512.0})
    doubted = _measured((base, wild), "memory", strict)
    assert doubted.outcome is Outcome.INCONCLUSIVE
    assert "kB/request could have gone unseen, at most 512 B/request may" in doubted.reasons[0].text


def test_memory_that_never_moved_could_have_shown_the_tolerance() -> None:
    still = tuple(_changed(side, rss_slope_bytes=0.0) for side in make_pair())
    row = _measured((still[0], still[1]), "memory")
    assert (row.outcome, row.change, row.mde) == (Outcome.PASS, 0.0, 256)


def test_fewer_requests_a_second_regress_downwards() -> None:
    row = _measured(make_pair(fewer_requests=0.08, confirm=13), "throughput")
    assert row.outcome is Outcome.REGRESSED
    assert row.base == pytest.approx(400, rel=0.02)
    assert row.head == pytest.approx(400 * 0.92, rel=0.02)
    assert row.change == pytest.approx(-0.08, abs=0.01)
    assert row.low is not None
    assert row.high is not None
    assert row.low < -0.08 < row.high < 0
    assert row.is_worse
    assert row.mde is not None
    assert 0.05 < row.mde < 0.08


def test_swapping_the_sides_mirrors_throughput() -> None:
    pair = make_pair(fewer_requests=0.08)
    there, back = _measured(pair, "throughput"), _measured(swapped(*pair), "throughput")
    assert back.outcome is Outcome.IMPROVED
    assert not back.is_worse
    assert (back.base, back.head) == (there.head, there.base)
    for change, mirrored in ((there.change, back.change), (there.low, back.high), (there.high, back.low)):
        assert change is not None
        assert mirrored is not None
        assert (1 + change) * (1 + mirrored) == pytest.approx(1)


def test_throughput_that_holds_passes() -> None:
    assert _measured(make_pair(fewer_requests=0.0), "throughput").outcome is Outcome.PASS


@pytest.mark.parametrize(
    ("changes", "cpu", "says"),
    [
        ({}, 0.89, "used 89% of their CPUs"),
        ({"unpaced_connections": None}, 0.97, "the load was paced"),
        ({"busy_ns": None, "unpaced_connections": None}, 0.97, "an earlier perfgate wrote these results"),
    ],
)
def test_throughput_exists_at_saturation_only(changes: dict[str, Any], cpu: float, says: str) -> None:
    base, head = make_pair(fewer_requests=0.3, service_cpu_ratio=cpu, confirm=13)
    pair = (_changed(base, **changes), _changed(head, **changes))
    assert _row(pair, "throughput") is None
    asked = _measured(pair, "throughput", Policy(asked_for=frozenset({"throughput"})))
    assert asked.outcome is Outcome.NOT_MEASURED
    assert says in asked.reasons[0].text
    assert asked.reasons[0].remedy


def test_what_saturated_while_screening_is_confirmed_though_it_nearly_does_later() -> None:
    base, head = make_pair(fewer_requests=0.08, confirm=13)
    pair = tuple(
        replace(
            side,
            rounds=tuple(
                replace(r, health=replace(r.health, service_cpu_ratio=0.88)) if r.stage == "confirm" else r
                for r in side.rounds
            ),
        )
        for side in (base, head)
    )
    assert _measured((pair[0], pair[1]), "throughput").outcome is Outcome.REGRESSED


def test_memory_nobody_can_see_has_no_row_unless_asked_for() -> None:
    pair = make_pair()
    assert _row(pair, "memory") is None
    asked = _measured(pair, "memory", Policy(asked_for=frozenset({"memory"})))
    assert asked.outcome is Outcome.NOT_MEASURED
    assert judge(*pair, Policy(asked_for=frozenset({"memory"})), _NOW).outcome is Outcome.PASS


def test_a_metric_seen_in_few_rounds_is_left_out_in_silence() -> None:
    base, head = make_pair(leak_bytes=0)
    rounds = tuple(r if r.index < 5 else replace(r, rss_slope_bytes=None) for r in head.rounds)
    pair = (base, replace(head, rounds=rounds))
    assert _row(pair, "memory") is None
    asked = _measured(pair, "memory", Policy(asked_for=frozenset({"memory"})))
    assert "5 of 13 rounds" in asked.reasons[0].text


def test_each_can_be_off() -> None:
    pair = make_pair(leak_bytes=1000, fewer_requests=0.1, confirm=13)
    off = Policy(level={"memory": "off", "throughput": "off"})
    assert judge(*pair, off, _NOW).outcome is Outcome.PASS
    warned = judge(*pair, Policy(level={"memory": "warn", "throughput": "warn"}), _NOW)
    assert warned.outcome is Outcome.PASS
    texts = " ".join(w.text for w in warned.warnings if w.code == "worse_at_level_warn")
    assert "memory growth per request looks worse by 9" in texts
    assert "throughput looks worse by 1" in texts


def test_throughput_is_connections_over_the_mean_service_time() -> None:
    [first, *_] = make_pair(fewer_requests=0.0)[0].rounds
    alone = replace(first, unpaced_connections=3, busy_ns=600 * 20_000_000)
    assert throughput_rps(alone) == pytest.approx(3 / 0.020)
    faster = replace(alone, busy_ns=600 * 10_000_000)
    assert throughput_rps(faster) == pytest.approx(2 * throughput_rps(alone))
