"""Every question perfgate asks of git, and every worktree it makes.

Refs come from command lines and pull requests, so they are checked here before git sees them.
"""

from __future__ import annotations

import difflib
import os
import re
import shlex
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from perfgate.errors import MeasureError, UsageError
from perfgate.gitcommand import Answer, read_blob, run_git
from perfgate.model import Commit

_SHA = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")
_DISTRUSTED = re.compile(r"dubious ownership in repository at '(.+)'")
_REGULAR = ("100644", "100755")
_HEADS, _REMOTES = "refs/heads/", "refs/remotes/"
_LONGEST_LINE = 50_000
_DEEPEN = "set `fetch-depth: 0` on actions/checkout, or run `git fetch --unshallow`"


def git_version() -> str:
    """The version of the git program, such as `2.39.5`.

    Raises:
        UsageError: there is no git program.
    """
    return run_git(Path.cwd(), "version").out.removeprefix("git version ").split(" ")[0]


def open_repository(path: Path) -> Repository:
    """The repository whose checkout `path` (a directory) is in.

    Raises:
        UsageError: there is no git, no such directory, no repository, or one without a checkout.
    """
    if not path.is_dir():
        raise UsageError(f"{path}: no such directory", "run perfgate inside the service's git repository")
    answer = run_git(path, "rev-parse", "--is-bare-repository", "--is-inside-work-tree")
    if "dubious ownership" in answer.err:
        found = _DISTRUSTED.search(answer.err)
        named = shlex.quote(found[1] if found else str(path.resolve()))
        raise UsageError(
            f"{path}: git does not trust this repository, because another user owns it",
            'run as its owner (docker run --user "$(id -u):$(id -g)"), or, if you trust what is in it, '
            f"run `git config --global --add safe.directory {named}` first",
        )
    if answer.status != 0:
        raise UsageError(f"{path}: not a git repository", "run perfgate inside the service's git repository")
    bare, inside = answer.out.split()
    if bare == "true":
        raise UsageError(
            f"{path}: a bare repository, without a checkout", "clone it and run perfgate in the clone"
        )
    if inside != "true":
        raise UsageError(f"{path}: inside .git, not in the checkout", "run perfgate in the checkout")
    return Repository(toplevel=Path(run_git(path, "rev-parse", "--show-toplevel").out))


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """A git repository with a checkout at `toplevel` (absolute)."""

    toplevel: Path

    def resolve(self, ref: str) -> Commit:
        """The commit that `ref` names; `branch` is set when it names a branch (`origin/x` for a remote one).

        Raises:
            UsageError: the ref is unsafe, unknown, ambiguous, not a commit, or cut off by a shallow clone.
        """
        if not ref or ref.startswith(("-", "^")) or ".." in ref or not ref.isprintable():
            raise UsageError(f"{ref!r} is not a ref", "give one branch, tag or commit")
        answer = self._git("rev-parse", "--verify", "--end-of-options", f"{ref}^{{commit}}")
        if "is ambiguous" in answer.err:
            raise UsageError(
                f"ref {ref!r} is ambiguous: it names more than one object",
                f"write refs/heads/{ref}, refs/tags/{ref} or all digits of the commit",
            )
        if answer.status != 0 or not _SHA.fullmatch(answer.out):
            raise self._unknown(ref)
        return Commit(sha=answer.out, ref=ref, branch=self._branch_of(ref))

    def default_branch(self) -> str:
        """The branch pull requests go to: origin/HEAD, else main, master or `init.defaultBranch`.

        Raises:
            UsageError: none of these exists.
        """
        remote = self._git("symbolic-ref", "--quiet", f"{_REMOTES}origin/HEAD")
        if remote.status == 0 and self._exists(remote.out):
            return remote.out.removeprefix(_REMOTES)
        configured = self._git("config", "--get", "init.defaultBranch").out
        for name in filter(None, ("main", "master", configured)):
            for full in (_HEADS + name, f"{_REMOTES}origin/{name}"):
                if self._exists(full):
                    return full.removeprefix(_HEADS).removeprefix(_REMOTES)
        raise UsageError(
            "no default branch: there is no origin/HEAD, main or master",
            "name the base, or, in a clone of one branch, fetch the others: "
            "git fetch origin '+refs/heads/*:refs/remotes/origin/*'",
        )

    def default_base(self, head_sha: str, *, branch: str = "") -> Commit:
        """What `head_sha` is compared with when nobody says: its merge-base with the default branch.

        That is `branch` of origin where somebody knows its name and this clone has it. A commit that is on
        the default branch already is compared with its first parent.

        Raises:
            UsageError: the clone is shallow, no history is shared, or there is no parent.
        """
        if self.is_shallow():
            raise UsageError("this is a shallow clone: the base of the change is not in it", _DEEPEN)
        branch = f"origin/{branch}" if branch and self._exists(f"{_REMOTES}origin/{branch}") else ""
        branch = branch or self.default_branch()
        answer = self._git("merge-base", "--end-of-options", branch, head_sha)
        if answer.status != 0:
            raise UsageError(
                f"{head_sha[:12]} shares no history with {branch}",
                "name the base, as in `perfgate compare BASE HEAD`",
            )
        if answer.out != head_sha:
            return Commit(sha=answer.out, ref=answer.out[:12], branch=branch)
        parent = self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{head_sha}^1")
        if parent.status != 0:
            raise UsageError(
                f"{head_sha[:12]} is the first commit of {branch}: it has no parent to compare with",
                "commit a change first",
            )
        return Commit(sha=parent.out, ref=parent.out[:12], branch=branch)

    def parents(self, sha: str) -> tuple[str, ...]:
        """The parents of a commit (all digits), as far as this clone has them; a merge has two or more."""
        answer = self._git("rev-list", "--parents", "--max-count=1", "--end-of-options", sha)
        return tuple(answer.out.split()[1:]) if answer.status == 0 else ()

    def merge_base(self, one: Commit, other: Commit) -> Commit:
        """Where two commits parted.

        Raises:
            UsageError: they share no history, or this clone does not have it.
        """
        answer = self._git("merge-base", "--end-of-options", one.sha, other.sha)
        if answer.status != 0 or not _SHA.fullmatch(answer.out):
            raise UsageError(
                f"{other.sha[:12]} shares no history with {one.ref}",
                _DEEPEN if self.is_shallow() else "name the base: --base COMMIT",
            )
        return Commit(sha=answer.out, ref=answer.out[:12], branch=one.branch)

    def history(self, sha: str, most: int) -> frozenset[str]:
        """The newest `most` commits that led to `sha`, itself among them, as far as this clone has them."""
        answer = self._git("rev-list", f"--max-count={most}", "--end-of-options", sha)
        return frozenset(answer.out.split()) if answer.status == 0 else frozenset()

    def line_of(self, ref: str) -> tuple[tuple[str, str], ...]:
        """The first-parent history of `ref`: SHA and time (ISO 8601) of each commit, the oldest first.

        Raises:
            UsageError: as `resolve`.
        """
        sha = self.resolve(ref).sha
        counted = f"--max-count={_LONGEST_LINE}"
        lines = self._checked("rev-list", "--first-parent", "--timestamp", counted, sha).splitlines()
        pairs = (line.split(" ", 1) for line in reversed(lines))
        return tuple((each, datetime.fromtimestamp(int(at), UTC).isoformat()) for at, each in pairs)

    def is_shallow(self) -> bool:
        """Whether history was cut off when this was cloned."""
        return self._git("rev-parse", "--is-shallow-repository").out == "true"

    def dirty_files(self) -> tuple[str, ...]:
        """Tracked files that differ from HEAD, staged or not, as paths from the toplevel."""
        answer = self._checked(
            "--no-optional-locks", "status", "--porcelain", "-z", "--no-renames", "--untracked-files=no"
        )
        return tuple(entry[3:] for entry in answer.split("\0") if entry)

    def author(self) -> str:
        """`name <email>` as git is configured here; `unknown` where it is not."""
        name, email = (self._git("config", "--get", key).out for key in ("user.name", "user.email"))
        return " ".join(filter(None, (name, f"<{email}>" if email else ""))) or "unknown"

    def branch(self) -> str | None:
        """The branch that is checked out, None when HEAD is detached."""
        answer = self._git("symbolic-ref", "--quiet", "--short", "HEAD")
        return answer.out if answer.status == 0 else None

    def file_at(self, sha: str, path: Path, *, max_bytes: int) -> bytes | None:
        """The content of a file as it is in the commit `sha` (all digits); None if there is no such path.

        `path` leads from the toplevel or is absolute inside it. Nothing is checked out and no filter runs.

        Raises:
            UsageError: the path leads out of the repository, or is a symbolic link, a folder or a submodule
                there, or larger than `max_bytes`.
            MeasureError: git could not read it.
        """
        if not _SHA.fullmatch(sha):
            raise UsageError(f"{sha!r} is not a full commit id", "resolve the ref first")
        name = Path(os.path.normpath(self.toplevel / path))
        if not name.is_relative_to(self.toplevel) or name == self.toplevel:
            raise UsageError(f"{str(path)!r} leads out of the repository", "name a file inside it")
        inside = name.relative_to(self.toplevel).as_posix()
        listed = self._checked("--literal-pathspecs", "ls-tree", "-z", sha, "--", inside)
        if not listed:
            return None
        mode, _, digits = listed.partition("\t")[0].split(" ")
        if mode not in _REGULAR:
            kind = {"120000": "a symbolic link", "160000": "a submodule"}.get(mode, "a folder")
            raise UsageError(f"{inside} is {kind} in commit {sha[:12]}", "make it a plain file")
        if int(self._checked("cat-file", "-s", digits)) > max_bytes:
            raise UsageError(f"{inside} is larger than {max_bytes} bytes in commit {sha[:12]}", "shorten it")
        content, err = read_blob(self.toplevel, digits)
        if content is None:
            raise MeasureError(f"git failed: {_last_line(err)}", "see whether `git status` works here")
        return content

    def checkout_worktree(self, sha: str, path: Path) -> None:
        """Check `sha` (all digits) out into a new worktree at `path`; submodules are refused, not left empty.

        Raises:
            UsageError: the commit has submodules.
            MeasureError: git could not check it out.
        """
        if not _SHA.fullmatch(sha):
            raise UsageError(f"{sha!r} is not a full commit id", "resolve the ref first")
        self._refuse_submodules(sha)
        add = ("worktree", "add", "--quiet", "--detach", "--force", "--", str(path.absolute()), sha)
        answer = self._git(*add)
        if answer.status != 0:
            raise MeasureError(
                f"git could not check out {sha[:12]} at {path}: {_last_line(answer.err)}",
                "check the free space and the permissions there",
            )

    def remove_worktree(self, path: Path) -> None:
        """Remove the worktree at `path` and whatever was built in it; nothing happens if it is gone already.

        Only this one is pruned: a missing worktree of the user's may be on a disk that is not mounted now.

        Raises:
            MeasureError: something in it could not be removed.
        """
        path = path.absolute()
        if self.toplevel.is_relative_to(path):
            raise MeasureError(f"{path} holds the repository itself", "this is a bug in perfgate: report it")
        remove = ("worktree", "remove", "--force", "--force", "--", str(path))
        first = self._git(*remove)
        try:
            if path.exists():
                shutil.rmtree(path)
        except OSError as error:
            raise MeasureError(
                f"{path} could not be removed: {error.strerror}", "remove it by hand"
            ) from error
        if first.status != 0:
            # It refuses a tree it cannot read; once that is gone the record goes too.
            self._git(*remove)

    def worktrees_under(self, folder: Path) -> tuple[Path, ...]:
        """Registered worktrees inside `folder`, also those whose directory is gone."""
        lines = self._checked("worktree", "list", "--porcelain").split("\n")
        paths = (Path(line.removeprefix("worktree ")) for line in lines if line.startswith("worktree "))
        return tuple(path for path in paths if path.is_relative_to(folder.resolve()))

    def tracked_under(self, folder: Path) -> tuple[str, ...]:
        """Files inside `folder` that are part of the commit checked out, as paths from the toplevel."""
        listed = self._checked("ls-files", "-z", "--full-name", "--", str(folder.relative_to(self.toplevel)))
        return tuple(name for name in listed.split("\0") if name)

    def _branch_of(self, ref: str) -> str | None:
        full = self._git("rev-parse", "--symbolic-full-name", "--end-of-options", ref).out
        full = full.splitlines()[-1] if full else ""
        for prefix in (_HEADS, _REMOTES):
            if full.startswith(prefix):
                return full.removeprefix(prefix)
        return None

    def _exists(self, full_ref: str) -> bool:
        return self._git("rev-parse", "--verify", "--quiet", f"{full_ref}^{{commit}}").status == 0

    def _unknown(self, ref: str) -> UsageError:
        if self._git("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{object}}").status == 0:
            return UsageError(f"ref {ref!r} is not a commit", "give a branch, a tag or a commit")
        if ref == "HEAD":
            return UsageError(f"{self.toplevel}: there is no commit yet", "commit the service first")
        if self.is_shallow():
            return UsageError(f"ref {ref!r} is not in this shallow clone", _DEEPEN)
        names = self._git(
            "for-each-ref", "--format=%(refname:short)", _HEADS, _REMOTES, "refs/tags/"
        ).out.split()
        near = [name for name in names if name.endswith(f"/{ref}")]
        near += [name for name in difflib.get_close_matches(ref, names) if name not in near]
        if not near:
            return UsageError(
                f"unknown ref {ref!r}", "`git branch --all` lists what there is; fetch it first"
            )
        return UsageError(f"unknown ref {ref!r}", f"did you mean {' or '.join(near[:3])}?")

    def _refuse_submodules(self, sha: str) -> None:
        if not self._checked("ls-tree", "--name-only", sha, "--", ".gitmodules"):
            return
        entries = self._checked("ls-tree", "-r", "-z", sha).split("\0")
        paths = [entry.partition("\t")[2] for entry in entries if entry.startswith("160000 ")]
        if paths:
            raise UsageError(
                f"commit {sha[:12]} has submodules that perfgate does not check out: {', '.join(paths[:3])}",
                "start both sides yourself and give --base-url and --head-url",
            )

    def _git(self, *arguments: str) -> Answer:
        return run_git(self.toplevel, *arguments)

    def _checked(self, *arguments: str) -> str:
        answer = self._git(*arguments)
        if answer.status != 0:
            raise MeasureError(f"git failed: {_last_line(answer.err)}", "see whether `git status` works here")
        return answer.out


def _last_line(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    return lines[-1] if lines else "it said nothing"
