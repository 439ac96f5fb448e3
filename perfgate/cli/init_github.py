"""The GitHub part of `perfgate init`: its workflows, at the top of the repository."""

from __future__ import annotations

import os
from pathlib import Path
from urllib.parse import unquote, urlsplit

from perfgate.config import CONFIG_NAME
from perfgate.errors import MeasureError, UsageError
from perfgate.git import open_repository
from perfgate.gitcommand import run_git
from perfgate.scaffold import workflows


def action_of(given: str | None) -> str:
    """The action as `uses:` names it: as given, else the very commit this perfgate was installed from.

    Raises:
        UsageError: it is not OWNER/NAME@REF, or cannot be found out.
    """
    action = given or _installed_from()
    if action is None:
        raise UsageError(
            "where perfgate's action is on GitHub cannot be told from this installation",
            "say it, OWNER being whose repository it is: perfgate init --github --action OWNER/perfgate@v1",
        )
    if not workflows.is_action(action):
        raise UsageError(f"--action {action!r} is not OWNER/NAME@REF", "write it like OWNER/perfgate@v1")
    return action


def write_workflows(folder: Path, action: str) -> list[str]:
    """Write those of the workflows that are missing, and tell what was done.

    Raises:
        UsageError: no repository, a folder whose name means something to GitHub, or a symbolic link where a
            file or folder goes.
        MeasureError: a file cannot be written.
    """
    top = open_repository(folder).toplevel
    config = (folder.resolve() / CONFIG_NAME).relative_to(top.resolve()).as_posix()
    if "${{" in config or not config.isprintable():
        raise UsageError(
            f"{config!r} cannot stand in a workflow: GitHub would read an expression or another line in it",
            "rename the folder",
        )
    _refuse_links(top)
    done = []
    try:
        (top / workflows.FOLDER).mkdir(parents=True, exist_ok=True)
        for name, purpose in workflows.WORKFLOWS.items():
            path = top / workflows.FOLDER / name
            if os.path.lexists(path):
                done.append(f"kept  {workflows.FOLDER}/{name}")
                continue
            with path.open("x", encoding="utf-8") as file:
                file.write(workflows.workflow_text(name, action=action, config=config))
            done.append(f"wrote {workflows.FOLDER}/{name}: {purpose}")
    except OSError as error:
        raise MeasureError(f"{error.filename}: {error.strerror}", "make the directory writable") from error
    wrote = any(line.startswith("wrote") for line in done)
    uses = f"What was written uses {action}." if wrote else "Nothing was written: delete a file to renew it."
    return [*done, "", uses, workflows.SETTINGS.format(key=config)]


def _refuse_links(top: Path) -> None:
    for path in (top / ".github", top / workflows.FOLDER):
        if path.is_symlink():
            raise UsageError(
                f"{path.relative_to(top)} is a symbolic link, which GitHub does not follow",
                "make it a folder",
            )


def _installed_from() -> str | None:
    """OWNER/NAME@COMMIT where pip says so, or where the checkout that runs has its origin on github.com."""
    import perfgate

    url, commit = _recorded_by_pip()
    origin = workflows.repository_of(url.removeprefix("git+"))
    if origin and commit:
        return f"{origin}@{commit}"
    top = Path(perfgate.__file__).resolve().parent.parent
    return _of_clone(top) or _of_clone(Path(unquote(urlsplit(url).path)) if url.startswith("file:") else top)


def _of_clone(top: Path) -> str | None:
    """The commit that is checked out in a clone of perfgate from github.com."""
    if not (top / "action.yml").is_file() or not (top / "perfgate").is_dir():
        return None
    origin = workflows.repository_of(run_git(top, "remote", "get-url", "origin").out)
    head = run_git(top, "rev-parse", "HEAD")
    return f"{origin}@{head.out}" if origin and head.status == 0 else None


def _recorded_by_pip() -> tuple[str, str]:
    """URL and commit of what was installed, as PEP 610's direct_url.json has them; "" for what it has not."""
    import json
    from importlib.metadata import PackageNotFoundError, distribution

    try:
        recorded = json.loads(distribution("perfgate").read_text("direct_url.json") or "{}")
        return str(recorded["url"]), str(recorded.get("vcs_info", {}).get("commit_id", ""))
    except (PackageNotFoundError, ValueError, KeyError, AttributeError, TypeError):
        return "", ""
