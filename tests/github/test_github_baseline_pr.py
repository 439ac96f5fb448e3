"""The pull request of a branch of perfgate's own: one, whatever happens in between."""

import pytest

from perfgate.errors import UsageError
from perfgate.github.baseline_pr import open_or_update
from perfgate.github.errors import ApiError

ENDS = {"branch": "perfgate/baseline", "base": "main"}


def test_it_is_opened_and_then_updated(github, api):
    first = open_or_update(api, **ENDS, title="Update\nthe baseline", body="10 runs")
    assert [(pull["title"], pull["body"]) for pull in github.pulls] == [("Update the baseline", "10 runs")]
    assert open_or_update(api, **ENDS, title="Again", body="11 runs") == first == github.pulls[0]["html_url"]
    assert [(pull["title"], pull["body"]) for pull in github.pulls] == [("Again", "11 runs")]


def test_another_follows_one_that_was_merged(github, api):
    open_or_update(api, **ENDS, title="One", body="")
    github.pulls[0]["state"] = "closed"
    open_or_update(api, **ENDS, title="Two", body="")
    assert [pull["title"] for pull in github.pulls] == ["One", "Two"]


def test_others_of_that_branch_name_are_left_alone(github, api):
    github.add_pull(
        head_sha="a" * 40, head_ref="perfgate/baseline", head_repository="acme/other", title="Theirs"
    )
    github.add_pull(head_sha="a" * 40, head_ref="perfgate/baseline", base_ref="stable", title="Elsewhere")
    github.pulls[0]["head"]["ref"] = "another"
    open_or_update(api, **ENDS, title="Ours", body="")
    assert [pull["title"] for pull in github.pulls] == ["Theirs", "Elsewhere", "Ours"]


def test_one_opened_in_between_is_updated(github, api):
    github.add_pull(head_sha="a" * 40, head_ref="perfgate/baseline", title="Of another job")
    github.fail_next(1, 200, body=[], when="GET")
    open_or_update(api, **ENDS, title="Ours", body="")
    assert [pull["title"] for pull in github.pulls] == ["Ours"]


@pytest.mark.parametrize("performed", [True, False])
def test_a_lost_answer_opens_one(github, api, performed):
    github.fail_next(1, 502, when="POST", performed=performed)
    assert open_or_update(api, **ENDS, title="Ours", body="") == github.pulls[0]["html_url"]
    assert len(github.pulls) == 1


def test_a_repository_that_does_not_let_actions_open_any_says_where_to_allow_it(github, api):
    github.denied = {"pulls"}
    with pytest.raises(ApiError, match="not permitted to create or approve pull requests") as error:
        open_or_update(api, **ENDS, title="Ours", body="")
    assert "Settings → Actions → General" in error.value.hint
    assert "pull-requests: write" in error.value.hint


def test_what_github_says_of_a_bad_one_is_told(github, api):
    github.fail_next(9, 422, message="No commits between main and perfgate/baseline", when="POST")
    with pytest.raises(ApiError, match="No commits between"):
        open_or_update(api, **ENDS, title="Ours", body="")


@pytest.mark.parametrize("name", ["branch", "base"])
def test_a_branch_git_does_not_accept_is_refused(github, api, name):
    with pytest.raises(UsageError):
        open_or_update(api, **(ENDS | {name: "a b"}), title="Ours", body="")
    assert github.requests == []
