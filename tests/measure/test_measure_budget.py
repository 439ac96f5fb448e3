"""What a budget may plan, what it refuses, and how the plan and the load are put into words."""

from dataclasses import replace
from pathlib import Path

import pytest

from perfgate.config import Config, load_config
from perfgate.errors import UsageError
from perfgate.measure.budget import finds_text, freedom_of, plan_text, require_room
from perfgate.measure.roundload import describe_load, think_notes
from perfgate.model import Metric, Scenario, UserKind, Workload
from perfgate.stats.planning import Freedom, Plan


def config(folder: Path, text: str) -> Config:
    (folder / "load.yml").write_text("scenarios: []\n")
    path = folder / "perfgate.yml"
    path.write_text(f"version: 1\nworkload: load.yml\n{text}")
    return load_config(path)


@pytest.mark.parametrize(
    ("keys", "freedom"),
    [
        ("", Freedom()),
        ("max_rounds: 16", Freedom(rounds=(8, 16))),
        ("rounds: 10", Freedom(rounds=(10, 10))),
        ("round: 2s", Freedom(round_s=(2.0, 2.0))),
        ("round: 2s, max_rounds: 13, rounds: 9", None),
    ],
)
def test_what_the_file_gives_a_value_stays_as_it_is(tmp_path: Path, keys: str, freedom: Freedom) -> None:
    measuring = config(tmp_path, f"measure: {{budget: 60s, {keys}}}\n").measure
    if freedom is None:
        with pytest.raises(UsageError, match="nothing for a budget to plan"):
            freedom_of(measuring)
    else:
        assert freedom_of(measuring) == freedom


def test_a_budget_that_cannot_be_kept_is_refused_before_anything_starts(tmp_path: Path) -> None:
    with pytest.raises(UsageError) as caught:
        require_room(config(tmp_path, "measure: {budget: 5s, warmup: 1s}\n"))
    assert caught.value.message == (
        "budget 5.0 s is too short: 8 rounds of 100 ms, 1.00 s of warm-up, 8 more to confirm and a pilot "
        "take 23 s"
    )
    assert "at least" in caught.value.hint
    require_room(config(tmp_path, "measure: {budget: 30s, warmup: 1s}\n"))
    require_room(config(tmp_path, "measure: {warmup: 1s}\n"))


def test_fixed_rounds_count_in_it(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match=r"8 rounds of 5.00 s"):
        require_room(config(tmp_path, "measure: {budget: 60s, round: 5s}\n"))
    with pytest.raises(UsageError, match=r"26 rounds of 100 ms.*26 more to confirm"):
        require_room(config(tmp_path, "measure: {budget: 10s, rounds: 26}\n"))


def test_finding_a_rate_takes_time_too(tmp_path: Path) -> None:
    require_room(config(tmp_path, "measure: {budget: 8s, warmup: 200ms}\n"))
    with pytest.raises(UsageError, match="too short"):
        require_room(config(tmp_path, "load: {max_rate: auto}\nmeasure: {budget: 8s, warmup: 200ms}\n"))


def test_the_plan_in_words() -> None:
    def metric(endpoint: str, statistic: str) -> Metric:
        return Metric(endpoint=endpoint, statistic=statistic)  # type: ignore[arg-type]

    plan = Plan(
        rounds=13,
        round_s=1.1,
        overhead_s=0.67,
        mde={
            metric("*", "cpu"): 0.03,
            metric("GET /a", "p50"): 0.021,
            metric("GET /b", "p50"): 0.01,
            metric("GET /a", "p99"): 0.14,
        },
    )
    assert plan_text(plan, restart_s=0.42) == (
        "plan: 13 rounds of 1.1 s (+ 13 to confirm), 0.42 s of restarts each; "
        "about 23 s, 46 s with confirmation"
    )
    assert finds_text(plan, "from 3 pilot rounds") == (
        "can find p50 ≥ 2.1 %, p99 ≥ 15.0 %, cpu ≥ 3.0 % (from 3 pilot rounds)"
    )
    assert "too few requests to say" in finds_text(replace(plan, mde={}), "from 3 pilot rounds")


STEADY = Scenario(name="home", weight=1.0, endpoints=frozenset({0}), start=lambda _: iter(()))  # type: ignore[arg-type,return-value]
THINKING = replace(STEADY, pauses=True)


def sent(scenario: Scenario) -> Workload:
    return Workload(name="load", digest="0" * 64, endpoints=("GET /",), scenarios=(scenario,))


@pytest.mark.parametrize(
    ("text", "sides", "words"),
    [
        ("", 2, "closed model, 1 connection a side, two sides interleaved, rounds of 1 s"),
        (
            "load: {model: open, rate: 20/s, arrivals: even}\n",
            1,
            "open model, 20 passes/s evenly, 1 connection a side, one side alone, rounds of 1 s",
        ),
        (
            "load: {model: open, connections: 4}\nmeasure: {budget: 60s}\n",
            2,
            "open model, rate calibrated to half of what base can do, 4 connections a side, "
            "two sides interleaved, rounds planned for 60 s",
        ),
        (
            "load: {max_rate: auto}\nmeasure: {budget: 60s, round: 2s}\n",
            2,
            "closed model, 1 connection a side, two sides interleaved, requests/s calibrated to half of "
            "what base can do, rounds of 2 s",
        ),
        (
            "load: {model: open, rate: auto}\nmeasure: {budget: 60s}\n",
            1,
            "open model, rate calibrated to half of what it can do, 1 connection a side, one side alone, "
            "rounds of 1 s",
        ),
    ],
)
def test_a_load_in_words_is_the_same_in_every_run(tmp_path: Path, text: str, sides: int, words: str) -> None:
    assert describe_load(config(tmp_path, text), sent(STEADY), sides=sides) == words


@pytest.mark.parametrize(("think", "words"), [("skip", "think times skipped"), ("keep", "think times kept")])
def test_think_times_are_in_the_words_where_there_are_any(tmp_path: Path, think: str, words: str) -> None:
    told = config(tmp_path, f"load: {{think: {think}}}\n")
    assert f", two sides interleaved, {words}, rounds of 1 s" in describe_load(told, sent(THINKING), sides=2)
    assert "think" not in describe_load(told, sent(STEADY), sides=2)
    assert bool(think_notes(told, sent(THINKING))) == (think == "skip")
    assert think_notes(told, sent(STEADY)) == ()


def test_user_classes_are_no_connections_and_no_couples(tmp_path: Path) -> None:
    kinds = (UserKind(name="Shopper", weight=1.0, live=lambda _: None, pauses=True),)
    workload = Workload(name="load", digest="0" * 64, users=kinds)
    words = describe_load(config(tmp_path, "load: {connections: 3}\n"), workload, sides=2)
    assert words == (
        "closed model, 3 users a side, two sides at the same time, think times skipped, rounds of 1 s"
    )
    (note,) = think_notes(config(tmp_path, ""), workload)
    assert note.startswith("wait_time of 'Shopper': not waited in rounds")
