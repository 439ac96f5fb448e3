"""Recording a commit's stored result as runs of a baseline: the way in for what other tools measured."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.cli.baseline_runs import Update, empty_baseline, existing_baseline, run_of, updated
from perfgate.cli.stored import stored_result
from perfgate.errors import MeasureError, UsageError

if TYPE_CHECKING:
    from perfgate.cli.project import Project
    from perfgate.git import Repository
    from perfgate.model import Baseline, BaselineRun, Result


def record_stored(opened: Project, repository: Repository, *, reason: str, reset: bool) -> Update:
    """Add HEAD's newest stored result to the baseline of its environment class; of an imported one every run.

    Raises:
        UsageError: nothing is stored, the earlier runs are of other conditions without `reset`, or every run
            is in the baseline already.
        MeasureError: the result is no evidence.
    """
    from perfgate.gate.validity import invalidity_alone

    result = stored_result(opened, repository.resolve("HEAD"))
    for found in invalidity_alone(result, opened.policy):
        raise MeasureError(found.text, found.remedy)
    earlier, why = _earlier(opened, result, reset=reset)
    author = repository.author()
    added = [run_of(each, opened.policy, author, reason) for each in _single_runs(result)]
    if earlier is not None and not reset:
        added = [run for run in added if not any(_is_same(run, other) for other in earlier.runs)]
        if not added:
            raise UsageError(
                f"every stored run of {result.commit.ref} is in the baseline already",
                "import or measure further runs, or begin anew with --reset",
            )
    kept = empty_baseline(result) if reset or earlier is None else earlier
    return updated(kept, earlier, added, opened.policy, why)


def _single_runs(result: Result) -> list[Result]:
    if not result.is_imported:
        return [result]
    return [replace(result, rounds=(each,)) for each in result.rounds]


def _earlier(opened: Project, result: Result, *, reset: bool) -> tuple[Baseline | None, str]:
    from perfgate.gate.baseline_refusals import baseline_conditions
    from perfgate.gate.validity import comparable, conditions_of

    existing = existing_baseline(opened, result.environment)
    if existing is None or not existing.runs:
        return None, "there are no earlier runs"
    for difference in comparable(baseline_conditions(existing), conditions_of(result)):
        if not reset:
            raise UsageError(
                f"the baseline and the stored result differ: {difference.text}",
                "its runs cannot be mixed with these: add --reset to begin anew",
            )
        return None, f"the earlier runs cannot be compared with: {difference.text}"
    return existing, ""


def _is_same(run: BaselineRun, other: BaselineRun) -> bool:
    return run.sha == other.sha and set(run.values) == set(other.values)
