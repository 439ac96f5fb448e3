"""The command line that asks for the same comparison again, as a report may show it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.cli import project
from perfgate.config import CONFIG_NAME, DriverName

if TYPE_CHECKING:
    from perfgate.cli import basepolicy
    from perfgate.model import Verdict


def load_test_words(env: Sequence[str], driver: DriverName | None, environment: str | None) -> list[str]:
    """The options of the load test as one may show them: the values of variables may be secrets."""
    words = [word for text in env for word in ("-e", f"{text.partition('=')[0]}=…")]
    flags = {"--driver": driver, "--environment": environment}
    return words + [str(word) for flag, value in flags.items() if value for word in (flag, value)]


def exactly(asked: Mapping[str, str | None], verdict: Verdict) -> dict[str, str | None]:
    """What was asked for with commits in place of refs: HEAD and branches mean others a commit later.

    A commit that stands for a running service (`base_url` or `head_url`) is named only if it was.
    """
    named = dict(asked)
    if asked["base"] or not asked["base_url"]:
        named["base"] = verdict.base.sha[:12]
        if asked["head"] or not asked["head_url"]:
            named["head"] = verdict.head.sha[:12]
    return named


def reproduce_line(
    config_path: Path,
    workload: Path | None,
    asked: Mapping[str, str | None],
    budget_ns: int | None,
    whose: basepolicy.Whose,
    *,
    load_test: Sequence[str],
    stored: bool = False,
) -> str:
    """The command line that asks the same again."""
    words = ["perfgate", "compare", *(ref for ref in (asked["base"], asked["head"]) if ref)]
    if str(config_path) != CONFIG_NAME:
        words += ["-c", str(config_path)]
    flags = {"--workload": workload, "--base-url": asked["base_url"], "--head-url": asked["head_url"]}
    words += [str(word) for flag, value in flags.items() if value for word in (flag, value)]
    words += load_test
    if budget_ns:
        words += ["--budget", f"{budget_ns / 1e9:g}s"]
    words += ["--policy", "checkout"] if whose == "checkout" else []
    words += ["--stored"] if stored else []
    return project.shell_words(words)
