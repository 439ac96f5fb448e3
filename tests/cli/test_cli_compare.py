"""The main job on a real repository and real services: commits in, verdict out."""

import json
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli_project import Done, Project, assert_error

from perfgate.store.observed import load_observed
from perfgate.store.results import load
from perfgate.store.samples import load_samples

SLOW = """
time.sleep(0.012)
return b"HTTP/1.1 200 OK\\r\\nContent-Length: 2\\r\\n\\r\\nok"
"""
FAILING = """
import random
status = b"503 Sorry" if random.random() < 0.2 else b"200 OK"
return b"HTTP/1.1 " + status + b"\\r\\nContent-Length: 2\\r\\n\\r\\nok"
"""


def patient_project(path: Path) -> Project:
    """With rounds in which a service of 12 ms mostly answers even when it has to wait for a CPU."""
    made = Project(path)
    made.edit("perfgate.yml", "round: 100ms, warmup: 20ms", "round: 120ms, warmup: 10ms")
    made.commit("longer rounds")
    return made


def measured(project: Project, *arguments: str, anew: bool = False) -> Done:
    """Run a command, once more if the machine stood still for a whole round: perfgate can but say so."""
    done = project.perfgate(*arguments, anew=anew)
    if "was finished in time to be measured" in done.err:
        done = project.perfgate(*arguments, anew=anew)
    return done


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    made = patient_project(tmp_path_factory.mktemp("compare") / "repository")
    made.branch("slow", answer=SLOW)
    made.branch("failing", answer=FAILING)
    return made


@pytest.fixture(scope="module")
def slow(project: Project) -> dict[str, object]:
    """The verdict of main against slow, measured once."""
    path = project.path / "verdict.json"
    outputs = [f"json={path}", f"png={path.with_suffix('.png')}", f"html={path.with_suffix('.html')}"]
    words = (word for each in outputs for word in ("-o", each))
    done = measured(project, "compare", "main", "slow", *words, anew=True)
    assert done.code == 1, done.err
    assert done.out.startswith("REGRESSED: GET /home p50 is ")
    return json.loads(path.read_text()) | {"stdout": done.out, "stderr": done.err}


def test_a_slow_commit_is_found(slow: dict[str, object]) -> None:
    assert slow["outcome"] == "REGRESSED"
    worse = {(c["metric"]["endpoint"], c["metric"]["statistic"]) for c in slow["comparisons"]
             if c["outcome"] == "REGRESSED"}  # type: ignore[attr-defined]  # fmt: skip
    assert ("GET /home", "p50") in worse


def test_the_picture_is_a_picture(project: Project, slow: dict[str, object]) -> None:
    assert (project.path / "verdict.png").read_bytes().startswith(b"\x89PNG")


def test_the_page_has_everything_that_was_measured(project: Project, slow: dict[str, object]) -> None:
    done = project.perfgate("report", "-o", "html=.perfgate/again.html", "-o", "png=.perfgate/figures/")
    assert done.code == 0, done.err
    assert done.out.startswith("REGRESSED: GET /home p50 is ")
    for path in ("verdict.html", ".perfgate/again.html"):
        page = (project.path / path).read_text().replace("\u00a0", " ")
        assert str(slow["headline"]).removeprefix("REGRESSED: ").partition(" (")[0] in page
        for missing in ("were not kept", "nothing was read", "has no band", "no result was at hand"):
            assert missing not in page
    assert len(list((project.path / ".perfgate/figures").glob("*.png"))) > 1


def test_the_report_says_how_to_reproduce(project: Project, slow: dict[str, object]) -> None:
    base, head = (project.git("rev-parse", ref)[:12] for ref in ("main", "slow"))
    assert f"reproduce: perfgate compare {base} {head}\n" in str(slow["stdout"])


def test_progress_goes_to_stderr_one_line_at_a_time(slow: dict[str, object]) -> None:
    assert "confirming on fresh rounds: GET /home" in str(slow["stderr"])
    assert "\x1b" not in str(slow["stderr"])


def test_results_are_keyed_to_the_commits(project: Project, slow: dict[str, object]) -> None:
    for ref, side in (("main", "base"), ("slow", "head")):
        sha = project.git("rev-parse", ref).strip()
        paths = [p for p in project.results() if p.parent.name == sha and p.stem.endswith(side)]
        result = load(paths[-1])
        assert result.commit.sha == sha
        assert result.status == "complete"
        assert len(result.rounds) == 16
        numbers, samples = load_samples(paths[-1])
        assert set(numbers.tolist()) == set(range(16))
        assert len(samples.sent_ns) == sum(e.requests for r in result.rounds for e in r.endpoints)
        series = load_observed(paths[-1])
        assert [each.round_index for each in series] == list(range(16))
        assert all(each.cpu_ns.min() > 0 for each in series)
        # Whoever reads may get its turn on a busy machine only when a round is over.
        assert any(each.connections.max() >= 1 for each in series)


