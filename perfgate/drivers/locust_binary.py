"""Finding Locust: its console script, and the Python that script runs on."""

from __future__ import annotations

import os
import re
import shlex
import shutil
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from perfgate.errors import UsageError

OLDEST = (2, 32)
"""The first version perfgate has been run with; some before it round the times of FastHttpUser."""

INSTALL = "pip install locust"
UPGRADE = "pip install --upgrade locust"
_SHELL_EXEC = re.compile(r"^'''exec'\s+(.+?)\s+\"\$0\"", re.M)


@dataclass(frozen=True, slots=True, kw_only=True)
class LocustBinary:
    """The console script and the words that start its Python."""

    path: str
    python: tuple[str, ...]


def find_locust(environ: Mapping[str, str]) -> LocustBinary:
    """The locust on PATH, or the one beside the running interpreter.

    Raises:
        UsageError: there is none, or it is no Python script.
    """
    beside = str(Path(sys.executable).parent)
    search = environ.get("PATH", os.defpath)
    found = shutil.which("locust", path=search) or shutil.which("locust", path=beside)
    if found is None:
        raise UsageError("locust is not installed", INSTALL)
    return LocustBinary(path=found, python=_interpreter(found, search))


def _interpreter(script: str, search: str) -> tuple[str, ...]:
    try:
        with Path(script).open("rb") as file:
            head = file.read(2048).decode("utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{script}: {error.strerror}", INSTALL) from error
    line = head.partition("\n")[0]
    # Installers write the second form where the path of the interpreter is long or has spaces.
    exec_line = _SHELL_EXEC.search(head) if line.startswith("#!/bin/sh") else None
    words = _words(exec_line[1] if exec_line else line.removeprefix("#!")) if line.startswith("#!") else []
    if words and Path(words[0]).name == "env":
        words = [word for word in words[1:] if word != "-S"]
    program = shutil.which(words[0], path=search) if words else None
    if program is None or ("python" not in Path(words[0]).name and "pypy" not in Path(words[0]).name):
        raise UsageError(
            f"{script} does not name the Python it runs on",
            "activate the environment Locust is installed in, so that its own script is on PATH",
        )
    return (program, *words[1:])


def _words(line: str) -> list[str]:
    try:
        return shlex.split(line)
    except ValueError:
        return []
