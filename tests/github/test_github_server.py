"""The GitHub of the tests keeps to GitHub's description, and says so when somebody does not."""

import pytest
import requests

from tests.github.github_server import TOKEN, github_server

BEARER = {"Authorization": f"Bearer {TOKEN}"}
SHA = "a" * 40


def test_what_it_answers_keeps_to_githubs_description():
    with github_server() as github, requests.Session() as session:
        session.headers.update(BEARER)
        repo = f"{github.url}/repos/acme/shop"
        number = github.add_pull(head_sha=SHA, head_repository="fork/shop")
        comment = session.post(f"{repo}/issues/{number}/comments", json={"body": "one"}).json()
        changed = session.patch(f"{repo}/issues/comments/{comment['id']}", json={"body": "two"})
        assert changed.json()["body"] == "two"
        assert [one["body"] for one in session.get(f"{repo}/issues/{number}/comments").json()] == ["two"]
        check = session.post(f"{repo}/check-runs", json={"name": "x", "head_sha": SHA}).json()
        done = {"status": "completed", "conclusion": "success", "output": {"title": "t", "summary": "s"}}
        assert session.patch(f"{repo}/check-runs/{check['id']}", json=done).json()["conclusion"] == "success"
        assert session.get(f"{repo}/commits/{SHA}/check-runs").json()["total_count"] == 1
        assert session.post(f"{repo}/statuses/{SHA}", json={"state": "success"}).status_code == 201
        assert session.get(f"{repo}/pulls", params={"head": "fork:feature"}).json()[0]["number"] == number
        pull = {"title": "t", "head": "bot", "base": "main"}
        made = session.post(f"{repo}/pulls", json=pull).json()
        assert session.post(f"{repo}/pulls", json=pull).status_code == 422
        assert session.patch(f"{repo}/pulls/{made['number']}", json={"title": "u"}).json()["title"] == "u"
        assert session.get(f"{repo}/actions/runs/77").json()["status"] == "in_progress"
        github.ended_runs.add(77)
        assert session.get(f"{repo}/actions/runs/77").json()["status"] == "completed"


@pytest.mark.parametrize(
    ("method", "path", "body", "said"),
    [
        ("POST", "/check-runs", {"name": "x"}, "head_sha"),
        ("POST", "/check-runs", {"name": "x", "head_sha": SHA, "external": "1"}, "external"),
        ("POST", f"/statuses/{SHA}", {"state": "great"}, "great"),
        ("GET", "/pulls?heads=x", None, "no parameter heads"),
        ("GET", "/contributors", None, "no such operation"),
    ],
)
def test_a_request_that_github_does_not_describe_fails_the_test(method, path, body, said):
    with pytest.raises(AssertionError, match=said):
        _ask_once(method, path, body)


def _ask_once(method, path, body):
    with github_server() as github:
        requests.request(method, f"{github.url}/repos/acme/shop{path}", json=body, headers=BEARER, timeout=9)
