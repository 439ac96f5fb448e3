"""What must not matter to a verdict: which side is which, the unit, the names' order, the order of rounds."""

import random
from dataclasses import replace

import pytest
from gate_results import ENDPOINTS, make_pair, swapped
from hypothesis import given, settings
from hypothesis import strategies as st

from perfgate.gate.decide import Circumstances, judge
from perfgate.gate.policy import Policy
from perfgate.model import Comparison, Metric, Outcome, Result, Round, Verdict

POLICY = Policy(flips=1000, screen_rounds=9, confirm_rounds=9)
_NOW = Circumstances(elapsed_s=1.0, reproduce="")
_TIMES = ("p50", "p95", "p99", "cpu")

seeds = st.integers(0, 10_000)
changes = st.dictionaries(
    st.tuples(st.sampled_from(ENDPOINTS), st.sampled_from(("p50", "p95", "p99"))),
    st.sampled_from((-0.2, -0.06, 0.04, 0.1, 0.3)),
    max_size=3,
)
few = settings(max_examples=25, deadline=None)


def _pair(seed: int, effect: dict[tuple[str, str], float], confirm: int = 9) -> tuple[Result, Result]:
    return make_pair(seed=seed, effect=effect, screen=9, confirm=confirm)


def _rows(verdict: Verdict) -> dict[Metric, Comparison]:
    return {row.metric: row for row in verdict.comparisons}


def _judge(pair: tuple[Result, Result]) -> Verdict:
    return judge(*pair, POLICY, _NOW)


def _alike(one: Comparison, other: Comparison) -> None:
    assert (one.outcome, one.rounds, one.p_adjusted) == (other.outcome, other.rounds, other.p_adjusted)
    for field in ("change", "low", "high", "mde"):
        assert getattr(one, field) == pytest.approx(getattr(other, field), abs=1e-9)


@few
@given(seeds, changes)
def test_swapping_the_sides_mirrors_every_row_of_the_screening(seed, effect):
    """Without fresh rounds a suspicion stays open and an improvement stands; all else mirrors."""
    pair = _pair(seed, effect, confirm=0)
    there, back = _rows(_judge(pair)), _rows(_judge(swapped(*pair)))
    assert there.keys() == back.keys()
    for metric, row in there.items():
        mirror = back[metric]
        if metric.statistic == "errors":
            continue
        assert (1 + row.change) * (1 + mirror.change) == pytest.approx(1)
        assert (1 + row.low) * (1 + mirror.high) == pytest.approx(1)
        assert (row.base, row.head) == (mirror.head, mirror.base)
        assert row.mde == pytest.approx(mirror.mde, rel=0.05)
        if row.outcome is Outcome.IMPROVED:
            assert mirror.outcome is not Outcome.IMPROVED
            assert mirror.p_adjusted == pytest.approx(row.p_adjusted)


@few
@given(seeds)
def test_a_confirmed_regression_read_backwards_is_an_improvement(seed):
    pair = _pair(seed, {("GET /items", "p50"): 0.2})
    metric = Metric(endpoint="GET /items", statistic="p50")
    assert _rows(_judge(pair))[metric].outcome is Outcome.REGRESSED
    assert _rows(_judge(swapped(*pair)))[metric].outcome is Outcome.IMPROVED


@few
@given(seeds, changes, st.floats(0.001, 1000))
def test_a_machine_of_another_speed_changes_no_row(seed, effect, factor):
    pair = _pair(seed, effect)
    there, scaled = _judge(pair), _judge(tuple(_scaled(result, factor) for result in pair))
    assert there.outcome is scaled.outcome
    for row, other in zip(there.comparisons, scaled.comparisons, strict=True):
        assert row.metric == other.metric
        _alike(row, other)


@few
@given(seeds, changes)
def test_the_order_of_endpoints_does_not_matter(seed, effect):
    pair = _pair(seed, effect)
    turned = tuple(_each_round(result, lambda r: replace(r, endpoints=r.endpoints[::-1])) for result in pair)
    assert _judge(pair) == _judge(turned)


@few
@given(seeds, changes, st.permutations(ENDPOINTS))
def test_other_names_change_no_row(seed, effect, names):
    """The names decide the order of the columns, which is all that could leak into the numbers."""
    pair, called = _pair(seed, effect), dict(zip(ENDPOINTS, names, strict=True))

    def renamed(r: Round) -> Round:
        return replace(r, endpoints=tuple(replace(e, endpoint=called[e.endpoint]) for e in r.endpoints))

    there, back = _rows(_judge(pair)), _rows(_judge(tuple(_each_round(result, renamed) for result in pair)))
    for metric, row in there.items():
        name = called.get(metric.endpoint, metric.endpoint)
        _alike(row, back[Metric(endpoint=name, statistic=metric.statistic)])


@few
@given(seeds, changes, seeds)
def test_the_order_of_rounds_within_a_stage_does_not_matter(seed, effect, shuffle):
    """Up to nine rounds every sign pattern is tried, so not even the drawn ones can differ."""
    pair = _pair(seed, effect)
    order = random.Random(shuffle).sample(range(len(pair[0].rounds)), len(pair[0].rounds))
    order.sort(key=lambda index: pair[0].rounds[index].stage, reverse=True)
    turned = tuple(replace(result, rounds=tuple(result.rounds[i] for i in order)) for result in pair)
    there, back = _judge(pair), _judge(turned)
    assert there.outcome is back.outcome
    for row, other in zip(there.comparisons, back.comparisons, strict=True):
        _alike(row, other)


def test_more_rounds_narrow_the_intervals_and_lower_what_can_go_unseen_on_average():
    widths, effects = [], []
    for rounds in (9, 13, 26):
        found = [judge(*make_pair(seed=seed, screen=rounds), Policy(flips=1000), _NOW) for seed in range(12)]
        rows = [row for verdict in found for row in verdict.comparisons if row.metric.statistic in _TIMES]
        widths.append(sum(row.high - row.low for row in rows))
        effects.append(sum(row.mde for row in rows))
    assert widths == sorted(widths, reverse=True)
    assert effects == sorted(effects, reverse=True)


def _scaled(result: Result, factor: float) -> Result:
    def scaled(r: Round) -> Round:
        endpoints = tuple(
            replace(e, quantiles_ns={k: v * factor for k, v in e.quantiles_ns.items()}) for e in r.endpoints
        )
        return replace(r, endpoints=endpoints)

    return _each_round(result, scaled)


def _each_round(result: Result, change) -> Result:
    return replace(result, rounds=tuple(change(r) for r in result.rounds))
