"""`perfgate ci` on real services: what it measures, and what it leaves for those who come after."""

import json
import os
import signal
import sys

import pytest
from cli_ci import Change, outputs_of, passing, unframed
from cli_project import assert_error

from perfgate.cli.ci_bundle import read_bundle, write_bundle
from tests.github.github_server import FakeGitHub, github_server

SLOW = '    return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"\n'
TOKENS = ("PERFGATE_CI_TOKEN", "GITHUB_TOKEN")


def perfgate(change: Change, environ: dict[str, str], *arguments: str, anew: bool = False):
    kept = {name: value for name, value in environ.items() if name not in TOKENS}
    done = change.project.perfgate(*arguments, anew=anew, **kept)
    return unframed(done) if "GITHUB_ACTIONS" in kept else done


@pytest.fixture(autouse=True)
def _outside(monkeypatch):
    for name in list(os.environ):
        if name.startswith(("GITHUB_", "GITLAB_", "CI_", "BUILDKITE", "PERFGATE_CI")):
            monkeypatch.delenv(name)


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    return Change(tmp_path_factory.mktemp("made") / "shop")


@pytest.fixture
def change(made, tmp_path):
    return made.copy(tmp_path / "shop")


def slow(change: Change) -> None:
    """Make it a pull request whose service waits 3 ms before each answer."""
    change.project.git("checkout", "--quiet", "feature")
    change.project.edit("service.py", SLOW, f"    time.sleep(0.003)\n{SLOW}")
    change.head = change.project.commit("slower")
    change.project.git("checkout", "--quiet", "--detach", "main")
    change.project.git("merge", "--quiet", "--no-ff", "--message", "merge", "feature")
    change.merge = change.project.git("rev-parse", "HEAD").strip()


def test_a_forks_pull_request_from_measuring_to_the_comment(change, tmp_path, monkeypatch, capsys):
    from perfgate.cli.main import main

    slow(change)
    with github_server() as github:
        number = github.add_pull(head_sha=change.head, base_sha=change.base, head_repository="stranger/shop")
        job = tmp_path / "measuring"
        job.mkdir()
        environ = github.environ(job, "pull_request", github.pull_request_event(number))
        done = perfgate(change, environ, "ci", anew=True)
        assert done.code == 1, done.err
        assert "perfgate ci on GitHub: base" in done.err
        assert github.requests == []
        bundle = read_bundle(change.path / ".perfgate" / "ci")
        assert bundle is not None
        assert (bundle.exit_code, bundle.head_sha, bundle.key) == (1, change.head, "perfgate.yml")
        assert bundle.verdict is not None
        assert (bundle.verdict.base.sha, bundle.verdict.head.sha) == (change.base, change.merge)
        assert bundle.verdict.reproduce == f"perfgate compare {change.parted[:12]} {change.head[:12]}"
        outputs = outputs_of(job)
        assert (outputs["verdict"], outputs["exit-code"]) == ("REGRESSED", "1")
        assert "GET /home p50" in json.loads(outputs["regressed"])
        page = (change.path / outputs["report"]).read_text()
        assert f"→ {change.head[:10]} as merged in {change.merge[:10]}</title>" in page.replace("\u00a0", " ")
        assert "REGRESSED" in (job / "step_summary").read_text()
        text = (change.path / "perfgate.yml").read_text().splitlines()
        assert {text[mark.line - 1].strip() for mark in bundle.marks} == {
            "tolerance: {p50: 60%, p95: 300%, p99: 500%}"
        }

        posting = tmp_path / "posting"
        posting.mkdir()
        monkeypatch.chdir(posting)
        event = github.workflow_run_event(number)
        for name, value in github.environ(posting, "workflow_run", event).items():
            monkeypatch.setenv(name, value)
        assert main(["ci", "post", "--bundle", str(change.path / ".perfgate" / "ci")]) == 0
        (comment,) = github.comments[number]
        assert "GET /home p50" in comment["body"]
        assert [check["conclusion"] for check in github.checks] == ["failure"]


def test_a_plain_shell_needs_no_ci_system(change, tmp_path):
    change.project.git("checkout", "--quiet", "--detach", change.head)
    done = perfgate(change, {}, "ci", "--bundle", "out", "-o", "junit=perfgate.xml")
    assert done.code in (0, 3), done.err
    assert "perfgate ci on shell: base" in done.err
    assert "<testsuite" in (change.path / "perfgate.xml").read_text()
    assert {path.name for path in (change.path / "out").iterdir()} == {
        "bundle.json",
        "report.html",
        "summary.md",
    }


