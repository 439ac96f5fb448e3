"""Why a baseline may not judge a run by itself: other conditions, too old, or a level that is gone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from perfgate.gate.level_shifts import LevelShift, Moment, level_shifts
from perfgate.gate.levels import baseline_levels, run_levels
from perfgate.gate.naming import endpoint_name
from perfgate.gate.validity import Conditions, comparable, conditions_of, invalidity_alone, too_old
from perfgate.model import Reason

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.model import Baseline, Result


def baseline_conditions(baseline: Baseline) -> Conditions:
    """The conditions a baseline's runs were measured under; of the clock, those of the newest."""
    return Conditions(
        workload_digest=baseline.workload_digest,
        load_model=baseline.load_model,
        latency_definition=baseline.latency_definition,
        clock_source=baseline.runs[-1].clock_source,
        environment_class=baseline.environment.class_id,
    )


def refusals(
    baseline: Baseline, head: Result, later: Sequence[Result], policy: Policy, now: datetime
) -> tuple[Reason, ...]:
    """Why this baseline may not judge this result; empty if it may.

    Args:
        baseline: with at least one run.
        head: the result to be judged.
        later: results of other commits since the baseline began, for change points. Those measured under
            other conditions, interrupted or disturbed are left out here.
        policy: what counts as a change of level.
        now: when it is judged.
    """
    conditions = baseline_conditions(baseline)
    different = comparable(conditions, conditions_of(head))
    if different:
        return different
    age = too_old(datetime.fromisoformat(baseline.runs[-1].recorded_at), now)
    shifts = level_shifts(_series(baseline, later, policy), policy)
    return (*((age,) if age else ()), *(level_gone(shift) for shift in shifts[:1]))


def level_gone(shift: LevelShift) -> Reason:
    """That the level changed for good at some run, so that the runs before it are another level."""
    metric = shift.metric
    return Reason(
        code="level_changed",
        text=f"the level of {endpoint_name(metric.endpoint)} {metric.statistic} changed by "
        f"{shift.change:+.1%} with the run of {shift.since.recorded_at[:10]} ({shift.since.sha[:10]}): "
        "the runs before it are another level",
        remedy="see what changed there; if it is meant to stay, record the new level: perfgate baseline "
        "update --reset --reason TEXT; until then perfgate compare BASE HEAD measures both side by side",
    )


def moments(baseline: Baseline) -> list[Moment]:
    """The baseline's runs as a series."""
    return [
        Moment(
            sha=run.sha,
            recorded_at=run.recorded_at,
            levels={metric: values[0] for metric, values in baseline_levels([run]).items()},
        )
        for run in baseline.runs
    ]


def _series(baseline: Baseline, later: Sequence[Result], policy: Policy) -> list[Moment]:
    recorded = moments(baseline)
    begun = _instant(recorded[0].recorded_at)
    conditions = baseline_conditions(baseline)
    added = [
        Moment(sha=result.commit.sha, recorded_at=result.started_at, levels=run_levels(result, policy))
        for result in later
        if _instant(result.started_at) >= begun
        and result.status == "complete"
        and not result.commit.dirty
        and conditions_of(result) == conditions
        and not invalidity_alone(result, policy)
    ]
    fresh = [moment for moment in added if not any(_is_same(moment, other) for other in recorded)]
    return sorted([*recorded, *fresh], key=lambda moment: _instant(moment.recorded_at))


def _is_same(moment: Moment, other: Moment) -> bool:
    """Whether both are one run: the result of a baseline's run is still in the store."""
    common = moment.levels.keys() & other.levels.keys()
    return moment.sha == other.sha and all(moment.levels[m] == other.levels[m] for m in common)


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)
