"""The command line that asks for the same comparison again, as a report may show it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.cli import project
from perfgate.config import CONFIG_NAME, DriverName

if TYPE_CHECKING:
    from perfgate.cli import basepolicy


def load_test_words(env: Sequence[str], driver: DriverName | None, environment: str | None) -> list[str]:
    """The options of the load test as one may show them: the values of variables may be secrets."""
    words = [word for text in env for word in ("-e", f"{text.partition('=')[0]}=…")]
    flags = {"--driver": driver, "--environment": environment}
    return words + [str(word) for flag, value in flags.items() if value for word in (flag, value)]


def reproduce_line(
    config_path: Path,
    workload: Path | None,
    asked: dict[str, str | None],
    budget_ns: int | None,
    whose: basepolicy.Whose,
    *,
    load_test: Sequence[str],
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
    return project.shell_words(words)
