"""What `perfgate baseline show` knows of a baseline."""

from collections.abc import Sequence
from datetime import timedelta

import numpy as np
import pytest
from gate_baselines import BEGIN, ERRORS, NOW, P50, baseline_of, day, ordinary

from perfgate.errors import UsageError
from perfgate.gate.baseline_health import OUTLIER_RATE, examine
from perfgate.gate.policy import Policy
from perfgate.model import Baseline, BaselineHealth, Metric


def health(baseline: Baseline) -> BaselineHealth:
    return examine(baseline, Policy(), NOW)


def codes(found: BaselineHealth) -> list[str]:
    return [finding.code for finding in found.findings]


def test_twenty_good_runs_may_judge_alone() -> None:
    found = health(baseline_of({P50: ordinary(20), ERRORS: [0.0] * 20}))
    assert found.findings == ()
    assert found.judges_alone
    assert (found.runs, found.days, found.age_days) == (20, 20, 11)
    errors, p50 = found.metrics
    assert errors.spread_ratio is None
    assert errors.shift_ratio == pytest.approx(0.001)
    assert p50.level == pytest.approx(1e6, rel=0.02)
    assert p50.spread_ratio == pytest.approx(0.012, abs=0.001)
    assert p50.shift_ratio is not None
    assert 0.04 < p50.shift_ratio < 0.06


def test_few_runs_say_how_many_more() -> None:
    found = health(baseline_of({P50: ordinary(7)}))
    assert not found.judges_alone
    assert codes(found) == ["too_few_runs"]
    assert "3 more before it may judge alone" in found.findings[0].text
    assert "--runs 3" in found.findings[0].remedy


def test_no_runs_at_all() -> None:
    baseline = baseline_of({P50: []})
    assert not health(baseline).judges_alone
    assert codes(health(baseline)) == ["too_few_runs"]


def test_an_old_baseline_may_not_judge() -> None:
    found = examine(baseline_of({P50: ordinary(12)}), Policy(), BEGIN + timedelta(days=150))
    assert not found.judges_alone
    assert "baseline_too_old" in codes(found)
    assert found.age_days == 139


def test_a_run_that_does_not_belong_is_named() -> None:
    levels = ordinary(15)
    levels[4] *= 0.88
    found = health(baseline_of({P50: levels, ERRORS: [0.0] * 15}))
    assert codes(found) == ["outlier_run"]
    text = found.findings[0].text
    assert f"the run of {day(4)} ({4:040x}"[:40] in text
    assert "GET /items p50 is -10.5% from them, 9 standard deviations away" in text
    assert "delete it from the file" in found.findings[0].remedy
    assert found.judges_alone


def test_ordinary_baselines_are_called_clean_as_often_as_stated() -> None:
    """1 % over all metrics of a baseline, by simulation; correlated metrics only make it rarer."""
    rng = np.random.default_rng(3)
    metrics = [Metric(endpoint=f"GET /{n}", statistic="p50") for n in range(5)]
    named = 0
    for _ in range(300):
        levels = {metric: (1e6 * np.exp(rng.normal(0, 0.02, 12))).tolist() for metric in metrics}
        named += "outlier_run" in codes(health(baseline_of(levels)))
    assert named / 300 <= 2.5 * OUTLIER_RATE


def test_two_levels_are_no_yardstick_and_no_outliers() -> None:
    levels = ordinary(8, sd=0.01) + ordinary(7, sd=0.01, level=1.2e6, seed=2)
    found = health(baseline_of({P50: levels}))
    assert codes(found) == ["level_changed"]
    assert day(8)[:10] in found.findings[0].text
    assert "GET /items p50 changed by +19.7%" in found.findings[0].text
    assert "--reset" in found.findings[0].remedy
    assert not found.judges_alone


def test_without_the_library_for_change_points_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("perfgate.gate.level_shifts.is_available", lambda: False)
    found = health(baseline_of({P50: ordinary(8, sd=0.01) + ordinary(7, sd=0.01, level=1.2e6)}))
    assert codes(found) == ["baseline_too_wide", "change_points_not_checked"]
    assert "perfgate[history]" in found.findings[1].remedy


def test_a_wide_baseline_cannot_judge_alone() -> None:
    found = health(baseline_of({P50: ordinary(12, sd=0.08), ERRORS: [0.0] * 12}))
    assert codes(found) == ["baseline_too_wide"]
    assert "1 of 2 metrics are too wide to pass by, the worst GET /items p50" in found.findings[0].text
    assert "at most 15% may" in found.findings[0].text
    assert not found.judges_alone


def test_runs_of_one_day_know_nothing_of_other_days() -> None:
    days: Sequence[str] = [f"2026-01-05T{hour:02}:00:00Z" for hour in range(12)]
    assert codes(health(baseline_of({P50: ordinary(12)}, days=days))) == ["one_day"]


def test_a_calibration_that_helps_is_said() -> None:
    rng = np.random.default_rng(8)
    speed = rng.normal(0, 0.05, 15)
    levels = (1e6 * np.exp(0.9 * speed + rng.normal(0, 0.005, 15))).tolist()
    speeds = [round(2e6 * float(np.exp(each))) for each in speed]
    (calibrated,) = health(baseline_of({P50: levels}, speeds=speeds)).metrics
    (plain,) = health(baseline_of({P50: levels})).metrics
    assert calibrated.calibrated
    assert not plain.calibrated
    assert calibrated.shift_ratio is not None
    assert plain.shift_ratio is not None
    assert calibrated.shift_ratio < 0.5 * plain.shift_ratio


def test_a_time_of_nothing_is_refused() -> None:
    with pytest.raises(UsageError, match=r"'GET /items' p50 took no time") as caught:
        health(baseline_of({P50: [1e6, 0.0]}))
    assert "restore the file from git" in caught.value.hint
