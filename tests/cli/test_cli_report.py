"""`perfgate report` shows a stored comparison again, on the terminal and as a page, and never judges."""

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_project import CONFIG, Done, Project, assert_error
from cli_stored import store_pair

from perfgate.cli.main import main
from perfgate.cli.project import open_project
from perfgate.store.results import load
from perfgate.store.samples import dump_samples
from tests.report.page_evidence import make_samples


@pytest.fixture
def perfgate(capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    """Runs the command in this process: nothing is started, and what it imports is imported once."""

    def run(project: Project, *arguments: str, command: str = "report") -> Done:
        monkeypatch.chdir(project.path)
        capsys.readouterr()
        code = main([command, *arguments])
        return Done(code, *capsys.readouterr())

    return run


@pytest.fixture(scope="module")
def stored(tmp_path_factory: pytest.TempPathFactory) -> tuple[Project, str, str]:
    """A project with one stored run of its two commits, 20 % slower at p50; tests only read it."""
    project = Project(tmp_path_factory.mktemp("report") / "repository")
    project.write(
        "perfgate.yml", CONFIG.format(python="python3").replace("tolerance: {p50: 60%", "tolerance: {p50: 3%")
    )
    base = project.commit("base")
    head = project.commit("head")
    store_pair(project.path, base, head, {("GET /home", "p50"): 0.2}, run="abc-123")
    return project, base, head


def test_the_newest_comparison_is_shown_without_naming_it(perfgate, stored) -> None:
    project, base, head = stored
    done = perfgate(project)
    assert done.code == 0, done.err
    assert done.out.startswith("REGRESSED: GET /home p50 is ")
    assert f"reproduce: perfgate compare {base[:12]} {head[:12]}" in done.out


def test_two_commits_and_a_run_say_the_same(perfgate, stored) -> None:
    project, base, _ = stored
    newest = perfgate(project).out
    named = perfgate(project, base, "HEAD")
    assert named.code == 0
    assert named.out == newest
    assert perfgate(project, base).out.startswith("REGRESSED")
    assert perfgate(project, "--run", "abc-123").out == newest


def test_the_verdict_is_that_of_compare_stored(perfgate, stored, tmp_path: Path) -> None:
    project, base, _ = stored
    paths = [tmp_path / name for name in ("report.json", "compare.json")]
    assert perfgate(project, "-o", f"json={paths[0]}").code == 0
    assert perfgate(project, base, "HEAD", "--stored", "-o", f"json={paths[1]}", command="compare").code == 1
    report, compared = (json.loads(path.read_text()) for path in paths)
    assert report["comparisons"] == compared["comparisons"]


def test_a_page_is_written_even_where_no_request_was_kept(perfgate, stored, tmp_path: Path) -> None:
    project, _, _ = stored
    done = perfgate(project, "-o", f"html={tmp_path / 'report.html'}")
    assert done.code == 0, done.err
    page = (tmp_path / "report.html").read_text()
    assert "No requests of base and head are at hand" in page


def test_a_torn_archive_of_requests_is_said_on_the_page(perfgate, stored, tmp_path: Path) -> None:
    project, _, _ = stored
    path = next(each for each in project.results() if each.stem.endswith("head")).with_suffix(".npz")
    path.write_bytes(b"PK\x03\x04 nothing of ours")
    try:
        done = perfgate(project, "-o", f"html={tmp_path / 'torn.html'}")
    finally:
        path.unlink()
    assert done.code == 0, done.err
    page = (tmp_path / "torn.html").read_text()
    assert "no perfgate samples" in page
    assert f"{path.parent.name}/{path.name} in the store" in page
    assert str(project.path) not in page


def test_requests_of_another_run_are_not_shown(perfgate, stored, tmp_path: Path) -> None:
    project, _, _ = stored
    path = next(each for each in project.results() if each.stem.endswith("head")).with_suffix(".npz")
    others = make_samples(0, np.full(199, 10**6), endpoints=("GET /home",))
    round_ = load(path.with_suffix(".json")).rounds[0]
    path.write_bytes(dump_samples([(round_, others)]))
    try:
        done = perfgate(project, "-o", f"html={tmp_path / 'foreign.html'}")
    finally:
        path.unlink()
    assert done.code == 0, done.err
    assert "not the requests that the result counts" in (tmp_path / "foreign.html").read_text()


def test_a_torn_result_is_named(perfgate, stored) -> None:
    project, _, _ = stored
    path = next(each for each in project.results() if each.stem.endswith("head"))
    whole = path.read_bytes()
    path.write_bytes(whole[:1000])
    try:
        newest, named = perfgate(project), perfgate(project, "--run", "abc-123")
    finally:
        path.write_bytes(whole)
    assert_error(
        Done(newest.code, newest.out, newest.err.split("\n", 1)[1]), 2, "no stored run", "both sides"
    )
    assert newest.err.startswith("skipped: ")
    assert path.name in newest.err
    assert_error(named, 2, path.name)


def test_what_was_never_measured_is_told_how_to_be(perfgate, tmp_path: Path) -> None:
    project = Project(tmp_path / "repository")
    project.write("perfgate.yml", CONFIG.format(python="python3"))
    project.commit("base")
    project.commit("head")
    assert_error(perfgate(project, "HEAD~1", "main"), 2, "measure both: perfgate compare 'HEAD~1' main")


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("--run", "nothing"), ("run nothing: nothing is stored of it",)),
        (("--run", "123"), ("run 123: nothing is stored of it",)),  # of load-test-abc, by its file's name
        (("--run", "../../etc\x1b[31m"), ("nothing is stored of it",)),
        (("--run", "abc-123", "HEAD"), ("--run names both sides",)),
        (("no-such-ref",), ("no-such-ref",)),
        (("HEAD", "HEAD~5"), ("HEAD~5",)),
        (("-o", "html=missing/report.html"), ("not a folder",)),
    ],
)
def test_what_cannot_be_shown_is_refused(perfgate, stored, arguments, texts) -> None:
    done = perfgate(stored[0], *arguments)
    assert_error(done, 2, *texts)
    assert "\x1b" not in done.err


def test_a_run_of_one_side_or_of_another_workload_is_refused(perfgate, tmp_path: Path) -> None:
    project = Project(tmp_path / "repository")
    head = project.commit("head")
    store_pair(project.path, head, head, {}, run="r2")
    base_path = next(each for each in project.results() if each.stem.endswith("base"))
    base = base_path.read_bytes()
    base_path.unlink()
    assert_error(perfgate(project, "--run", "r2"), 2, "only head was measured")
    base_path.write_bytes(base)
    project.edit("load-test.yml", "/home", "/elsewhere")
    assert open_project(project.path / "perfgate.yml", None).workload.name == "load-test"
    assert_error(perfgate(project, "--run", "r2"), 2, "sent another workload (load-test)")
    assert_error(perfgate(project), 2, "1 were interrupted, or sent another version of it")


def test_nothing_stored_at_all_says_how_to_get_something(perfgate, tmp_path: Path) -> None:
    assert_error(
        perfgate(Project(tmp_path / "repository")), 2, "no stored run of", "perfgate compare BASE HEAD"
    )


def test_the_help_has_examples_and_says_that_it_never_fails(perfgate, stored) -> None:
    done = perfgate(stored[0], "--help")
    assert "perfgate report main HEAD -o html=report.html" in done.out
    assert "the exit code is 0 whatever the verdict is" in done.out