def test_stored_results_give_the_same_verdict(project: Project, slow: dict[str, object]) -> None:
    path = project.path / "again.json"
    done = project.perfgate("compare", "main", "slow", "--stored", "-o", f"json={path}")
    assert done.code == 1
    again = json.loads(path.read_text())
    assert again["comparisons"] == slow["comparisons"]


def test_a_torn_result_is_named_and_skipped(project: Project, slow: dict[str, object]) -> None:
    sha = project.git("rev-parse", "slow").strip()
    whole = next(p for p in project.results() if p.parent.name == sha)
    torn = whole.with_name("20990101T000000Z-torn.json")
    torn.write_bytes(whole.read_bytes()[:100])
    try:
        done = project.perfgate("compare", "main", "slow", "--stored")
    finally:
        torn.unlink()
    assert done.code == 1
    assert "torn.json" in done.err
    assert "Traceback" not in done.err


def test_a_result_of_a_newer_perfgate_says_so(project: Project, slow: dict[str, object]) -> None:
    sha = project.git("rev-parse", "slow").strip()
    whole = next(p for p in project.results() if p.parent.name == sha)
    newer = whole.with_name("20990101T000000Z-newer.json")
    newer.write_text(json.dumps(json.loads(whole.read_text()) | {"schema_version": 99}))
    try:
        done = project.perfgate("compare", "main", "slow", "--stored")
    finally:
        newer.unlink()
    assert done.code == 1
    assert "upgrade perfgate" in done.err.lower()


def test_new_errors_are_found(project: Project) -> None:
    done = measured(project, "compare", "main", "failing")
    assert done.code == 1, done.out + done.err
    assert re.search(r"GET /home +errors .*REGRESSED", done.out)
    assert "status 503" in done.out


def test_the_base_is_the_merge_base_unless_given(project: Project) -> None:
    parted = project.git("merge-base", "main", "slow").strip()
    assert parted != project.git("rev-parse", "main").strip()
    project.git("checkout", "--quiet", "slow")
    try:
        done = project.perfgate("compare", "--stored")
    finally:
        project.git("checkout", "--quiet", "main")
    assert_error(done, 2, f"no stored result for {parted[:12]}")


def test_thresholds_in_k6_syntax(project: Project) -> None:
    config = (project.path / "perfgate.yml").read_text()
    strict = project.path / "strict.yml"
    strict.write_text(config + "thresholds:\n  http_req_duration: ['p(95)<0.001']\n")
    done = project.perfgate("compare", "main", "main", "--allow-dirty", "-c", "strict.yml")
    assert done.code == 1, done.out + done.err
    assert done.out.startswith("THRESHOLD_BREACHED")
    strict.write_text(config + "thresholds:\n  'http_req_duration{endpoint:GET /nowhere}': ['p(95)<1000']\n")
    done = project.perfgate("compare", "main", "main", "--allow-dirty", "-c", "strict.yml")
    assert_error(done, 2, "strict.yml", "no endpoint of the workload is called 'GET /nowhere'", "GET /home")


def test_abort_on_fail_measures_no_more_rounds(project: Project) -> None:
    config = (project.path / "perfgate.yml").read_text()
    item = "{threshold: 'p(95)<0.001', abortOnFail: true, delayAbortEval: 150ms}"
    (project.path / "strict.yml").write_text(f"{config}thresholds:\n  http_req_duration: [{item}]\n")
    given = ("--allow-dirty", "-c", "strict.yml", "-o", "json=verdict.json")
    done = project.perfgate("compare", "main", "main", *given)
    assert done.code == 1, done.out + done.err
    assert done.out.startswith("THRESHOLD_BREACHED")
    verdict = json.loads((project.path / "verdict.json").read_text())
    assert (verdict["rounds_measured"], verdict["comparisons"]) == (2, [])
    assert verdict["reasons"][0]["code"] == "aborted_on_threshold"
    newest = max(project.results(), key=lambda path: path.stat().st_mtime_ns)
    assert json.loads(newest.read_text())["status"] == "interrupted"


