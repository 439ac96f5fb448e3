"""The pull request of a run: from a pull request's own event, or through the API for a run that follows."""

import copy

import pytest

from perfgate.errors import MeasureError, UsageError
from perfgate.github.pullrequest import PullRequest, find_pull_request, pull_request_of
from perfgate.github.run import read_run

SHA = "a" * 40
MISSING = object()


def run_of(github, folder, event_name, event):
    return read_run(github.environ(folder, event_name, event))


def test_it_is_in_its_own_event(github, tmp_path):
    number = github.add_pull(head_sha=SHA, head_ref="fe/ature", draft=True)
    run = run_of(github, tmp_path, "pull_request", github.pull_request_event(number))
    assert pull_request_of(run) == PullRequest(
        number=number,
        base_sha="b" * 40,
        base_ref="main",
        head_sha=SHA,
        head_ref="fe/ature",
        head_repository="acme/shop",
        is_fork=False,
        draft=True,
    )


def test_a_fork_is_told_from_the_repository_in_any_case(github, tmp_path):
    number = github.add_pull(head_sha=SHA, head_repository="Acme/Shop")
    event = github.pull_request_event(number)
    assert not pull_request_of(run_of(github, tmp_path, "pull_request", event)).is_fork
    event["pull_request"]["head"]["repo"]["full_name"] = "mallory/shop"
    found = pull_request_of(run_of(github, tmp_path, "pull_request", event))
    assert (found.is_fork, found.head_repository) == (True, "mallory/shop")


def test_a_fork_may_be_gone(github, tmp_path):
    event = github.pull_request_event(github.add_pull(head_sha=SHA))
    event["pull_request"]["head"]["repo"] = None
    found = pull_request_of(run_of(github, tmp_path, "pull_request", event))
    assert (found.is_fork, found.head_repository) == (True, "")


@pytest.mark.parametrize("event_name", ["push", "workflow_run", "pull_request_target", "schedule"])
def test_other_events_have_none(github, tmp_path, event_name):
    event = github.pull_request_event(github.add_pull(head_sha=SHA))
    assert pull_request_of(run_of(github, tmp_path, event_name, event)) is None


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("number", "7"),
        ("number", True),
        ("number", 0),
        ("number", -1),
        ("number", 1e3),
        ("number", MISSING),
        ("head.sha", "main"),
        ("head.sha", "A" * 40),
        ("head.sha", SHA + "\n"),
        ("head.sha", SHA[:-1]),
        ("head.sha", None),
        ("base.sha", "$(curl evil)"),
        ("head.ref", "--upload-pack=evil"),
        ("head.ref", "a..b"),
        ("head.ref", "a b"),
        ("head.ref", "a\nb"),
        ("head.ref", ["x"]),
        ("base.ref", ""),
        ("head.repo.full_name", "mallory/../shop"),
        ("head.repo.full_name", "mallory/.."),
        ("head.repo.full_name", "mallory"),
        ("head.repo.full_name", "mal lory/shop"),
        ("head.repo", {}),
        ("head", None),
        ("base.repo.full_name", "mallory/shop"),
        ("base", 3),
    ],
)
def test_what_is_nothing_of_githubs_is_refused_by_name(github, tmp_path, path, value):
    event = copy.deepcopy(github.pull_request_event(github.add_pull(head_sha=SHA)))
    *parents, last = path.split(".")
    node = event["pull_request"]
    for parent in parents:
        node = node[parent]
    if value is MISSING:
        del node[last]
    else:
        node[last] = value
    with pytest.raises(UsageError, match=f"event: pull_request.{path}") as error:
        pull_request_of(run_of(github, tmp_path, "pull_request", event))
    assert error.value.message.isprintable()


@pytest.mark.parametrize("payload", [None, [], "x", 3, {}])
def test_an_event_without_its_pull_request_is_refused(github, tmp_path, payload):
    with pytest.raises(UsageError, match="event: pull_request"):
        pull_request_of(run_of(github, tmp_path, "pull_request", {"pull_request": payload}))


