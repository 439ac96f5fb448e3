"""What each event of GitHub Actions says about base and head, and which events are refused."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.git import Repository
    from perfgate.github.pullrequest import PullRequest
    from perfgate.github.run import ActionsRun
    from perfgate.model import Commit

_NOWHERE = "0" * 40
_NEVER = {
    "pull_request_target": (
        "it would run the code of a fork with this repository's secrets",
        "measure on pull_request, and post on workflow_run: `perfgate init --github` writes both",
    ),
    "workflow_run": (
        "it would run the code of a fork with this repository's secrets",
        "measure on pull_request; on workflow_run call `perfgate ci post`",
    ),
}
_AS_CHECKED_OUT = "check out what started the run, as actions/checkout does by itself, with `fetch-depth: 0`"


def refuse_event(run: ActionsRun) -> None:
    """Refuse the events on which no code of a change may run.

    Raises:
        UsageError: this is one of them.
    """
    if run.event_name in _NEVER:
        why, remedy = _NEVER[run.event_name]
        raise UsageError(f"perfgate measures nothing on {run.event_name}: {why}", remedy)


def reported_sha(run: ActionsRun) -> str:
    """The commit that a report of this run is of: the pull request's head, else what GitHub checks out."""
    from perfgate.github.pullrequest import pull_request_of

    pull_request = pull_request_of(run)
    if pull_request is not None:
        return pull_request.head_sha
    return text_of(run, "merge_group", "head_sha") or run.sha


def base_of_event(run: ActionsRun, repository: Repository, head: Commit) -> tuple[Commit, str]:
    """The base for what is checked out, and how it was found.

    Raises:
        UsageError: an event without a base, or something else is checked out than it is about.
    """
    match run.event_name:
        case "pull_request":
            return _of_pull_request(run, repository, head)
        case "merge_group":
            return _of_merge_group(run, repository, head)
        case "push":
            return _of_push(run, repository, head)
        case "workflow_dispatch" | "schedule":
            base = repository.default_base(head.sha, branch=default_branch(run))
            return base, f"{run.event_name}: where HEAD left the default branch"
    raise UsageError(
        f"event {run.event_name!r} does not say what to compare with",
        "give --base COMMIT, or run on pull_request, merge_group, push, schedule or workflow_dispatch",
    )


def require_event_head(run: ActionsRun, repository: Repository, head: Commit) -> None:
    """Refuse a checkout that the event is not about: its verdict would stand on another commit.

    Raises:
        UsageError: HEAD is neither the commit of the event nor GitHub's merge of it.
    """
    match run.event_name:
        case "pull_request":
            _parents_of_merge(run, repository, head)
        case "merge_group":
            _require_checked_out(head, text_of(run, "merge_group", "head_sha"), "merge group")
        case "push":
            _require_checked_out(head, text_of(run, "after"), "push")


def is_of(repository: Repository, commit: Commit, reported: str) -> bool:
    """Whether a commit is the one that is reported on, or GitHub's or GitLab's merge of it."""
    return commit.sha == reported or repository.parents(commit.sha)[1:] == (reported,)


def _of_pull_request(run: ActionsRun, repository: Repository, head: Commit) -> tuple[Commit, str]:
    pull_request, parents = _parents_of_merge(run, repository, head)
    if parents:
        return named(repository, parents[0]), "the base that GitHub merged the pull request into (HEAD^1)"
    base = named(repository, pull_request.base_sha)
    return repository.merge_base(base, head), "where the pull request left its base branch"


def _parents_of_merge(
    run: ActionsRun, repository: Repository, head: Commit
) -> tuple[PullRequest, tuple[str, ...]]:
    """The event's pull request, and what GitHub merged; () where its head itself is checked out."""
    from perfgate.github.pullrequest import pull_request_of

    pull_request = pull_request_of(run)
    if pull_request is None:
        raise UsageError("the event is of no pull request", _AS_CHECKED_OUT)
    if head.sha == pull_request.head_sha:
        return pull_request, ()
    if is_of(repository, head, pull_request.head_sha):
        return pull_request, repository.parents(head.sha)
    raise UsageError(
        f"HEAD ({head.sha[:12]}) is neither the pull request's head ({pull_request.head_sha[:12]}) nor "
        "GitHub's merge of it",
        _AS_CHECKED_OUT,
    )


def _of_merge_group(run: ActionsRun, repository: Repository, head: Commit) -> tuple[Commit, str]:
    _require_checked_out(head, text_of(run, "merge_group", "head_sha"), "merge group")
    base = text_of(run, "merge_group", "base_sha")
    if not base:
        raise UsageError("the event of the merge group names no base_sha", "give --base COMMIT")
    return named(repository, base), "what the merge queue built on"


def _of_push(run: ActionsRun, repository: Repository, head: Commit) -> tuple[Commit, str]:
    before, after, branch = text_of(run, "before"), text_of(run, "after"), default_branch(run)
    if after == _NOWHERE:
        raise UsageError("the push deleted a branch: nothing is left to measure", "ignore deleted branches")
    _require_checked_out(head, after, "push")
    if not before or before == _NOWHERE:
        return repository.default_base(
            head.sha, branch=branch
        ), "the first push of this branch: what HEAD grew from"
    try:
        return named(repository, before), "what was there before the push"
    except UsageError:
        return repository.default_base(
            head.sha, branch=branch
        ), "forced, so what was there is gone: what HEAD grew from"


def _require_checked_out(head: Commit, expected: str, what: str) -> None:
    if expected and head.sha != expected:
        raise UsageError(
            f"HEAD ({head.sha[:12]}) is not the head of the {what} ({expected[:12]})", _AS_CHECKED_OUT
        )


def named(repository: Repository, sha: str) -> Commit:
    """A commit by its digits, called by the first of them.

    Raises:
        UsageError: it is not in this clone.
    """
    found = repository.resolve(sha)
    return replace(found, ref=found.sha[:12])


def default_branch(run: ActionsRun) -> str:
    """The repository's default branch, "" where nothing tells.

    A scheduled run's event need not name the repository, but is always on that branch.
    """
    named = text_of(run, "repository", "default_branch")
    return run.ref.removeprefix("refs/heads/") if not named and run.event_name == "schedule" else named


def text_of(run: ActionsRun, *keys: str) -> str:
    """Text in the event, "" where there is none."""
    value: object = run.event
    for key in keys:
        value = value.get(key) if isinstance(value, dict) else None
    return value if isinstance(value, str) else ""
