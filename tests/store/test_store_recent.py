"""Finding results by time."""

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from store_strategies import SHA, a_result

from perfgate.model import Commit
from perfgate.store import results
from perfgate.store.recent import results_since

OTHER = "f" * 40
BEGIN = datetime(2030, 1, 1, tzinfo=UTC)


def everything(shas: Collection[str]) -> Collection[str]:
    return shas


def save(root: Path, day: int, sha: str = SHA) -> Path:
    started = (BEGIN + timedelta(days=day)).isoformat()
    return results.save(root, a_result(commit=Commit(sha=sha, ref="x"), started_at=started, run_id=f"r{day}"))


def found(root: Path, *, since: int = 0, limit: int = 50, wanted=everything) -> list[str]:
    chosen = results_since(root, BEGIN + timedelta(days=since), wanted=wanted, limit=limit)
    return [result.run_id for result in chosen]


def test_results_of_all_commits_by_time(tmp_path: Path) -> None:
    for day, sha in ((3, SHA), (1, OTHER), (2, SHA), (0, OTHER)):
        save(tmp_path, day, sha)
    assert found(tmp_path) == ["r0", "r1", "r2", "r3"]
    assert found(tmp_path, since=2) == ["r2", "r3"]
    assert found(tmp_path, limit=1) == ["r3"]
    assert found(tmp_path, wanted=lambda shas: [sha for sha in shas if sha == SHA]) == ["r2", "r3"]


def test_a_moment_in_another_zone_is_the_same_moment(tmp_path: Path) -> None:
    result = replace(a_result(), started_at="2030-01-02T00:30:00+02:00")
    results.save(tmp_path, result)
    assert len(results_since(tmp_path, BEGIN + timedelta(hours=22), wanted=everything, limit=9)) == 1
    assert not results_since(tmp_path, BEGIN + timedelta(hours=23), wanted=everything, limit=9)


def test_what_cannot_be_used_is_left_out(tmp_path: Path) -> None:
    good = save(tmp_path, 1)
    good.with_name("20300103T000000Z-torn.json").write_text("{")
    good.with_name("20300103T000000Z-samples.npz").write_text("")
    (tmp_path / OTHER).mkdir()
    (tmp_path / OTHER / good.name).write_bytes(good.read_bytes())
    (tmp_path / ("e" * 40)).symlink_to(good.parent)
    (tmp_path / "notes").write_text("hello")
    assert found(tmp_path) == ["r1"]


def test_no_folder_is_no_results(tmp_path: Path) -> None:
    assert found(tmp_path / "nowhere") == []
