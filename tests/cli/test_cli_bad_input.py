"""Every kind of bad input: one line that says what, where and what to do; nothing left behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest
from cli_project import Project, assert_error

from perfgate.store.results import load
from tests.cli.cli_forked import Forked


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "repository")


def _wait_for(process: Forked, pattern: str) -> None:
    """Until perfgate's progress says it."""
    assert process.stderr is not None
    for line in process.stderr:
        if re.search(pattern, line):
            return
    raise AssertionError(f"perfgate ended ({process.wait()}) without saying {pattern}")


def _lengthen_rounds(project: Project) -> None:
    """A line a second is printed: with short rounds it may go from the first to the last."""
    project.edit("perfgate.yml", "round: 100ms", "round: 400ms")
    project.commit("longer rounds")


def test_unknown_ref(project: Project) -> None:
    project.branch("feature")
    assert_error(project.perfgate("compare", "main", "feture"), 2, "'feture'", "did you mean feature?")


def test_ref_that_begins_with_a_dash(project: Project) -> None:
    done = project.perfgate("compare", "--", "main", "--upload-pack=touch /tmp/x")
    assert_error(done, 2, "'--upload-pack=touch /tmp/x' is not a ref")


def test_not_a_repository(tmp_path: Path, project: Project) -> None:
    for name in ("perfgate.yml", "load-test.yml"):
        (tmp_path / name).write_bytes((project.path / name).read_bytes())
    done = project.perfgate("compare", "main", "HEAD", "-c", str(tmp_path / "perfgate.yml"))
    assert_error(done, 2, "not a git repository")


def test_a_committed_build_is_never_taken_from_the_cache(project: Project) -> None:
    planted = project.path / ".perfgate/builds/0123abcd.tar"
    planted.parent.mkdir(parents=True)
    planted.write_bytes(b"whatever a pull request likes")
    project.git("add", "--force", "--all")
    project.git("commit", "--quiet", "--message=Bring a build along")
    done = project.perfgate("compare", "main", "HEAD")
    assert_error(done, 4, ".perfgate/builds/0123abcd.tar: ", "git rm -r --cached .perfgate/builds")


def test_shallow_clone(tmp_path: Path, project: Project) -> None:
    project.commit("second")
    clone = tmp_path / "clone"
    subprocess.run(
        ["git", "clone", "--quiet", "--depth", "1", f"file://{project.path}", str(clone)],
        check=True,
        capture_output=True,
    )
    project.path = clone
    assert_error(project.perfgate("compare"), 2, "shallow clone", "fetch-depth: 0")


def test_dirty_tree(project: Project) -> None:
    project.branch("feature")
    project.git("checkout", "--quiet", "feature")
    project.edit("service.py", "ok", "no")
    done = project.perfgate("compare", "main", "HEAD")
    assert_error(done, 2, "service.py", "commit or stash", "--allow-dirty")
    assert_error(project.perfgate("baseline", "update", "--reason", "x"), 2, "service.py")


def test_missing_configuration(project: Project) -> None:
    (project.path / "perfgate.yml").unlink()
    assert_error(project.perfgate("compare", "main", "HEAD"), 2, "perfgate.yml", "perfgate init")


@pytest.mark.parametrize(
    ("before", "after", "texts"),
    [
        ("version: 1", "version: [1", ("perfgate.yml:",)),
        ("  ready:", "  raedy:", ("perfgate.yml:4:3", "raedy", "ready")),
        ("round: 100ms", "round: 100", ("perfgate.yml:7:", "round", "100s")),
        ("round: 100ms", "round: 100 parsecs", ("perfgate.yml:7:", "round")),
        ("workload: load-test.yml", "workload: nothing.yml", ("perfgate.yml:6:", "nothing.yml")),
    ],
)
def test_wrong_configuration(project: Project, before: str, after: str, texts: tuple[str, ...]) -> None:
    project.edit("perfgate.yml", before, after)
    assert_error(project.perfgate("compare", "main", "HEAD"), 2, *texts)


def test_wrong_workload(project: Project) -> None:
    project.edit("load-test.yml", "url: /home", "ulr: /home")
    assert_error(project.perfgate("run"), 2, "load-test.yml:7:11", "ulr", "url")


def test_output_into_a_folder_that_does_not_exist(project: Project) -> None:
    assert_error(project.perfgate("compare", "-o", "json=nowhere/x.json"), 2, "nowhere")
    assert_error(project.perfgate("compare", "-o", "xml=x"), 2, "json, markdown, html")