@pytest.mark.parametrize("repository", [None, "mallory/shop"])
def test_a_run_that_follows_finds_it_by_its_head(github, api, tmp_path, repository):
    github.add_pull(head_sha="f" * 40, head_repository=repository, head_ref="other")
    number = github.add_pull(head_sha=SHA, head_repository=repository, head_ref="fix/ümlaut&x=1#")
    github.add_pull(head_sha=SHA, head_repository="else/shop", head_ref="fix/ümlaut&x=1#")
    event = github.workflow_run_event(number)
    found = find_pull_request(api, run_of(github, tmp_path, "workflow_run", event))
    assert (found.number, found.head_sha, found.is_fork) == (number, SHA, repository is not None)
    assert found.base_sha == "b" * 40


def test_a_pull_request_of_the_artifacts_choice_is_not_taken(github, api, tmp_path):
    victim = github.add_pull(head_sha="f" * 40, head_ref="victim")
    number = github.add_pull(head_sha=SHA, head_repository="mallory/shop")
    event = github.workflow_run_event(number)
    event["workflow_run"]["pull_requests"] = [{"number": victim}]
    assert find_pull_request(api, run_of(github, tmp_path, "workflow_run", event)).number == number


@pytest.mark.parametrize("change", ["pushed to", "closed", "another fork of the owner"])
def test_one_that_has_moved_on_is_not_found(github, api, tmp_path, change):
    number = github.add_pull(head_sha=SHA, head_repository="mallory/shop")
    event = copy.deepcopy(github.workflow_run_event(number))
    if change == "pushed to":
        github.pulls[0]["head"]["sha"] = "f" * 40
    elif change == "closed":
        github.pulls[0]["state"] = "closed"
    else:
        github.pulls[0]["head"]["repo"]["full_name"] = "mallory/shop-2"
    assert find_pull_request(api, run_of(github, tmp_path, "workflow_run", event)) is None


def test_two_with_the_same_head_are_not_guessed_between(github, api, tmp_path):
    numbers = [github.add_pull(head_sha=SHA, base_ref=base) for base in ("main", "stable")]
    event = github.workflow_run_event(numbers[0])
    with pytest.raises(MeasureError, match=f"#{numbers[1]} and #{numbers[0]} have the same head") as error:
        find_pull_request(api, run_of(github, tmp_path, "workflow_run", event))
    assert "close all but one" in error.value.hint


@pytest.mark.parametrize("followed", ["push", "schedule", "pull_request_target", None])
def test_a_run_after_anything_else_has_none_and_asks_nothing(github, api, tmp_path, followed):
    event = github.workflow_run_event(github.add_pull(head_sha=SHA), event=followed)
    assert find_pull_request(api, run_of(github, tmp_path, "workflow_run", event)) is None
    assert github.requests == []


def test_a_run_of_a_fork_that_is_gone_has_none(github, api, tmp_path):
    event = github.workflow_run_event(github.add_pull(head_sha=SHA))
    event["workflow_run"]["head_repository"] = None
    assert find_pull_request(api, run_of(github, tmp_path, "workflow_run", event)) is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("head_sha", "x"),
        ("head_branch", None),
        ("head_branch", "-x"),
        ("head_repository", {}),
        ("head_repository", {"full_name": "a/b:c"}),
        ("head_repository", "a/b"),
    ],
)
def test_a_torn_event_is_refused_before_anything_is_asked(github, api, tmp_path, name, value):
    event = github.workflow_run_event(github.add_pull(head_sha=SHA))
    event["workflow_run"][name] = value
    with pytest.raises(UsageError, match=f"event: workflow_run.{name}"):
        find_pull_request(api, run_of(github, tmp_path, "workflow_run", event))
    assert github.requests == []
