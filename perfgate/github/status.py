"""Sets the commit status that stands in where check runs are not allowed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from perfgate.github.checked import inside
from perfgate.github.plain import plain
from perfgate.github.publication import Publication, check_name

if TYPE_CHECKING:
    from perfgate.github.api import Api

_MAX_DESCRIPTION_CHARACTERS = 140
_STATES = {"success": "success", "failure": "failure", "neutral": "success", "action_required": "error"}


def put_status(api: Api, publication: Publication) -> str:
    """Say the verdict in one line on the commit; the status's URL. Neutral becomes success: both let pass.

    GitHub shows the last status of a context, so that one sent twice does no harm.

    Raises:
        ApiError: GitHub refused, failed, or did not answer.
    """
    body: dict[str, Any] = {
        "state": _STATES[publication.conclusion],
        "context": _short_planes(check_name(publication.key)),
        "description": _short_planes(plain(publication.title, _MAX_DESCRIPTION_CHARACTERS)),
    }
    if publication.details_url:
        body["target_url"] = publication.details_url
    path = f"/repos/{api.repository}/statuses/{publication.head_sha}"
    return str(inside(api.settle(lambda: api.post(path, body)), "url") or "")


def _short_planes(text: str) -> str:
    """GitHub refuses a status with characters of four bytes in UTF-8, such as most emoji (422)."""
    return "".join(character if character <= "\uffff" else "\ufffd" for character in text)
