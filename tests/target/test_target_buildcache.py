from __future__ import annotations

import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from perfgate.errors import MeasureError
from perfgate.target import buildcache
from perfgate.target.buildcache import cache_key, restore, save_to_cache

STEPS = (("make",),)
KEY = cache_key("a" * 40, STEPS, Path("/w/tree"))


@pytest.fixture
def tree(tmp_path):
    tree = tmp_path / "tree"
    (tree / "bin").mkdir(parents=True)
    (tree / ".git").write_text("gitdir: elsewhere")
    (tree / "bin" / "tool").write_text("#!/bin/sh\n")
    (tree / "bin" / "tool").chmod(0o755)
    os.utime(tree / "bin" / "tool", (1_000_000_000, 1_000_000_000))
    (tree / "lib64").symlink_to("bin")
    (tree / "bin" / "alias").symlink_to("tool")
    (tree / "bin" / "folder").symlink_to("../empty")
    (tree / "dangling").symlink_to("/no/such/place")
    (tree / "empty").mkdir()
    return tree


def fresh(tree):
    """What git would check out at the same place."""
    subprocess.run(["rm", "-r", str(tree)], check=True)
    tree.mkdir()
    (tree / ".git").write_text("gitdir: fresh")
    (tree / "source").write_text("source, which the build had deleted")
    return tree


def test_a_build_comes_back_as_it_was(tree, tmp_path):
    assert save_to_cache(tree, tmp_path / "cache", KEY)
    assert restore(fresh(tree), tmp_path / "cache", KEY)
    tool = tree / "bin" / "tool"
    assert tool.stat().st_mode & 0o777 == 0o755
    assert tool.stat().st_mtime == 1_000_000_000
    assert (tree / "lib64").is_symlink()
    assert (tree / "bin" / "alias").is_symlink()
    assert (tree / "bin" / "folder").is_symlink()
    assert str((tree / "dangling").readlink()) == "/no/such/place"
    assert sorted(p.name for p in tree.iterdir()) == [".git", "bin", "dangling", "empty", "lib64"]
    assert (tree / ".git").read_text() == "gitdir: fresh"


def test_what_the_service_writes_never_reaches_the_cache(tree, tmp_path):
    save_to_cache(tree, tmp_path / "cache", KEY)
    for _ in range(2):
        restore(fresh(tree), tmp_path / "cache", KEY)
        assert (tree / "bin" / "tool").read_text() == "#!/bin/sh\n"
        (tree / "bin" / "tool").write_text("overwritten")


def test_a_symlink_in_the_checkout_cannot_redirect_a_write(tree, tmp_path):
    precious = tmp_path / "precious"
    precious.mkdir()
    (precious / "tool").write_text("mine")
    save_to_cache(tree, tmp_path / "cache", KEY)
    (fresh(tree) / "bin").symlink_to(precious)
    assert restore(tree, tmp_path / "cache", KEY)
    assert (precious / "tool").read_text() == "mine"
    assert not (tree / "bin").is_symlink()


def test_nothing_saved_is_nothing_restored(tree, tmp_path):
    assert not restore(tree, tmp_path / "cache", KEY)
    assert (tree / "bin" / "tool").exists()


@pytest.mark.parametrize("damage", ["truncate", "delete", "manifest", "garbage"])
def test_a_torn_copy_is_never_used(tree, tmp_path, damage):
    entry = tmp_path / "cache" / KEY
    save_to_cache(tree, tmp_path / "cache", KEY)
    if damage == "truncate":
        (entry / "tree" / "bin" / "tool").write_text("")
    if damage == "delete":
        (entry / "tree" / "empty").rmdir()
    if damage == "manifest":
        (entry / "manifest.json").unlink()
    if damage == "garbage":
        (entry / "manifest.json").write_text("{")
    assert not restore(fresh(tree), tmp_path / "cache", KEY)
    assert (tree / "source").exists()
    assert not entry.exists()


