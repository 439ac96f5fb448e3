"""Posting a verdict: all is tried, what is not allowed is replaced and told, what fails is an error."""

import pytest

from perfgate.errors import ExitCode
from perfgate.github.publish import PublishError, publish
from tests.github.github_publications import SHA, publication_of

COMMENTS = "/repos/acme/shop/issues/7/comments"
CHECKS = "/repos/acme/shop/check-runs"


def test_a_verdict_is_a_comment_and_a_check(github, api):
    published = publish(api, publication_of())
    assert published.comment_url == github.comments[7][0]["html_url"]
    assert published.check_url == github.checks[0]["html_url"]
    assert published.notices == ()
    assert github.statuses == []


def test_posting_again_changes_and_doubles_nothing(github, api):
    first = publish(api, publication_of())
    assert publish(api, publication_of()) == first
    assert (len(github.comments[7]), len(github.checks)) == (1, 1)


def test_without_a_pull_request_there_is_no_comment(github, api):
    assert publish(api, publication_of(pull_request=None)).comment_url == ""
    assert github.comments == {}
    assert len(github.checks) == 1


def test_a_comment_that_is_not_allowed_becomes_a_notice(github, api):
    github.denied = {"comments"}
    published = publish(api, publication_of())
    (notice,) = published.notices
    assert notice.startswith("No comment: GitHub answered 403 to POST")
    assert "The result is in this summary. Give the job `permissions: pull-requests: write`" in notice
    assert published.check_url == github.checks[0]["html_url"]


@pytest.mark.parametrize(
    ("conclusion", "state"),
    [("success", "success"), ("failure", "failure"), ("neutral", "success"), ("action_required", "error")],
)
def test_a_check_that_is_not_allowed_becomes_a_commit_status(github, api, conclusion, state):
    github.denied = {"checks"}
    published = publish(api, publication_of(conclusion=conclusion))
    (status,) = github.statuses
    assert status == {
        "sha": SHA,
        "state": state,
        "context": "perfgate: perfgate.yml · load-test",
        "description": "GET /items is slower",
        "target_url": "https://github.com/acme/shop/actions/runs/1",
    }
    (notice,) = published.notices
    assert "A commit status is in its place. Give the job `permissions: checks: write`" in notice
    assert published.check_url == ""


def test_reading_checks_may_not_be_allowed_either(github, api):
    github.fail_next(9, 404, message="Not Found", when="check-runs")
    publish(api, publication_of())
    assert len(github.statuses) == 1


def test_a_token_that_may_only_read_leaves_notices(github, api):
    github.denied = {"comments", "checks", "statuses"}
    published = publish(api, publication_of())
    assert len(published.notices) == 2
    assert "No commit status in its place: GitHub answered 403" in published.notices[1]
    assert (published.comment_url, published.check_url) == ("", "")


@pytest.mark.parametrize("title", ["x" * 5000, "🐌 slower\n@everyone\u202e", "\ud83d"])
def test_a_status_takes_any_title(github, api, title):
    github.denied = {"checks"}
    publish(api, publication_of(title=title, key=title, details_url=""))
    (status,) = github.statuses
    assert 0 < len(status["description"]) <= 140
    assert status["description"].isprintable()
    assert max(status["description"]) <= "\uffff"
    assert "target_url" not in status


def test_a_comment_that_fails_does_not_keep_the_check_away(github, api):
    github.fail_next(99, 502, when=COMMENTS)
    with pytest.raises(PublishError, match=r"the comment: GitHub answered 502 to GET") as error:
        publish(api, publication_of())
    assert error.value.published.check_url == github.checks[0]["html_url"]
    assert error.value.exit_code == ExitCode.INVALID


def test_all_that_failed_is_told(github, api):
    github.denied = {"checks"}
    github.fail_next(99, 422, message="No such issue", when=COMMENTS)
    github.fail_next(99, 500, when="/statuses/")
    with pytest.raises(PublishError) as error:
        publish(api, publication_of())
    assert "the comment: GitHub answered 422" in error.value.message
    assert "the commit status: GitHub answered 500" in error.value.message
    assert error.value.status == 422
    (notice,) = error.value.published.notices
    assert "A commit status in its place failed." in notice


def test_a_wrong_token_is_an_error_and_no_notice(github, api):
    github.fail_next(99, 401, message="Bad credentials")
    with pytest.raises(PublishError, match=r"the comment: .* 401 .*the check run: .* 401 ") as error:
        publish(api, publication_of())
    assert error.value.published.notices == ()
    assert error.value.hint.count("github.token") == 1


def test_a_rate_limit_is_an_error_and_no_notice(github, api):
    github.fail_next(99, 403, headers={"Retry-After": "3600"}, message="secondary rate limit", when=CHECKS)
    with pytest.raises(PublishError, match=r"the check run: .*rate limit") as error:
        publish(api, publication_of())
    assert github.statuses == []
    assert error.value.limited


def test_a_commit_github_does_not_know_is_an_error(github, api):
    github.fail_next(
        99, 422, message=f"No commit found for SHA: {SHA}", when="POST /repos/acme/shop/check-runs"
    )
    with pytest.raises(PublishError, match="No commit found"):
        publish(api, publication_of())


def test_the_longest_texts_arrive(github, api):
    publish(api, publication_of(comment="€" * 65_000))
    assert github.comments[7][0]["body"].endswith("€" * 65_000)


@pytest.mark.parametrize("summary", ["€" * 59_999, "| 検索 | +9 % |\n" * 5_000])
def test_a_summary_that_fits_by_its_characters_is_cut_to_the_bytes_that_github_takes(github, api, summary):
    for _ in range(2):
        publish(api, publication_of(summary=summary))
    (check,) = github.checks
    kept, note = check["output"]["summary"].split("\n\n*")
    assert note == "The rest did not fit in this summary.*\n"
    assert summary.startswith(kept)
    assert 65_400 < len(check["output"]["summary"].encode()) <= 65_535
    assert kept.rstrip("\n")[-1] in "€|"


@pytest.mark.parametrize(
    "changed",
    [
        {"comment": "x" * 65_001},
        {"annotations": publication_of().annotations * 11},
        {"head_sha": "main"},
        {"head_sha": "a" * 40 + "\n"},
    ],
)
def test_what_github_would_not_take_is_the_callers_fault(changed):
    with pytest.raises(ValueError, match=r"at most|SHA"):
        publication_of(**changed)
