"""The benchmark of the gate on real services: turns, what a run counts as, what the runs add up to."""

import subprocess
from collections import Counter

import pytest
from scipy.stats import binomtest

from bench import gate_real_setup as setup
from bench.gate_real_calibrate import extra_turns
from bench.gate_real_cells import (
    CHANGES,
    POLICIES,
    SERVICES,
    Cell,
    cells,
    count_done,
    next_cell,
    tuned,
    wished,
)
from bench.gate_real_rows import row_of, row_of_failure
from bench.gate_real_summary import summarise
from bench.shares import clopper_pearson
from perfgate.config import load_config
from perfgate.workload.artillery import read_workload

NODE = next(service for service in SERVICES if service.name == "node")
LIST, ITEM = NODE.endpoints["list"], NODE.endpoints["item"]


def change_named(name):
    return next(change for change in CHANGES if change.name == name)


def comparison(endpoint, statistic, outcome="REGRESSED", change=0.05):
    return {
        "metric": {"endpoint": endpoint, "statistic": statistic}, "outcome": outcome, "change": change,
        "base": 400_000.0,
        "low": 0.04, "high": 0.06, "p_adjusted": 0.001, "mde": 0.02,
    }  # fmt: skip


def verdict(outcome, *comparisons):
    return {
        "outcome": outcome, "comparisons": comparisons, "rounds_measured": 26, "rounds_dropped": 1,
        "reasons": [{"code": outcome.lower()}],
    }  # fmt: skip


def row(change, result, seconds=30.0, **more):
    cell = Cell(NODE, change_named(change))
    return row_of_failure(cell, "") | {"result": result, "seconds": seconds, **more}


@pytest.fixture
def wishes():
    return {cell: wished(cell.change, aa=34, aa_others=3, each=7) for cell in cells()}


def test_the_wishes_make_a_hundred_runs_without_a_change_and_twenty_of_each(wishes):
    runs = Counter()
    for cell, wish in wishes.items():
        runs[cell.change.name] += wish
    assert runs["none"] >= 100
    assert all(runs[change.name] >= 20 for change in CHANGES if not change.is_none)


def test_cells_take_turns_in_proportion_until_all_have_their_runs(wishes):
    done = dict.fromkeys(wishes, 0)
    for turn in range(sum(wishes.values())):
        done[next_cell(wishes, done)] += 1
        if turn == sum(wishes.values()) // 2:
            assert all(abs(done[cell] - wishes[cell] / 2) <= 1 for cell in wishes)
    assert done == wishes
    assert next_cell(wishes, done) is None


def test_the_first_turns_are_of_different_services(wishes):
    done = dict.fromkeys(wishes, 0)
    first = []
    for _ in range(3):
        first.append(next_cell(wishes, done))
        done[first[-1]] += 1
    assert len({cell.service.name for cell in first}) == 3


def test_what_has_been_run_before_counts_and_what_is_unknown_does_not():
    known = cells()
    rows = [{"service": "node", "change": "cpu+5%"}] * 2 + [{"service": "gone", "change": "none"}]
    done = count_done(known, rows)
    assert {(c.service.name, c.change.name): n for c, n in done.items() if n} == {("node", "cpu+5%"): 2}


@pytest.mark.parametrize(
    ("change", "outcome", "regressed", "result", "false_alarms"),
    [
        ("cpu+5%", "REGRESSED", [(LIST, "p50")], "found", []),
        ("cpu+5%", "REGRESSED", [("*", "cpu")], "found", []),
        ("cpu+5%", "REGRESSED", [(ITEM, "p50")], "wrong", [f"{ITEM} p50"]),
        ("cpu+5%", "REGRESSED", [(LIST, "p95"), (LIST, "errors")], "found", [f"{LIST} errors"]),
        ("cpu+5%", "PASS", [], "passed", []),
        ("cpu+5%", "IMPROVED", [], "passed", []),
        ("cpu+5%", "INCONCLUSIVE", [], "inconclusive", []),
        ("cpu+5%", "INVALID", [], "invalid", []),
        ("p99+20%", "REGRESSED", [(LIST, "p99")], "found", []),
        ("p99+20%", "REGRESSED", [(LIST, "p50")], "wrong", [f"{LIST} p50"]),
        ("errors 1%", "REGRESSED", [(NODE.endpoints["create"], "errors")], "found", []),
        ("leak 1 KB", "REGRESSED", [("*", "memory")], "found", []),
        ("none", "REGRESSED", [(LIST, "p50")], "wrong", [f"{LIST} p50"]),
        ("none", "REGRESSED", [("*", "p50")], "wrong", ["* p50"]),
        ("none", "PASS", [], "passed", []),
    ],
)
def test_only_what_was_changed_counts_as_found(change, outcome, regressed, result, false_alarms):
    made = row_of(Cell(NODE, change_named(change)), verdict(outcome, *(comparison(*m) for m in regressed)))
    assert (made["result"], made["false_alarms"]) == (result, false_alarms)


