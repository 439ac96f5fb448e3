"""`perfgate compare`: two commits side by side, and a verdict."""

from __future__ import annotations

import hashlib
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from perfgate.cli import basepolicy, options, output, project
from perfgate.cli.acceptances import with_accepted
from perfgate.cli.approach import approach_of, approach_options
from perfgate.cli.budget import budget_option, goal_of, with_budget
from perfgate.cli.evidence import evidence_for
from perfgate.cli.judged import Judged
from perfgate.cli.late import as_it_was_sent, late_warnings
from perfgate.cli.loadtest import load_test_options, seen_by_code
from perfgate.cli.reproduce import exactly, load_test_words, reproduce_line
from perfgate.cli.rulecheck import names_endpoints_late
from perfgate.cli.slo import slo_reasons, stopping
from perfgate.config import DriverName
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.git import Repository
    from perfgate.measure.job import Job, Source
    from perfgate.measure.round import MeasuredRound
    from perfgate.model import Commit, NextStep, Side
    from perfgate.progress import Progress

_EXAMPLES = """\b
Examples:
  perfgate compare main HEAD
  perfgate compare                       (HEAD with its merge-base)
  perfgate compare main HEAD --budget 60s
  perfgate compare main HEAD -o html=report.html -o json=verdict.json
  perfgate compare v1.2 HEAD --stored
  perfgate compare --base-url http://127.0.0.1:8001 --head-url http://127.0.0.1:8002"""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """What the command line asks for."""

    base: str | None
    head: str | None
    base_url: str | None
    head_url: str | None
    approach: dict[str, Any]
    allow_dirty: bool
    whose: basepolicy.Whose

    @property
    def base_is_a_commit(self) -> bool:
        """Whether base is a commit whose files can be read; a URL alone is none."""
        return bool(self.base) or not self.base_url


@click.command(epilog=_EXAMPLES)
@click.argument("base", required=False)
@click.argument("head", required=False)
@options.config_option
@options.workload_option
@load_test_options
@click.option("--stored", is_flag=True, help="Compare stored results; no service is touched.")
@click.option("--base-url", metavar="URL", help="Load this running service as base.")
@click.option("--head-url", metavar="URL", help="Load this running service as head.")
@budget_option
@approach_options
@basepolicy.policy_option
@options.allow_dirty_option
@options.quiet_option
@output.output_option
def command(
    *,
    base: str | None,
    head: str | None,
    config_path: Path,
    workload: Path | None,
    env: tuple[str, ...],
    driver: DriverName | None,
    environment: str | None,
    stored: bool,
    base_url: str | None,
    head_url: str | None,
    budget_ns: int | None,
    whose: basepolicy.Whose,
    allow_dirty: bool,
    quiet: bool,
    outputs: tuple[tuple[str, Path], ...],
    **approach: Any,
) -> int:
    """Compare two commits and say whether the second is slower.

    BASE is the merge-base of HEAD and the default branch, and HEAD the checked-out commit, unless given.
    """
    asked = _Asked(
        base=base,
        head=head,
        base_url=base_url,
        head_url=head_url,
        approach=approach,
        allow_dirty=allow_dirty,
        whose=whose,
    )
    opened = project.open_project(config_path, workload, env=env, driver=driver, environment=environment)
    if stored:
        if base_url or head_url:
            raise UsageError(
                "--stored touches no service, so --base-url and --head-url mean nothing", "drop one"
            )
        if budget_ns:
            raise UsageError("--stored measures nothing, so --budget means nothing", "drop one")
        judged = _compare_stored(opened, asked)
    else:
        opened = with_budget(opened, budget_ns)
        judged = _compare_measured(opened, asked, quiet=quiet)
    again = reproduce_line(
        config_path,
        workload,
        exactly({"base": base, "head": head, "base_url": base_url, "head_url": head_url}, judged.verdict),
        budget_ns,
        whose,
        load_test=load_test_words(env, driver, environment),
        stored=stored,
    )
    evidence = evidence_for(judged, outputs, opened.config.store)
    return output.publish(replace(judged.verdict, reproduce=again), outputs, evidence)


def _compare_measured(opened: project.Project, asked: _Asked, *, quiet: bool) -> Judged:
    begun = time.monotonic()
    repository = _repository(opened, asked)
    sources = _sources(opened, asked, repository)
    opened = _governed(opened, asked, repository, sources[0].commit)
    progress = output.start_progress(quiet=quiet)
    try:
        return measure_pair(opened, sources, repository, progress=progress, begun=begun, reproduce="")
    finally:
        progress.close()


