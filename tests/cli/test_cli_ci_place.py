"""Which commits each CI system and each event means, in real repositories."""

import pytest
from cli_ci import Change, offline, push_event

from perfgate.cli.ci_place import find_place
from perfgate.errors import UsageError
from perfgate.git import open_repository
from perfgate.github.run import read_run
from tests.github.github_server import FakeGitHub

NOWHERE = "0" * 40


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Change(tmp_path_factory.mktemp("made") / "shop")


@pytest.fixture
def change(made, tmp_path):
    return made.copy(tmp_path / "shop")


@pytest.fixture
def github():
    return FakeGitHub(url="https://api.github.com")


def place_of(change, environ, **asked):
    options = {"base": None, "head": None} | asked
    return find_place(environ, read_run(environ), open_repository(change.path), **options)


def test_github_merges_the_change_and_the_base_is_what_it_merged_into(change, github, tmp_path):
    environ = offline(tmp_path / "job", "pull_request", change.pull_request(github))
    place = place_of(change, environ)
    assert (place.base.sha, place.head.sha) == (change.base, change.merge)
    assert place.head_sha == change.head
    assert "merged the pull request into" in place.found


def test_a_checked_out_head_is_held_to_where_it_left_the_base(change, github, tmp_path):
    change.project.git("checkout", "--quiet", "--detach", change.head)
    place = place_of(change, offline(tmp_path / "job", "pull_request", change.pull_request(github)))
    assert (place.base.sha, place.head.sha, place.head_sha) == (change.parted, change.head, change.head)


def test_anything_else_that_is_checked_out_is_refused(change, github, tmp_path):
    environ = offline(tmp_path / "job", "pull_request", change.pull_request(github))
    change.project.git("checkout", "--quiet", "main")
    with pytest.raises(UsageError, match="neither the pull request's head") as refusal:
        place_of(change, environ)
    assert "fetch-depth: 0" in refusal.value.hint


def test_a_merge_queue_names_both(change, tmp_path):
    event = {"merge_group": {"head_sha": change.merge, "base_sha": change.base}}
    place = place_of(change, offline(tmp_path / "job", "merge_group", event))
    assert (place.base.sha, place.head.sha, place.head_sha) == (change.base, change.merge, change.merge)


def test_a_push_is_held_to_what_was_there_before(change, tmp_path):
    change.project.git("checkout", "--quiet", "main")
    place = place_of(change, offline(tmp_path / "job", "push", push_event(change.parted, change.base)))
    assert (place.base.sha, place.head.sha) == (change.parted, change.base)


@pytest.mark.parametrize(
    ("before", "said"), [(NOWHERE, "first push"), ("d" * 40, "forced")], ids=["first", "forced"]
)
def test_a_push_that_followed_nothing_is_held_to_what_it_grew_from(change, tmp_path, before, said):
    change.project.git("checkout", "--quiet", "main")
    place = place_of(change, offline(tmp_path / "job", "push", push_event(before, change.base)))
    assert (place.base.sha, place.head.sha) == (change.parted, change.base)
    assert said in place.found


def test_the_first_commit_of_all_has_nothing_to_be_held_to(change, tmp_path):
    change.project.git("checkout", "--quiet", "-B", "main", change.parted)
    environ = offline(tmp_path / "job", "push", push_event(NOWHERE, change.parted))
    with pytest.raises(UsageError, match="first commit of main"):
        place_of(change, environ)


@pytest.mark.parametrize("event", ["schedule", "workflow_dispatch"])
def test_a_run_without_a_change_measures_the_last_one(change, tmp_path, event):
    change.project.git("checkout", "--quiet", "main")
    place = place_of(change, offline(tmp_path / "job", event, {}))
    assert (place.base.sha, place.head.sha) == (change.parted, change.base)


@pytest.mark.parametrize("event", ["pull_request_target", "workflow_run"])
def test_events_with_secrets_run_no_code_even_where_the_base_is_given(change, github, tmp_path, event):
    environ = offline(tmp_path / "job", event, change.pull_request(github))
    with pytest.raises(UsageError, match=f"nothing on {event}.*secrets"):
        place_of(change, environ, base="main")


def test_an_unknown_event_needs_a_base(change, tmp_path):
    environ = offline(tmp_path / "job", "release", {})
    with pytest.raises(UsageError, match="event 'release'"):
        place_of(change, environ)
    assert place_of(change, environ, base="main").base.sha == change.base


def shallow(change, path):
    change.project.git("clone", "--quiet", "--depth", "1", change.path.as_uri(), str(path))
    return path


@pytest.mark.parametrize(
    ("variables", "remedy"),
    [({}, "git fetch --unshallow"), ({"GITLAB_CI": "true"}, 'GIT_DEPTH: "0"')],
    ids=["shell", "GitLab"],
)
def test_a_shallow_clone_is_refused_with_its_remedy(change, tmp_path, variables, remedy):
    repository = open_repository(shallow(change, tmp_path / "clone"))
    with pytest.raises(UsageError, match="shallow clone") as refusal:
        find_place(variables, None, repository, base=None, head=None)
    assert remedy in refusal.value.hint


def test_a_shallow_clone_on_github_is_refused_with_its_remedy(change, github, tmp_path):
    environ = offline(tmp_path / "job", "pull_request", change.pull_request(github))
    repository = open_repository(shallow(change, tmp_path / "clone"))
    with pytest.raises(UsageError, match="shallow clone") as refusal:
        find_place(environ, read_run(environ), repository, base=None, head=None)
    assert refusal.value.hint == "set `fetch-depth: 0` on actions/checkout"


