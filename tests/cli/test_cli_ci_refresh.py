"""The baseline as a pull request of the bot's: a real repository, a real remote, and a GitHub on loopback."""

import base64
import contextlib
import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from cli_ci import offline, push_event, unframed
from cli_project import Project, assert_error

from perfgate.cli.ci_push import Push, push_file
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

    def push(self, content, *, name="baselines/a.json", branch=BRANCH, token=TOKEN, environ=None, server=""):
        push = Push(
            repository=self.repository,
            parent=self.project.git("rev-parse", "HEAD").strip(),
            url=f"{server}/acme/shop" if server else str(self.bare),
            branch=branch,
            message="Refresh",
            token=token,
            server_url=server or "https://github.com",
        )
        return push_file(push, name, content.encode(), environ if environ is not None else {})

    def ci(self, command, environ, *arguments, token=""):
        """A step of the job, which finds the remote where the server of the tests has none."""
        environ = environ | {
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": f"url.{self.bare}.insteadOf",
            "GIT_CONFIG_VALUE_0": "https://github.com/acme/shop",
            "GITHUB_TOKEN": token,
        }
        done = self.project.perfgate("ci", command, *arguments, **environ)
        return unframed(done) if command == "refresh-baseline" else done

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
    assert origin.project.git("status", "--porcelain", "--branch") == before


def test_what_the_bot_pushed_before_is_replaced(origin):
    origin.push("1")
    origin.push("2")
    assert origin.at("show", f"{BRANCH}:baselines/a.json") == "2"
    assert origin.at("rev-list", "--count", f"main..{BRANCH}") == "1"


def test_nothing_that_differs_is_nothing_to_push(origin):
    (origin.project.path / "baselines").mkdir()
    origin.project.write("baselines/a.json", "1")
    origin.project.commit("with the baseline")
    assert origin.push("1") is None
    assert not origin.at("branch", "--list", BRANCH)


def test_a_clone_of_one_commit_will_do(origin, tmp_path):
    shallow = tmp_path / "shallow"
    origin.project.commit("one more")
    origin.project.git("push", "--quiet", "origin", "main")
    origin.project.git("clone", "--quiet", "--depth=1", origin.bare.as_uri(), str(shallow))
    origin.project.commit("and main has moved on")
    origin.project.git("push", "--quiet", "origin", "main")
    origin.project.path, origin.repository = shallow, open_repository(shallow)
    assert origin.push("1") == origin.at("rev-parse", BRANCH)


def test_settings_that_measured_code_left_in_the_checkout_have_no_say(origin, tmp_path):
    """Each of these would run a program with the token, or send it elsewhere."""
    ran = tmp_path / "ran"
    program = tmp_path / "program"
    program.write_text(f"#!/bin/sh\necho $0 >> {ran}\nexec cat\n")
    program.chmod(0o755)
    for name, value in {
        f"url.ext::{program}.insteadOf": str(origin.bare),
        "protocol.ext.allow": "always",
        "filter.spoil.clean": str(program),
        "core.fsmonitor": str(program),
        "core.sshCommand": str(program),
        "credential.helper": str(program),
        "remote.origin.url": f"ext::{program}",
        "remote.origin.receivepack": str(program),
    }.items():
        origin.project.git("config", name, value)
    (origin.project.path / ".git" / "info" / "attributes").write_text("* filter=spoil\n")
    for hook in ("pre-push", "reference-transaction", "post-index-change"):
        (origin.project.path / ".git" / "hooks").mkdir(exist_ok=True)
        (origin.project.path / ".git" / "hooks" / hook).symlink_to(program)
    origin.push("1")
    assert origin.at("show", f"{BRANCH}:baselines/a.json") == "1"
    assert not ran.exists()


@pytest.mark.parametrize("name", ["../a.json", ".git/hooks/x", "/a.json", "service.py/a.json"])
def test_a_file_elsewhere_is_refused(origin, name):
    with pytest.raises(MeasureError, match="git update-index failed"):
        origin.push("1", name=name)


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
        'if [ "$GIT_CONFIG_COUNT" = 4 ]; then\n'
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


@pytest.fixture
def measured(origin, tmp_path):
    """The environment of a job whose first step has measured the default branch."""
    origin.project.edit("perfgate.yml", "round: 100ms", "round: 250ms")
    head = origin.project.commit("longer rounds")
    with github_server() as github:
        # As GitHub has it, the event of a schedule names no repository.
        environ = github.environ(tmp_path, "schedule", {}, GITHUB_SHA=head)
        done = origin.ci("refresh-baseline", environ, "--runs", "1")
        assert done.code == 0, done.err
        assert github.requests == []
        assert not origin.at("branch", "--list", BRANCH)
        yield github, environ


def proposal_of(origin):
    return origin.project.path / ".perfgate" / "ci" / "proposal.json"


def test_a_server_that_sends_git_elsewhere_does_not_send_the_token_along(origin):
    with github_server() as elsewhere, redirecting(elsewhere.url) as (server, seen):
        with pytest.raises(MeasureError, match="git ls-remote failed") as refusal:
            origin.push("1", server=server)
        assert elsewhere.requests == []
        assert elsewhere.connections == 0
    basic = base64.b64encode(f"x-access-token:{TOKEN}".encode()).decode()
    assert seen == [f"basic {basic}"]
    assert basic not in refusal.value.message


