"""Earlier runs tell how noisy a service is, if they are of the same workload, load and machine."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from measured_rounds import measured

from perfgate.measure.history import MOST_RUNS, Alike, differences, earlier_runs, load_family
from perfgate.model import ALL_ENDPOINTS, Metric
from perfgate.store import results as store
from tests.imaginary import ENVIRONMENT, result_of

ALIKE = Alike(
    workload_name="shop",
    workload_digest="d" * 64,
    load_model="closed model, 1 connection a side, two sides interleaved, rounds planned for 60 s",
    environment_class=ENVIRONMENT.class_id,
    restarts=True,
    pinned=True,
)
P50 = Metric(endpoint="GET /", statistic="p50")


def keep(root: Path, number: int = 1, rounds: int = 8, change: float = 0.0, **changes: object) -> None:
    rng = np.random.default_rng(number)
    made = [measured(rng, index=i, requests=200, change=change) for i in range(rounds)]
    for place, side in enumerate(("base", "head")):
        store.save(
            root,
            result_of(
                side,
                tuple(m.rounds[place] for m in made),
                run_id=f"r{number}",
                started_at=f"2026-01-{number:02}T03:04:05Z",
                **changes,
            ),
        )


def test_stored_paired_runs_are_found_newest_first(tmp_path: Path) -> None:
    for number in range(1, MOST_RUNS + 3):
        keep(tmp_path, number, rounds=7 + number)
    found = earlier_runs(tmp_path, ALIKE)
    assert [len(run.d[P50]) for run in found] == [14, 13, 12, 11, 10]
    assert found[0].round_s == 1.0
    assert Metric(endpoint=ALL_ENDPOINTS, statistic="cpu") in found[0].d


@pytest.mark.parametrize(
    "other",
    [
        {"workload_digest": "e" * 64},
        {"environment_class": "there"},
        {"load_model": "closed model, 4 connections a side, two sides interleaved, rounds of 1 s"},
        {"restarts": False},
        {"pinned": False},
        {"workload_name": "bank"},
    ],
)
def test_a_run_under_other_conditions_is_no_history(tmp_path: Path, other: dict[str, object]) -> None:
    keep(tmp_path)
    assert earlier_runs(tmp_path, ALIKE)
    assert earlier_runs(tmp_path, replace(ALIKE, **other)) == ()  # type: ignore[arg-type]


def test_a_run_of_one_side_or_one_that_was_interrupted_is_no_history(tmp_path: Path) -> None:
    keep(tmp_path, 1, status="interrupted")
    keep(tmp_path, 2)
    next(tmp_path.glob("*/*r2-head.json")).unlink()
    assert earlier_runs(tmp_path, ALIKE) == ()


def test_a_torn_file_and_a_strange_one_are_passed_over(tmp_path: Path) -> None:
    keep(tmp_path, 1)
    keep(tmp_path, 2)
    torn = next(tmp_path.glob("*/*r2-base.json"))
    torn.write_bytes(torn.read_bytes()[:100])
    (tmp_path / "notes").mkdir()
    (tmp_path / ("c" * 40)).symlink_to(tmp_path / ("a" * 40))
    assert len(earlier_runs(tmp_path, ALIKE)) == 1


def test_no_store_is_no_history(tmp_path: Path) -> None:
    assert earlier_runs(tmp_path / "nowhere", ALIKE) == ()


def test_rounds_pair_by_their_index_and_too_few_are_none() -> None:
    rng = np.random.default_rng(1)
    made = [measured(rng, index=i, requests=50, change=0.5) for i in range(5)]
    bases, heads = [m.rounds[0] for m in made], [m.rounds[1] for m in made]
    run = differences(bases, list(reversed(heads))[:4])
    assert run is not None
    assert run.d[P50] == pytest.approx([0.5] * 4, abs=0.2)
    assert differences(bases[:3], heads[:3]) is None


def test_a_load_is_of_the_same_family_whatever_its_rounds() -> None:
    assert load_family("open model, 5 passes/s, rounds of 1 s") == "open model, 5 passes/s"
    assert load_family("something else") == "something else"
