"""What an update of a baseline accepts."""

import numpy as np
import pytest
from gate_baselines import ERRORS, P50, ordinary
from hypothesis import given
from hypothesis import strategies as st

from perfgate.gate.baseline_changes import accepted, level_changes
from perfgate.gate.policy import Policy
from perfgate.model import Accepted, Metric

GONE = Metric(endpoint="GET /old", statistic="p50")
NEW = Metric(endpoint="GET /new", statistic="p50")


def test_a_slower_level_is_accepted_by_name() -> None:
    before, after = ordinary(12), ordinary(10, level=1.107e6, seed=2)
    (change,) = level_changes({P50: before}, {P50: after}, Policy())
    assert change.change == pytest.approx(0.107, abs=0.02)
    assert change.is_worse
    assert change.is_shift
    (entry,) = accepted([change])
    assert (entry.endpoint, entry.statistic) == ("GET /items", "p50")
    assert entry.before == pytest.approx(1e6, rel=0.02)
    assert entry.after == pytest.approx(1.107e6, rel=0.02)


def test_a_change_under_the_tolerance_or_to_the_better_needs_no_acceptance() -> None:
    for factor in (1.02, 0.7):
        changes = level_changes({P50: [1e6] * 12}, {P50: [1e6 * factor] * 3}, Policy())
        assert accepted(changes) == ()
        assert changes[0].is_shift == (factor == 0.7)


def test_worse_by_the_tolerance_but_within_what_runs_vary_by() -> None:
    (change,) = level_changes({P50: ordinary(12, sd=0.06)}, {P50: [1.06e6] * 3}, Policy())
    assert change.is_worse
    assert not change.is_shift


def test_what_is_gone_is_accepted_and_what_is_new_is_not() -> None:
    gone, new = level_changes({GONE: [1e6] * 3}, {NEW: [2e6]}, Policy())[::-1]
    assert (gone.after, new.before) == (None, None)
    assert accepted([gone, new]) == (
        Accepted(endpoint="GET /old", statistic="p50", before=pytest.approx(1e6), after=None),
    )


def test_errors_are_differences() -> None:
    (change,) = level_changes({ERRORS: [0.0] * 10}, {ERRORS: [0.01, 0.02]}, Policy())
    assert change.change == pytest.approx(0.015)
    assert change.is_worse
    assert change.is_shift


def test_runs_of_the_same_level_are_called_another_one_rarely() -> None:
    """1 % of updates over all metrics, even if the runs added all share one hour."""
    rng = np.random.default_rng(5)
    metrics = [Metric(endpoint=f"GET /{n}", statistic="p95") for n in range(4)]
    shifted = 0
    for _ in range(500):
        before = {metric: (1e6 * np.exp(rng.normal(0, 0.05, 12))).tolist() for metric in metrics}
        after = {metric: [1e6 * float(np.exp(rng.normal(0, 0.05)))] * 5 for metric in metrics}
        shifted += any(change.is_shift for change in level_changes(before, after, Policy()))
    assert shifted / 500 <= 0.025


@given(
    st.lists(st.floats(1e3, 1e9), min_size=1, max_size=12),
    st.lists(st.floats(1e3, 1e9), min_size=1),
    st.floats(0.01, 100),
)
def test_the_unit_changes_nothing(before: list[float], after: list[float], unit: float) -> None:
    (change,) = level_changes({P50: before}, {P50: after}, Policy())
    (scaled,) = level_changes({P50: [unit * v for v in before]}, {P50: [unit * v for v in after]}, Policy())
    assert scaled.change == pytest.approx(change.change, rel=1e-6, abs=1e-9)


def test_of_throughput_less_is_what_has_to_be_accepted() -> None:
    throughput = Metric(endpoint="*", statistic="throughput")
    before = [400.0 * level / 1e6 for level in ordinary(12)]
    (fewer,) = level_changes({throughput: before}, {throughput: [340.0] * 3}, Policy())
    assert fewer.is_worse
    assert fewer.is_shift
    assert fewer.change == pytest.approx(-0.15, abs=0.02)
    assert [entry.statistic for entry in accepted([fewer])] == ["throughput"]
    (more,) = level_changes({throughput: before}, {throughput: [460.0] * 3}, Policy())
    assert not more.is_worse
    assert accepted([more]) == ()
