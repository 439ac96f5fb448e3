"""The project that imported results belong to: the one of perfgate.yml, or a name of their own."""

from __future__ import annotations

import hashlib
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.config import config_without_file, load_config
from perfgate.errors import UsageError

if TYPE_CHECKING:
    from perfgate.cli.project import Project
    from perfgate.model import Workload

PREFIX = "imported:"
DEFAULT_NAME = "default"
_MAX_NAME = 100


def imported_name(workload: Path | None) -> str | None:
    """The name in `imported:NAME`, None where a file is named or nothing."""
    text = str(workload) if workload is not None else ""
    return text.removeprefix(PREFIX) if text.startswith(PREFIX) else None


def import_hint(workload: Workload, ref: str) -> str | None:
    """How to get a result of a workload that is only a name; None for one that perfgate can send."""
    if workload.digest != _digest(workload.name):
        return None
    words = ["perfgate", "import", "FILE", "--commit", ref, "--workload", f"{PREFIX}{workload.name}"]
    return f"import it first: {shlex.join(words)}"


def _digest(name: str) -> str:
    return hashlib.sha256(f"{PREFIX}{name}".encode()).hexdigest()


def open_named(config_path: Path, name: str) -> Project:
    """A project whose workload is nothing but a name: what another tool sent, perfgate has not read.

    Raises:
        UsageError: the name is empty or cannot be printed, or perfgate.yml is wrong.
    """
    from perfgate.cli.project import Project, policy_of, thresholds_of
    from perfgate.model import Workload

    if not name.strip() or not name.isprintable() or len(name) > _MAX_NAME:
        raise UsageError(
            f"--workload {PREFIX}{name[:_MAX_NAME]!r}: no name to file results under",
            f"write it as {PREFIX}checkout",
        )
    config = load_config(config_path) if config_path.exists() else config_without_file(config_path)
    workload = Workload(name=name, digest=_digest(name))
    return Project(
        config=config, workload=workload, policy=policy_of(config), thresholds=thresholds_of(config)
    )


def open_for_import(config_path: Path, workload: Path | None) -> tuple[Project, Path | None]:
    """The project to file an import under, and the `--workload` that finds it again.

    Without perfgate.yml that is `imported:default`: importing needs no configuration.
    """
    from perfgate.cli.project import open_project

    if workload is None and not config_path.exists():
        workload = Path(f"{PREFIX}{DEFAULT_NAME}")
    return open_project(config_path, workload), workload
