"""Keeps the one comment of a configuration under a pull request."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perfgate.github.checked import inside, page_address
from perfgate.github.publication import digest

if TYPE_CHECKING:
    from perfgate.github.api import Api


def marker(key: str) -> str:
    """The first line of a configuration's comment, which nobody sees; no key can end the HTML comment."""
    return f"<!-- perfgate:{digest(key)} -->"


def put_comment(api: Api, number: int, *, key: str, text: str) -> str:
    """Write or replace the comment under a pull request; its URL.

    Ours is what begins with the marker and was written by whose token this is, so that nobody, no other bot
    either, gets theirs overwritten by quoting it, nor keeps ours from being written. Two jobs at once may
    each have written one: the oldest, which links lead to, is kept, and the others refer to it, as an
    outdated verdict must not be left standing.

    Raises:
        ApiError: GitHub refused, failed, or did not answer.
    """
    return api.settle(lambda: _put(api, number, marker(key), text))


def _put(api: Api, number: int, mark: str, text: str) -> str:
    path = f"/repos/{api.repository}/issues"
    listed = api.rows(f"{path}/{number}/comments")
    ours = sorted((row for row in listed if _is_ours(api, row, mark)), key=lambda row: int(row["id"]))
    body = {"body": f"{mark}\n{text}"}
    if not ours:
        return page_address(api.post(f"{path}/{number}/comments", body))
    url = page_address(api.patch(f"{path}/comments/{int(ours[0]['id'])}", body))
    for other in ours[1:]:
        referring = f"{mark}\nThe result is in [another comment]({url})."
        if other["body"] != referring:
            api.patch(f"{path}/comments/{int(other['id'])}", {"body": referring})
    return url


def _is_ours(api: Api, row: Mapping[str, Any], mark: str) -> bool:
    body, author = row.get("body"), inside(row, "user.login")
    if not isinstance(body, str) or not body.startswith(mark) or not isinstance(row.get("id"), int):
        return False
    return isinstance(author, str) and author.casefold() == api.login().casefold()