def measure_pair(
    opened: project.Project,
    sources: tuple[Source, ...],
    repository: Repository | None,
    *,
    progress: Progress,
    begun: float,
    reproduce: str,
) -> Judged:
    """Measure base and head side by side and judge them; `begun` is when the command started (monotonic)."""
    from perfgate.gate.abort import Abort
    from perfgate.gate.decide import Circumstances, judge, judge_aborted
    from perfgate.measure.job import run_job

    abort = Abort(opened.thresholds)
    job = pair_job(opened, sources, repository, seed=project.new_seed(opened.config))
    with seen_by_code(opened.workload, opened.config.variables):
        base, head = run_job(replace(job, stops=stopping(abort)), progress)
    if abort.breached:
        ended = Circumstances(elapsed_s=time.monotonic() - begun, reproduce=reproduce)
        return Judged(verdict=judge_aborted(base, head, abort.reason(), ended), base=base, head=head)
    circumstances = Circumstances(
        elapsed_s=time.monotonic() - begun,
        reproduce=reproduce,
        extra_reasons=slo_reasons(opened, head),
        extra_warnings=(*opened.warnings, *late_warnings(opened, (base, head))),
        accepted=opened.accepted,
    )
    verdict = as_it_was_sent(judge(base, head, opened.policy, circumstances), opened)
    return Judged(verdict=verdict, base=base, head=head)


def pair_job(
    opened: project.Project, sources: tuple[Source, ...], repository: Repository | None, *, seed: int
) -> Job:
    """The paired run of two sources by the project's policy."""
    from perfgate.gate.decide import effective_policy
    from perfgate.measure.job import Job

    policy = effective_policy(opened.policy, restarts=all(s.address is None for s in sources))
    keeps_mix = names_endpoints_late(opened.workload)
    return Job(
        config=opened.config,
        repository=repository,
        workload=opened.workload,
        sources=sources,
        screen_rounds=policy.screen_rounds,
        confirm_rounds=policy.confirm_rounds,
        decide=lambda measured: _decide(measured, policy, seed, keeps_mix=keeps_mix),
        run_id=project.new_run_id(),
        seed=seed,
        goal=goal_of(policy),
    )


def _governed(
    opened: project.Project, asked: _Asked, repository: Repository | None, base: Commit
) -> project.Project:
    """The project with base's policy, if base is a commit, and with what was decided on."""
    if repository is None or not asked.base_is_a_commit:
        return with_accepted(opened, repository, None)
    return with_accepted(basepolicy.governed(opened, repository, base, asked.whose), repository, base)


def _decide(measured: Sequence[MeasuredRound], policy: Policy, seed: int, *, keeps_mix: bool) -> NextStep:
    """What to measure next; load tests that are code decide themselves what is sent, and take no focus."""
    from perfgate.gate.screen import next_step
    from perfgate.gate.table import Pair
    from perfgate.model import ALL_ENDPOINTS

    pairs = [Pair(base=m.rounds[0], head=m.rounds[1]) for m in measured if not m.rounds[0].dropped_because]
    step = next_step(pairs, policy, seed)
    if step.confirm_endpoints and keeps_mix:
        return replace(step, confirm_endpoints=(ALL_ENDPOINTS,))
    return step


def _repository(opened: project.Project, asked: _Asked) -> Repository | None:
    """The repository, which only two URLs without refs can do without."""
    from perfgate.git import open_repository

    if asked.base_url and asked.head_url and not (asked.base or asked.head):
        return None
    return open_repository(opened.config.root)


def _sources(opened: project.Project, asked: _Asked, repository: Repository | None) -> tuple[Source, ...]:
    from perfgate.measure.address import locate
    from perfgate.measure.job import Source

    base, head = _commits(asked, repository)
    approach = approach_of(asked.approach, allowed_hosts=opened.config.allow_hosts)
    sources = []
    for side, commit, url in _sides(base, head, asked):
        address = locate(url, flag=f"--{side}-url", approach=approach).address if url else None
        sources.append(Source(side=side, commit=commit, address=address))
    measured = [source.commit for source in sources if source.address is None]
    if measured:
        project.require_command(opened.config)
    if repository is not None and measured and not asked.allow_dirty:
        project.require_clean(repository, measured, opened.config)
    return tuple(sources)


def _sides(base: Commit, head: Commit, asked: _Asked) -> tuple[tuple[Side, Commit, str | None], ...]:
    return ("base", base, asked.base_url), ("head", head, asked.head_url)


def _commits(asked: _Asked, repository: Repository | None) -> tuple[Commit, Commit]:
    """Both commits; a running service without a ref gets the digest of its URL for a name."""
    if asked.head_url and not asked.head:
        head = _commit_of_url(asked.head_url)
    else:
        head = _resolved(repository, asked.head or "HEAD")
    if asked.base_url and not asked.base:
        return _commit_of_url(asked.base_url), head
    if asked.base:
        return _resolved(repository, asked.base), head
    if repository is None or asked.head_url:
        raise UsageError("which commit is the base?", "name it: perfgate compare BASE --head-url URL")
    return repository.default_base(head.sha), head


def _resolved(repository: Repository | None, ref: str) -> Commit:
    if repository is None:
        raise UsageError(f"{ref!r}: there is no repository to find it in", "run inside the repository")
    return repository.resolve(ref)


def _commit_of_url(url: str) -> Commit:
    from perfgate.model import Commit

    return Commit(sha=hashlib.sha256(url.encode()).hexdigest()[:40], ref=url)


def _compare_stored(opened: project.Project, asked: _Asked) -> Judged:
    from perfgate.cli.stored import compare_stored
    from perfgate.git import open_repository

    repository = open_repository(opened.config.root)
    base, head = _commits(asked, repository)
    opened = _governed(opened, asked, repository, base)
    return compare_stored(opened, base, head)
