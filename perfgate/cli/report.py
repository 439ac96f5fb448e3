"""`perfgate report`: a stored comparison shown again, on the terminal and in files; nothing is measured."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import basepolicy, options, output, project
from perfgate.cli.acceptances import with_accepted
from perfgate.cli.evidence import evidence_for
from perfgate.cli.loadtest import load_test_options
from perfgate.cli.reproduce import exactly, load_test_words, reproduce_line
from perfgate.config import DriverName
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.cli.judged import Judged
    from perfgate.git import Repository
    from perfgate.model import Result

_MOST_READ = 50
_NAMED = {"base": None, "head": None, "base_url": None, "head_url": None}
_EXAMPLES = """\b
Examples:
  perfgate report -o html=report.html                (the newest comparison)
  perfgate report main HEAD -o html=report.html
  perfgate report --run 5f0c2d9a81b3 -o html=report.html -o png=figures/
  perfgate report main HEAD -o markdown=comment.md -o json=verdict.json

It informs and never fails: the exit code is 0 whatever the verdict is; perfgate compare --stored judges."""


@click.command(epilog=_EXAMPLES)
@click.argument("base", required=False)
@click.argument("head", required=False)
@click.option("--run", "run_id", metavar="RUN_ID", help="Show this run; its id is in its results files.")
@options.config_option
@options.workload_option
@load_test_options
@basepolicy.policy_option
@output.output_option
def command(
    *,
    base: str | None,
    head: str | None,
    run_id: str | None,
    config_path: Path,
    workload: Path | None,
    env: tuple[str, ...],
    driver: DriverName | None,
    environment: str | None,
    whose: basepolicy.Whose,
    outputs: tuple[tuple[str, Path], ...],
) -> int:
    """Show a stored comparison again, on the terminal and in files; nothing is measured.

    Without BASE and HEAD it is the newest run of this workload that measured both sides together. HEAD is
    the checked-out commit where only BASE is given. The verdict is reached anew from what is stored, as by
    perfgate compare --stored.
    """
    if run_id is not None and base is not None:
        raise UsageError("--run names both sides, so BASE and HEAD mean nothing with it", "drop one")
    opened = project.open_project(config_path, workload, env=env, driver=driver, environment=environment)
    judged = _of_commits(opened, base, head, whose) if base else _of_run(opened, run_id, whose)
    again = reproduce_line(
        config_path,
        workload,
        exactly(_NAMED, judged.verdict) if base else _asked(judged),
        None,
        whose,
        load_test=load_test_words(env, driver, environment),
    )
    verdict = replace(judged.verdict, reproduce=again)
    output.publish(verdict, outputs, evidence_for(judged, outputs, opened.config.store))
    return int(ExitCode.OK)


def _of_commits(opened: project.Project, base: str, head: str | None, whose: basepolicy.Whose) -> Judged:
    from perfgate.cli.stored import compare_stored
    from perfgate.git import open_repository

    repository = open_repository(opened.config.root)
    commits = repository.resolve(base), repository.resolve(head or "HEAD")
    opened = with_accepted(basepolicy.governed(opened, repository, commits[0], whose), repository, commits[0])
    return compare_stored(opened, *commits)


def _of_run(opened: project.Project, run_id: str | None, whose: basepolicy.Whose) -> Judged:
    from perfgate.cli.stored import judged_pair

    base, head = _newest_pair(opened) if run_id is None else _pair_of(opened, run_id)
    repository = _repository(opened)
    if repository is not None and _is_commit(repository, base):
        opened = basepolicy.governed(opened, repository, base.commit, whose)
        opened = with_accepted(opened, repository, base.commit)
    else:
        opened = with_accepted(opened, repository, None)
    return judged_pair(opened, base, head)


def _newest_pair(opened: project.Project) -> tuple[Result, Result]:
    """Both sides of the newest paired run of this very workload; what cannot be used is named on stderr."""
    from perfgate.store.results import load, paired_paths

    name, others = opened.workload.name, 0
    for paths in paired_paths(opened.config.store, name)[:_MOST_READ]:
        try:
            base, head = (load(path) for path in paths)
        except UsageError as error:
            click.echo(f"skipped: {error.message} ({error.hint})", file=sys.stderr)
            continue
        if not _is_usable(opened, base, head):
            others += 1
            continue
        return base, head
    but = f" ({others} were interrupted, or sent another version of it)" if others else ""
    raise UsageError(
        f"no stored run of {name!r} that measured both sides{but} in {opened.config.store}",
        "measure one: perfgate compare BASE HEAD; or name two commits: perfgate report BASE HEAD",
    )


def _is_usable(opened: project.Project, base: Result, head: Result) -> bool:
    complete = base.status == head.status == "complete" and base.run_id == head.run_id
    return complete and base.workload_digest == head.workload_digest == opened.workload.digest


def _pair_of(opened: project.Project, run_id: str) -> tuple[Result, Result]:
    """Both sides of one run.

    Raises:
        UsageError: there is no such run, it had one side only, or it cannot be judged.
    """
    from perfgate.store.names import shown
    from perfgate.store.results import find_run

    sides = find_run(opened.config.store, run_id)
    name = f"run {shown(run_id)}"
    if not sides:
        raise UsageError(
            f"{name}: nothing is stored of it in {opened.config.store}",
            "the results files in there say run_id; without --run the newest comparison is shown",
        )
    if len(sides) == 1:
        raise UsageError(
            f"{name}: only {next(iter(sides))} was measured, so there is nothing to compare it with",
            "name two commits, as in perfgate report BASE HEAD",
        )
    base, head = sides["base"], sides["head"]
    if not base.status == head.status == "complete":
        raise UsageError(f"{name} was interrupted, so there is no verdict on it", "measure it again")
    if not _is_usable(opened, base, head):
        raise UsageError(
            f"{name} sent another workload ({shown(head.workload_name)}) than {opened.workload.name!r} "
            "as it is now",
            "name the workload it sent with --workload, or check out the commit it was measured from",
        )
    return base, head


def _repository(opened: project.Project) -> Repository | None:
    from perfgate.git import open_repository

    try:
        return open_repository(opened.config.root)
    except UsageError:
        return None  # two URLs can be compared without one


def _is_commit(repository: Repository, result: Result) -> bool:
    """Whether a side was a commit; where a service ran already, a digest of its URL may stand for one."""
    if result.restarts:
        return True
    try:
        repository.resolve(result.commit.sha)
    except UsageError:
        return False
    return True


def _asked(judged: Judged) -> dict[str, str | None]:
    """What to ask for to have both sides of a run measured again: commits, or URLs of running services."""
    asked: dict[str, str | None] = {"base": None, "head": None, "base_url": None, "head_url": None}
    for side, result in (("base", judged.base), ("head", judged.head)):
        if result is not None:
            is_url = not result.restarts and "://" in result.commit.ref
            key, word = (f"{side}_url", result.commit.ref) if is_url else (side, result.commit.sha[:12])
            asked[key] = word
    return asked
