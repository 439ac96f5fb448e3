"""`perfgate baseline` and `perfgate check` on a real repository, with real services."""

import datetime
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest
from cli_project import Project, assert_error

from perfgate.model import Baseline, BaselineRun
from perfgate.store.baselines import load_baseline, save_baseline

SLOW = r"""
time.sleep(0.02)
return b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
"""
LATEST = datetime.datetime.now(datetime.UTC).replace(microsecond=0)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    """`main` with a baseline of one real run; `slow` and `broken` branch off it."""
    made = Project(tmp_path_factory.mktemp("baseline") / "repository")
    made.branch("slow", answer=SLOW)
    made.branch("broken", main="sys.exit('no database')")
    done = made.perfgate("baseline", "update", "--runs", "1", "--reason", "first", anew=True)
    assert done.code == 0, done.err
    assert "accepts: whatever was measured, for there are no earlier runs" in done.out
    made.commit("baseline")
    return made


@pytest.fixture
def recorded(project: Project) -> Baseline:
    """What the fixture recorded; put back as it was after the test."""
    project.git("checkout", "--quiet", "--force", "main")
    return load_baseline(path_of(project))


def measured_at(project: Project, sha: str) -> list[Path]:
    return [path for path in project.results() if path.parent.name == sha]


def path_of(project: Project) -> Path:
    (path,) = (project.path / "baselines").rglob("*.json")
    return path


def rewrite(project: Project, baseline: Baseline, runs: Sequence[BaselineRun]) -> None:
    save_baseline(project.path / "baselines", replace(baseline, runs=tuple(runs)))


def runs_like(run: BaselineRun, count: int, *, level: float = 1.0, sha: str = "") -> list[BaselineRun]:
    """Runs on so many days up to now, two per cent apart, times so many times those of a real run."""
    return [
        replace(
            run,
            sha=sha or run.sha,
            recorded_at=(LATEST - datetime.timedelta(days=count - n)).isoformat(),
            values=tuple(
                v if v.statistic == "errors" else replace(v, value=v.value * level * (1 + 0.02 * (n % 3)))
                for v in run.values
            ),
        )
        for n in range(count)
    ]


