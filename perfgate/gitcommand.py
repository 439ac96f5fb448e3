"""Running the git program: without a hook's variables, prompts and the repository's own hooks."""

from __future__ import annotations

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.errors import UsageError

if TYPE_CHECKING:
    from git import Git

# Inside a hook, or under `git -C`, these say which repository, index and objects to use. They would send
# our commands (and a build step's) to the wrong one.
_LOCAL_VARIABLES = frozenset(
    {
        "GIT_ALTERNATE_OBJECT_DIRECTORIES",
        "GIT_COMMON_DIR",
        "GIT_DIR",
        "GIT_EXTERNAL_DIFF",
        "GIT_GLOB_PATHSPECS",
        "GIT_GRAFT_FILE",
        "GIT_ICASE_PATHSPECS",
        "GIT_IMPLICIT_WORK_TREE",
        "GIT_INDEX_FILE",
        "GIT_INTERNAL_SUPER_PREFIX",
        "GIT_LITERAL_PATHSPECS",
        "GIT_NAMESPACE",
        "GIT_NOGLOB_PATHSPECS",
        "GIT_NO_REPLACE_OBJECTS",
        "GIT_OBJECT_DIRECTORY",
        "GIT_PREFIX",
        "GIT_QUARANTINE_PATH",
        "GIT_REPLACE_REF_BASE",
        "GIT_SHALLOW_FILE",
        "GIT_WORK_TREE",
    }
)
_SETTINGS = ("core.hooksPath=/dev/null", "core.fsmonitor=false", "core.warnAmbiguousRefs=true")


def scrubbed(environment: Mapping[str, str]) -> dict[str, str]:
    """`environment` without the variables that point git at one particular repository or index."""
    return {name: value for name, value in environment.items() if name not in _LOCAL_VARIABLES}


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What git said, and its exit status."""

    status: int
    out: str
    err: str


def run_git(directory: Path, *arguments: str, variables: Mapping[str, str] | None = None) -> Answer:
    """Run git in a directory; what it prints is text, without the last line break.

    `variables` join its environment: where a secret has to go, for everybody can read a command line.

    Raises:
        UsageError: there is no git program.
    """
    command, environment = _command(*arguments)
    status, out, err = _program(directory).execute(
        command,
        with_extended_output=True,
        with_exceptions=False,
        env={**environment, **(variables or {})},
    )
    return Answer(status=status, out=str(out), err=err)


def read_blob(directory: Path, digits: str) -> tuple[bytes | None, str]:
    """The content of a blob byte by byte, or None; and what git complained of."""
    command, environment = _command("cat-file", "blob", digits)
    status, content, err = _program(directory).execute(
        command,
        with_extended_output=True,
        with_exceptions=False,
        stdout_as_string=False,
        strip_newline_in_stdout=False,
        env=environment,
    )
    return (content if status == 0 and isinstance(content, bytes) else None), err


def _program(directory: Path) -> Git:
    if shutil.which("git") is None:
        raise UsageError("there is no git program on PATH", "install git")
    from git import Git  # fails where there is no git program

    return Git(str(directory))


def _command(*arguments: str) -> tuple[list[str], dict[str, str]]:
    # GitPython can add to the environment of a command but not take away; env(1) can.
    unset = [word for name in sorted(_LOCAL_VARIABLES & os.environ.keys()) for word in ("-u", name)]
    settings = [word for setting in _SETTINGS for word in ("-c", setting)]
    command = [*(["env", *unset] if unset else []), "git", *settings, *arguments]
    return command, {"GIT_TERMINAL_PROMPT": "0"}
