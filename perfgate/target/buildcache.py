"""Built trees kept by commit, so that measuring a commit again does not build it again.

An entry is `<key>/tree` beside `<key>/manifest.json`, which says how much the tree must hold. Entries appear
by rename; one that does not match its manifest (a power cut, a tidied temporary directory) is thrown away.
"""

from __future__ import annotations

import fcntl
import hashlib
import json
import os
import platform
import secrets
import shutil
import stat
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

from perfgate.errors import MeasureError

KEPT = 6
_FORMAT = 1
_TEMPORARY = ".new-"
_DIGITS = 32


def cache_key(
    sha: str, steps: tuple[tuple[str, ...], ...], path: Path, env: Mapping[str, str] | None = None
) -> str:
    """The name of a build: its commit, its steps, its place (virtual environments hold absolute paths).

    The interpreter and the machine are part of it as well. "" when nothing is built: then nothing is cached.
    """
    if not steps:
        return ""
    machine = (sys.version, sys.executable, platform.system(), platform.machine())
    facts = [_FORMAT, sha, steps, os.fspath(path), sorted((env or {}).items()), machine]
    return hashlib.sha256(json.dumps(facts).encode()).hexdigest()[:_DIGITS]


def save_to_cache(tree: Path, cache_dir: Path, key: str) -> bool:
    """Keep a copy of everything in `tree` but its `.git`; symlinks stay symlinks. The oldest of 7 goes.

    Returns:
        Whether it is kept. A full disk, or a build that left a socket or a device, costs the cache, not the
        measurement.
    """
    if not key:
        return False
    temporary = cache_dir / f"{_TEMPORARY}{secrets.token_hex(8)}"
    try:
        with _locked(cache_dir):
            try:
                _copy_contents(tree, temporary / "tree")
                manifest = json.dumps(_inventory(temporary / "tree"))
                (temporary / "manifest.json").write_text(manifest)
                _remove(cache_dir / key)
                temporary.rename(cache_dir / key)
            finally:
                _remove(temporary)
                _evict(cache_dir)
    except OSError:
        return False
    return True


def restore(tree: Path, cache_dir: Path, key: str) -> bool:
    """Make `tree`, a fresh checkout, what it was when the build was saved; `.git` stays as it is.

    Everything else is removed first, so that no symlink of the checkout can redirect a write, and nothing is
    there that the build had deleted.

    Returns:
        False, with the checkout untouched, if there is no whole copy.

    Raises:
        MeasureError: the copy could not be written; the checkout is then of no use.
    """
    entry = cache_dir / key
    if not key or not entry.is_dir():
        return False
    try:
        with _locked(cache_dir):
            if not _is_whole(entry):
                _remove(entry)
                return False
            os.utime(entry)
            for name in _contents(tree):
                _remove(tree / name)
            _copy_contents(entry / "tree", tree)
    except OSError as error:
        raise MeasureError(
            f"{tree}: the cached build could not be restored: {str(error)[:200]}",
            f"check the free space; if it stays, remove {entry}",
        ) from error
    return True


@contextmanager
def _locked(cache_dir: Path) -> Iterator[None]:
    """Hold the cache for this process; the kernel lets go of the lock of a process that is killed."""
    cache_dir.mkdir(parents=True, exist_ok=True)
    with (cache_dir / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _contents(tree: Path) -> list[str]:
    return sorted(child.name for child in tree.iterdir() if child.name != ".git")


def _copy_contents(source: Path, target: Path) -> None:
    """Copy with modes and times: Python recompiles a module whose time is not the one its cache names."""
    target.mkdir(parents=True, exist_ok=True)
    for name in _contents(source):
        child = source / name
        mode = child.lstat().st_mode
        if stat.S_ISDIR(mode):
            shutil.copytree(child, target / name, symlinks=True, copy_function=_copy_file)
        else:
            _copy_file(os.fspath(child), os.fspath(target / name))


def _copy_file(source: str, target: str) -> str:
    mode = os.lstat(source).st_mode
    if not stat.S_ISREG(mode) and not stat.S_ISLNK(mode):
        raise OSError(f"{source} is neither a file nor a directory")
    return shutil.copy2(source, target, follow_symlinks=False)


def _inventory(tree: Path) -> dict[str, int]:
    files = size = 0
    for folder, folders, names in os.walk(tree):
        for name in (*folders, *names):
            files += 1
            facts = os.lstat(f"{folder}/{name}")
            size += facts.st_size if stat.S_ISREG(facts.st_mode) else 0
    return {"files": files, "bytes": size}


def _is_whole(entry: Path) -> bool:
    try:
        return bool(json.loads((entry / "manifest.json").read_text()) == _inventory(entry / "tree"))
    except (OSError, ValueError):
        return False


def _evict(cache_dir: Path) -> None:
    """Drop what crashed copies left, and all but the entries used last; only ever called under the lock."""
    found = [path for path in cache_dir.iterdir() if path.is_dir() and not path.is_symlink()]
    entries = [path for path in found if len(path.name) == _DIGITS]
    entries.sort(key=lambda path: path.stat().st_mtime, reverse=True)
    for path in (*entries[KEPT:], *(path for path in found if path.name.startswith(_TEMPORARY))):
        _remove(path)


def _remove(path: Path) -> None:
    """Remove a file, a symlink (not what it points to) or a directory, also one that is read-only."""
    if path.is_symlink() or not path.is_dir():
        path.unlink(missing_ok=True)
        return
    with suppress(OSError):
        shutil.rmtree(path)
        return
    for folder, _, _ in os.walk(path):
        os.chmod(folder, stat.S_IRWXU)  # noqa: PTH101 - a string, from walk
    shutil.rmtree(path)
