"""The demo's git repository: the bundled shop on `main`, and one small commit on each other branch.

Authors and dates are fixed, and perfgate.yml (which names this machine's Python) stays out of the commits,
so the commits have the same SHAs wherever the repository is made.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from perfgate.demo.branches import BRANCHES
from perfgate.errors import MeasureError, UsageError
from perfgate.gitcommand import scrubbed

_HERE = Path(__file__).parent
_AUTHOR = ("-c", "user.name=perfgate demo", "-c", "user.email=demo@perfgate.invalid")
_DATE = "2024-03-04T10:00:00+00:00"
_CONFIG = """\
# Written by `perfgate demo`, and left out of the commits because it names the Python of this machine.
version: 1
service:
  command: {command}
  ready:
    path: /health
workload: load-test.yml
load:
  model: closed
  connections: 1
measure:
  rounds: 13
  round: 800ms
  warmup: 200ms
"""


def create_repository(path: Path) -> None:
    """Make the demo's repository at `path`, a directory that is missing or empty, with `main` checked out.

    Raises:
        UsageError: something is there already, or there is no git program.
        MeasureError: git or the disk refused.
    """
    if path.exists() and (not path.is_dir() or any(path.iterdir())):
        raise UsageError(
            f"{path}: exists and is not an empty directory", "name a directory that does not exist"
        )
    try:
        _write_main(path)
        _git(path, "init", "--quiet", "--template=", "--initial-branch=main", ".")
        _commit(path, "Open the shop")
        for branch in BRANCHES:
            _git(path, "checkout", "--quiet", "-b", branch.name, "main")
            _git(path, "apply", "--index", str(_HERE / "patches" / f"{branch.name}.patch"))
            _commit(path, branch.message)
        _git(path, "checkout", "--quiet", "main")
        _write_config(path)
    except OSError as error:
        raise MeasureError(
            f"{path}: cannot write the demo's repository: {error.strerror}",
            "free some space or choose another directory",
        ) from error


def _write_main(path: Path) -> None:
    package = path / "shop"
    package.mkdir(parents=True)
    for source in sorted((_HERE / "service").glob("*.py")):
        (package / source.name).write_bytes(source.read_bytes())
    for name, target in (
        ("README.md", "README.md"),
        ("load-test.yml", "load-test.yml"),
        ("gitignore", ".gitignore"),
    ):
        (path / target).write_bytes((_HERE / "files" / name).read_bytes())


def _write_config(path: Path) -> None:
    # JSON is YAML too, and quotes whatever the path of the interpreter may contain.
    command = json.dumps([sys.executable, "-m", "shop"])
    (path / "perfgate.yml").write_text(_CONFIG.format(command=command), encoding="utf-8")
    exclude = path / ".git" / "info" / "exclude"
    exclude.parent.mkdir(exist_ok=True)
    exclude.write_text("/perfgate.yml\n", encoding="utf-8")


def _commit(path: Path, message: str) -> None:
    _git(path, "add", "--all")
    _git(path, *_AUTHOR, "commit", "--quiet", "--no-verify", "--no-gpg-sign", f"--message={message}")


def _git(path: Path, *arguments: str) -> None:
    try:
        done = subprocess.run(
            ["git", *arguments],
            cwd=path,
            env=_environment(os.environ),
            capture_output=True,
            text=True,
            check=False,
        )
    except FileNotFoundError as error:
        raise UsageError("there is no git program", "install git") from error
    if done.returncode != 0:
        said = (done.stderr.strip().splitlines() or ["it did not say why"])[-1]
        raise MeasureError(f"{path}: git {arguments[0]} failed: {said}", "try again in another directory")


def _environment(inherited: Mapping[str, str]) -> dict[str, str]:
    """The inherited variables without anybody's git settings, and with the fixed date of the commits."""
    fixed = {
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_AUTHOR_DATE": _DATE,
        "GIT_COMMITTER_DATE": _DATE,
        "GIT_TERMINAL_PROMPT": "0",
    }
    mine = {
        name: value
        for name, value in scrubbed(inherited).items()
        if not name.startswith(("GIT_AUTHOR_", "GIT_COMMITTER_", "GIT_CONFIG"))
    }
    return mine | fixed
