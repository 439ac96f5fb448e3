"""The self-proof on a real repository and a real service."""

import json
import signal

import pytest
from cli_project import Done, Project, assert_error

from perfgate.cli.main import main
from perfgate.store.results import load


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    return Project(tmp_path_factory.mktemp("calibrate") / "repository")


def test_an_injected_delay_turns_every_run_red(project: Project) -> None:
    path = project.path.parent / "summary.json"
    done = project.perfgate("calibrate", "--runs", "1", "--inject", "5ms", "-q", "-o", f"json={path}")
    assert done.code == 0, done.out + done.err
    assert done.out.startswith("Injected 5ms into head: found in 1 of 1 run.")
    assert done.err == ""
    (found,) = [m for m in json.loads(path.read_text())["metrics"] if m["metric"]["statistic"] == "p50"]
    assert found["red"] == 1
    assert found["change"] > 1
    assert found["injected"] > 1


def test_ctrl_c_keeps_what_was_measured_apart_from_ordinary_results(project: Project) -> None:
    path = project.path.parent / "partial.json"
    process = project.start("calibrate", "--runs", "50", "-o", f"json={path}", anew=True)
    assert process.stderr is not None
    seen = []
    for line in process.stderr:
        seen.append(line)
        if "run 2 of 50" in line and "screening" in line:
            process.send_signal(signal.SIGINT)
            break
    out, err = process.communicate(timeout=60)
    assert process.returncode == 130, err
    assert any("run 1 of 50: PASS in " in line for line in seen)
    assert out.startswith("A/A: 0 false alarms in 1 run of one commit against itself.")
    assert "299 runs without one" in " ".join(out.split())
    assert "Ended early: 1 of 50 runs." in out
    project.assert_nothing_left()
    document = json.loads(path.read_text())
    assert document["injected"] is None
    assert {m["metric"]["statistic"] for m in document["metrics"]} >= {"p50", "p95", "errors"}
    assert not project.results()
    kept = project.path / ".perfgate" / "calibration"
    assert {load(each).side for each in kept.rglob("*.json")} == {"base", "head"}
    assert not list(kept.rglob("*.npz"))


@pytest.mark.parametrize(
    ("arguments", "texts"),
    [
        (("--inject", "5"), ("--inject '5' is not a delay", "300us")),
        (("--inject", "5%@p50"), ("'5%@p50'", "tail")),
        (("--inject", "0%"), ("'0%'", "no delay at all")),
        (("-o", "png=x.png"), ("png", "json, markdown")),
        (("no-such-ref",), ("no-such-ref",)),
        (("--runs", "0"), ("--runs", "0")),
    ],
)
def test_what_cannot_be_used_is_refused_by_name(
    project: Project,
    arguments: tuple[str, ...],
    texts: tuple[str, ...],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(project.path)
    code = main(["calibrate", *arguments])
    assert_error(Done(code, *capsys.readouterr()), 2, *texts)


def test_a_service_that_runs_already_cannot_be_calibrated(
    project: Project, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    text = (project.path / "perfgate.yml").read_text()
    without = text[: text.index("service:")] + text[text.index("workload:") :]
    project.write("without.yml", without)
    monkeypatch.chdir(project.path)
    code = main(["calibrate", "-c", "without.yml"])
    done = Done(code, *capsys.readouterr())
    assert_error(done, 2, "without.yml: no service.command", "runs already cannot be calibrated")