def test_a_run_is_recorded_with_the_speed_of_the_cpus(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    assert run.sha == project.git("rev-parse", "main~1").strip()
    assert run.calibration_ns is not None
    assert 10_000 < run.calibration_ns < 2_000_000_000
    assert run.accepts == ()
    speeds = {json.loads(path.read_text())["calibration_ns"] for path in measured_at(project, run.sha)}
    assert run.calibration_ns in speeds


def test_show_says_what_it_is_good_for(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    done = project.perfgate("baseline", "show")
    assert done.code == 0, done.err
    assert "1 run on 1 day" in done.out
    assert "may not judge alone" in done.out
    assert "too_few_runs: 1 run: 9 more before it may judge alone" in done.out
    runs = runs_like(run, 12)
    runs[3] = runs_like(run, 12, level=1.6)[3]
    rewrite(project, recorded, runs)
    done = project.perfgate("baseline", "show")
    assert "12 runs on 12 days" in done.out
    assert "the newest 1 day old; may judge alone" in done.out
    assert f"outlier_run: the run of {runs[3].recorded_at}" in done.out
    assert "delete it from the file" in done.out


def test_an_update_says_what_it_accepts_and_warns_of_two_levels(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    rewrite(project, recorded, runs_like(run, 10))
    kept = path_of(project).read_text()
    project.git("checkout", "--quiet", "--force", "slow")
    path = project.path / "baselines" / "load-test" / path_of_name(recorded)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(kept)
    done = project.perfgate("baseline", "update", "--runs", "1", "--reason", "slower on purpose")
    assert done.code == 0, done.err
    assert "accepts: GET /home p50 " in done.out
    assert "WORSE, and beyond what runs vary by" in done.out
    assert "WARNING: these runs are of another level than the earlier ones: GET /home p50 (+" in done.err
    assert "--reset" in done.err
    mixed = load_baseline(path)
    assert len(mixed.runs) == 11
    accepted = {(a.endpoint, a.statistic): a for a in mixed.runs[-1].accepts}["GET /home", "p50"]
    assert accepted.after is not None
    assert accepted.after > 5 * accepted.before
    assert "slower on purpose" in project.perfgate("baseline", "show").out


def path_of_name(baseline: Baseline) -> str:
    from perfgate.store.baselines import path_for

    return path_for(Path(), "x", baseline.environment.class_id).name


def test_check_passes_by_the_baseline_alone(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    # Runs of a slower day, so that a busy machine is no alarm.
    rewrite(project, recorded, runs_like(run, 12, level=2.5))
    done = project.perfgate("check")
    assert done.code == 0, done.out + done.err
    assert "unpaired" in done.out
    assert "side by side" not in done.err


@pytest.mark.parametrize("count", [12, 3])
def test_a_baseline_commit_that_does_not_start_leaves_the_judgement_unpaired(
    project: Project, recorded: Baseline, count: int
) -> None:
    """With ten runs the baseline decides; with fewer the question stays open."""
    (run,) = recorded.runs
    broken = project.git("rev-parse", "broken").strip()
    rewrite(project, recorded, runs_like(run, count, level=0.1, sha=broken))
    done = project.perfgate("check")
    assert done.code == (1 if count == 12 else 3), done.out + done.err
    assert done.out.startswith("REGRESSED" if count == 12 else "INCONCLUSIVE")
    assert "unpaired" in done.out
    said = " ".join(done.out.split())
    assert f"the baseline's commit {broken[:10]} could not be built and started" in said
    assert "base's service died before it was ready" in said
    assert ("only 3 stored runs" in said) == (count == 3)


def test_a_baseline_commit_that_is_gone_leaves_it_unpaired_too(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    rewrite(project, recorded, runs_like(run, 12, level=0.1, sha="d" * 40))
    done = project.perfgate("check")
    assert done.code == 1, done.out + done.err
    assert "is not in this clone" in " ".join(done.out.split())


def test_an_alarm_is_settled_side_by_side(project: Project, recorded: Baseline) -> None:
    """The stored level says ten times slower, the commits themselves are alike: no regression."""
    (run,) = recorded.runs
    rewrite(project, recorded, runs_like(run, 12, level=0.1))
    done = project.perfgate("check")
    assert done.code == 0, done.out + done.err
    assert "the baseline alarmed: measuring its commit and HEAD side by side" in done.err
    assert "unpaired" not in done.out


def test_an_alarm_that_was_decided_on_needs_no_second_measurement(
    project: Project, recorded: Baseline
) -> None:
    """Only the median alarms: a tail of microseconds may be ten times longer on a machine that is busy."""
    (run,) = recorded.runs
    levels = {"p50": 0.3, "p95": 30.0, "p99": 30.0}
    values = tuple(replace(v, value=v.value * levels.get(v.statistic, 1.0)) for v in run.values)
    rewrite(project, recorded, runs_like(replace(run, values=values), 12))
    until = (LATEST + datetime.timedelta(days=30)).date().isoformat()
    decision = ("--up-to", "1000%", "--reason", "does more now", "--expires", until)
    try:
        assert project.perfgate("accept", "GET /home", "p50", *decision).code == 0
        done = project.perfgate("check")
    finally:
        (project.path / "baselines" / "accepted.yml").unlink(missing_ok=True)
    assert done.code == 0, done.out + done.err
    assert "accepted: GET /home p50 +" in " ".join(done.out.split())
    assert "side by side" not in done.err


def test_another_level_among_its_runs_is_refused(project: Project, recorded: Baseline) -> None:
    (run,) = recorded.runs
    runs = [*runs_like(run, 14, level=0.3)[:7], *runs_like(run, 14)[7:]]
    rewrite(project, recorded, runs)
    done = project.perfgate("check")
    assert done.code == 3, done.out + done.err
    assert "the runs before it are another level" in " ".join(done.out.split())
    shown = project.perfgate("baseline", "show").out
    assert "level_changed: " in shown
    assert "may not judge alone" in shown


def test_another_workload_needs_a_reset_and_says_what_it_cannot_compare(
    project: Project, recorded: Baseline
) -> None:
    rewrite(project, replace(recorded, workload_digest="other"), recorded.runs)
    project.git("commit", "--quiet", "--all", "--message", "other")
    try:
        assert_error(
            project.perfgate("baseline", "update", "--reason", "x"), 2, "another workload", "--reset"
        )
        done = project.perfgate("baseline", "update", "--reason", "x", "--runs", "1", "--reset")
        assert done.code == 0, done.err
        assert (
            "the earlier runs cannot be compared with: the baseline was recorded with another workload"
            in done.out
        )
    finally:
        project.git("reset", "--quiet", "--hard", "HEAD~1")


def test_results_of_the_default_branch_count_for_its_level_and_those_of_the_change_do_not(
    tmp_path: Path, project: Project, recorded: Baseline
) -> None:
    """The results themselves are copies; which of them are asked is what matters here."""
    from perfgate.cli.check_stored import later_results
    from perfgate.cli.project import open_project
    from perfgate.git import open_repository
    from perfgate.model import Commit
    from perfgate.store import results

    made = Project(tmp_path / "repository")
    opened = open_project(made.path / "perfgate.yml", None)
    repository = open_repository(made.path)
    original = results.load(measured_at(project, recorded.runs[0].sha)[0])

    def measured(sha: str, minutes: int) -> None:
        started = datetime.datetime.fromisoformat(original.started_at) + datetime.timedelta(minutes=minutes)
        results.save(
            opened.config.store,
            replace(
                original,
                commit=Commit(sha=sha, ref="x"),
                started_at=started.isoformat(),
                run_id=f"r{minutes}",
            ),
        )

    def found() -> list[str]:
        head = repository.resolve("HEAD")
        return [each.run_id for each in later_results(opened, repository, head, recorded)]

    assert found() == []
    for minutes in (1, 2, 3):
        measured(made.commit(f"main {minutes}"), minutes)
    measured(made.git("rev-parse", "main~1").strip(), -60)
    measured("e" * 40, 4)
    assert found() == ["r1", "r2"]  # that of HEAD itself is what is judged
    made.git("checkout", "--quiet", "-b", "change")
    measured(made.commit("slow"), 5)
    made.commit("still slow")
    assert found() == ["r1", "r2", "r3"]