@contextlib.contextmanager
def redirecting(target):
    """A server that answers everything with another's address, and what authorizations it was sent."""
    seen = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self):
            seen.append(self.headers.get("Authorization"))
            self.send_response(302)
            self.send_header("Location", f"{target}{self.path}")
            self.end_headers()

        def log_message(self, *_):
            pass

    with HTTPServer(("127.0.0.1", 0), Handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}", seen
        finally:
            server.shutdown()
            thread.join()


def test_the_default_branch_is_measured_and_then_proposed(origin, tmp_path, measured):
    github, environ = measured
    done = origin.ci("propose-baseline", environ, token=TOKEN)
    assert done.code == 0, done.err
    assert TOKEN not in done.out + done.err
    (pull,) = github.pulls
    assert done.out.endswith(f"to {BRANCH}: {pull['html_url']}\n")
    assert f"({pull['html_url']})" in (tmp_path / "step_summary").read_text()
    assert (pull["head"]["ref"], pull["base"]["ref"]) == (BRANCH, "main")
    assert pull["title"] == "Refresh the performance baseline of perfgate.yml"
    assert "Merging this accepts" in pull["body"]
    (name,) = [
        each for each in origin.at("ls-tree", "-r", "--name-only", BRANCH).split() if "baselines/" in each
    ]
    assert origin.at("show", f"{BRANCH}:{name}") + "\n" == (origin.project.path / name).read_text()
    assert origin.at("rev-parse", f"{BRANCH}^") == environ["GITHUB_SHA"]


def test_a_proposal_that_was_tampered_with_is_refused_and_no_code_is_run(origin, tmp_path, measured):
    github, environ = measured
    path = proposal_of(origin)
    good = path.read_text()

    def refused(said):
        assert_error(origin.ci("propose-baseline", environ, token=TOKEN), 2, said)

    for change, said in (
        ({"key": "other.yml"}, "is of other.yml"),
        ({"head_sha": "e" * 40}, "is of perfgate.yml at eeee"),
        ({"told": ["two\nlines"]}, "told.0: Value error, not one clean line"),
        ({"path": ".github/workflows/x.yml"}, "path: Extra inputs"),
        ({"baseline": {"schema_version": 2}}, "proposal.json: baseline"),
    ):
        path.write_text(json.dumps(json.loads(good) | change))
        refused(said)
    path.write_text("[" * 100_000)
    refused("proposal.json: not JSON")
    path.write_text(good)
    origin.project.edit("perfgate.yml", "round: 250ms", "round: 260ms")
    refused("it has changed since it was checked out")
    origin.project.edit("perfgate.yml", "round: 260ms", "round: 250ms")
    path.unlink()
    path.symlink_to(tmp_path / "elsewhere")
    refused("a symbolic link")
    path.unlink()
    refused("cannot be read")
    assert github.requests == []
    assert not origin.at("branch", "--list", BRANCH)
    path.write_text(good)
    origin.project.write("load-test.yml", "a workload may be code: it is not so much as read")
    assert origin.ci("propose-baseline", environ, token=TOKEN).code == 0


@pytest.mark.parametrize("command", ["refresh-baseline", "propose-baseline"])
@pytest.mark.parametrize(
    ("event_name", "more", "said"),
    [
        ("pull_request", {}, "refreshed on the default branch"),
        ("push", {"GITHUB_REF": "refs/heads/feature"}, "refreshed on the default branch"),
        ("schedule", {"GITHUB_SHA": "e" * 40}, "not the commit of this run"),
        ("schedule", {"GITHUB_ACTIONS": ""}, "no job of GitHub Actions"),
    ],
)
def test_elsewhere_it_is_refused(origin, tmp_path, command, event_name, more, said):
    from tests.github.github_server import FakeGitHub

    github = FakeGitHub(url="https://api.github.com")
    event = push_event("0" * 40, origin.head)
    environ = github.environ(tmp_path, event_name, event, **{"GITHUB_SHA": origin.head} | more)
    done = origin.project.perfgate("ci", command, **environ, PERFGATE_CI_TOKEN=TOKEN)
    assert done.code == 2
    assert said in done.err
    assert not origin.project.results()


def test_nothing_is_proposed_without_a_token_or_to_the_default_branch(origin, tmp_path):
    environ = offline(tmp_path / "job", "schedule", {}, GITHUB_SHA=origin.head)
    assert_error(origin.ci("propose-baseline", environ), 2, "no token to push with")
    done = origin.ci("propose-baseline", environ, "--branch", "main", token=TOKEN)
    assert_error(done, 2, "--branch main is the default branch")


def test_a_run_that_fails_leaves_no_older_proposal(origin, tmp_path):
    environ = offline(tmp_path / "job", "schedule", {}, GITHUB_SHA=origin.head)
    proposal_of(origin).parent.mkdir(parents=True)
    proposal_of(origin).write_text("of last week")
    origin.project.write("load-test.yml", "no workload")
    assert origin.ci("refresh-baseline", environ).code == 2
    assert not proposal_of(origin).exists()
