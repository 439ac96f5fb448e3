"""Committing a file on top of a commit as the bot, and pushing it to its branch, without a checkout."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import MeasureError, UsageError
from perfgate.gitcommand import run_git

if TYPE_CHECKING:
    from perfgate.git import Repository

_EMAIL = "41898282+github-actions[bot]@users.noreply.github.com"
_BOT = {
    "GIT_AUTHOR_NAME": "github-actions[bot]",
    "GIT_AUTHOR_EMAIL": _EMAIL,
    "GIT_COMMITTER_NAME": "github-actions[bot]",
    "GIT_COMMITTER_EMAIL": _EMAIL,
}
_IMPATIENT = {"GIT_HTTP_LOW_SPEED_LIMIT": "1000", "GIT_HTTP_LOW_SPEED_TIME": "60"}  # bytes/s, seconds
_REDACTED = "***"
_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What is pushed to `branch` at `url`. Of `token` no command line, URL, log or error ever hears.

    `parent` is a commit of `repository`, which lends its objects and nothing else.
    """

    repository: Repository
    parent: str
    url: str
    branch: str
    message: str
    token: str
    server_url: str

    def __repr__(self) -> str:
        return f"Push(branch={self.branch!r})"


def push_file(push: Push, name: str, content: bytes, environ: Mapping[str, str]) -> str | None:
    """Commit a file on top of `parent`; the commit pushed, None where the file is in it already.

    It is done in a repository of its own. Settings of the checkout (another address for the server, filters,
    hooks, a proxy, helpers) may come from the code that was measured there, and have no say. HEAD, index,
    branches and files of the checkout stay as they are. What the bot pushed before is replaced.

    Raises:
        UsageError: the branch has no usable name, or somebody else's commit on it.
        MeasureError: git or the remote refused.
    """
    with tempfile.TemporaryDirectory() as folder:
        own = _Own(push=push, folder=Path(folder))
        _require_name(own)
        commit = _commit(own, name, content)
        if commit is None:
            return None
        reference = f"refs/heads/{push.branch}"
        secret = _authorized(push, environ)
        there = own.git("ls-remote", "--quiet", push.url, reference, variables=secret).split()
        known = there[0] if there else ""
        if known:
            _require_ours(own, reference, known, secret)
        lease = f"--force-with-lease={reference}:{known}"
        own.git(
            *("push", "--quiet", "--no-verify", lease, push.url, f"{commit}:{reference}"), variables=secret
        )
    return commit


@dataclass(frozen=True, slots=True, kw_only=True)
class _Own:
    """A bare repository in an empty folder that borrows the objects of the checkout."""

    push: Push
    folder: Path

    def __post_init__(self) -> None:
        checkout = self.push.repository.toplevel
        self.git("init", "--quiet", "--bare", "--template=", ".")
        objects, shallow = (
            checkout / self.git("rev-parse", "--git-path", name, where=checkout)
            for name in ("objects", "shallow")
        )
        (self.folder / "objects" / "info").mkdir(exist_ok=True)
        (self.folder / "objects" / "info" / "alternates").write_text(f"{objects.resolve()}\n")
        if shallow.exists():
            (self.folder / "shallow").write_bytes(shallow.read_bytes())

    def git(
        self, *arguments: str, variables: Mapping[str, str] | None = None, where: Path | None = None
    ) -> str:
        answer = run_git(where or self.folder, *arguments, variables=variables)
        if answer.status == 0:
            return answer.out
        said = " ".join(_redacted(self.push, answer.err).split())[-_LONGEST:] or "it said nothing"
        raise MeasureError(
            f"git {arguments[0]} failed: {said}",
            "a push needs `permissions: contents: write`, and rules that let the bot push to its branch",
        )


def _commit(own: _Own, name: str, content: bytes) -> str | None:
    parent, index = own.push.parent, {"GIT_INDEX_FILE": str(own.folder / "index-of-the-commit")}
    (own.folder / "content").write_bytes(content)
    blob = own.git("hash-object", "-w", "--no-filters", "--", "content")
    own.git("read-tree", parent, variables=index)
    own.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{name}", variables=index)
    tree = own.git("write-tree", variables=index)
    if tree == own.git("rev-parse", f"{parent}^{{tree}}"):
        return None
    return own.git("commit-tree", tree, "-p", parent, "-m", own.push.message, variables=_BOT)


def _require_ours(own: _Own, reference: str, known: str, secret: Mapping[str, str]) -> None:
    """Never throw away what a person has pushed to the branch."""
    own.git("fetch", "--quiet", "--no-tags", own.push.url, reference, variables=secret)
    if own.git("log", "-1", "--format=%ce", known) != _EMAIL:
        raise UsageError(
            f"{own.push.branch} has a commit ({known[:10]}) that is not the bot's: it would be lost",
            "merge or delete that branch first, or name another with --branch",
        )


def _require_name(own: _Own) -> None:
    branch = own.push.branch
    answer = run_git(own.folder, "check-ref-format", f"refs/heads/{branch}")
    if answer.status != 0 or branch.startswith("-"):
        raise UsageError(f"{branch!r} is no name of a branch", "name one like perfgate/baseline")


def _authorized(push: Push, environ: Mapping[str, str]) -> dict[str, str]:
    """The token as git takes it from the environment: for the server it is for, and for no other."""
    key = f"http.{push.server_url}/.extraheader"
    # An empty value takes away the header that a checkout may have left; GitHub refuses two.
    header = ((key, ""), (key, f"AUTHORIZATION: basic {_basic(push)}"))
    # curl sends a header of one's own after a redirect as well.
    pairs = (*header, ("http.followRedirects", "false"))
    first = int(environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(first + len(pairs)), "GIT_TRACE_REDACT": "1"} | _IMPATIENT
    for number, (name, value) in enumerate(pairs, first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _redacted(push: Push, text: str) -> str:
    return text.replace(push.token, _REDACTED).replace(_basic(push), _REDACTED)


def _basic(push: Push) -> str:
    return base64.b64encode(f"x-access-token:{push.token}".encode()).decode()
