"""Keeps the check run of a configuration on a commit: in progress, then completed."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from perfgate.github.checked import inside, page_address
from perfgate.github.commands import fitting
from perfgate.github.errors import ApiError, unanswered
from perfgate.github.plain import plain
from perfgate.github.publication import Annotation, Publication, check_name, digest

if TYPE_CHECKING:
    from perfgate.github.api import Api

MAX_SUMMARY_BYTES = 65_535  # GitHub's reference says characters, and its answers say bytes
_MAX_TITLE_CHARACTERS = 255
_MAX_MESSAGE_CHARACTERS = 4_000


def begin_check(api: Api, *, key: str, head_sha: str, details_url: str) -> int:
    """Show the check as in progress; its id. One that an interrupted job has left so is taken over.

    Raises:
        ApiError: GitHub refused, failed, or did not answer.
    """
    return api.settle(lambda: _begin(api, key, head_sha, details_url))


def complete_check(api: Api, publication: Publication, check_id: int | None) -> str:
    """Complete the check, or make a completed one; its URL.

    GitHub adds the annotations of every request to those that are there, so what is shown already is not
    sent again, and another result of the same commit becomes a check of its own, which replaces the older.

    Raises:
        ApiError: GitHub refused, failed, or did not answer.
    """
    return api.settle(lambda: _complete(api, publication, check_id))


def _begin(api: Api, key: str, head_sha: str, details_url: str) -> int:
    state = {"status": "in_progress"} | ({"details_url": details_url} if details_url else {})
    shown = _shown(api, key, head_sha)
    if shown is not None and shown.get("status") != "completed":
        answer = api.patch(_path(api, shown["id"]), state)
    else:
        answer = api.post(_path(api), _identity(key, head_sha) | state)
    found = inside(answer, "id")
    if not isinstance(found, int):
        raise unanswered(f"POST {_path(api)}", "the answer has no id")
    return found


def _complete(api: Api, publication: Publication, check_id: int | None) -> str:
    result = _result(publication)
    shown = _shown(api, publication.key, publication.head_sha)
    if shown is not None and check_id in (None, shown["id"]) and _says(shown, result):
        return page_address(shown)
    if check_id is None and shown is not None and shown.get("status") != "completed":
        check_id = shown["id"]
    if check_id is not None:
        try:
            return page_address(api.patch(_path(api, check_id), result))
        except ApiError as error:
            # Another app's, with the same name and key: only who has made a check may change it.
            if not error.refused:
                raise
    return page_address(api.post(_path(api), _identity(publication.key, publication.head_sha) | result))


def _shown(api: Api, key: str, head_sha: str) -> Mapping[str, Any] | None:
    """The newest check of the configuration on the commit."""
    path = f"/repos/{api.repository}/commits/{head_sha}/check-runs"
    listed = api.rows(path, {"check_name": check_name(key)}, name="check_runs")
    ours = [row for row in listed if row.get("external_id") == digest(key) and isinstance(row.get("id"), int)]
    return max(ours, key=lambda row: int(row["id"]), default=None)


def _says(shown: Mapping[str, Any], result: Mapping[str, Any]) -> bool:
    same = all(shown.get(name) == result[name] for name in ("status", "conclusion"))
    return same and all(
        str(inside(shown, f"output.{name}") or "").strip() == result["output"][name].strip()
        for name in ("title", "summary")
    )


def _path(api: Api, check_id: int | None = None) -> str:
    path = f"/repos/{api.repository}/check-runs"
    return path if check_id is None else f"{path}/{check_id}"


def _identity(key: str, head_sha: str) -> dict[str, Any]:
    return {"name": check_name(key), "head_sha": head_sha, "external_id": digest(key)}


def _result(publication: Publication) -> dict[str, Any]:
    output = {
        "title": plain(publication.title, _MAX_TITLE_CHARACTERS),
        "summary": fitting(publication.summary, MAX_SUMMARY_BYTES),
        "annotations": [_annotation(one) for one in publication.annotations],
    }
    details = {"details_url": publication.details_url} if publication.details_url else {}
    return {"status": "completed", "conclusion": publication.conclusion, "output": output} | details


def _annotation(one: Annotation) -> dict[str, Any]:
    return {
        "path": one.path,
        "start_line": one.line,
        "end_line": one.line,
        "annotation_level": one.level,
        "title": plain(one.title, _MAX_TITLE_CHARACTERS),
        "message": plain(one.message, _MAX_MESSAGE_CHARACTERS),
    }