def test_port_in_use(project: Project) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        project.branch("fixed", main=f'os.environ["PORT"] = "{taken.getsockname()[1]}"')
        assert_error(project.perfgate("compare", "main", "fixed"), 4, "head's service died", "{port}")


def test_build_fails(project: Project) -> None:
    project.edit(
        "perfgate.yml",
        "service:\n",
        "service:\n  build: [python3 build.py]\n",
    )
    project.write("build.py", "for i in range(40): print('line', i)\nraise SystemExit(3)\n")
    project.commit("with a build")
    done = project.perfgate("run")
    assert_error(done, 4, "python3 build.py", "exit status 3", "line 20", "line 39")
    assert "line 19\n" not in done.err


def test_service_exits_before_it_is_ready(project: Project) -> None:
    project.branch("broken", main='sys.exit("no database")')
    assert_error(
        project.perfgate("compare", "main", "broken"),
        4,
        "head's service died",
        "exit status 1",
        "no database",
    )


def test_service_never_ready(project: Project) -> None:
    project.edit("perfgate.yml", "timeout: 10s", "timeout: 500ms")
    project.branch("sleepy", main="time.sleep(600)")
    assert_error(
        project.perfgate("compare", "main", "sleepy"), 4, "head's service was not ready within 500 ms"
    )


def test_service_listens_elsewhere(project: Project) -> None:
    project.edit("perfgate.yml", "timeout: 10s", "timeout: 700ms")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    project.branch("elsewhere", main=f'os.environ["PORT"] = "{port}"')
    assert_error(project.perfgate("compare", "main", "elsewhere"), 4, f"listens on {port}", "$PORT")


def test_service_dies_while_measured(project: Project) -> None:
    project.branch(
        "mortal",
        answer="""
        global left
        left = globals().get("left", 6) - 1
        if not left:
            os._exit(7)
        return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
        """,
    )
    done = project.perfgate("compare", "main", "mortal")
    assert done.code == 4, done.err
    assert "head" in done.err.splitlines()[-2]
    assert re.search(r"error: head's service died|error: round \d+: head answered none", done.err)


def test_service_answers_garbage(project: Project) -> None:
    project.branch("garbage", answer='return b"\\x00\\x01 what is this?"')
    done = project.perfgate("compare", "main", "garbage")
    assert_error(done, 4, "head answered none of", "garbage")


def test_service_hangs(project: Project) -> None:
    project.edit("perfgate.yml", "timeout: 1s", "timeout: 200ms")
    project.branch("hanging", answer="time.sleep(600)")
    done = project.perfgate("compare", "main", "hanging")
    # Which of the two is asked first is chance; where head is, base may not get a turn in so short a round.
    assert_error(done, 4, "round 1")
    assert re.search(r"head answered none of|was finished in time .*\n.*one that hangs holds", done.err)


_SLOW = """
time.sleep({seconds})
return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
"""


def test_service_answers_too_slowly_to_be_measured(project: Project) -> None:
    project.branch("slow", answer=_SLOW.format(seconds=0.4))
    assert_error(project.perfgate("compare", "main", "slow"), 4, "round 1", "lengthen measure.round")


def test_service_answers_too_slowly_for_a_tail(project: Project) -> None:
    project.branch("slow", answer=_SLOW.format(seconds=0.03))
    done = project.perfgate("compare", "main", "slow")
    assert done.code == 1, done.out + done.err
    assert re.search(r"GET /home +p50 .*REGRESSED", done.out)
    assert re.search(r"GET /home +p99 .*NOT_MEASURED", done.out)


def test_disk_full(project: Project) -> None:
    """A file size limit stands in for the disk: writing fails half way with the same kind of error."""
    command = 'ulimit -f 2; exec "$0" -m perfgate run -q'
    done = subprocess.run(
        ["bash", "-c", command, sys.executable],
        cwd=project.path,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )
    assert done.returncode == 4, done.stderr
    assert "error: " in done.stderr
    assert "Traceback" not in done.stderr
    project.assert_nothing_left()
    assert project.results() == []


def test_unwritable_store(project: Project) -> None:
    project.write("taken", "a file where the folder should be")
    project.edit("perfgate.yml", "version: 1\n", "version: 1\nstore: taken/results\n")
    begun = time.monotonic()
    assert_error(project.perfgate("run", "--allow-dirty"), 4, "taken")
    assert time.monotonic() - begun < 30


