"""Committing files on top of HEAD as the bot, and pushing them to its branch, without a checkout."""

from __future__ import annotations

import base64
import tempfile
from collections.abc import Mapping, Sequence
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
_REDACTED = "***"
_LONGEST = 600


@dataclass(frozen=True, slots=True, kw_only=True)
class Push:
    """What is pushed to `branch` of origin. Of `token` no command line, URL, log or error ever hears."""

    repository: Repository
    branch: str
    message: str
    token: str
    server_url: str

    def __repr__(self) -> str:
        return f"Push(branch={self.branch!r})"


def push_files(push: Push, paths: Sequence[Path], environ: Mapping[str, str]) -> str | None:
    """Commit the files as they are in the checkout, on top of HEAD; the commit pushed, None if none differs.

    HEAD, index and branches of the checkout stay as they are. What the bot pushed before is replaced.

    Raises:
        UsageError: the branch has no usable name, or somebody else's commit on it.
        MeasureError: git or the remote refused.
    """
    _require_name(push)
    commit = _commit(push, paths)
    if commit is None:
        return None
    reference = f"refs/heads/{push.branch}"
    secret = _authorized(push, environ)
    there = _checked(push, "ls-remote", "--quiet", "origin", reference, variables=secret).split()
    known = there[0] if there else ""
    if known:
        _require_ours(push, reference, known, secret)
    lease = f"--force-with-lease={reference}:{known}"
    _checked(
        push, "push", "--quiet", "--no-verify", lease, "origin", f"{commit}:{reference}", variables=secret
    )
    return commit


def _commit(push: Push, paths: Sequence[Path]) -> str | None:
    names = [str(path) for path in paths]
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder) / "index")}
        _checked(push, "read-tree", "HEAD", variables=index)
        _checked(push, "--literal-pathspecs", "add", "--", *names, variables=index)
        tree = _checked(push, "write-tree", variables=index)
    if tree == _checked(push, "rev-parse", "HEAD^{tree}"):
        return None
    return _checked(push, "commit-tree", tree, "-p", "HEAD", "-m", push.message, variables=_BOT)


def _require_ours(push: Push, reference: str, known: str, secret: Mapping[str, str]) -> None:
    """Never throw away what a person has pushed to the branch."""
    _checked(push, "fetch", "--quiet", "--no-tags", "origin", reference, variables=secret)
    if _checked(push, "log", "-1", "--format=%ce", known) != _EMAIL:
        raise UsageError(
            f"{push.branch} has a commit ({known[:10]}) that is not the bot's: it would be lost",
            "merge or delete that branch first, or name another with --branch",
        )


def _require_name(push: Push) -> None:
    answer = run_git(push.repository.toplevel, "check-ref-format", f"refs/heads/{push.branch}")
    if answer.status != 0 or push.branch.startswith("-"):
        raise UsageError(f"{push.branch!r} is no name of a branch", "name one like perfgate/baseline")


def _authorized(push: Push, environ: Mapping[str, str]) -> dict[str, str]:
    """The token as git takes it from the environment: for the server it is for, and for no other."""
    key = f"http.{push.server_url}/.extraheader"
    # An empty value takes away the header that a checkout may have left; GitHub refuses two.
    pairs = ((key, ""), (key, f"AUTHORIZATION: basic {_basic(push)}"))
    first = int(environ.get("GIT_CONFIG_COUNT") or 0)
    variables = {"GIT_CONFIG_COUNT": str(first + len(pairs)), "GIT_TRACE_REDACT": "1"}
    for number, (name, value) in enumerate(pairs, first):
        variables |= {f"GIT_CONFIG_KEY_{number}": name, f"GIT_CONFIG_VALUE_{number}": value}
    return variables


def _checked(push: Push, *arguments: str, variables: Mapping[str, str] | None = None) -> str:
    answer = run_git(push.repository.toplevel, *arguments, variables=variables)
    if answer.status == 0:
        return answer.out
    said = " ".join(_redacted(push, answer.err).split())[-_LONGEST:] or "it said nothing"
    what = next(word for word in arguments if not word.startswith("-"))
    raise MeasureError(
        f"git {what} failed: {said}",
        "a push needs `permissions: contents: write`, and rules that let the bot push to its branch",
    )


def _redacted(push: Push, text: str) -> str:
    return text.replace(push.token, _REDACTED).replace(_basic(push), _REDACTED)


def _basic(push: Push) -> str:
    return base64.b64encode(f"x-access-token:{push.token}".encode()).decode()
