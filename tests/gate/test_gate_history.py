"""Stored runs become a history: in the order of commits, never mixed, with steps and creep where they are."""

from dataclasses import replace

import numpy as np
import pytest

from perfgate.gate.history import Recorded, circles_of, history_of
from perfgate.gate.policy import Policy
from perfgate.gate.validity import Conditions
from perfgate.model import ALL_ENDPOINTS, Metric, PastRun
from perfgate.stats import changepoints

P50 = Metric(endpoint="GET /items", statistic="p50")
ERRORS = Metric(endpoint="GET /items", statistic="errors")
CONDITIONS = Conditions(
    workload_digest="d" * 64,
    load_model="closed",
    latency_definition="sent to last byte",
    clock_source="kernel",
    environment_class="test-cpu-2x",
)


def sha(number: int) -> str:
    return f"{number:040x}"


def run(number, value, *, day=None, metric=P50, run_id="", **conditions):
    day = number % 28 + 1 if day is None else day
    return Recorded(
        run=PastRun(
            sha=sha(number),
            run_id=run_id or f"run-{number}",
            source="result",
            measured_at=f"2026-01-{day:02}T12:00:00Z",
            levels={metric: value},
        ),
        conditions=replace(CONDITIONS, **conditions),
    )


def line(commits):
    return [(sha(number), f"2026-01-{number % 28 + 1:02}T00:00:00+00:00") for number in range(commits)]


def history(runs, on_line=28, **options):
    return history_of("shop", runs, line(on_line), Policy(), **options)


def levels(values, seed=2, noise=0.004, metric=P50):
    rng = np.random.default_rng(seed)
    return [
        run(n, float(value * np.exp(rng.normal(0, noise))), metric=metric) for n, value in enumerate(values)
    ]


def test_a_step_is_named_by_its_first_commit_and_sized_by_both_levels():
    (past,) = history(levels([1e6] * 10 + [1.2e6] * 10)).metrics
    (step,) = past.steps
    assert step.commit == 10
    assert step.change == pytest.approx(0.2, abs=0.01)
    assert (step.before, step.after) == (pytest.approx(1e6, rel=0.01), pytest.approx(1.2e6, rel=0.01))
    assert past.level == pytest.approx(1.2e6, rel=0.01)
    assert past.creep is None


def test_changes_are_against_the_level_before_and_at_a_step_against_the_old_level():
    (past,) = history(levels([1e6] * 10 + [1.2e6] * 10)).metrics
    assert past.changes[0] is None
    assert past.changes[10] == pytest.approx(0.2, abs=0.02)
    assert past.changes[11] == pytest.approx(0.0, abs=0.02)


def test_creep_is_named_by_its_range_and_is_no_step():
    (past,) = history(levels([1e6 * 1.01 ** max(n - 8, 0) for n in range(20)])).metrics
    assert past.creep is not None
    assert (past.creep.first, past.creep.last) == pytest.approx((8, 19), abs=2)
    assert past.creep.change == pytest.approx(1.01**11 - 1, abs=0.02)
    assert past.steps == ()


def test_of_throughput_creep_is_looked_for_downwards():
    throughput = Metric(endpoint="*", statistic="throughput")
    falling = levels([400 / 1.01 ** max(n - 8, 0) for n in range(20)], metric=throughput)
    (past,) = history(falling).metrics
    assert past.creep is not None
    assert past.creep.change == pytest.approx(1.01**-11 - 1, abs=0.02)
    rising = levels([400 * 1.01 ** max(n - 8, 0) for n in range(20)], metric=throughput)
    assert history(rising).metrics[0].creep is None


def test_an_unchanged_metric_has_neither():
    (past,) = history(levels([1e6] * 20)).metrics
    assert (past.steps, past.creep) == ((), None)


def test_runs_under_other_conditions_are_another_circle_and_the_largest_comes_first():
    runs = levels([1e6] * 4) + [run(n, 9e6, load_model="open") for n in range(9)]
    runs.append(run(3, 1.0, environment_class="other"))
    shown = history(runs)
    assert [(c.number, c.runs) for c in (shown.circle, *shown.others)] == [(1, 9), (2, 4), (3, 1)]
    assert shown.circle.conditions["load_model"] == "open"
    assert shown.metrics[0].values == pytest.approx((9e6,) * 9)
    assert history(runs, circle=2).circle.conditions["load_model"] == "closed"


def test_of_circles_of_one_size_the_one_with_the_newest_run_comes_first():
    runs = [run(1, 1e6, day=3), run(2, 1e6, day=9, clock_source="other")]
    assert circles_of(runs)[0][0].conditions["clock_source"] == "other"


