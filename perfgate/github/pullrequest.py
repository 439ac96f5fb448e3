"""Finds the pull request a run belongs to: in its event, or through the API, never in an artifact."""

from __future__ import annotations

import itertools
from dataclasses import dataclass
from typing import TYPE_CHECKING

from perfgate.errors import MeasureError, UsageError
from perfgate.github.checked import commit_sha, inside, number, ref_name, repository_name
from perfgate.github.plain import plain
from perfgate.github.run import ActionsRun

if TYPE_CHECKING:
    from perfgate.github.api import Api

_MAX_OTHERS = 1_000


@dataclass(frozen=True, slots=True, kw_only=True)
class PullRequest:
    """A pull request of this repository; `head_repository` is "" where the fork is gone."""

    number: int
    base_sha: str
    base_ref: str
    head_sha: str
    head_ref: str
    head_repository: str
    is_fork: bool
    draft: bool


def pull_request_of(run: ActionsRun) -> PullRequest | None:
    """The pull request in the payload of a `pull_request` event; None for other events.

    Also for `pull_request_target`, which runs with secrets: nothing of a fork is to be measured there.

    Raises:
        UsageError: the payload is not one of GitHub's, or of another repository.
    """
    if run.event_name != "pull_request":
        return None
    return _pull_request(run.event.get("pull_request"), run.repository, "event: pull_request")


def find_pull_request(api: Api, run: ActionsRun) -> PullRequest | None:
    """The open pull request of a `pull_request` event, or whose run a `workflow_run` event follows.

    Matched by head repository, branch and SHA, all from the event, and by its number where the event has
    it. GitHub names no pull requests of forks in `workflow_run`, and the commits of a fork have none in
    `/commits/SHA/pulls`, so open ones are listed by their head. None where the run was not of a pull
    request, or that has been closed or pushed to since: a run that is repeated is of the commit it was of.

    Raises:
        UsageError: the payload is not one of GitHub's.
        ApiError: GitHub did not answer.
        MeasureError: several pull requests have that head, so that nothing says which one was measured.
    """
    measured = pull_request_of(run)
    if measured is not None:
        listed = _open_ones(api, run, measured.head_repository, measured.head_ref, measured.head_sha)
        return next((one for one in listed if one.number == measured.number), None)
    followed = run.event.get("workflow_run")
    if run.event_name != "workflow_run" or inside(followed, "event") != "pull_request":
        return None
    head_sha = commit_sha(inside(followed, "head_sha"), "event: workflow_run.head_sha")
    branch = ref_name(inside(followed, "head_branch"), "event: workflow_run.head_branch")
    if inside(followed, "head_repository") is None:
        return None
    where = "event: workflow_run.head_repository.full_name"
    repository = repository_name(inside(followed, "head_repository.full_name"), where)
    found = _open_ones(api, run, repository, branch, head_sha)
    if len(found) > 1:
        numbers = " and ".join(f"#{one.number}" for one in found)
        raise MeasureError(
            f"pull requests {numbers} have the same head {head_sha[:10]}; nothing says which was measured",
            "close all but one, or push another commit to one of them",
        )
    return found[0] if found else None


def others_of_the_head(api: Api, head_sha: str, own: PullRequest | None) -> list[str]:
    """Open pull requests with that very commit as their head, into another base than `own`'s: `#7 into main`.

    They share its check. Looked for among the `_MAX_OTHERS` that were updated last, from whatever branch or
    fork they come: GitHub lists those of a fork by its branch alone. Strangers name their branches.

    Raises:
        ApiError: GitHub refused, failed, or did not answer.
    """
    query = {"state": "open", "sort": "updated", "direction": "desc"}
    rows = itertools.islice(api.rows(f"/repos/{api.repository}/pulls", query), _MAX_OTHERS)
    found = [
        (inside(row, "number"), inside(row, "base.ref"))
        for row in rows
        if inside(row, "head.sha") == head_sha
    ]
    return [
        f"#{plain(number, 20)} into {plain(base, 100)}"
        for number, base in found
        if own is None or base != own.base_ref
    ]


def _open_ones(api: Api, run: ActionsRun, repository: str, branch: str, head_sha: str) -> list[PullRequest]:
    """The open pull requests with that head; none where its repository is gone."""
    if not repository:
        return []
    query = {"state": "open", "head": f"{repository.partition('/')[0]}:{branch}"}
    return [
        _pull_request(row, run.repository, f"pull request {index} of that head")
        for index, row in enumerate(api.rows(f"/repos/{api.repository}/pulls", query), 1)
        if inside(row, "head.sha") == head_sha and _same(inside(row, "head.repo.full_name"), repository)
    ]


def _pull_request(row: object, repository: str, where: str) -> PullRequest:
    owned = repository_name(inside(row, "base.repo.full_name"), f"{where}.base.repo.full_name")
    if not _same(owned, repository):
        raise UsageError(
            f"{where}.base.repo.full_name is {owned}, not {repository}",
            "run perfgate in the repository of the pull request",
        )
    gone = inside(row, "head.repo") is None
    head = "" if gone else repository_name(inside(row, "head.repo.full_name"), f"{where}.head.repo.full_name")
    return PullRequest(
        number=number(inside(row, "number"), f"{where}.number"),
        base_sha=commit_sha(inside(row, "base.sha"), f"{where}.base.sha"),
        base_ref=ref_name(inside(row, "base.ref"), f"{where}.base.ref"),
        head_sha=commit_sha(inside(row, "head.sha"), f"{where}.head.sha"),
        head_ref=ref_name(inside(row, "head.ref"), f"{where}.head.ref"),
        head_repository=head,
        is_fork=not _same(head, repository),
        draft=inside(row, "draft") is True,
    )


def _same(one: object, other: str) -> bool:
    """GitHub does not tell upper from lower case in names of repositories."""
    return isinstance(one, str) and one.casefold() == other.casefold()