def test_a_save_that_was_killed_leaves_no_entry_and_its_remains_go_with_the_next(tree, tmp_path):
    for number in range(800):
        (tree / "bin" / f"{number}").write_text("x")
    script = (
        "from pathlib import Path; from perfgate.target.buildcache import *; import sys; print(flush=True);"
        "save_to_cache(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", script, str(tree), str(tmp_path / "cache"), KEY], stdout=subprocess.PIPE
    )
    deadline = time.monotonic() + 10
    while not list((tmp_path / "cache").glob(".new-*/tree/bin/*")) and time.monotonic() < deadline:
        time.sleep(0.001)
    process.kill()
    process.communicate()
    left = [p.name[:5] for p in (tmp_path / "cache").iterdir() if p.is_dir()]
    assert left == [".new-"]
    assert not restore(tree, tmp_path / "cache", KEY)
    subprocess.run(["rm", "-r", str(tree / "bin")], check=True)
    assert save_to_cache(tree, tmp_path / "cache", KEY)
    assert [p.name for p in (tmp_path / "cache").iterdir() if p.is_dir()] == [KEY]


def test_six_are_kept_and_the_one_unused_for_longest_goes(tree, tmp_path):
    cache = tmp_path / "cache"
    keys = [cache_key(str(number), STEPS, tree) for number in range(7)]
    for number, key in enumerate(keys[:6]):
        save_to_cache(tree, cache, key)
        os.utime(cache / key, (number, number))
    assert restore(tree, cache, keys[0])
    save_to_cache(tree, cache, keys[6])
    assert {p.name for p in cache.iterdir() if p.is_dir()} == {*keys} - {keys[1]}


def test_saving_again_replaces(tree, tmp_path):
    save_to_cache(tree, tmp_path / "cache", KEY)
    (tree / "bin" / "tool").write_text("second")
    assert save_to_cache(tree, tmp_path / "cache", KEY)
    restore(fresh(tree), tmp_path / "cache", KEY)
    assert (tree / "bin" / "tool").read_text() == "second"


def test_what_cannot_be_copied_costs_the_cache_only(tree, tmp_path):
    os.mkfifo(tree / "bin" / "pipe")
    assert not save_to_cache(tree, tmp_path / "cache", KEY)
    assert not restore(tree, tmp_path / "cache", KEY)
    (tmp_path / "file").write_text("")
    assert not save_to_cache(tree, tmp_path / "file", KEY)


def test_read_only_directories_are_replaced(tree, tmp_path):
    (tree / "empty").chmod(0o555)
    save_to_cache(tree, tmp_path / "cache", KEY)
    assert restore(tree, tmp_path / "cache", KEY)
    save_to_cache(tree, tmp_path / "cache", KEY)


def test_a_restore_that_fails_says_so(tree, tmp_path, monkeypatch):
    save_to_cache(tree, tmp_path / "cache", KEY)
    target = tmp_path / "not-a-directory"
    target.write_text("")
    with pytest.raises(MeasureError, match="the cached build could not be restored"):
        restore(target, tmp_path / "cache", KEY)


def test_the_key_depends_on_commit_steps_place_and_environment():
    base = ("a" * 40, STEPS, Path("/w/tree"))
    keys = {
        cache_key(*base),
        cache_key("b" * 40, *base[1:]),
        cache_key(base[0], (("make", "all"),), base[2]),
        cache_key(base[0], (("make",), ("all",)), base[2]),
        cache_key(base[0], STEPS, Path("/w/other")),
        cache_key(*base, {"CFLAGS": "-O0"}),
    }
    assert len(keys) == 6
    assert cache_key(*base) == KEY
    assert all(len(key) == buildcache._DIGITS for key in keys)


def test_without_build_steps_nothing_is_cached(tree, tmp_path):
    key = cache_key("a" * 40, (), tree)
    assert not save_to_cache(tree, tmp_path / "cache", key)
    assert not restore(tree, tmp_path / "cache", key)
    assert not (tmp_path / "cache").exists()
