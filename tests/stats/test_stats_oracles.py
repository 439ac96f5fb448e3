"""What others computed and published, computed again: benchstat's p-values, and Go's nights without a change.

Data and where they come from: data/benchstat.json here, bench/data/go-nightly.json.gz.
"""

import itertools
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import mannwhitneyu, rankdata

from bench.gate_oracles import judge_by_gate, judge_by_samples, load
from bench.naive_rules import asv_rule, criterion_rule, mann_whitney, mean_doubled_rule

BENCHSTAT = json.loads((Path(__file__).parent / "data" / "benchstat.json").read_text())
few = st.lists(st.integers(0, 6), min_size=1, max_size=5).map(lambda values: np.array(values, dtype=float))


def sides(case):
    return np.array(case["base"], dtype=float), np.array(case["head"], dtype=float)


@pytest.mark.parametrize("golden", sorted({case["golden"] for case in BENCHSTAT["cases"]}))
def test_every_published_p_value_of_benchstat_comes_out_to_the_printed_digit(golden):
    cases = [case for case in BENCHSTAT["cases"] if case["golden"] == golden]
    ours = {(case["benchmark"], case["unit"]): f"{mann_whitney(*sides(case)):.3f}" for case in cases}
    assert ours == {(case["benchmark"], case["unit"]): case["p"] for case in cases}


def test_there_are_a_hundred_of_them_with_and_without_ties():
    ties = [np.unique(np.concatenate(sides(c))).size < len(c["base"] + c["head"]) for c in BENCHSTAT["cases"]]
    assert len(ties) == 101
    assert 0 < sum(ties) < len(ties)


@settings(deadline=None)
@given(st.permutations(range(14)), st.integers(1, 13))
def test_without_ties_the_p_value_is_the_exact_one_of_scipy(order, split):
    base, head = np.array(order[:split], dtype=float), np.array(order[split:], dtype=float)
    assert mann_whitney(base, head) == pytest.approx(mannwhitneyu(base, head, method="exact").pvalue)


@settings(deadline=None)
@given(few, few)
def test_with_ties_the_p_value_counts_every_way_to_split_the_values(base, head):
    pooled = np.concatenate([base, head])
    ranks = rankdata(pooled)
    middle = base.size * (pooled.size + 1) / 2
    sums = [ranks[list(chosen)].sum() for chosen in itertools.combinations(range(pooled.size), base.size)]
    off = middle - abs(ranks[: base.size].sum() - middle)
    expected = min(1.0, 2 * np.mean(np.array(sums) <= off + 1e-9))
    assert mann_whitney(base, head) == pytest.approx(expected)


@pytest.mark.parametrize("sizes", [(26, 26), (51, 40), (25, 75)])
def test_beyond_the_exact_sizes_it_is_the_normal_approximation_of_scipy(sizes):
    rng = np.random.default_rng(sum(sizes))
    base, head = (rng.integers(0, 40, size).astype(float) for size in sizes)
    assert mann_whitney(base, head) == pytest.approx(mannwhitneyu(base, head, method="asymptotic").pvalue)


def test_rules_of_other_tools_know_a_large_change_and_none():
    rng = np.random.default_rng(1)
    base, same = rng.lognormal(0, 0.2, (2, 1000))
    assert mean_doubled_rule(base, 2.5 * same)
    assert not mean_doubled_rule(base, 1.5 * same)
    for rule in (criterion_rule, asv_rule):
        assert rule(base, 1.3 * same)
        assert not rule(base, 0.7 * same)
        assert not rule(base, same)


def test_significance_alone_turns_most_nights_red_and_a_floor_under_the_change_none():
    _, nights = load()
    assert len(nights) == 23
    assert {values.size for night in nights for values in night.values()} <= set(range(18, 26))
    assert judge_by_samples(nights[:8], 0.0, least=0.0).red_nights >= 4
    quiet = judge_by_samples(nights, 0.0, least=0.04)
    assert (quiet.nights, quiet.red_nights) == (20, 0)
    found = judge_by_samples(nights[:8], 0.05, least=0.04)
    assert found.red_benchmarks / found.benchmarks >= 0.95


def test_stored_runs_of_real_nights_do_not_alarm_and_see_five_percent():
    _, nights = load()
    quiet, slowed = (judge_by_gate(nights[-12:], injected, first=10) for injected in (0.0, 0.05))
    assert (quiet.nights, quiet.red_nights) == (2, 0)
    assert slowed.red_benchmarks / slowed.benchmarks >= 0.95
