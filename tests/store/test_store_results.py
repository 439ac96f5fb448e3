import json
import os
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from store_strategies import SHA, a_result, a_round, some_samples

from perfgate.errors import MeasureError, UsageError
from perfgate.store import results
from perfgate.store.samples import load_samples

OTHER = "f" * 40
SAVE_FOREVER = """
import sys
from pathlib import Path
sys.path.insert(0, sys.argv[2])
from store_strategies import a_result, a_round, some_samples
from perfgate.store import results
samples = ((a_round(), some_samples(2000)),)
while True:
    results.save(Path(sys.argv[1]), a_result(notes=(sys.argv[3],) * 200), samples)
    print("saved", flush=True)
"""


def writer(root: Path, note: str) -> subprocess.Popen:
    command = [sys.executable, "-c", SAVE_FOREVER, str(root), str(Path(__file__).parent), note]
    return subprocess.Popen(command, stdout=subprocess.PIPE)


def stop(process: subprocess.Popen) -> None:
    process.kill()
    process.communicate()


def test_save_and_load(tmp_path: Path) -> None:
    result = a_result()
    path = results.save(tmp_path, result, ((a_round(4), some_samples(3)),))
    assert path == tmp_path / SHA / "20300102T030405Z-shop-r1-base.json"
    assert path == results.path_of(tmp_path, result)
    assert results.load(path) == result
    rounds, samples = load_samples(path)
    assert rounds.tolist() == [4, 4, 4]
    assert samples.endpoints == ("GET /items", "POST /items")
    assert sorted(entry.name for entry in path.parent.iterdir()) == [path.name, f"{path.stem}.npz"]


def test_names_from_outside_cannot_leave_the_commits_folder(tmp_path: Path) -> None:
    result = a_result(workload_name="../../../etc/passwd", run_id="/tmp/x\n" * 50)
    path = results.save(tmp_path / "store", result)
    assert path.parent == tmp_path / "store" / SHA
    assert [entry.name for entry in tmp_path.iterdir()] == ["store"]
    assert results.find(tmp_path / "store", SHA) == ([result], [])


def test_samples_are_there_before_the_results_file(tmp_path: Path) -> None:
    path = results.path_of(tmp_path, a_result())
    path.mkdir(parents=True)
    with pytest.raises(MeasureError):
        results.save(tmp_path, a_result(), ((a_round(), some_samples()),))
    assert path.with_suffix(".npz").is_file()


def test_find_gives_the_newest_first_across_time_zones(tmp_path: Path) -> None:
    times = ["2030-01-01T12:00:00+00:00", "2030-01-01T14:30:00+02:00", "2030-01-01T08:00:00.5-05:00"]
    kept = [a_result(started_at=at, run_id=f"r{number}") for number, at in enumerate(times)]
    for result in kept:
        results.save(tmp_path, result)
    results.save(tmp_path, a_result(commit=replace(kept[0].commit, sha=OTHER)))
    found, skipped = results.find(tmp_path, SHA)
    assert [result.run_id for result in found] == ["r2", "r1", "r0"]
    assert skipped == []


