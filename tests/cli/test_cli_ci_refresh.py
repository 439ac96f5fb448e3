"""The baseline as a pull request of the bot's: a real repository, a real remote, and a GitHub on loopback."""

import base64
import os
import subprocess

import pytest
from cli_ci import push_event
from cli_project import Project, assert_error

from perfgate.cli.ci_push import Push, push_files
from perfgate.errors import MeasureError, UsageError
from perfgate.git import open_repository
from tests.github.github_server import TOKEN, github_server

BRANCH = "perfgate/baseline"


@pytest.fixture(autouse=True)
def _outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "PERFGATE_CI")):
            monkeypatch.delenv(name)


class Origin:
    """A project with a bare repository as its origin."""

    def __init__(self, path):
        self.project = Project(path / "shop")
        self.bare = path / "origin.git"
        self.project.git("init", "--quiet", "--bare", str(self.bare))
        self.project.git("remote", "add", "origin", str(self.bare))
        self.project.git("push", "--quiet", "origin", "main")
        self.head = self.project.git("rev-parse", "HEAD").strip()
        self.repository = open_repository(self.project.path)

    def push(self, content, *, branch=BRANCH, token=TOKEN, environ=None):
        path = self.project.path / "baselines" / "a.json"
        path.parent.mkdir(exist_ok=True)
        path.write_text(content)
        push = Push(
            repository=self.repository,
            branch=branch,
            message="Refresh",
            token=token,
            server_url="https://github.com",
        )
        return push_files(push, (path,), environ if environ is not None else {})

    def at(self, *arguments):
        return subprocess.run(
            ["git", "-C", str(self.bare), *arguments], check=True, capture_output=True, text=True
        ).stdout.strip()


@pytest.fixture
def origin(tmp_path):
    return Origin(tmp_path)


def test_the_file_is_committed_on_head_by_the_bot_and_the_checkout_stays(origin):
    before = origin.project.git("status", "--porcelain", "--branch")
    commit = origin.push("1")
    assert commit == origin.at("rev-parse", BRANCH)
    assert origin.at("rev-parse", f"{BRANCH}^") == origin.head
    assert origin.at("show", f"{BRANCH}:baselines/a.json") == "1"
    assert origin.at("log", "-1", "--format=%an|%cn", BRANCH) == "github-actions[bot]|github-actions[bot]"
    assert origin.project.git("rev-parse", "HEAD").strip() == origin.head
    assert origin.project.git("status", "--porcelain", "--branch") == before + "?? baselines/\n"


