"""A time budget, a rate that is found and CPUs that are named, on a real repository and real services."""

import json
import os
import re
from pathlib import Path

import pytest
from cli_project import Done, Project, assert_error

from perfgate.store.results import load

MEASURE = "measure: {rounds: 8, max_rounds: 8, round: 100ms, warmup: 20ms, timeout: 1s}\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(tmp_path / "repository")


def compare(project: Project, *arguments: str) -> Done:
    return project.perfgate("compare", "main", "main", "--allow-dirty", *arguments)


def test_the_plan_is_printed_before_it_starts_and_kept(project: Project) -> None:
    assert "8 rounds, about " in compare(project).err
    project.edit("perfgate.yml", MEASURE, "measure: {warmup: 20ms, timeout: 1s}\n")
    path = project.path / "verdict.json"
    done = compare(project, "--budget", "12s", "-o", f"json={path}")
    assert done.code in (0, 3), done.err
    said = re.search(
        r"plan: (\d+) rounds of [\d.]+ (?:m?s) \(\+ (\d+) to confirm\), .*\n +can find p50 ≥", done.err
    )
    assert said is not None, done.err
    assert done.err.index("pilot round 1") < said.start() < done.err.index("screening")
    assert "pilot rounds and 1 stored run)" in done.err
    assert re.search(r"\([\d.]+ s more if it has to confirm\), about \d+ s left", done.err)
    verdict = json.loads(path.read_text())
    assert any(warning["text"].startswith("plan: ") for warning in verdict["warnings"])
    assert "--budget 12s" in verdict["reproduce"]
    result = load(project.results()[-1])
    assert result.notes[-1].startswith("plan: ")
    assert result.load_model.endswith("rounds planned for 12 s")
    assert sum(r.stage == "screen" and not r.dropped_because for r in result.rounds) >= 8


def test_a_budget_that_cannot_be_kept_is_refused_before_anything_starts(project: Project) -> None:
    project.edit("perfgate.yml", MEASURE, "measure: {warmup: 1s}\n")
    assert_error(compare(project, "--budget", "6s"), 2, "budget 6.0 s is too short", "give it more")
    assert not (project.path / ".perfgate").exists()


def test_a_budget_that_restarts_eat_up_is_refused_with_what_it_would_take(project: Project) -> None:
    project.edit("perfgate.yml", MEASURE, "measure: {warmup: 20ms}\n")
    project.edit("service.py", "def main():\n", "def main():\n    time.sleep(1)\n")
    project.commit("slow to start")
    assert_error(
        compare(project, "--budget", "8s"),
        2,
        "budget 8.0 s is too short: 8 rounds of 100 ms with 1.",
        "8 more to confirm and a pilot take",
    )
    assert not project.results()


def test_a_budget_without_anything_to_plan_says_so(project: Project) -> None:
    assert_error(compare(project, "--budget", "30s"), 2, "nothing for a budget to plan", "remove one")
    assert_error(compare(project, "--budget", "1s"), 2, "out of range", "5s to 2h")
    assert_error(compare(project, "--budget", "30s", "--stored"), 2, "--budget means nothing")


@pytest.mark.parametrize(
    ("load_section", "words"),
    [
        ("load: {model: open, rate: auto, connections: 2}\n", "open model, rate calibrated to half of what"),
        ("load: {connections: 2, max_rate: auto}\n", "requests/s calibrated to half of what base can do"),
    ],
)
def test_a_rate_is_found_on_base_and_said(project: Project, load_section: str, words: str) -> None:
    project.edit("perfgate.yml", "load: {connections: 2}\n", load_section)
    done = compare(project)
    rate = re.search(r"rate: ([\d.e+]+) (?:passes|requests)/s over both sides; base alone used", done.err)
    assert rate is not None, done.err
    result = load(project.results()[0])
    assert words in result.load_model
    assert any(note.startswith(f"rate: {rate[1]} ") for note in result.notes)
    seconds = sum(r.duration_ns for r in result.rounds) / 1e9
    requests = sum(e.requests for r in result.rounds for e in r.endpoints)
    assert 2 * requests / seconds < 2 * float(rate[1])


def test_on_one_cpu_nothing_is_pinned_and_the_report_says_so(project: Project) -> None:
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, {min(before)})
    try:
        done = compare(project)
        named = project.path / "named.yml"
        named.write_text((project.path / "perfgate.yml").read_text() + "placement: {driver_cpus: [4095]}\n")
        refused = compare(project, "-c", "named.yml")
    finally:
        os.sched_setaffinity(0, before)
    placement = load(project.results()[0]).placement
    assert (placement.pinned, placement.driver_cpus) == (False, (min(before),))
    assert "driver and services shared CPUs: not pinned: with one CPU" in " ".join(done.out.split())
    assert_error(refused, 2, "placement.driver_cpus: CPU 4095 cannot be used here", f"CPU {min(before)}")


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="needs two CPUs")
def test_named_cpus_are_used_and_recorded(project: Project) -> None:
    first, second = sorted(os.sched_getaffinity(0))[:2]
    with (project.path / "perfgate.yml").open("a") as file:
        file.write(f"placement: {{driver_cpus: [{first}], service_cpus: [{second}]}}\n")
    done = compare(project)
    assert done.code in (0, 3), done.err
    placement = load(project.results()[0]).placement
    assert (placement.driver_cpus, placement.service_cpus, placement.pinned) == ((first,), (second,), True)
    assert placement.note.startswith("CPUs as perfgate.yml says")
