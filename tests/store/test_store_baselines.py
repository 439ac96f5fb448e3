import json
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from store_strategies import SHA, any_of, environment

from perfgate.errors import MeasureError, UsageError
from perfgate.model import Accepted, Baseline, BaselineRun, BaselineValue
from perfgate.store.baselines import (
    BASELINE,
    append,
    load_baseline,
    path_for,
    save_baseline,
)


def a_run(minute: int = 0, p50: float = 1.5e6) -> BaselineRun:
    return BaselineRun(
        sha=SHA,
        recorded_at=f"2030-01-01T00:{minute:02}:00Z",
        author="Zoë <zoe@example.org>",
        reason="first baseline",
        clock_source="kernel",
        requests=4000,
        calibration_ns=2_000_000,
        values=(
            BaselineValue(endpoint="*", statistic="cpu", value=250_000.0),
            BaselineValue(endpoint="GET /items", statistic="p50", value=p50),
        ),
    )


def a_baseline(*runs: BaselineRun) -> Baseline:
    return Baseline(
        schema_version=2,
        workload_name="shop",
        workload_digest="d1",
        latency_definition="service time",
        load_model="closed",
        environment=environment(),
        runs=runs,
    )


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(any_of(Baseline))
def test_any_baseline_comes_back_and_is_written_the_same_again(baseline: Baseline) -> None:
    content = BASELINE.dump(baseline)
    again = BASELINE.parse(content, where="x")
    assert BASELINE.dump(again) == content
    by_name = [sorted(run.values, key=lambda v: (v.endpoint, v.statistic)) for run in baseline.runs]
    assert [list(run.values) for run in again.runs] == by_name
    assert replace(again, runs=()) == replace(baseline, runs=())


def test_the_file_is_made_for_review(tmp_path: Path) -> None:
    run = a_run()
    path = save_baseline(tmp_path, a_baseline(run))
    text = path.read_text()
    assert path == tmp_path / "shop" / "linux-4-cores.json"
    assert text == json.dumps(json.loads(text), indent=2, sort_keys=True, ensure_ascii=False) + "\n"
    assert "Zoë" in text
    assert load_baseline(path) == a_baseline(run)
    shuffled = replace(run, values=run.values[::-1])
    assert save_baseline(tmp_path, a_baseline(shuffled)).read_text() == text


def test_names_from_outside_stay_inside_the_folder(tmp_path: Path) -> None:
    path = path_for(tmp_path, "../../x", "/etc/passwd")
    assert path.parent.parent == tmp_path
    assert path_for(tmp_path, "a/b", "c") != path_for(tmp_path, "a-b", "c")


def test_a_linked_workload_folder_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "outside").mkdir()
    (tmp_path / "baselines").mkdir()
    (tmp_path / "baselines" / "shop").symlink_to(tmp_path / "outside")
    with pytest.raises(MeasureError, match="a symbolic link leads out of"):
        save_baseline(tmp_path / "baselines", a_baseline(a_run()))


def test_append_keeps_the_newest_in_order_of_time() -> None:
    before = a_baseline(a_run(1), a_run(5))
    after = append(before, (a_run(9), a_run(3)), keep=3)
    assert [run.recorded_at[14:16] for run in after.runs] == ["03", "05", "09"]
    assert len(before.runs) == 2
    with pytest.raises(ValueError, match="at least one run"):
        append(before, (), keep=0)


@settings(deadline=None)
@given(st.integers(0, 30), st.integers(0, 30))
def test_append_keeps_twenty(already: int, added: int) -> None:
    after = append(
        a_baseline(*[a_run(n) for n in range(already)]), [a_run(already + n) for n in range(added)]
    )
    newest = range(already + added)[-20:]
    assert [int(run.recorded_at[14:16]) % 60 for run in after.runs] == list(newest)


def test_truncated_anywhere_is_refused() -> None:
    content = BASELINE.dump(a_baseline(a_run()))
    for length in range(len(content) - 1):
        with pytest.raises(UsageError):
            BASELINE.parse(content[:length], where="x")


def test_a_baseline_of_version_1_accepted_nothing_and_was_not_calibrated() -> None:
    accepted = Accepted(endpoint="GET /items", statistic="p50", before=1.0e6, after=1.5e6)
    now = a_baseline(replace(a_run(), accepts=(accepted,)))
    document = json.loads(BASELINE.dump(now))
    assert document["runs"][0]["accepts"] == [
        {"after": 1.5e6, "before": 1.0e6, "endpoint": "GET /items", "statistic": "p50"}
    ]
    for run in document["runs"]:
        del run["calibration_ns"], run["accepts"]
    before = json.dumps(document | {"schema_version": 1}).encode()
    assert BASELINE.parse(before, where="x") == a_baseline(replace(a_run(), calibration_ns=None))


@pytest.mark.parametrize("runs", [None, 5, [5], ["run"], [{"accepts": []}], {"a": 1}])
def test_what_only_claims_to_be_of_version_1_is_refused(runs: object) -> None:
    document = json.loads(BASELINE.dump(a_baseline())) | {"schema_version": 1, "runs": runs}
    with pytest.raises(UsageError, match=r"^x: ") as caught:
        BASELINE.parse(json.dumps(document).encode(), where="x")
    assert "restore it from git" in caught.value.hint