def test_a_host_beyond_this_machine(project: Project) -> None:
    done = project.perfgate(
        "compare", "--base-url", "http://192.0.2.1:80", "--head-url", "http://127.0.0.1:9"
    )
    assert_error(done, 2, "192.0.2.1", "--allow-host 192.0.2.1")


def test_url_where_nobody_listens(project: Project) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{probe.getsockname()[1]}"
    done = project.perfgate("compare", "--base-url", url, "--head-url", url)
    assert_error(done, 4, "answered none of", "connection refused")


@pytest.mark.parametrize(
    ("moment", "number"),
    [
        ("checking out", signal.SIGTERM),
        ("screening", signal.SIGINT),
        (r"\b[1-6]/8\b", signal.SIGINT),
        (r"\b[1-6]/8\b", signal.SIGTERM),
        (r"\bhead: ", signal.SIGINT),
    ],
)
def test_interrupted_at_any_moment(project: Project, moment: str, number: int) -> None:
    if "8" in moment:
        _lengthen_rounds(project)
    process = project.start("compare", "main", "main")
    _wait_for(process, moment)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode in (130, 0, 3) if "head" in moment else process.returncode == 130, err
    assert "Traceback" not in err
    project.assert_nothing_left()
    for path in project.results():
        # Once the last round is in, the result is whole, whatever becomes of the verdict.
        assert load(path).status == ("complete" if "head" in moment else "interrupted")


def test_an_interrupted_run_keeps_its_finished_rounds(project: Project) -> None:
    _lengthen_rounds(project)
    process = project.start("compare", "main", "main")
    _wait_for(process, r"\b[3-6]/8\b")
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    kept = [load(path) for path in project.results()]
    assert {result.side for result in kept} == {"base", "head"}
    assert all(len(result.rounds) >= 2 for result in kept)
    assert all(result.status == "interrupted" for result in kept)
    assert_error(
        project.perfgate("compare", "main", "main", "--stored"), 2, "no stored result", "interrupted"
    )


def test_killed_perfgate_leaves_nothing(project: Project) -> None:
    _lengthen_rounds(project)
    process = project.start("compare", "main", "main")
    _wait_for(process, r"\b[1-6]/8\b")
    os.kill(process.pid, signal.SIGKILL)
    process.communicate()
    deadline = time.monotonic() + 15
    while time.monotonic() < deadline and (project.processes() or "trees" in project.git("worktree", "list")):
        time.sleep(0.1)
    project.assert_nothing_left()


def test_two_at_once(project: Project) -> None:
    project.edit("perfgate.yml", "round: 100ms", "round: 2s")
    first = project.start("compare", "--allow-dirty", "main", "main")
    _wait_for(first, "round")
    second = project.start("compare", "--allow-dirty", "main", "main")
    _, err = second.communicate(timeout=30)
    assert second.returncode == 4
    assert "another perfgate is measuring" in err
    first.send_signal(signal.SIGINT)
    first.communicate(timeout=20)
    project.assert_nothing_left()


def test_a_requirement_that_nothing_could_meet(project: Project) -> None:
    project.edit("perfgate.yml", "p50: 1000%", "p50: 50%")
    assert_error(
        project.perfgate("run"), 2, "perfgate.yml:10:", "gate.tolerance.p50 is not below gate.require.p50"
    )


def test_a_limit_on_the_number_of_requests(project: Project) -> None:
    project.edit("perfgate.yml", "gate:\n", "thresholds:\n  http_reqs: ['rate>10']\ngate:\n")
    assert_error(project.perfgate("run", "--allow-dirty"), 2, "perfgate.yml:9:", "http_reqs")


def test_a_password_in_a_url_is_not_repeated(project: Project) -> None:
    done = project.perfgate(
        "compare", "--base-url", "http://me:secret@127.0.0.1:1", "--head-url", "http://127.0.0.1:2"
    )
    assert_error(done, 2, "--base-url")
    assert "secret" not in done.err


def test_a_linked_perfgate_folder(project: Project, tmp_path: Path) -> None:
    (tmp_path / "elsewhere").mkdir()
    (project.path / ".perfgate").symlink_to(tmp_path / "elsewhere")
    done = project.perfgate("run")
    assert done.code in (2, 4), done.err
    assert "leads out of the repository" in done.err
    assert list((tmp_path / "elsewhere").iterdir()) == []
