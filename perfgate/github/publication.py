"""Owns what is to be posted of one verdict, and what came of it."""

import hashlib
import re
from dataclasses import dataclass
from typing import Literal

from perfgate.github.plain import plain

Level = Literal["notice", "warning", "failure"]
Conclusion = Literal["success", "failure", "neutral", "action_required"]
MAX_COMMENT_CHARACTERS = 65_000  # GitHub allows 65 536, and the marker wants some
MAX_ANNOTATIONS = 10
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Annotation:
    """A sentence beside a line of a file of the repository; `line` counts from 1."""

    path: str
    line: int
    level: Level
    title: str
    message: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Publication:
    """A verdict for people: `comment` and `summary` are Markdown, `title` is plain text.

    `key` stands for a configuration: there is one comment and one check for each. Without `pull_request`
    there is no comment.

    Raises:
        ValueError: a text is longer than GitHub takes, or there is no full SHA: a fault of the caller.
    """

    key: str
    head_sha: str
    pull_request: int | None
    title: str
    comment: str
    summary: str
    conclusion: Conclusion
    annotations: tuple[Annotation, ...] = ()
    details_url: str = ""

    def __post_init__(self) -> None:
        for name, size, limit in (
            ("comment", len(self.comment), MAX_COMMENT_CHARACTERS),
            ("annotations", len(self.annotations), MAX_ANNOTATIONS),
        ):
            if size > limit:
                raise ValueError(f"the {name} has {size}, GitHub is given at most {limit}")
        if not _SHA.fullmatch(self.head_sha):
            raise ValueError("head_sha is no full commit SHA")


@dataclass(frozen=True, slots=True, kw_only=True)
class Published:
    """Where it can be seen, "" where it was not posted.

    `notices` say what was not allowed, and what was done instead. `told`: a check or a commit status says
    the verdict.
    """

    comment_url: str = ""
    check_url: str = ""
    notices: tuple[str, ...] = ()
    told: bool = True


def digest(key: str) -> str:
    """What stands for a configuration where a key of any characters cannot."""
    return hashlib.sha256(key.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def check_name(key: str) -> str:
    """How a configuration's check and commit status are called; nobody's key can take another tool's name."""
    return f"perfgate: {plain(key, 100)}"
