"""The check run of a configuration: begun, completed once, and not doubled by a lost answer."""

import pytest

from perfgate.github.errors import ApiError
from perfgate.github.publish import Annotation, publish, start_check
from tests.github.github_publications import KEY, SHA, publication_of

ALONE = {"pull_request": None}


def test_it_is_in_progress_and_then_completed(github, api):
    check_id = start_check(api, key=KEY, head_sha=SHA, details_url="https://github.com/run")
    (check,) = github.checks
    assert (check["id"], check["status"], check["conclusion"]) == (check_id, "in_progress", None)
    assert (check["name"], check["head_sha"]) == ("perfgate: perfgate.yml · load-test", SHA)
    published = publish(api, publication_of(**ALONE), check_id=check_id)
    (check,) = github.checks
    assert (check["status"], check["conclusion"]) == ("completed", "failure")
    assert check["output"] == {"title": "GET /items is slower", "summary": "| GET /items | +12 % |"}
    assert check["annotations"] == [
        {
            "path": "perfgate.yml",
            "start_line": 3,
            "end_line": 3,
            "annotation_level": "failure",
            "title": "p95",
            "message": "+12 %",
        }
    ]
    assert published.check_url == check["html_url"]


@pytest.mark.parametrize("conclusion", ["success", "failure", "neutral", "action_required"])
def test_without_a_beginning_a_completed_one_is_made(github, api, conclusion):
    publish(api, publication_of(conclusion=conclusion, details_url="", **ALONE))
    (check,) = github.checks
    assert (check["status"], check["conclusion"], check["details_url"]) == ("completed", conclusion, None)


def test_what_an_interrupted_job_began_is_taken_over(github, api):
    first = start_check(api, key=KEY, head_sha=SHA)
    assert start_check(api, key=KEY, head_sha=SHA, details_url="https://github.com/run/2") == first
    publish(api, publication_of(**ALONE))
    (check,) = github.checks
    assert check["status"] == "completed"


def test_the_same_result_twice_is_shown_once(github, api):
    for _ in range(2):
        publish(api, publication_of(**ALONE))
    (check,) = github.checks
    assert len(check["annotations"]) == 1


def test_another_result_of_the_same_commit_is_another_check(github, api):
    publish(api, publication_of(**ALONE))
    start_check(api, key=KEY, head_sha=SHA)
    publish(api, publication_of(conclusion="success", annotations=(), **ALONE))
    assert [check["conclusion"] for check in github.checks] == ["failure", "success"]
    assert [len(check["annotations"]) for check in github.checks] == [1, 0]


def test_one_begun_is_completed_also_beside_a_newer_one_that_says_the_same(github, api):
    check_id = start_check(api, key=KEY, head_sha=SHA)
    github.checks.append(github.checks[0] | {"id": check_id + 50, "annotations": []})
    publish(api, publication_of(**ALONE), check_id=check_id + 50)
    publish(api, publication_of(**ALONE), check_id=check_id)
    assert [check["status"] for check in github.checks] == ["completed", "completed"]


def test_another_tools_check_of_that_name_is_left_alone(github, api):
    start_check(api, key=KEY, head_sha=SHA)
    github.checks[0]["external_id"] = "theirs"
    publish(api, publication_of(**ALONE))
    assert [check["conclusion"] for check in github.checks] == [None, "failure"]


def test_a_check_that_another_app_has_begun_is_left_to_it(github, api):
    """The action was given another token since: its app may not change what the first one has made."""
    theirs = start_check(api, key=KEY, head_sha=SHA)
    github.fail_next(1, 403, message="Invalid app_id", when=f"PATCH /repos/acme/shop/check-runs/{theirs}")
    published = publish(api, publication_of(**ALONE))
    assert [check["conclusion"] for check in github.checks] == [None, "failure"]
    assert (published.check_url, github.statuses) == (github.checks[1]["html_url"], [])


@pytest.mark.parametrize("status", [0, 500, 502])
@pytest.mark.parametrize("performed", [True, False])
@pytest.mark.parametrize("begun", [True, False])
def test_a_lost_answer_doubles_neither_check_nor_annotations(github, api, status, performed, begun):
    check_id = start_check(api, key=KEY, head_sha=SHA) if begun else None
    github.fail_next(1, status, when="/repos/acme/shop/check-runs", performed=performed)
    published = publish(api, publication_of(**ALONE), check_id=check_id)
    (check,) = github.checks
    assert len(check["annotations"]) == 1
    assert published.check_url == check["html_url"]


def test_a_lost_answer_to_the_beginning_begins_one(github, api):
    github.fail_next(1, 502, when="POST", performed=True)
    assert start_check(api, key=KEY, head_sha=SHA) == github.checks[0]["id"]
    assert len(github.checks) == 1


def test_where_checks_are_not_allowed_none_begins(github, api):
    github.denied = {"checks"}
    assert start_check(api, key=KEY, head_sha=SHA) is None


def test_a_github_that_stays_down_does_not_begin_one(github, api):
    github.fail_next(99, 500)
    with pytest.raises(ApiError):
        start_check(api, key=KEY, head_sha=SHA)


def test_hostile_words_become_one_line_each(github, api):
    long = "a\nb\u202e`<script>`\x1b[0m @everyone " * 500
    annotation = Annotation(path="perfgate.yml", line=1, level="warning", title=long, message=long)
    publish(api, publication_of(key=long, title=long, annotations=(annotation,), **ALONE))
    (check,) = github.checks
    shown = [
        check["name"],
        check["output"]["title"],
        *(check["annotations"][0][n] for n in ("title", "message")),
    ]
    assert all(text.isprintable() and text for text in shown)
    assert [len(text) for text in shown] == [110, 255, 255, 4000]
    assert check["name"].startswith("perfgate: a b`<script>`")
