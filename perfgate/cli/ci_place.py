"""Which two commits `perfgate ci` compares: found from the variables of whatever system it runs in."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.github.run import ActionsRun
    from perfgate.model import Commit

System = Literal["GitHub", "GitLab", "Buildkite", "shell"]

_WHOLE = {
    "GitHub": "set `fetch-depth: 0` on actions/checkout",
    "GitLab": 'set `GIT_DEPTH: "0"` in the variables of the job',
    "Buildkite": "clone without --depth, or run `git fetch --unshallow` before",
    "shell": "run `git fetch --unshallow`",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """What is compared; `found` says how it was found, for people.

    `head_sha` is what a report is of: the pull request's head where `head` is that or a merge of it, else
    what was measured, so that it is posted on nothing else.
    """

    system: System
    base: Commit
    head: Commit
    head_sha: str
    found: str


def system_of(environ: Mapping[str, str], run: ActionsRun | None) -> System:
    """The CI system, by the variable that each of them sets."""
    if run is not None:
        return "GitHub"
    if environ.get("GITLAB_CI"):
        return "GitLab"
    return "Buildkite" if environ.get("BUILDKITE") else "shell"


def find_place(
    environ: Mapping[str, str],
    run: ActionsRun | None,
    repository: Repository,
    *,
    base: str | None,
    head: str | None,
) -> Place:
    """Base and head, as given or else as the system says.

    Raises:
        UsageError: the event cannot be measured, the clone is shallow, or a commit is not to be found.
    """
    from perfgate.cli.ci_events import is_of, refuse_event, reported_sha, require_event_head

    system = system_of(environ, run)
    if run is not None:
        refuse_event(run)
    if repository.is_shallow() and not (base and head):
        raise UsageError("this is a shallow clone: the base of the change is not in it", _WHOLE[system])
    tip = repository.resolve(head or "HEAD")
    if base:
        if run is not None and not head:
            require_event_head(run, repository, tip)
        found = repository.resolve(base), "as --base says"
    elif head:
        found = repository.default_base(tip.sha), "where --head left the default branch"
    else:
        found = _based(environ, run, repository, tip)
    reported = reported_sha(run) if run is not None else environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA")
    return Place(
        system=system,
        base=found[0],
        head=tip,
        head_sha=reported if reported and not head and is_of(repository, tip, reported) else tip.sha,
        found=f"{system}: base {found[0].sha[:10]}, {found[1]}; head {tip.sha[:10]}",
    )


def _based(
    environ: Mapping[str, str], run: ActionsRun | None, repository: Repository, head: Commit
) -> tuple[Commit, str]:
    from perfgate.cli.ci_events import base_of_event

    match system_of(environ, run):
        case "GitHub" if run is not None:
            return base_of_event(run, repository, head)
        case "GitLab":
            return _on_gitlab(environ, repository, head)
        case "Buildkite":
            return _on_buildkite(environ, repository, head)
    return repository.default_base(head.sha), "where HEAD left the default branch"


def _on_gitlab(environ: Mapping[str, str], repository: Repository, head: Commit) -> tuple[Commit, str]:
    """See GitLab's predefined variables; only pipelines of merged results know the source branch's SHA."""
    from perfgate.cli.ci_events import named

    parents = repository.parents(head.sha)
    source = environ.get("CI_MERGE_REQUEST_SOURCE_BRANCH_SHA", "")
    if len(parents) == 2 and parents[1] == source:
        return named(repository, parents[0]), "the target that GitLab merged into (HEAD^1)"
    diff_base = environ.get("CI_MERGE_REQUEST_DIFF_BASE_SHA", "")
    if diff_base:
        return named(repository, diff_base), "CI_MERGE_REQUEST_DIFF_BASE_SHA"
    target = environ.get("CI_MERGE_REQUEST_TARGET_BRANCH_NAME", "")
    if target:
        return _left(repository, target, head), "where HEAD left CI_MERGE_REQUEST_TARGET_BRANCH_NAME"
    base = repository.default_base(head.sha, branch=environ.get("CI_DEFAULT_BRANCH", ""))
    return base, "no merge request: where HEAD left the default branch"


def _on_buildkite(environ: Mapping[str, str], repository: Repository, head: Commit) -> tuple[Commit, str]:
    target = environ.get("BUILDKITE_PULL_REQUEST_BASE_BRANCH", "")
    if target:
        return _left(repository, target, head), "where HEAD left BUILDKITE_PULL_REQUEST_BASE_BRANCH"
    base = repository.default_base(head.sha, branch=environ.get("BUILDKITE_PIPELINE_DEFAULT_BRANCH", ""))
    return base, "no pull request: where HEAD left the default branch"


def _left(repository: Repository, branch: str, head: Commit) -> Commit:
    return repository.merge_base(repository.resolve(f"refs/remotes/origin/{branch}"), head)
