"""The code of each side on disk: a git worktree a commit, built once, gone again when the run ends.

Both sides lie at paths of equal length, because path length alone moves some programs' speed. What a build
makes is kept by commit (`target.build`), what a service writes never is: the next run starts from what the
build left.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import MeasureError
from perfgate.target import buildcache
from perfgate.target.build import run_build
from perfgate.target.service import ServiceSpec

if TYPE_CHECKING:
    from perfgate.config import ServiceConfig
    from perfgate.git import Repository
    from perfgate.model import Commit
    from perfgate.progress import Progress
    from perfgate.target.keeper import Keeper

_DIGITS = 16
_BUILDS = "builds"
_BUILD_TIMEOUT_NS = 30 * 60 * 1_000_000_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkouts:
    """Where the worktrees of a run are made, and how they are built.

    `folder` is perfgate's own directory in the repository, `.perfgate`; `inside` is the way from the top of
    the repository to the directory of perfgate.yml, where builds run.
    """

    repository: Repository
    folder: Path
    inside: Path
    service: ServiceConfig
    keeper: Keeper
    progress: Progress

    @contextmanager
    def prepare(self, commits: tuple[Commit, ...]) -> Iterator[tuple[ServiceSpec, ...]]:
        """Check every commit out and build it; the worktrees are removed at the end, whatever happens.

        Yields:
            How to start each commit's service, in order. One commit given twice gets two trees.

        Raises:
            MeasureError: git or a build step failed, or a commit brought builds of its own along.
        """
        self._refuse_committed_builds()
        trees = [self._tree(commit, commits[:number]) for number, commit in enumerate(commits)]
        for leftover in self.repository.worktrees_under(self.folder):
            self.repository.remove_worktree(leftover)
        try:
            for commit, tree in zip(commits, trees, strict=True):
                self._make(commit, tree)
            yield tuple(self._spec(tree) for tree in trees)
        finally:
            for tree in trees:
                self.repository.remove_worktree(tree)
                self.keeper.forget_worktree(self.repository.toplevel, tree)

    def _refuse_committed_builds(self) -> None:
        """A pull request that commits what the cache is restored from would choose what is measured."""
        if tracked := self.repository.tracked_under(self.folder / _BUILDS):
            raise MeasureError(
                f"{tracked[0]}: builds are kept here, and this one was committed",
                f"remove it from the repository: git rm -r --cached {self.folder.name}/{_BUILDS}",
            )

    def _spec(self, tree: Path) -> ServiceSpec:
        service = self.service
        return ServiceSpec(
            argv=service.command,
            cwd=tree / self.inside / service.cwd,
            env=service.env,
            ready_path=service.ready.path,
            ready_timeout_ns=service.ready.timeout_ns,
            ready_statuses=service.ready.status,
            stop_signal=service.stop.signal,
            grace_ns=service.stop.grace_ns,
        )

    def _tree(self, commit: Commit, before: tuple[Commit, ...]) -> Path:
        copies = sum(other.sha == commit.sha for other in before)
        return self.folder / "trees" / f"{commit.sha[:_DIGITS]}-{'ab'[copies]}"

    def _make(self, commit: Commit, tree: Path) -> None:
        self.progress.phase(f"checking out {commit.ref} ({commit.sha[:10]})")
        self.keeper.watch_worktree(self.repository.toplevel, tree)
        tree.parent.mkdir(parents=True, exist_ok=True)
        self.repository.checkout_worktree(commit.sha, tree)
        steps = self.service.build
        if not steps:
            return
        cache = self.folder / _BUILDS
        key = buildcache.cache_key(commit.sha, steps, tree, self.service.env)
        if buildcache.restore(tree, cache, key):
            self.progress.note(f"{commit.ref}: build of {commit.sha[:10]} taken from the cache")
            return
        self.progress.phase(f"building {commit.ref} ({commit.sha[:10]})")
        run_build(
            steps,
            cwd=tree / self.inside / self.service.cwd,
            env=self.service.env,
            log_path=self.folder / "logs" / f"build-{commit.sha[:_DIGITS]}.log",
            keeper=self.keeper,
            timeout_ns=_BUILD_TIMEOUT_NS,
        )
        buildcache.save_to_cache(tree, cache, key)


@contextmanager
def exclusive(folder: Path) -> Iterator[None]:
    """Hold perfgate's directory for one run: two at once would spoil each other's trees and timings.

    Raises:
        MeasureError: another run holds it, or the directory cannot be written.
    """
    if folder.is_symlink():
        raise MeasureError(f"{folder}: is a symbolic link", "remove it: perfgate keeps its own files there")
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore = folder / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n")
        handle = os.open(folder / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError as error:
        raise MeasureError(
            f"{folder}: cannot be written ({error.strerror})",
            "perfgate keeps its worktrees there: free it, and run as the owner of the repository "
            '(docker run --user "$(id -u):$(id -g)")',
        ) from error
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            raise MeasureError(
                f"{folder}: another perfgate is measuring in this repository",
                "wait for it to end; two measurements at once would disturb each other",
            ) from None
        yield
    finally:
        os.close(handle)
