"""A baseline as people read it."""

from dataclasses import replace

from perfgate.model import (
    Accepted,
    Baseline,
    BaselineHealth,
    BaselineRun,
    LevelChange,
    Metric,
    MetricHealth,
    Reason,
)
from perfgate.report.baseline import accepted_lines, render_changes, render_health, shift_text
from tests.imaginary import ENVIRONMENT

P50 = Metric(endpoint="GET /search", statistic="p50")
ERRORS = Metric(endpoint="GET /search", statistic="errors")
RUN = BaselineRun(
    sha="a" * 40,
    recorded_at="2026-01-02T03:04:05Z",
    author="Zoë",
    reason="index on orders",
    clock_source="kernel",
    requests=10,
    calibration_ns=None,
    values=(),
)
BASELINE = Baseline(
    schema_version=2,
    workload_name="shop",
    workload_digest="d",
    latency_definition="l",
    load_model="m",
    environment=ENVIRONMENT,
    runs=(RUN, replace(RUN, recorded_at="2026-01-09T03:04:05Z")),
)
HEALTH = BaselineHealth(
    runs=2,
    days=2,
    age_days=1,
    metrics=(
        MetricHealth(metric=P50, runs=2, level=12.1e6, spread_ratio=0.02, shift_ratio=0.075, calibrated=True),
        MetricHealth(metric=ERRORS, runs=2, level=0.0, spread_ratio=None, shift_ratio=0.001),
    ),
    findings=(Reason(code="too_few_runs", text="2 runs: 8 more", remedy="perfgate baseline update"),),
    judges_alone=False,
)


def change(
    after: float | None = 13.4e6, *, before: float | None = 12.1e6, worse: bool = True, shift: bool = True
) -> LevelChange:
    both = before is not None and after is not None
    return LevelChange(
        metric=P50,
        before=before,
        after=after,
        change=after / before - 1 if both else None,
        is_worse=worse,
        is_shift=shift,
    )


def test_show_says_all_there_is_to_know() -> None:
    text = render_health(BASELINE, HEALTH)
    assert text.splitlines()[0] == (
        "shop on test-cpu-2x: 2 runs on 2 days from 2026-01-02T03:04:05Z to 2026-01-09T03:04:05Z, "
        "the newest 1 day old; may not judge alone"
    )
    assert "newest: aaaaaaaaaa by Zoë: index on orders" in text
    row = next(line for line in text.splitlines() if "p50" in line)
    assert row.split() == ["GET", "/search", "p50", "2", "12.1", "ms", "2.0", "%", "≥", "7.5", "%", "*"]
    assert "≥ 0.10 pp" in text
    assert "* the speed of the CPUs is allowed for" in text
    assert "too_few_runs: 2 runs: 8 more\n  perfgate baseline update\n" in text


def test_what_was_accepted_stays_visible() -> None:
    accepted = Accepted(endpoint="GET /search", statistic="p50", before=12.1e6, after=13.4e6)
    text = render_health(replace(BASELINE, runs=(replace(RUN, accepts=(accepted,)),)), HEALTH)
    assert "2026-01-02 Zoë accepted GET /search p50 12.1 ms -> 13.4 ms" in text


def test_an_update_says_what_it_accepts() -> None:
    assert accepted_lines([change()]) == ["accepts: GET /search p50 12.1 ms -> 13.4 ms (+10.7 %)"]
    assert accepted_lines([change(after=None, worse=False)]) == [
        "accepts: GET /search p50 12.1 ms -> not measured any more"
    ]
    assert accepted_lines([change(worse=False)]) == ["accepts: nothing that got worse by its tolerance"]


def test_the_table_marks_what_got_worse() -> None:
    marks = {
        "WORSE, and beyond what runs vary by": change(),
        "worse than the tolerance": change(shift=False),
        "another level": change(after=9e6, worse=False),
        "new": change(before=None, worse=False, shift=False),
        "gone": change(after=None, worse=False, shift=False),
    }
    for mark, each in marks.items():
        assert mark in render_changes([each])


def test_the_largest_shifts_are_named_first() -> None:
    changes = [replace(change(after=12.1e6 * (1 + n / 10)), metric=replace(P50, endpoint=f"/{n}")) for n in
               range(1, 6)]  # fmt: skip
    assert shift_text(changes) == "/5 p50 (+50.0 %), /4 p50 (+40.0 %), /3 p50 (+30.0 %) and 2 more"
    assert shift_text([change(shift=False)]) == ""


def test_names_from_outside_cannot_move_the_cursor() -> None:
    evil = "a\x1b[2J\nb"
    accepted = Accepted(endpoint=evil, statistic="p50", before=1e6, after=2e6)
    run = replace(RUN, author=evil, reason=evil, accepts=(accepted,))
    baseline = replace(BASELINE, workload_name=evil, runs=(run,))
    health = replace(
        HEALTH,
        metrics=(replace(HEALTH.metrics[0], metric=replace(P50, endpoint=evil)),),
        findings=(Reason(code="outlier_run", text=evil, remedy=evil),),
    )
    text = render_health(baseline, health) + render_changes(
        [replace(change(), metric=replace(P50, endpoint=evil))]
    )
    assert "\x1b" not in text
    assert "\nb" not in text