def cloned(change):
    """The repository with origin's branches, as a CI system has it."""
    change.project.git("remote", "add", "origin", str(change.path))
    change.project.git("fetch", "--quiet", "origin")
    return change


def test_gitlab_names_the_base_of_the_merge_request(change):
    change.project.git("checkout", "--quiet", "--detach", change.head)
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": change.parted}
    place = place_of(change, environ | {"CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "nowhere"})
    assert (place.system, place.base.sha, place.head.sha) == ("GitLab", change.parted, change.head)
    assert "CI_MERGE_REQUEST_DIFF_BASE_SHA" in place.found


def test_gitlab_may_have_merged_it_already(change):
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_DIFF_BASE_SHA": change.parted}
    place = place_of(change, environ | {"CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": change.head})
    assert (place.base.sha, place.head.sha, place.head_sha) == (change.base, change.merge, change.head)


@pytest.mark.parametrize(
    ("system", "variables"),
    [
        ("GitLab", {"GITLAB_CI": "true", "CI_MERGE_REQUEST_TARGET_BRANCH_NAME": "main"}),
        ("Buildkite", {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": "main"}),
    ],
)
def test_a_target_branch_is_left_at_the_merge_base(change, system, variables):
    cloned(change).project.git("checkout", "--quiet", "--detach", change.head)
    place = place_of(change, variables)
    assert (place.system, place.base.sha, place.head.sha) == (system, change.parted, change.head)


@pytest.mark.parametrize("variables", [{}, {"GITLAB_CI": "true"}, {"BUILDKITE": "true"}])
def test_without_a_pull_request_the_default_branch_is_left_at_the_merge_base(change, variables):
    change.project.git("checkout", "--quiet", "--detach", change.head)
    place = place_of(change, variables)
    assert (place.base.sha, place.head.sha) == (change.parted, change.head)


@pytest.mark.parametrize(
    "variables",
    [
        {"GITLAB_CI": "true", "CI_DEFAULT_BRANCH": "develop"},
        {"BUILDKITE": "true", "BUILDKITE_PIPELINE_DEFAULT_BRANCH": "develop"},
    ],
    ids=["GitLab", "Buildkite"],
)
def test_a_default_branch_of_another_name_is_the_one_the_system_names(change, variables):
    change.project.git("branch", "develop", change.base)
    cloned(change)
    place = place_of(change, variables)
    assert (place.base.sha, place.head.sha) == (change.base, change.merge)


def test_github_names_the_default_branch_but_for_schedules_which_are_on_it(change, tmp_path):
    change.project.git("branch", "develop", change.base)
    cloned(change)
    dispatched = {"repository": {"default_branch": "develop"}}
    place = place_of(change, offline(tmp_path / "1", "workflow_dispatch", dispatched))
    assert place.base.sha == change.base
    environ = offline(tmp_path / "2", "schedule", {}, GITHUB_REF="refs/heads/develop")
    assert place_of(change, environ).base.sha == change.base


def test_given_commits_hold_whatever_the_system_says(change, github, tmp_path):
    environ = offline(tmp_path / "job", "pull_request", change.pull_request(github))
    place = place_of(change, environ, base=change.parted, head=change.head)
    assert (place.base.sha, place.head.sha, place.head_sha) == (change.parted, change.head, change.head)


@pytest.mark.parametrize("event_name", ["pull_request", "merge_group", "push"])
def test_a_base_that_is_given_does_not_make_another_checkout_the_events(change, github, tmp_path, event_name):
    """main held to main passes, and would have passed on the pull request's head."""
    event = change.pull_request(github) | {"merge_group": {"head_sha": change.head}, "after": change.head}
    change.project.git("checkout", "--quiet", "main")
    with pytest.raises(UsageError, match=rf"HEAD \({change.base[:12]}\) is n"):
        place_of(change, offline(tmp_path / "job", event_name, event), base="main")


@pytest.mark.parametrize("checked_out", ["merge", "head"])
def test_a_base_that_is_given_replaces_the_events(change, github, tmp_path, checked_out):
    environ = offline(tmp_path / "job", "pull_request", change.pull_request(github))
    change.project.git("checkout", "--quiet", "--detach", getattr(change, checked_out))
    place = place_of(change, environ, base=change.parted)
    assert (place.base.sha, place.head_sha) == (change.parted, change.head)


@pytest.mark.parametrize("system", ["workflow_dispatch", "GitLab"])
def test_what_is_reported_is_never_of_another_commit_than_was_measured(change, tmp_path, system):
    environ = {"GITLAB_CI": "true", "CI_MERGE_REQUEST_SOURCE_BRANCH_SHA": change.head}
    if system != "GitLab":
        environ = offline(tmp_path / "job", system, {}, GITHUB_SHA=change.head)
    change.project.git("checkout", "--quiet", "main")
    assert place_of(change, environ).head_sha == change.base


@pytest.mark.parametrize("branch", ["--upload-pack=touch pwned", "a..b", "x\ny", "$(touch pwned)"])
def test_a_hostile_branch_name_is_only_ever_a_name(change, branch):
    with pytest.raises(UsageError):
        place_of(change, {"BUILDKITE": "true", "BUILDKITE_PULL_REQUEST_BASE_BRANCH": branch})
    assert not (change.path / "pwned").exists()