def test_a_row_keeps_the_numbers_of_the_changed_metric_even_if_it_was_missed():
    missed = verdict("PASS", comparison(ITEM, "p50", "PASS"), comparison(LIST, "p50", "PASS", 0.011))
    made = row_of(Cell(NODE, change_named("cpu+1%")), missed)
    assert made["changed"]["metric"] == f"{LIST} p50"
    assert (made["changed"]["change"], made["changed"]["mde"]) == (0.011, 0.02)
    assert (made["rounds"], made["dropped"], made["reasons"]) == (26, 1, ["pass"])


def test_a_change_found_too_late_is_found_but_not_in_time():
    rows = [row("cpu+5%", "found", 40.0)] * 19 + [row("cpu+5%", "found", 61.0)]
    line = summarise(rows)[0]
    assert (line["found"], line["found_share"], line["in_time_share"]) == (20, 1.0, 0.95)
    assert line["reached"] == "missed"
    assert (line["seconds_median"], line["seconds_p95"]) == (40.0, 40.0)


def test_a_goal_is_met_only_after_enough_runs():
    assert summarise([row("cpu+2%", "found")] * 20)[0]["reached"] == "met"
    assert summarise([row("cpu+2%", "found")] * 19)[0]["reached"] == "so far yes (19 of 20 runs)"
    nineteen = [row("cpu+2%", "found")] * 19 + [row("cpu+2%", "error")]
    assert summarise(nineteen)[0]["reached"] == "met"
    assert summarise([*nineteen, row("cpu+2%", "invalid")])[0]["reached"] == "missed"


def test_one_red_run_without_a_change_is_allowed_and_two_are_not():
    green = [row("none", "passed")] * 99
    red = row("none", "wrong", false_alarms=["* p50"])
    assert summarise([*green, red])[0]["reached"] == "met"
    line = summarise([*green, red, red])[0]
    assert (line["red"], line["runs_with_false_alarm"], line["reached"]) == (2, 2, "missed")


def test_each_service_has_its_line_below_the_one_of_all():
    rows = [row("cpu+5%", "found"), row("cpu+5%", "passed") | {"service": "shop"}]
    assert [(line["service"], line["runs"]) for line in summarise(rows)] == [
        ("all", 2), ("shop", 1), ("node", 1),
    ]  # fmt: skip


@pytest.mark.parametrize(("k", "n"), [(0, 1), (0, 100), (1, 100), (7, 21), (20, 21), (21, 21)])
def test_intervals_are_those_of_clopper_and_pearson(k, n):
    expected = binomtest(k, n).proportion_ci(0.95, method="exact")
    assert clopper_pearson(k, n) == pytest.approx((expected.low, expected.high), abs=1e-4)


def test_turns_follow_from_what_many_turns_did():
    # 1000 turns make a small request half as long again: it is worth 2000 turns, a large one 5000.
    extra = extra_turns(1000, 0.5, 3000)
    assert (extra["cpu+10%"], extra["cpu+1%"], extra["p99+20%"]) == (200, 20, 1000)


@pytest.fixture(scope="module", params=SERVICES, ids=lambda service: service.name)
def repository(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("repositories") / request.param.name
    setup.make_repository(request.param, path)
    return path


def git(path, *arguments):
    return subprocess.run(["git", *arguments], cwd=path, capture_output=True, text=True, check=True).stdout


def test_the_commit_without_a_change_touches_a_text_only(repository):
    assert git(repository, "diff", "--name-only", "main", setup.DOCS_ONLY).split() == ["README.md"]
    assert git(repository, "status", "--porcelain") == ""


@pytest.mark.parametrize(
    ("name", "changed"),
    [
        ("cpu+5%", ("work", "list")),
        ("p99+20%", ("large_work", "list")),
        ("errors 1%", ("error_ratio", "create")),
        ("leak 1 KB", ("kept_bytes",)),
    ],
)
def test_a_change_is_one_number_of_the_tuning(repository, name, changed):
    base = setup.read_tuning(repository)
    head = tuned(base, change_named(name), {"cpu+5%": 5, "p99+20%": 20})
    assert base == setup.read_tuning(repository)
    assert flat(head).items() - flat(base).items() == {(changed, flat(head)[changed])}


def flat(tuning):
    return {
        (key, *inner): number
        for key, value in tuning.items()
        for inner, number in (
            {(name,): each for name, each in value.items()} if isinstance(value, dict) else {(): value}
        ).items()
    }


def test_perfgate_accepts_each_policy_and_the_workload(repository):
    configs = {path.stem: load_config(path) for path in repository.glob("gate-*.yml")}
    assert set(configs) == {f"gate-{name}" for name in POLICIES}
    tolerances = {name: config.gate.tolerance["p50"] for name, config in configs.items()}
    assert tolerances == {
        "gate-default": 0.03, "gate-tail": 0.03, "gate-2-percent": 0.01, "gate-1-percent": 0.005,
        "gate-leak": 0.03,
    }  # fmt: skip
    endpoints = read_workload(configs["gate-default"].workload).endpoints
    service = next(service for service in SERVICES if service.name == repository.name)
    assert set(endpoints) == set(service.endpoints.values())
