"""What GitHub does when it is asked, as far as perfgate asks: one function an operation."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from tests.github.github_description import answer_of

if TYPE_CHECKING:
    from tests.github.github_server import FakeGitHub, Seen

MAX_COMMENT_CHARACTERS = 65_536
_SHA = re.compile(r"[0-9a-f]{40}")


@dataclass(frozen=True)
class Answer:
    """A status and what comes with it; bytes are sent as they are."""

    status: int
    body: Any
    headers: Mapping[str, str] = field(default_factory=dict)


def refusal(status: int, message: str, *errors: dict[str, str]) -> Answer:
    """An error in GitHub's form."""
    body = {"message": message, "documentation_url": "https://docs.github.com/rest", "status": str(status)}
    return Answer(status, body | ({"errors": list(errors)} if errors else {}))


def operate(github: FakeGitHub, seen: Seen) -> Answer:
    """The answer to a request that came with a good token."""
    for method, pattern, operation in _OPERATIONS:
        found = re.fullmatch(pattern.replace("{repo}", "/repos/([^/]+/[^/]+)"), seen.path)
        if method != seen.method or not found:
            continue
        if found.groups() and found[1].casefold() != github.repository.casefold():
            return refusal(404, "Not Found")
        return operation(github, seen, *found.groups()[1:])
    return refusal(404, "Not Found")


def _denied(github: FakeGitHub, what: str) -> Answer | None:
    return refusal(403, "Resource not accessible by integration") if what in github.denied else None


def _comment(github: FakeGitHub, kept: dict[str, Any]) -> dict[str, Any]:
    return answer_of("issue-comment", **kept)


def _list_comments(github: FakeGitHub, seen: Seen, number: str) -> Answer:
    return Answer(200, [_comment(github, kept) for kept in github.comments.get(int(number), [])])


def _add_comment(github: FakeGitHub, seen: Seen, number: str) -> Answer:
    if refused := _denied(github, "comments") or _too_long(seen.body["body"]):
        return refused
    login = github.login or "github-actions[bot]"
    kind = "Bot" if login.endswith("[bot]") else "User"
    github.add_comment(int(number), seen.body["body"], login=login, kind=kind)
    return Answer(201, _comment(github, github.comments[int(number)][-1]))


def _change_comment(github: FakeGitHub, seen: Seen, wanted: str) -> Answer:
    if refused := _denied(github, "comments") or _too_long(seen.body["body"]):
        return refused
    for kept in (one for listed in github.comments.values() for one in listed):
        if kept["id"] == int(wanted):
            kept["body"] = seen.body["body"]
            return Answer(200, _comment(github, kept))
    return refusal(404, "Not Found")


def _too_long(body: str) -> Answer | None:
    if len(body) <= MAX_COMMENT_CHARACTERS:
        return None
    problem = {"resource": "IssueComment", "code": "unprocessable", "field": "data"}
    problem["message"] = "Body is too long (maximum is 65536 characters)"
    return refusal(422, "Validation Failed", problem)


def _shown_check(github: FakeGitHub, kept: dict[str, Any]) -> dict[str, Any]:
    output = {name: kept["output"].get(name) for name in ("title", "summary", "text")}
    output["annotations_count"] = len(kept["annotations"])
    output["annotations_url"] = f"{github.url}/annotations"
    fields = {name: value for name, value in kept.items() if name != "annotations"}
    return answer_of("check-run", **(fields | {"output": output}))


def _add_check(github: FakeGitHub, seen: Seen) -> Answer:
    if refused := _denied(github, "checks"):
        return refused
    if not _SHA.fullmatch(seen.body["head_sha"]):
        return refusal(422, "No commit found for SHA: " + seen.body["head_sha"])
    check = {"id": github.next_id(), "status": "queued", "conclusion": None, "output": {}, "annotations": []}
    check["html_url"] = f"https://github.com/{github.repository}/runs/{check['id']}"
    check["external_id"] = check["details_url"] = None
    refused = _set_check(check, seen.body)
    if refused is None:
        github.checks.append(check)
    return refused or Answer(201, _shown_check(github, check))


def _change_check(github: FakeGitHub, seen: Seen, wanted: str) -> Answer:
    if refused := _denied(github, "checks"):
        return refused
    for check in github.checks:
        if check["id"] == int(wanted):
            return _set_check(check, seen.body) or Answer(200, _shown_check(github, check))
    return refusal(404, "Not Found")


def _set_check(check: dict[str, Any], body: dict[str, Any]) -> Answer | None:
    """As on GitHub every update adds its annotations to those that are there."""
    output = dict(body.get("output", {}))
    annotations = output.pop("annotations", [])
    if len(annotations) > 50:
        return refusal(422, "Invalid request.")
    if len(output.get("summary", "").encode()) > 65_535:
        problem = {"resource": "CheckRun", "code": "custom", "field": "summary"}
        problem["message"] = "summary exceeds a maximum bytesize of 65535"
        return refusal(422, "Validation Failed", problem)
    if body.get("status") == "completed" and "conclusion" not in body:
        return refusal(422, "Invalid request.\n\nConclusion is required.")
    check.update({name: value for name, value in body.items() if name != "output"})
    check["output"] = check["output"] | output
    check["annotations"] += annotations
    return None