def test_what_the_bot_pushed_before_is_replaced(origin):
    origin.push("1")
    origin.push("2")
    assert origin.at("show", f"{BRANCH}:baselines/a.json") == "2"
    assert origin.at("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_nothing_that_differs_is_nothing_to_push(origin):
    origin.push("1")
    origin.project.commit("with the baseline")
    assert origin.push("1") is None


def test_somebody_elses_commit_is_not_thrown_away(origin):
    origin.push("1")
    origin.project.git("fetch", "--quiet", "origin", BRANCH)
    origin.project.git("checkout", "--quiet", "--force", "-b", "mine", "FETCH_HEAD")
    mine = origin.project.commit("mine")
    origin.project.git("push", "--quiet", "origin", f"mine:{BRANCH}")
    with pytest.raises(UsageError, match="not the bot's"):
        origin.push("2")
    assert origin.at("rev-parse", BRANCH) == mine


@pytest.mark.parametrize("branch", ["--all", "a..b", "a b", "", "x\n", "refs/heads/../main"])
def test_only_the_name_of_a_branch_is_one(origin, branch):
    with pytest.raises(UsageError, match="no name of a branch"):
        origin.push("1", branch=branch)


def test_a_remote_that_refuses_is_an_error_without_the_token(origin):
    hook = origin.bare / "hooks" / "pre-receive"
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    hook.write_text(f"#!/bin/sh\necho 'denied for {TOKEN} as {basic}' >&2\nexit 1\n")
    hook.chmod(0o755)
    with pytest.raises(MeasureError, match="git push failed") as refusal:
        origin.push("1")
    assert "denied for *** as ***" in refusal.value.message
    assert TOKEN not in f"{refusal.value!r} {refusal.value.message} {refusal.value.hint}"
    assert "contents: write" in refusal.value.hint


def test_git_is_given_the_token_by_its_environment_alone(origin, tmp_path, monkeypatch):
    """A git in front of the real one writes down what anybody on the machine could read of it."""
    seen = tmp_path / "seen"
    real = subprocess.run(["which", "git"], check=True, capture_output=True, text=True).stdout.strip()
    wrapper = tmp_path / "bin" / "git"
    wrapper.parent.mkdir()
    wrapper.write_text(
        f'#!/bin/sh\necho "$@" >> {seen}\n'
        'if [ "$GIT_CONFIG_COUNT" = 3 ]; then\n'
        f"{real} config --get-urlmatch http.extraheader https://github.com/acme/shop >> {seen}.here\n"
        f"{real} config --get-urlmatch http.extraheader https://example.invalid/ >> {seen}.elsewhere\n"
        f'fi\nexec {real} "$@"\n'
    )
    wrapper.chmod(0o755)
    monkeypatch.setenv("PATH", f"{wrapper.parent}:{os.environ['PATH']}")
    ours = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "user.name", "GIT_CONFIG_VALUE_0": "kept"}
    for name, value in ours.items():
        monkeypatch.setenv(name, value)
    origin.push("1", environ=ours)
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    lines = seen.read_text()
    assert " push " in lines
    assert TOKEN not in lines
    assert basic not in lines
    assert set((tmp_path / "seen.here").read_text().splitlines()) == {f"AUTHORIZATION: basic {basic}"}
    assert (tmp_path / "seen.elsewhere").read_text() == ""


def test_the_default_branch_is_measured_and_proposed(origin, tmp_path):
    origin.project.edit("perfgate.yml", "round: 100ms", "round: 250ms")
    head = origin.project.commit("longer rounds")
    with github_server() as github:
        # As GitHub has it, the event of a schedule names no repository.
        environ = github.environ(tmp_path, "schedule", {}, GITHUB_SHA=head, PERFGATE_CI_TOKEN=TOKEN)
        done = origin.project.perfgate("ci", "refresh-baseline", "--runs", "1", **environ)
        assert done.code == 0, done.err
        assert TOKEN not in done.out + done.err
        (pull,) = github.pulls
    assert done.out.endswith(f"to {BRANCH}: {pull['html_url']}\n")
    assert f"({pull['html_url']})" in (tmp_path / "step_summary").read_text()
    assert (pull["head"]["ref"], pull["base"]["ref"]) == (BRANCH, "main")
    assert pull["title"] == "Refresh the performance baseline of perfgate.yml"
    assert "Merging this accepts" in pull["body"]
    assert origin.at("ls-tree", "-r", "--name-only", BRANCH).count("baselines/") == 1
    assert origin.at("rev-parse", f"{BRANCH}^") == head


@pytest.mark.parametrize(
    ("event_name", "more", "said"),
    [
        ("pull_request", {}, "refreshed on the default branch"),
        ("push", {"GITHUB_REF": "refs/heads/feature"}, "refreshed on the default branch"),
        ("schedule", {"GITHUB_SHA": "e" * 40}, "not the commit of this run"),
        ("schedule", {"GITHUB_TOKEN": ""}, "no token"),
        ("schedule", {"GITHUB_ACTIONS": ""}, "no job of GitHub Actions"),
    ],
)
def test_elsewhere_it_is_refused(origin, tmp_path, event_name, more, said):
    from tests.github.github_server import FakeGitHub

    github = FakeGitHub(url="https://api.github.com")
    event = push_event("0" * 40, origin.head)
    environ = github.environ(tmp_path, event_name, event, **{"GITHUB_SHA": origin.head} | more)
    assert_error(origin.project.perfgate("ci", "refresh-baseline", **environ), 2, said)
    assert not origin.project.results()
