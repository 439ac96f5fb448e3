from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import psutil
import pytest

from perfgate.target.keeper import Keeper
from perfgate.target.watchdog import signal_group

PERFGATE = str(Path(__file__).with_name("example_perfgate.py"))


@pytest.fixture
def perfgate(tmp_path):
    running = []

    def begin(*arguments):
        process = subprocess.Popen(
            [sys.executable, PERFGATE, *map(str, arguments)],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        running.append(process)
        return process

    yield begin
    for process in running:
        process.kill()
        process.communicate()


def lines(process, count):
    return [process.stdout.readline().decode().strip() for _ in range(count)]


@pytest.fixture
def worktree(tmp_path):
    repository, path = tmp_path / "repository", tmp_path / "tree"
    identity = ("-c", "user.name=x", "-c", "user.email=x@example.org")
    for words in (
        ("init", "-q", str(repository)),
        ("-C", str(repository), *identity, "commit", "-q", "--allow-empty", "-m", "first"),
        ("-C", str(repository), "worktree", "add", "-q", "--detach", str(path)),
    ):
        subprocess.run(["git", *words], check=True, stdout=subprocess.DEVNULL)
    (path / "untracked").write_text("built")
    return repository, path


def worktrees(repository):
    answer = subprocess.run(
        ["git", "-C", str(repository), "worktree", "list", "--porcelain"], check=True, capture_output=True
    )
    return answer.stdout.count(b"worktree ")


def test_nothing_outlives_a_perfgate_that_was_killed(
    perfgate, worktree, tmp_path, carriers, eventually, all_up
):
    repository, path = worktree
    process = perfgate("running", tmp_path, repository, path)
    marker, _ = lines(process, 2)
    # three workers that ignore SIGTERM, each with a daemon in a session apart
    all_up(tmp_path / "log", 9)
    assert len(carriers(marker)) == 6
    process.kill()
    eventually(lambda: not carriers(marker))
    eventually(lambda: not path.exists() and worktrees(repository) == 1)


def test_nothing_outlives_a_perfgate_that_was_terminated(perfgate, tmp_path, carriers, eventually):
    process = perfgate("obedient", tmp_path)
    marker, _ = lines(process, 2)
    process.terminate()
    process.wait(5)
    eventually(lambda: not carriers(marker))


@pytest.mark.parametrize(("point", "said"), [("starting", 1), ("running", 2), ("stopping", 3)])
def test_ctrl_c_leaves_nothing_running(perfgate, tmp_path, carriers, point, said):
    process = perfgate(point, tmp_path)
    marker = lines(process, said)[0]
    time.sleep(0.1)
    began = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    if point == "running":
        time.sleep(0.3)
        os.killpg(process.pid, signal.SIGINT)  # the 20 s grace has begun: one more cuts it short
    _, errors = process.communicate(timeout=10)
    assert b"KeyboardInterrupt" in errors
    assert time.monotonic() - began < 5
    assert not carriers(marker)


def test_ctrl_c_ends_a_build(perfgate, tmp_path, carriers, eventually, all_up):
    process = perfgate("building", tmp_path)
    lines(process, 1)
    eventually(lambda: builders(process.pid))
    marker = builders(process.pid)[0]
    all_up(tmp_path / "log", 9)
    os.killpg(process.pid, signal.SIGINT)
    _, errors = process.communicate(timeout=10)
    assert b"KeyboardInterrupt" in errors
    assert not carriers(marker)


def builders(pid):
    """The markers of the build steps that a perfgate runs."""
    found = []
    for process in psutil.Process(pid).children():
        try:
            found.append(process.environ().get("PERFGATE_SERVICE"))
        except psutil.Error:
            continue
    return [marker for marker in found if marker]


def sleeper(marker):
    return subprocess.Popen(
        ["sleep", "60"], env={**os.environ, "PERFGATE_SERVICE": marker}, start_new_session=True
    )


def test_what_was_forgotten_is_left_alone(worktree):
    repository, path = worktree
    process = sleeper("f" * 32)
    try:
        with Keeper() as keeper:
            keeper.watch_group(process.pid, "e" * 32)
            keeper.watch_worktree(repository, path)
            keeper.forget_group("e" * 32)
            keeper.forget_worktree(repository, path)
        assert process.poll() is None
        assert path.exists()
    finally:
        process.kill()
        process.wait()


def test_a_process_is_found_by_its_marker_before_its_group_is_known():
    process = sleeper("d" * 32)
    with Keeper() as keeper:
        keeper.watch_group(None, "d" * 32)
    assert process.wait(5) == -signal.SIGTERM


def test_a_process_without_marker_that_ignores_sigterm_is_killed_with_its_group():
    script = "trap '' TERM; echo set; while :; do sleep 1; done"
    process = subprocess.Popen(["sh", "-c", script], env={}, start_new_session=True, stdout=subprocess.PIPE)
    lines(process, 1)
    with Keeper() as keeper:
        keeper.watch_group(process.pid, "9" * 32)
    process.communicate(timeout=5)
    assert process.returncode == -signal.SIGKILL


def test_a_directory_that_git_does_not_know_is_removed_but_not_what_a_symlink_points_to(worktree, tmp_path):
    repository, path = worktree
    stray, precious = tmp_path / "stray", tmp_path / "precious"
    stray.mkdir()
    precious.mkdir()
    (precious / "file").write_text("mine")
    (stray / "link").symlink_to(precious)
    (tmp_path / "link").symlink_to(precious)
    with Keeper() as keeper:
        keeper.watch_worktree(repository, stray)
        keeper.watch_worktree(repository, tmp_path / "link")
    assert not stray.exists()
    assert (precious / "file").read_text() == "mine"
    assert path.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give a repository to somebody else")
def test_a_worktree_of_a_repository_that_git_was_told_to_trust_is_removed(worktree, monkeypatch):
    repository, path = worktree
    for name, value in (("COUNT", "1"), ("KEY_0", "safe.directory"), ("VALUE_0", str(repository))):
        monkeypatch.setenv(f"GIT_CONFIG_{name}", value)
    for each in (repository, repository / ".git"):
        os.chown(each, 12345, 12345)
    with Keeper() as keeper:
        keeper.watch_worktree(repository, path)
    listed = subprocess.run(["git", "worktree", "list"], cwd=repository, capture_output=True, check=True)
    assert len(listed.stdout.splitlines()) == 1
    assert not path.exists()


def test_a_killed_watchdog_is_replaced_and_knows_everything_again():
    process = sleeper("c" * 32)
    with Keeper() as keeper:
        keeper.watch_group(process.pid, "c" * 32)
        watchdog = keeper._process
        watchdog.kill()
        watchdog.wait()
        keeper.watch_group(None, "b" * 32)
        assert process.poll() is None
    assert process.wait(5) == -signal.SIGTERM


def test_the_watchdog_ignores_signals_and_holds_no_file_of_perfgate(tmp_path, eventually):
    with (tmp_path / "open").open("w") as held, Keeper() as keeper:
        os.set_inheritable(held.fileno(), True)
        watchdog = psutil.Process(keeper._process.pid)
        keeper.watch_group(None, "a" * 32)
        eventually(lambda: ignored(watchdog.pid) >= {signal.SIGINT, signal.SIGTERM, signal.SIGHUP})
        # its three streams and the watch on its parent
        eventually(lambda: len(list(Path(f"/proc/{watchdog.pid}/fd").iterdir())) == 4)
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            watchdog.send_signal(number)
        time.sleep(0.05)
        assert keeper._process.poll() is None
        assert os.getsid(watchdog.pid) == watchdog.pid


def ignored(pid):
    status = Path(f"/proc/{pid}/status").read_text()
    mask = int(status.partition("SigIgn:")[2].split()[0], 16)
    return {number for number in range(1, 65) if mask >> (number - 1) & 1}


def test_starting_costs_under_50_ms():
    costs = []
    for _ in range(3):
        began = time.monotonic()
        keeper = Keeper()
        costs.append(time.monotonic() - began)
        keeper.close()
    assert min(costs) < 0.05


@pytest.mark.parametrize("pgid", [0, 1, -1])
def test_a_group_that_cannot_be_ours_is_never_signalled(pgid):
    with pytest.raises(ValueError, match="is not one that perfgate started"):
        signal_group(pgid, 0)
    with pytest.raises(ValueError, match="is not one that perfgate started"):
        signal_group(os.getpgrp(), 0)
