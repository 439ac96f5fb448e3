"""The workflows that `perfgate init --github` writes, and how they name the action."""

from __future__ import annotations

import re
from importlib.resources import files

WORKFLOWS = {
    "perfgate.yml": "measures every pull request, and may write nothing",
    "perfgate-post.yml": "posts the comment and the check, and runs none of the pull request's code",
    "perfgate-baseline.yml": "proposes a new baseline every week",
}
"""The files below .github/workflows with what each does."""

FOLDER = ".github/workflows"
SETTINGS = """\
The jobs ask for their permissions themselves. Two things are yours to set on GitHub, under Settings:
  Actions > General: "Allow GitHub Actions to create and approve pull requests", for perfgate-baseline.yml.
  Branches: require the check "perfgate: {key}", once it has been there. Read "Require it" first,
  in docs/how-to/github-action.md of perfgate."""

_ACTION = re.compile(r"[A-Za-z0-9-]+/[\w.-]+(?:/[\w.-]+)*@[\w][\w./-]*", re.ASCII)
_SHA = re.compile(r"[0-9a-f]{40}")
_UNPINNED = "  # zizmor: ignore[unpinned-uses] a tag that you trust; a commit's SHA would be fixed"
_ORIGIN = re.compile(
    r"(?:https://(?:[^/@\s]+@)?github\.com/|git@github\.com:|ssh://git@github\.com/)"
    r"([A-Za-z0-9-]+/[\w.-]+?)(?:\.git)?/?",
    re.ASCII,
)


def is_action(text: str) -> bool:
    """Whether text names an action as `uses:` takes it: OWNER/NAME@REF."""
    return _ACTION.fullmatch(text) is not None


def repository_of(url: str) -> str | None:
    """OWNER/NAME of a repository on github.com by its clone URL, None for any other."""
    found = _ORIGIN.fullmatch(url)
    return found[1] if found else None


def workflow_text(name: str, *, action: str, config: str) -> str:
    """One of the workflows, for an action as `is_action` takes it and a configuration's path from the top."""
    text = (files("perfgate.scaffold") / "github" / name).read_text(encoding="utf-8")
    pinned = _SHA.fullmatch(action.rpartition("@")[2]) is not None
    used = action if pinned else action + _UNPINNED
    return text.replace("PERFGATE_ACTION", used).replace("PERFGATE_CONFIG", _quoted(config))


def _quoted(path: str) -> str:
    plain = re.fullmatch(r"[\w./-]+", path, re.ASCII) and not path.startswith(("-", "."))
    return path if plain else "'" + path.replace("'", "''") + "'"
