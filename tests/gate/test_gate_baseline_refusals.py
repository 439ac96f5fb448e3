"""When a baseline may not judge: every reason, with its remedy."""

from dataclasses import replace
from datetime import timedelta

import pytest
from gate_baselines import BEGIN, NOW, like
from gate_results import dropped, make_pair

from perfgate.gate.baseline_refusals import refusals
from perfgate.gate.policy import Policy
from perfgate.model import Commit, Result

HEAD = make_pair()[1]
BASELINE = like(HEAD)


def codes(head: Result = HEAD, later: list[Result] | None = None, days: int = 31) -> list[str]:
    found = refusals(BASELINE, head, later or [], Policy(), BEGIN + timedelta(days=days))
    assert all(reason.remedy for reason in found)
    return [reason.code for reason in found]


def measured_later(count: int, *, slower: float, **changes: object) -> list[Result]:
    """Results of main since, with every time so much longer."""
    effect = {(e.endpoint, s): slower for e in HEAD.rounds[0].endpoints for s in e.quantiles_ns}
    return [
        replace(
            make_pair(effect=effect, seed=100 + n)[1],
            commit=Commit(sha=f"{n:040x}", ref="main"),
            started_at=f"2026-01-{15 + n:02}T00:00:00Z",
            run_id=f"later-{n}",
            **changes,
        )
        for n in range(count)
    ]


def test_a_run_under_the_same_conditions_is_judged() -> None:
    assert codes() == []


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"workload_digest": "e" * 64}, "workload_differs"),
        ({"load_model": "open model"}, "load_differs"),
        ({"latency_definition": "response time"}, "latency_differs"),
        ({"clock_source": "monotonic"}, "clock_differs"),
        ({"environment": replace(HEAD.environment, class_id="other")}, "environment_differs"),
    ],
)
def test_other_conditions_are_refused(changes: dict[str, object], code: str) -> None:
    assert codes(replace(HEAD, **changes)) == [code]


def test_an_old_baseline_is_refused() -> None:
    assert codes(days=11 + 90) == []
    assert codes(days=11 + 92) == ["baseline_too_old"]


def test_a_level_that_changed_since_is_refused() -> None:
    assert codes(later=measured_later(5, slower=0.3)) == ["level_changed"]
    (reason,) = refusals(BASELINE, HEAD, measured_later(5, slower=0.3), Policy(), NOW)
    assert "2026-01-15" in reason.text
    assert "--reset" in reason.remedy


def test_the_same_level_since_is_not() -> None:
    assert codes(later=measured_later(5, slower=0.0)) == []


def test_two_slow_results_make_no_level() -> None:
    assert codes(later=measured_later(2, slower=0.3)) == []


def test_results_that_tell_nothing_are_left_out() -> None:
    slow = measured_later(5, slower=0.3)
    for useless in (
        [replace(r, load_model="two sides") for r in slow],
        [replace(r, status="interrupted") for r in slow],
        [replace(r, commit=replace(r.commit, dirty=True)) for r in slow],
        [dropped(r, 8) for r in slow],
        [replace(r, started_at="2025-12-01T00:00:00Z") for r in slow],
    ):
        assert codes(later=useless) == []


def test_the_runs_of_the_baseline_count_once() -> None:
    """Their results are still in the store."""
    from perfgate.gate.baseline_refusals import _series
    from perfgate.gate.levels import run_levels
    from perfgate.model import BaselineValue

    (result,) = measured_later(1, slower=0.0)
    values = tuple(
        BaselineValue(endpoint=m.endpoint, statistic=m.statistic, value=level)
        for m, level in run_levels(result, Policy()).items()
    )
    run = replace(BASELINE.runs[-1], sha=result.commit.sha, values=values)
    baseline = replace(BASELINE, runs=(*BASELINE.runs, run))
    assert len(_series(baseline, [result], Policy())) == len(baseline.runs)


def test_without_the_library_nothing_is_refused_for_its_level(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfgate.gate.level_shifts.is_available", lambda: False)
    assert codes(later=measured_later(5, slower=0.3)) == []