def test_what_find_cannot_use_is_named_and_skipped(tmp_path: Path) -> None:
    good = results.save(tmp_path, a_result())
    folder, content = good.parent, good.read_bytes()
    (folder / "torn.json").write_bytes(content[: len(content) // 2])
    (folder / "newer.json").write_bytes(content.replace(b'"schema_version": 3', b'"schema_version": 9'))
    (folder / "moved.json").write_bytes(content.replace(SHA.encode(), OTHER.encode()))
    (folder / "notes.txt").write_text("hello")
    (folder / "folder.json").mkdir()
    (tmp_path / "secret.json").write_bytes(content)
    (folder / "link.json").symlink_to(tmp_path / "secret.json")
    (folder / "li\nk.json").symlink_to("/dev/zero")
    os.mkfifo(folder / "pipe.json")
    with (folder / "huge.json").open("wb") as huge:
        huge.truncate((64 << 20) + 1)
    found, skipped = results.find(tmp_path, SHA)
    assert found == [a_result()]
    texts = {reason.text.removeprefix(f"{folder}/") for reason in skipped}
    assert {text for text in texts if not text.startswith("torn.json:")} == {
        "newer.json: from a newer perfgate: schema_version 9, known is 3",
        f"moved.json: a result of commit {OTHER[:12]}",
        "notes.txt: not a results file",
        "folder.json: cannot be read: not a regular file",
        "link.json: a symbolic link",
        "li\\nk.json: a symbolic link",
        "pipe.json: cannot be read: not a regular file",
        "huge.json: larger than 64 MiB",
    }
    assert len(texts) == 9
    assert all(reason.remedy and reason.code == "result_skipped" for reason in skipped)


def test_no_store_yet_is_no_results(tmp_path: Path) -> None:
    assert results.find(tmp_path / "none", SHA) == ([], [])


def test_a_store_that_cannot_be_listed_is_named(tmp_path: Path) -> None:
    (tmp_path / SHA).write_bytes(b"")
    found, skipped = results.find(tmp_path, SHA)
    assert found == []
    assert skipped[0].text == f"{tmp_path}/{SHA}: cannot be read: Not a directory"


def test_a_linked_commit_folder_is_not_followed(tmp_path: Path) -> None:
    results.save(tmp_path / "elsewhere", a_result())
    (tmp_path / "store").mkdir()
    (tmp_path / "store" / SHA).symlink_to(tmp_path / "elsewhere" / SHA)
    found, skipped = results.find(tmp_path / "store", SHA)
    assert found == []
    assert "a symbolic link" in skipped[0].text


@pytest.mark.parametrize("sha", ["HEAD", "../" + SHA[3:], SHA.upper(), SHA + "\n", ""])
def test_find_wants_a_full_sha(tmp_path: Path, sha: str) -> None:
    with pytest.raises(UsageError, match="not a full commit SHA"):
        results.find(tmp_path, sha)


def test_load_names_a_missing_file_and_one_no_system_allows(tmp_path: Path) -> None:
    for name, why in (("none.json", "No such file"), ("a\0b.json", "embedded null")):
        with pytest.raises(UsageError, match=why):
            results.load(tmp_path / name)


def test_writers_at_the_same_time_and_killed_ones_leave_whole_files(tmp_path: Path) -> None:
    writers = [writer(tmp_path, "x"), writer(tmp_path, "a much longer note " * 9)]
    try:
        for process in writers:
            assert process.stdout is not None
            process.stdout.readline()
        path = results.path_of(tmp_path, a_result())
        until = time.monotonic() + 1
        while time.monotonic() < until:
            assert len(set(results.load(path).notes)) == 1
            assert len(load_samples(path)[0]) == 2000
            found, skipped = results.find(tmp_path, SHA)
            assert (len(found), skipped) == (1, [])
    finally:
        for process in writers:
            stop(process)
    found, skipped = results.find(tmp_path, SHA)
    assert (len(found), skipped) == (1, [])


def test_a_large_run_saves_and_loads_in_reasonable_time(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    many = [
        (a_round(n), replace(some_samples(8000), last_ns=rng.integers(0, 10**9, 8000))) for n in range(26)
    ]
    rounds = tuple(replace(a_round(n), endpoints=a_round(n).endpoints * 5) for n in range(26))
    started = time.process_time()
    path = results.save(tmp_path, a_result(rounds=rounds), many)
    assert len(load_samples(path)[0]) == 26 * 8000
    assert len(results.load(path).rounds) == 26
    assert time.process_time() - started < 5
    assert json.loads(path.read_bytes())["schema_version"] == 3


def test_commits_with_a_folder_are_listed_and_nothing_else(tmp_path: Path) -> None:
    assert results.stored_commits(tmp_path / "missing") == []
    for name in ("b" * 40, "a" * 40, "c" * 39, "notes"):
        (tmp_path / name).mkdir()
    assert results.stored_commits(tmp_path) == ["a" * 40, "b" * 40]