def _list_checks(github: FakeGitHub, seen: Seen, ref: str) -> Answer:
    wanted = seen.query.get("check_name")
    latest: dict[str, dict[str, Any]] = {}
    for check in github.checks:
        if check["head_sha"] == ref and wanted in (None, check["name"]):
            latest[check["name"]] = check
    shown = [_shown_check(github, check) for check in latest.values()]
    return Answer(200, {"total_count": len(shown), "check_runs": shown})


def _add_status(github: FakeGitHub, seen: Seen, sha: str) -> Answer:
    if refused := _denied(github, "statuses"):
        return refused
    if len(seen.body.get("description", "")) > 140:
        problem = {"resource": "Status", "code": "custom", "field": "description"}
        problem["message"] = "description is too long (maximum is 140 characters)"
        return refusal(422, "Validation Failed", problem)
    if any(character > "\uffff" for character in seen.body.get("description", "")):
        problem = {"resource": "Status", "code": "custom", "field": "description"}
        problem["message"] = "description doesn't accept 4-byte Unicode"
        return refusal(422, "Validation Failed", problem)
    github.statuses.append({"sha": sha, **seen.body})
    return Answer(201, answer_of("status", **seen.body))


def _list_pulls(github: FakeGitHub, seen: Seen) -> Answer:
    query = seen.query
    state, head, base = query.get("state", "open"), query.get("head"), query.get("base")
    found = [
        answer_of("pull-request-simple", **pull)
        for pull in reversed(github.pulls)
        if state in ("all", pull["state"])
        and head in (None, pull["head"]["label"])
        and base in (None, pull["base"]["ref"])
    ]
    return Answer(200, found)


def _add_pull(github: FakeGitHub, seen: Seen) -> Answer:
    if "pulls" in github.denied:
        return refusal(403, "GitHub Actions is not permitted to create or approve pull requests.")
    head, base = seen.body["head"].split(":")[-1], seen.body["base"]
    if any(
        (one["state"], one["head"]["ref"], one["base"]["ref"]) == ("open", head, base) for one in github.pulls
    ):
        problem = {"resource": "PullRequest", "code": "custom"}
        problem["message"] = f"A pull request already exists for {github.repository.split('/')[0]}:{head}."
        return refusal(422, "Validation Failed", problem)
    github.add_pull(
        head_sha="d" * 40, head_ref=head, base_ref=base, title=seen.body["title"], body=seen.body.get("body")
    )
    return Answer(201, answer_of("pull-request", **github.pulls[-1]))


def _change_pull(github: FakeGitHub, seen: Seen, number: str) -> Answer:
    if refused := _denied(github, "pulls"):
        return refused
    for pull in github.pulls:
        if pull["number"] == int(number):
            pull.update(seen.body)
            return Answer(200, answer_of("pull-request", **pull))
    return refusal(404, "Not Found")


def _show_run(github: FakeGitHub, seen: Seen, wanted: str) -> Answer:
    if "actions" in github.denied:
        return refusal(403, "Resource not accessible by integration")
    status = "completed" if int(wanted) in github.ended_runs else "in_progress"
    return Answer(200, answer_of("workflow-run", id=int(wanted), status=status))


def viewer(github: FakeGitHub, seen: Seen) -> Answer:
    """GraphQL, which is no part of the description: the one query that perfgate sends."""
    if seen.body != {"query": "{ viewer { login } }"}:
        return Answer(200, {"errors": [{"message": "not a query of perfgate's"}]})
    return Answer(200, {"data": {"viewer": {"login": github.login or "github-actions[bot]"}}})


_OPERATIONS: tuple[tuple[str, str, Callable[..., Answer]], ...] = (
    ("GET", "{repo}/issues/([0-9]+)/comments", _list_comments),
    ("POST", "{repo}/issues/([0-9]+)/comments", _add_comment),
    ("PATCH", "{repo}/issues/comments/([0-9]+)", _change_comment),
    ("POST", "{repo}/check-runs", _add_check),
    ("PATCH", "{repo}/check-runs/([0-9]+)", _change_check),
    ("GET", "{repo}/commits/([^/]+)/check-runs", _list_checks),
    ("POST", "{repo}/statuses/([^/]+)", _add_status),
    ("GET", "{repo}/pulls", _list_pulls),
    ("POST", "{repo}/pulls", _add_pull),
    ("PATCH", "{repo}/pulls/([0-9]+)", _change_pull),
    ("GET", "{repo}/actions/runs/([0-9]+)", _show_run),
)
