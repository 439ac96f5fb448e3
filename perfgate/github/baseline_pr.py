"""Keeps the one pull request that proposes what a branch of perfgate's own holds."""

from __future__ import annotations

from typing import TYPE_CHECKING

from perfgate.github.checked import inside, page_address, ref_name
from perfgate.github.errors import ApiError
from perfgate.github.plain import plain

if TYPE_CHECKING:
    from perfgate.github.api import Api

_MAX_TITLE_CHARACTERS = 250
_UNPROCESSABLE = 422


def open_or_update(api: Api, *, branch: str, base: str, title: str, body: str) -> str:
    """Open a pull request of a pushed branch into `base`, or give the open one this title and body; its URL.

    Raises:
        UsageError: a branch has a name that git does not accept.
        ApiError: GitHub refused, failed, or did not answer.
    """
    words = {"title": plain(title, _MAX_TITLE_CHARACTERS), "body": body}
    ends = {"head": ref_name(branch, "the branch"), "base": ref_name(base, "the base branch")}
    return api.settle(lambda: _put(api, words, ends))


def _put(api: Api, words: dict[str, str], ends: dict[str, str]) -> str:
    path = f"/repos/{api.repository}/pulls"
    number = _open_number(api, ends)
    if number is None:
        try:
            return page_address(api.post(path, {**words, **ends}))
        except ApiError as error:
            # Another job may have opened it in between.
            number = _open_number(api, ends) if error.status == _UNPROCESSABLE else None
            if number is None:
                raise
    return page_address(api.patch(f"{path}/{number}", words))


def _open_number(api: Api, ends: dict[str, str]) -> int | None:
    owner = api.repository.partition("/")[0]
    query = {"state": "open", "head": f"{owner}:{ends['head']}", "base": ends["base"]}
    for row in api.rows(f"/repos/{api.repository}/pulls", query):
        name, number = inside(row, "head.repo.full_name"), row.get("number")
        if isinstance(name, str) and name.casefold() == api.repository.casefold() and isinstance(number, int):
            return number
    return None
