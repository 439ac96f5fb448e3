"""Every stored run of the project's workload, from results files and baselines, and what is no evidence."""

from __future__ import annotations

import sys
from collections import Counter
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Iterator

    from perfgate.cli.project import Project
    from perfgate.gate.history import Recorded
    from perfgate.model import Baseline, Metric, Reason, Result

_MOST_SKIPPED = 5
_INVALID = {
    "machine_too_noisy": "too many rounds disturbed",
    "too_few_rounds": "too few valid rounds",
    "no_requests": "no request answered",
    "base_fails": "most requests failed",
}
"""What `gate.validity.invalidity_alone` may find, in a word or two."""


def recorded_runs(opened: Project) -> tuple[list[Recorded], tuple[Reason, ...]]:
    """All comparable and incomparable runs, and why others are no part of any history.

    Files that cannot be used are named on stderr.

    Raises:
        UsageError: the results folder or a baseline cannot be read.
    """
    from perfgate.model import Reason
    from perfgate.store.baselines import find_baselines, load_baseline

    left_out: Counter[str] = Counter()
    recorded = list(_results(opened, left_out))
    known = {_key(each) for each in recorded}
    for path in find_baselines(opened.config.baselines, opened.workload.name):
        baseline = load_baseline(path)
        if baseline.workload_name != opened.workload.name:  # only its file is named alike
            continue
        # The results file of a baseline's run may still be here; it counts once.
        recorded += [each for each in _baseline_runs(baseline) if _key(each) not in known]
    reasons = (
        Reason(code="left_out", text=f"{count} run{'' if count == 1 else 's'}: {why}")
        for why, count in left_out.most_common()
    )
    return recorded, tuple(reasons)


def _key(recorded: Recorded) -> tuple[str, frozenset[tuple[Metric, float]]]:
    return recorded.run.sha, frozenset(recorded.run.levels.items())


def _results(opened: Project, left_out: Counter[str]) -> Iterator[Recorded]:
    from perfgate.gate.history import Recorded
    from perfgate.gate.levels import run_levels
    from perfgate.gate.validity import conditions_of
    from perfgate.model import PastRun
    from perfgate.store.results import find, stored_commits

    unusable: list[Reason] = []
    for sha in stored_commits(opened.config.store):
        found, skipped = find(opened.config.store, sha)
        unusable += skipped
        for result in found:
            why = _no_evidence(opened, result)
            if why:
                left_out[why] += 1
                continue
            run = PastRun(
                sha=sha,
                run_id=result.run_id,
                source="result",
                measured_at=result.started_at,
                levels=run_levels(result, opened.policy),
            )
            yield Recorded(run=run, conditions=conditions_of(result))
    _tell(unusable)


def _no_evidence(opened: Project, result: Result) -> str:
    """Why a result is left out, empty if it is not."""
    from perfgate.gate.validity import invalidity_alone

    if result.workload_name != opened.workload.name:
        return f"of another workload ({result.workload_name}; see --workload)"
    if result.status != "complete":
        return "interrupted"
    # An endpoint that fails is no reason: the others are still evidence.
    codes = (reason.code for reason in invalidity_alone(result, opened.policy))
    return ", ".join(_INVALID[code] for code in dict.fromkeys(codes) if code in _INVALID)


def _baseline_runs(baseline: Baseline) -> Iterator[Recorded]:
    from perfgate.gate.history import Recorded
    from perfgate.gate.levels import baseline_levels
    from perfgate.gate.validity import Conditions
    from perfgate.model import Metric, PastRun

    baseline_levels(baseline.runs)  # refuses values that no run can have
    for run in baseline.runs:
        conditions = Conditions(
            workload_digest=baseline.workload_digest,
            load_model=baseline.load_model,
            latency_definition=baseline.latency_definition,
            clock_source=run.clock_source,
            environment_class=baseline.environment.class_id,
        )
        levels = {Metric(endpoint=v.endpoint, statistic=v.statistic): v.value for v in run.values}
        past = PastRun(sha=run.sha, run_id="", source="baseline", measured_at=run.recorded_at, levels=levels)
        yield Recorded(run=past, conditions=conditions)


def _tell(unusable: list[Reason]) -> None:
    for reason in unusable[:_MOST_SKIPPED]:
        click.echo(f"skipped: {reason.text} ({reason.remedy})", file=sys.stderr)
    if len(unusable) > _MOST_SKIPPED:
        click.echo(f"skipped: {len(unusable) - _MOST_SKIPPED} more like these", file=sys.stderr)