@pytest.fixture
def running(project: Project) -> Iterator[str]:
    """The service, started by somebody else."""
    process = subprocess.Popen(
        [sys.executable, "-S", "service.py"], cwd=project.path, env={"PORT": "0"}, stdin=subprocess.DEVNULL
    )
    import psutil

    deadline = time.monotonic() + 10
    ports: list[int] = []
    while not ports and time.monotonic() < deadline:
        ports = [c.laddr.port for c in psutil.Process(process.pid).net_connections() if c.status == "LISTEN"]
        time.sleep(0.02)
    yield f"http://127.0.0.1:{ports[0]}"
    process.kill()
    process.wait()


def test_running_services_stand_in_for_sides(project: Project, running: str) -> None:
    done = measured(project, "compare", "--base-url", running, "--head-url", running)
    # The tests keep both CPUs busy: now and then the tail is too noisy for a PASS, never red.
    assert done.code in (0, 3), done.out + done.err
    assert "without restarts" in done.out
    assert "1 % false alarms does not hold" in " ".join(done.out.split())


def test_one_side_may_be_running(project: Project, running: str) -> None:
    done = measured(project, "compare", "main", "slow", "--base-url", running)
    assert done.code == 1, done.out + done.err
    assert "without restarts" in done.out


def test_run_stores_and_prints_levels(project: Project) -> None:
    done = measured(project, "run", "slow", anew=True)
    assert done.code == 0, done.err
    assert re.search(r"GET /home +p50 +\d", done.out)


def test_runs_of_different_times_are_compared_with_caution(project: Project, tmp_path: Path) -> None:
    other = patient_project(tmp_path / "repository")
    other.branch("slow", answer=SLOW)
    assert measured(other, "run", "main").code == 0
    assert_error(
        other.perfgate("compare", "main", "slow", "--stored"), 2, "slow", "perfgate compare main slow"
    )
    assert measured(other, "run", "slow").code == 0
    done = other.perfgate("compare", "main", "slow", "--stored")
    assert "unpaired" in done.out
    assert done.code == 1, done.out
    # The other way round nothing got slower, but one stored run cannot vouch for that.
    assert other.perfgate("compare", "slow", "main", "--stored").code in (0, 3)


def test_a_build_is_made_once_a_commit(tmp_path: Path) -> None:
    made = Project(tmp_path / "repository")
    counter = tmp_path / "builds"
    made.write("build.py", f"open({str(counter)!r}, 'a').write('x'); open('built', 'w').write('yes')\n")
    made.edit("perfgate.yml", "service:\n", "service:\n  build: [python3 build.py]\n")
    made.edit("service.py", "def main():\n", "def main():\n    assert open('built').read() == 'yes'\n")
    made.commit("built")
    assert made.perfgate("run").code == 0
    done = made.perfgate("run")
    assert done.code == 0
    assert "from the cache" in done.err
    assert counter.read_text() == "x"


def test_baseline_and_check(tmp_path: Path) -> None:
    made = patient_project(tmp_path / "repository")
    assert made.perfgate("check").code == 3
    done = measured(made, "baseline", "update", "--reason", "first", "--runs", "2")
    assert done.code == 0, done.err
    (written,) = (made.path / "baselines").rglob("*.json")
    stored = json.loads(written.read_text())
    assert [run["reason"] for run in stored["runs"]] == ["first", "first"]
    assert stored["runs"][0]["sha"] == made.git("rev-parse", "HEAD").strip()
    made.commit("record a baseline")
    shown = made.perfgate("baseline", "show")
    assert shown.code == 0
    assert "2 runs: 8 more before it may judge alone" in shown.out
    made.branch("slow", answer=SLOW)
    made.git("checkout", "--quiet", "slow")
    done = measured(made, "check", anew=True)
    assert "side by side" in done.err
    assert done.code == 1, done.out + done.err


def test_a_closed_pipe_is_quiet(project: Project, slow: dict[str, object]) -> None:
    process = project.start("compare", "main", "slow", "--stored")
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    with process.stderr as err:
        assert "Traceback" not in err.read()
    process.wait()


def test_a_second_interrupt_does_not_break_the_clean_up(project: Project) -> None:
    process = project.start("compare", "main", "slow")
    assert process.stderr is not None
    for line in process.stderr:
        if "round 1" in line:
            break
    process.send_signal(signal.SIGINT)
    time.sleep(0.05)
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=20)
    assert process.returncode == 130
    project.assert_nothing_left()
