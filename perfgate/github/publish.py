"""Posts a verdict: the comment, and the check run or what stands in for it."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import TYPE_CHECKING

from perfgate.github.checkrun import begin_check, complete_check
from perfgate.github.comment import put_comment
from perfgate.github.errors import ApiError
from perfgate.github.publication import Annotation, Conclusion, Publication, Published
from perfgate.github.status import put_status

if TYPE_CHECKING:
    from perfgate.github.api import Api

__all__ = ["Annotation", "Conclusion", "Publication", "PublishError", "Published", "publish", "start_check"]


class PublishError(ApiError):
    """Part of a verdict could not be posted; `published` is what could."""

    def __init__(self, errors: list[ApiError], published: Published) -> None:
        hints = dict.fromkeys(error.hint for error in errors)
        super().__init__(
            "; ".join(error.message for error in errors),
            "; ".join(hints),
            status=errors[0].status,
            limited=errors[0].limited,
        )
        self.published = published


def start_check(api: Api, *, key: str, head_sha: str, details_url: str = "") -> int | None:
    """Show that the commit is being measured; the id of the check run, None where checks are not allowed.

    Raises:
        ApiError: GitHub failed, did not answer, or does not know the commit.
    """
    try:
        return begin_check(api, key=key, head_sha=head_sha, details_url=details_url)
    except ApiError as error:
        if error.refused:
            return None
        raise


def publish(api: Api, publication: Publication, *, check_id: int | None = None) -> Published:
    """Post all of a verdict, again and again if need be: what is there is updated, never doubled.

    A comment that is not allowed leaves the step summary, which is the caller's; a check that is not
    allowed becomes a commit status. Each part is tried whatever became of the others.

    Raises:
        PublishError: GitHub failed, did not answer, or refused the token or the content.
    """
    errors: list[ApiError] = []
    notices: list[str] = []
    number = publication.pull_request
    comment: str | ApiError | None = ""
    if number is not None:
        put = functools.partial(put_comment, api, number, key=publication.key, text=publication.comment)
        comment = _tried("the comment", put, errors)
    if isinstance(comment, ApiError):
        told = f"No comment: {comment.message}. The result is in this summary."
        notices.append(f"{told} {_sentence(comment.hint)}")
    check = _tried("the check run", lambda: complete_check(api, publication, check_id), errors)
    status: str | ApiError | None = None
    if isinstance(check, ApiError):
        status = _tried("the commit status", lambda: put_status(api, publication), errors)
        notices.append(_instead(check, status))
    published = Published(
        comment_url=_url(comment),
        check_url=_url(check),
        notices=tuple(notices),
        told=isinstance(check, str) or isinstance(status, str),
    )
    if errors:
        raise PublishError(errors, published)
    return published


def _instead(refused: ApiError, status: str | ApiError | None) -> str:
    """What is told of a check run that was not allowed: the status in its place, or that there is none."""
    if status is None:
        done = "A commit status in its place failed."
    elif isinstance(status, ApiError):
        done = f"No commit status in its place: {status.message}."
    else:
        done = "A commit status is in its place."
    return f"No check run: {refused.message}. {done} {_sentence(refused.hint)}"


def _tried(what: str, post: Callable[[], str], errors: list[ApiError]) -> str | ApiError | None:
    """The URL of what was posted, the error where it is not allowed, None where it failed."""
    try:
        return post()
    except ApiError as error:
        if error.refused:
            return error
        message = f"{what}: {error.message}"
        errors.append(ApiError(message, error.hint, status=error.status, limited=error.limited))
        return None


def _url(outcome: str | ApiError | None) -> str:
    return outcome if isinstance(outcome, str) else ""


def _sentence(hint: str) -> str:
    return f"{hint[:1].upper()}{hint[1:]}."
