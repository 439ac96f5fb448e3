"""The environment that build steps and services are started with: perfgate's own, less what is not theirs."""

from __future__ import annotations

import os
from collections.abc import Mapping

from perfgate.gitcommand import scrubbed
from perfgate.target.watchdog import MARKER_NAME

# The code under test may come from a stranger: what perfgate publishes with, and the files by which a step
# of GitHub Actions speaks to the runner, are none of its business.
TOKENS = (
    "PERFGATE_CI_TOKEN",
    "GITHUB_TOKEN",
    "GH_TOKEN",
    "ACTIONS_ID_TOKEN_REQUEST_TOKEN",
    "ACTIONS_RUNTIME_TOKEN",
)
_PUBLISHING = frozenset(
    {
        *TOKENS,
        "ACTIONS_ID_TOKEN_REQUEST_URL",
        "GITHUB_ENV",
        "GITHUB_OUTPUT",
        "GITHUB_PATH",
        "GITHUB_STATE",
        "GITHUB_STEP_SUMMARY",
    }
)
# Which side a process is must not be knowable to it, and both sides' environments have one length.
_WITHHELD = _PUBLISHING | {"PERFGATE_SIDE"}


def child_environment(added: Mapping[str, str], *, marker: str) -> dict[str, str]:
    """The environment of perfgate without publishing tokens, then `added`, then the marker.

    Also without what a git hook sets: a build step that calls git would change the user's repository.
    A token that `added` names is passed: the user asked for it.
    """
    kept = {k: v for k, v in scrubbed(os.environ).items() if k not in _WITHHELD}
    return {**kept, **added, MARKER_NAME: marker}


def withhold() -> None:
    """Forget what publishes: load tools and users that are code are started with perfgate's environment."""
    for name in _PUBLISHING:
        os.environ.pop(name, None)
