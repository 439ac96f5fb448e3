"""What `perfgate check` asks of the baseline, and of its commit, before it judges."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Collection, Sequence

    from perfgate.cli.project import Project
    from perfgate.gate.decide import Circumstances
    from perfgate.gate.stored import StoredJudgement
    from perfgate.git import Repository
    from perfgate.model import Baseline, Commit, Outcome, Reason, Result, Verdict
    from perfgate.progress import Progress

_HISTORY = 5000
_LATER_RESULTS = 50


def baseline_commit(repository: Repository, baseline: Baseline) -> tuple[Commit, bool]:
    """The commit of the newest run, and whether this clone has it."""
    from perfgate.model import Commit

    sha = baseline.runs[-1].sha
    try:
        return replace(repository.resolve(sha), ref=f"baseline {sha[:10]}"), True
    except UsageError:
        return Commit(sha=sha, ref=f"baseline {sha[:10]}"), False


def judged(opened: Project, baseline: Baseline, result: Result) -> StoredJudgement:
    """What the baseline's runs say of a result."""
    from perfgate.gate.levels import baseline_levels, baseline_speeds, run_levels
    from perfgate.gate.predict import Speeds
    from perfgate.gate.stored import judge_stored

    return judge_stored(
        baseline_levels(baseline.runs),
        run_levels(result, opened.policy),
        opened.policy,
        Speeds(base=baseline_speeds(baseline), head=result.calibration_ns),
    )


def judged_alone(
    opened: Project, repository: Repository, baseline: Baseline, base: Commit, result: Result
) -> Verdict:
    """The verdict of the baseline over a stored result, with nothing measured beside it."""
    from perfgate.cli.slo import slo_reasons
    from perfgate.gate.baseline_refusals import refusals
    from perfgate.gate.decide import judge_unpaired
    from perfgate.gate.stored import StoredJudgement, undecided
    from perfgate.gate.validity import invalidity_alone
    from perfgate.model import Outcome

    later = later_results(opened, repository, result.commit, baseline)
    refused = refusals(baseline, result, later, opened.policy, datetime.datetime.now(datetime.UTC))
    stored = StoredJudgement(comparisons=(), alarms=(), runs=len(baseline.runs), too_few=False)
    if not refused:
        stored = judged(opened, baseline, result)
    invalid = ((Outcome.INVALID, reason) for reason in invalidity_alone(result, opened.policy))
    extra = circumstances(
        opened,
        stored,
        refused,
        None,
        (*invalid, *slo_reasons(opened, result)),
        elapsed_s=sum(r.duration_ns for r in result.rounds) / 1e9,
    )
    extra = replace(extra, reproduce="perfgate check --stored")
    return judge_unpaired(base, result, undecided(stored) if stored.too_few else stored, opened.policy, extra)


def later_results(opened: Project, repository: Repository, head: Commit, baseline: Baseline) -> list[Result]:
    """Stored results of the default branch's commits up to HEAD's change, since the baseline began.

    Those of the change itself say nothing about the baseline: looked at, three checks of a slow commit would
    pass for a level that had changed before.
    """
    from perfgate.store.recent import results_since

    def wanted(shas: Collection[str]) -> Collection[str]:
        try:
            base = repository.default_base(head.sha).sha if shas else ""
        except UsageError:
            return ()
        return (repository.history(base, _HISTORY) & set(shas)) - {head.sha}

    since = datetime.datetime.fromisoformat(baseline.runs[0].recorded_at)
    return results_since(opened.config.store, since, wanted=wanted, limit=_LATER_RESULTS)


def obstacle_of(
    opened: Project, repository: Repository, base: Commit, *, is_here: bool, progress: Progress
) -> Reason | None:
    """Why the baseline's commit cannot be measured beside HEAD; None if it can."""
    from perfgate.measure.trial import why_not_startable
    from perfgate.model import Reason

    if not is_here:
        return Reason(
            code="base_missing",
            text=f"the baseline's commit {base.sha[:10]} is not in this clone, so nothing was measured "
            "beside it",
            remedy="fetch the whole history (fetch-depth: 0), or record a baseline of a commit that is here",
        )
    error = why_not_startable(opened.config, repository, base, progress)
    if error is None:
        return None
    return Reason(
        code="base_not_startable",
        text=f"the baseline's commit {base.sha[:10]} could not be built and started, so nothing was measured "
        f"beside it: {error.message}",
        remedy=error.hint,
    )


def circumstances(
    opened: Project,
    stored: StoredJudgement,
    refused: Sequence[Reason],
    obstacle: Reason | None,
    slo: Sequence[tuple[Outcome, Reason]],
    *,
    elapsed_s: float,
) -> Circumstances:
    """What the verdict of a baseline says beside its numbers; with too few runs it stays open."""
    from perfgate.gate.decide import Circumstances
    from perfgate.gate.level_shifts import without_change_points
    from perfgate.gate.stored import too_few_runs
    from perfgate.model import Outcome

    unchecked = without_change_points()
    few = (too_few_runs(stored.runs),) if stored.too_few else ()
    return Circumstances(
        elapsed_s=elapsed_s,
        reproduce="perfgate check",
        extra_reasons=(*((Outcome.INCONCLUSIVE, reason) for reason in (*refused, *few)), *slo),
        extra_warnings=(
            *opened.warnings,
            *((obstacle,) if obstacle else ()),
            *((unchecked,) if unchecked else ()),
        ),
        accepted=opened.accepted,
    )