def test_commits_are_in_the_order_of_the_line_whenever_they_were_measured():
    runs = [run(0, 1e6, day=20), run(1, 2e6, day=3), run(2, 3e6, day=11)]
    assert history(runs).metrics[0].values == tuple(pytest.approx(v) for v in (1e6, 2e6, 3e6))


def test_the_runs_of_a_commit_are_one_value_their_geometric_mean():
    shown = history([run(0, 1e6, run_id="a"), run(0, 4e6, run_id="b"), run(1, 1e6)])
    assert shown.metrics[0].values == (pytest.approx(2e6), pytest.approx(1e6))
    assert [len(commit.runs) for commit in shown.commits] == [2, 1]


def test_error_ratios_are_averaged_as_they_are():
    shown = history([run(0, 0.0, metric=ERRORS, run_id="a"), run(0, 0.2, metric=ERRORS, run_id="b")])
    assert shown.metrics[0].values == (pytest.approx(0.1),)


def test_an_error_ratio_has_a_step_only_beyond_its_tolerance():
    low, high = ([run(n, 0.0 if n < 8 else ratio, metric=ERRORS) for n in range(16)] for ratio in (5e-4, 0.1))
    assert history(low).metrics[0].steps == ()
    (step,) = history(high).metrics[0].steps
    assert (step.commit, step.before, step.change) == (8, 0.0, pytest.approx(0.1))


def test_commits_beside_the_line_are_left_out_with_a_word_unless_asked_for():
    runs = [*levels([1e6] * 3), run(99, 5e6, day=2)]
    shown = history(runs, on_line=3)
    assert [c.sha for c in shown.commits] == [sha(0), sha(1), sha(2)]
    assert [r.code for r in shown.left_out] == ["not_on_line"]
    assert "1 run of 1 commit" in shown.left_out[0].text
    everything = history(runs, on_line=3, all_commits=True)
    assert [(c.sha, c.on_line) for c in everything.commits] == [
        (sha(0), True),
        (sha(1), True),
        (sha(99), False),
        (sha(2), True),
    ]
    assert everything.left_out == ()


def test_without_any_known_commit_all_are_in_order_of_time():
    runs = [run(5, 1e6, day=9), run(7, 2e6, day=4)]
    shown = history(runs, on_line=0)
    assert [c.sha for c in shown.commits] == [sha(7), sha(5)]
    assert [r.code for r in shown.left_out] == ["order_by_time"]


def test_the_line_keeps_its_order_though_the_clock_went_back():
    dates = [(sha(0), "2026-01-05T00:00:00+00:00"), (sha(1), "2026-01-02T00:00:00+00:00")]
    shown = history_of("shop", [run(0, 1e6), run(1, 2e6)], dates, Policy())
    assert [c.sha for c in shown.commits] == [sha(0), sha(1)]


def test_a_metric_that_was_not_measured_everywhere_keeps_its_places():
    late = Metric(endpoint="GET /late", statistic="p95")
    runs = levels([1e6] * 20)
    rng = np.random.default_rng(1)
    for n in range(4, 20):
        value = float((1e6 if n < 12 else 2e6) * np.exp(rng.normal(0, 0.004)))
        runs[n] = replace(runs[n], run=replace(runs[n].run, levels={**runs[n].run.levels, late: value}))
    past = next(p for p in history(runs).metrics if p.metric == late)
    assert past.values[:4] == (None,) * 4
    assert [step.commit for step in past.steps] == [12]


def test_what_counts_as_significant_shrinks_with_the_metrics_that_vary():
    one = history(levels([1e6] * 10))
    cpu = Metric(endpoint=ALL_ENDPOINTS, statistic="cpu")
    runs = levels([1e6] * 10)
    two = history(
        [replace(r, run=replace(r.run, levels={**r.run.levels, cpu: 1e6 + n})) for n, r in enumerate(runs)]
    )
    flat = history([replace(r, run=replace(r.run, levels={**r.run.levels, ERRORS: 0.0})) for r in runs])
    assert (two.max_p, two.alpha) == (one.max_p / 2, one.alpha / 2)
    assert flat.max_p == one.max_p


def test_without_the_library_there_are_levels_and_creep_and_no_steps(monkeypatch):
    monkeypatch.setattr(changepoints, "is_available", lambda: False)
    shown = history(levels([1e6] * 10 + [1.2e6] * 10))
    assert not shown.searched
    assert shown.metrics[0].steps == ()