def test_what_cannot_be_measured_leaves_its_reason(change, tmp_path):
    job = tmp_path / "job"
    job.mkdir()
    github = FakeGitHub(url="https://api.github.com")
    environ = github.environ(job, "pull_request", change.pull_request(github))
    earlier = change.path / ".perfgate" / "ci" / "report.html"
    earlier.parent.mkdir(parents=True)
    earlier.write_text("of an earlier run")
    change.project.edit("perfgate.yml", "service:", "servce:")
    done = perfgate(change, environ, "ci")
    assert_error(done, 2, "unknown key 'servce'")
    bundle = read_bundle(change.path / ".perfgate" / "ci")
    assert bundle is not None
    assert bundle.failure is not None
    assert (bundle.exit_code, bundle.head_sha) == (2, change.head)
    assert "unknown key 'servce'" in bundle.failure.message
    assert outputs_of(job)["verdict"] == "ERROR"
    assert "could not measure" in (job / "step_summary").read_text()
    assert not earlier.exists()


def test_a_run_that_is_killed_leaves_no_older_verdict_and_says_that_it_was(change, tmp_path):
    """As the kernel does it where memory runs out, here while the service builds."""
    folder = change.path / ".perfgate" / "ci"
    write_bundle(folder, passing(head_sha=change.head))
    change.project.git("checkout", "--quiet", "--detach", change.head)
    killer = [sys.executable, "-c", "import os; os.kill(os.getppid(), 9)"]
    change.project.edit("perfgate.yml", "service:", f"service:\n  build: [{json.dumps(killer)}]")
    change.project.commit("kill it")
    process = change.project.start("ci")  # whose worktree stays: nobody is left to remove it
    _, err = process.communicate(timeout=90)
    assert process.returncode == -signal.SIGKILL, err
    bundle = read_bundle(folder)
    assert bundle is not None
    assert bundle.verdict is None
    assert bundle.failure is not None
    assert "was stopped" in bundle.failure.message


def test_links_of_a_checkout_lead_nowhere(change, tmp_path):
    theirs = tmp_path / "theirs"
    (theirs / "ci").mkdir(parents=True)
    (theirs / "ci" / "report.html").write_text("somebody's")
    (change.path / ".perfgate").symlink_to(theirs)
    assert_error(perfgate(change, {}, "ci"), 2, "a symbolic link leads out")
    assert {path.name: path.read_text() for path in (theirs / "ci").iterdir()} == {
        "report.html": "somebody's"
    }


@pytest.mark.parametrize("event_name", ["pull_request_target", "workflow_run"])
def test_a_forks_code_never_runs_with_secrets(change, tmp_path, event_name):
    job = tmp_path / "job"
    job.mkdir()
    github = FakeGitHub(url="https://api.github.com")
    environ = github.environ(job, event_name, change.pull_request(github))
    assert_error(perfgate(change, environ, "ci"), 2, f"nothing on {event_name}")
    assert not change.project.results()


def test_users_that_are_code_are_given_nothing_that_publishes(change, tmp_path):
    job = tmp_path / "job"
    job.mkdir()
    environ = FakeGitHub(url="https://api.github.com").environ(job, "workflow_dispatch", {})
    change.project.write(
        "users.py", f"import os\nopen({str(tmp_path / 'seen')!r}, 'w').write(' '.join(os.environ))\n"
    )
    change.project.edit("perfgate.yml", "load-test.yml", "users.py")
    change.project.commit("users")
    done = change.project.perfgate("ci", **environ, PERFGATE_CI_TOKEN="secret")
    assert done.code == 2, done.err
    told = "PERFGATE_CI_TOKEN and GITHUB_TOKEN can be read by the code that is measured"
    assert done.err.startswith(f"warning: {told}")
    seen = set((tmp_path / "seen").read_text().split())
    assert "GITHUB_SHA" in seen
    assert not seen & {"GITHUB_TOKEN", "PERFGATE_CI_TOKEN", "GITHUB_OUTPUT", "GITHUB_STEP_SUMMARY"}
    assert outputs_of(job)["verdict"] == "ERROR"


def test_a_torn_event_leaves_its_reason_too(change, tmp_path):
    job = tmp_path / "job"
    job.mkdir()
    environ = FakeGitHub(url="https://api.github.com").environ(job, "pull_request", {})
    (job / "event.json").write_text("{")
    assert_error(perfgate(change, environ, "ci"), 2, "not JSON")
    bundle = read_bundle(change.path / ".perfgate" / "ci")
    assert bundle is not None
    assert bundle.failure is not None
    assert bundle.head_sha == ""


def test_inputs_arrive_by_the_environment_and_empty_ones_are_none(change, tmp_path):
    empty = dict.fromkeys(
        [f"PERFGATE_CI_{name}" for name in ("WORKLOAD", "BASE", "BUDGET", "REPORT_PATH")], ""
    )
    given = empty | {"PERFGATE_CI_CONFIG": "other.yml", "PERFGATE_CI_REPORT_PATH": "here"}
    assert_error(perfgate(change, given, "ci"), 2, "other.yml: no such file")
    bundle = read_bundle(change.path / "here")
    assert bundle is not None
    assert bundle.key == "other.yml"
