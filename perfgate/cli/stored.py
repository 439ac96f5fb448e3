"""Comparing what is stored: the same run's two sides if there are such, else runs of different times."""

from __future__ import annotations

import shlex
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from perfgate.cli.imported import import_hint
from perfgate.cli.judged import Judged
from perfgate.cli.slo import slo_reasons
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.cli.project import Project
    from perfgate.model import Commit, Result


def compare_stored(opened: Project, base: Commit, head: Commit) -> Judged:
    """The verdict over stored results of two commits; nothing is measured.

    Where they were not measured together, base is shown by the newest of its results that was judged by. How
    to ask the same again is the caller's to say.

    Raises:
        UsageError: one of them has no complete stored result.
    """
    measured = f"measure both: {shlex.join(['perfgate', 'compare', base.ref, head.ref])}"
    bases, heads = _complete(opened, base, measured), _complete(opened, head, measured)
    by_run = {result.run_id: result for result in bases if result.side == "base"}
    for result in heads:
        if result.side == "head" and result.run_id in by_run:
            return judged_pair(opened, by_run[result.run_id], result)
    return _unpaired(opened, base, bases, _with_all_runs(heads))


def stored_result(opened: Project, commit: Commit) -> Result:
    """The commit's newest stored result, of an imported one with all runs like it.

    Raises:
        UsageError: there is none.
    """
    measured = f"measure it first: {shlex.join(['perfgate', 'run', commit.ref])}"
    return _with_all_runs(_complete(opened, commit, measured))


def _with_all_runs(results: list[Result]) -> Result:
    """The first result; of an imported one with the runs of all like it, for each file may come by itself.

    A run that was imported twice, alone and among others, counts once.
    """
    from perfgate.gate.validity import comparable, conditions_of

    first = results[0]
    if not first.is_imported:
        return first
    rounds = list(first.rounds)
    for other in results[1:]:
        if not comparable(conditions_of(first), conditions_of(other)):
            known = [each.endpoints for each in rounds]
            rounds += [each for each in other.rounds if each.endpoints not in known]
    return replace(first, rounds=tuple(replace(each, index=n) for n, each in enumerate(rounds)))


def _complete(opened: Project, commit: Commit, remedy: str) -> list[Result]:
    """The commit's complete results, newest first; files that cannot be used are named on stderr.

    Raises:
        UsageError: there is none; `remedy` says how to get one.
    """
    from perfgate.store.results import find

    found, skipped = find(opened.config.store, commit.sha)
    for reason in skipped:
        click.echo(f"skipped: {reason.text} ({reason.remedy})", file=sys.stderr)
    complete = [result for result in found if result.status == "complete"]
    fitting = [result for result in complete if result.workload_digest == opened.workload.digest]
    if not fitting:
        why = " (interrupted ones cannot be compared)" if found and not complete else ""
        why = " of this workload" if complete else why
        raise UsageError(
            f"no stored result{why} for {commit.ref} ({commit.sha[:10]})",
            import_hint(opened.workload, commit.ref) or remedy,
        )
    return fitting


def judged_pair(opened: Project, base: Result, head: Result) -> Judged:
    """The verdict over both sides of one run; how to ask the same again is the caller's to say."""
    from perfgate.gate.decide import Circumstances, judge
    from perfgate.store.results import path_of

    seconds = sum(r.duration_ns for r in head.rounds) / 1e9
    click.echo(f"stored: {path_of(opened.config.store, head)}", file=sys.stderr)
    circumstances = Circumstances(
        elapsed_s=seconds,
        reproduce="",
        extra_reasons=slo_reasons(opened, head),
        extra_warnings=opened.warnings,
        accepted=opened.accepted,
    )
    return Judged(verdict=judge(base, head, opened.policy, circumstances), base=base, head=head)


def _unpaired(opened: Project, commit: Commit, bases: list[Result], head: Result) -> Judged:
    from perfgate.gate.decide import Circumstances, judge_unpaired
    from perfgate.gate.levels import run_levels, runs_of
    from perfgate.gate.stored import judge_stored
    from perfgate.gate.validity import comparable, conditions_of, invalidity_alone
    from perfgate.model import Metric, Outcome

    here = conditions_of(head)
    others = [r for r in bases if r.run_id != head.run_id]
    alike = [result for result in others if not comparable(conditions_of(result), here)]
    differences = () if alike or not others else comparable(conditions_of(others[0]), here)
    sound = [result for result in alike if not invalidity_alone(result, opened.policy)]
    unsound = invalidity_alone(alike[0], opened.policy) if alike and not sound else ()
    levels: dict[Metric, list[float]] = {}
    yardsticks = [_with_all_runs(sound)] if sound and sound[0].is_imported else sound
    for result in yardsticks:
        for run in runs_of(result, opened.policy):
            for metric, level in run.items():
                levels.setdefault(metric, []).append(level)
    circumstances = Circumstances(
        elapsed_s=sum(r.duration_ns for r in head.rounds) / 1e9,
        reproduce="",
        extra_reasons=(
            *((Outcome.INVALID, reason) for reason in invalidity_alone(head, opened.policy)),
            *((Outcome.INVALID, reason) for reason in unsound),
            *((Outcome.INCONCLUSIVE, reason) for reason in differences),
            *slo_reasons(opened, head),
        ),
        extra_warnings=opened.warnings,
        accepted=opened.accepted,
    )
    judged = judge_stored(levels, run_levels(head, opened.policy), opened.policy)
    verdict = judge_unpaired(commit, head, judged, opened.policy, circumstances)
    return Judged(verdict=verdict, base=next(iter([*yardsticks, *others]), None), head=head)
