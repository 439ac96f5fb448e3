"""`perfgate export` finds the stored result that is meant, and says on stderr what a format leaves out."""

import json
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from cli_project import Done, Project, assert_error
from cli_stored import store_pair

from perfgate.cli.main import main
from perfgate.model import Samples
from perfgate.store.results import load, save


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """Base on the first commit, head on the second, one run of 13 rounds and 13 to confirm."""
    made = Project(tmp_path_factory.mktemp("export") / "project")
    base = made.git("rev-parse", "HEAD").strip()
    head = made.commit("second")
    store_pair(made.path, base, head, {("GET /home", "p50"): 0.5})
    return made


@pytest.fixture
def export(project: Project, capfdbinary, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Done]:
    def run(*arguments: str) -> Done:
        monkeypatch.chdir(project.path)
        capfdbinary.readouterr()
        code = main(["export", *arguments])
        out, err = capfdbinary.readouterr()
        return Done(code, out.decode(), err.decode())

    return run


def test_head_is_exported_unless_another_commit_is_named(export) -> None:
    here, before = export("--format", "bencher"), export("HEAD~1", "--format", "bencher")
    assert (here.code, before.code) == (0, 0)
    latency = [json.loads(done.out)["GET /home"]["latency"]["value"] for done in (before, here)]
    assert latency[1] / latency[0] == pytest.approx(1.5, rel=0.01)


def test_what_is_left_out_is_said_on_stderr(export) -> None:
    done = export("--format", "github-action-benchmark")
    assert "exporting .perfgate/results/" in done.err or "/.perfgate/results/" in done.err
    assert "left out: 13 of 26 rounds (dropped, or confirmations)" in done.err
    assert "all endpoints" not in done.out


def test_a_file_can_be_named_and_another_written(export, project: Project, tmp_path: Path) -> None:
    (path,) = (path for path in project.results() if path.stem.endswith("-base"))
    done = export(str(path), "--format", "go", "-o", str(tmp_path / "base.txt"))
    assert (done.code, done.out) == (0, "")
    assert (tmp_path / "base.txt").read_text().count("BenchmarkGET_/home ") == 13
    assert [entry.name for entry in tmp_path.iterdir()] == ["base.txt"]


def test_several_commits_make_a_series_and_formats_of_one_result_refuse_them(export) -> None:
    done = export("HEAD~1", "HEAD", "--format", "otava")
    assert len(json.loads(done.out)) == 2
    assert_error(export("HEAD~1", "HEAD", "--format", "bencher"), 2, "holds one result, and 2 are named")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (
            ["HEAD", "--side", "base", "--format", "csv"],
            "no stored result of HEAD under the workload 'load-test'",
        ),
        (["HEAD", "--workload", "other.yml", "--format", "csv"], "stored are results of 'load-test'"),
        (["nowhere", "--format", "csv"], "nowhere"),
        (["missing.json", "--format", "csv"], "missing.json: cannot be read"),
        (["--format", "csv", "-o", "no/such/folder/x.csv"], "is not a folder"),
        (["--format", "xml"], "xml"),
        (["--format", "github-action-benchmark-bigger"], "throughput is known only where"),
    ],
)
def test_what_cannot_be_exported_is_refused_in_one_line(export, arguments: list[str], said: str) -> None:
    done = export(*arguments)
    assert done.code == 2
    assert said in done.err
    assert done.out == ""


def test_requests_need_raw_samples(export, project: Project) -> None:
    (path,) = (path for path in project.results() if path.stem.endswith("-head"))
    assert "its raw samples are not there" in export("--format", "requests-csv").err
    result = load(path)
    one = np.array([0], np.int32)
    times = {
        name: one.astype(np.int64) + n for n, name in enumerate(("due_ns", "sent_ns", "first_ns", "last_ns"))
    }
    samples = Samples(
        endpoints=("GET /home",),
        errors=("",),
        endpoint=one,
        status=one + 200,
        error=one,
        bytes_received=one.astype(np.int64),
        couple=one,
        **times,
    )
    save(path.parent.parent, result, [(result.rounds[0], samples)])
    try:
        done = export("--format", "requests-csv")
    finally:
        path.with_suffix(".npz").unlink()
    header, row, _ = done.out.split("\r\n")
    assert header.startswith("commit,side,run_id,round,endpoint,due_ns,")
    assert row.endswith(",head,r1,0,GET /home,0,1,2,3,2,200,,0,0")


def test_parquet_without_pyarrow_says_how_to_get_it(export, monkeypatch: pytest.MonkeyPatch) -> None:
    from perfgate.interchange import parquetout

    monkeypatch.setattr(parquetout, "is_available", lambda: False)
    assert_error(export("--format", "parquet"), 2, "pyarrow", "perfgate[parquet]")


def test_help_answers_without_the_heavy_modules(project: Project) -> None:
    import subprocess

    code = (
        "import sys; from perfgate.cli.main import main; main(['export', '--help']);"
        "assert not {'numpy', 'scipy', 'git', 'pyarrow'} & set(sys.modules), sys.modules.keys()"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert "benchstat" in done.stdout
