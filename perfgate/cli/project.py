"""What the measuring commands share: the project they run in, and the policy its perfgate.yml states."""

from __future__ import annotations

import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

from perfgate.cli.fitting import require_fitting
from perfgate.cli.imported import imported_name, open_named
from perfgate.cli.loadtest import read_load_test, variables_of
from perfgate.cli.rulecheck import (
    names_endpoints_late,
    require_consistent_rules,
    require_known_endpoints,
)
from perfgate.config import Config, load_config
from perfgate.config.commands import require_own
from perfgate.errors import PerfgateError, UsageError

if TYPE_CHECKING:
    from perfgate.config import DriverName
    from perfgate.gate.acceptance import Accepted
    from perfgate.gate.policy import Policy
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.git import Repository
    from perfgate.model import Commit, Reason, Workload


@dataclass(frozen=True, slots=True, kw_only=True)
class Project:
    """A configuration and everything it names, read and checked before anything is started.

    `warnings` are what a verdict has to say of where its policy comes from, and `accepted` what was decided
    on; both are set where two commits are compared (`perfgate.cli.basepolicy`).
    """

    config: Config
    workload: Workload
    policy: Policy
    thresholds: tuple[Threshold, ...]
    warnings: tuple[Reason, ...] = ()
    accepted: Accepted | None = None


def open_project(
    config_path: Path,
    workload_path: Path | None,
    *,
    env: Sequence[str] = (),
    driver: DriverName | None = None,
    environment: str | None = None,
) -> Project:
    """Read perfgate.yml and the workload, which options of the command line may name and change.

    What perfgate.yml says of driver and environment is of the workload it names, not of another.

    Raises:
        UsageError: one of them is missing or wrong, or they do not go together.
        MeasureError: the tool the workload is for cannot be started.
    """
    name = imported_name(workload_path)
    if name is not None:
        return open_named(config_path, name)
    stated = load_config(config_path)
    config = replace(stated, variables={**stated.variables, **variables_of(env)})
    if workload_path is not None and workload_path.absolute() != stated.workload:
        config = replace(config, workload=workload_path.absolute(), driver=None, environment=None)
    config = replace(config, driver=driver or config.driver, environment=environment or config.environment)
    if config.workload is None:
        raise UsageError(
            f"{config.path}: names no workload", "add workload: FILE, or give one with --workload FILE"
        )
    workload = read_load_test(
        config.workload, config.variables, config.environment, config.driver, has_target=True
    )
    require_fitting(config, workload)
    policy, thresholds = policy_of(config), thresholds_of(config)
    names = _endpoints_of(stated) if stated.workload != config.workload else ()
    if names_endpoints_late(workload):
        require_consistent_rules(config, policy)
    else:
        require_known_endpoints(config, policy, thresholds, workload.endpoints, usual=names)
    return Project(config=config, workload=workload, policy=policy, thresholds=thresholds)


def _endpoints_of(stated: Config) -> tuple[str, ...]:
    """The endpoints of a workload that is not sent this time; none where it cannot be read."""
    if stated.workload is None:
        return ()
    try:
        return read_load_test(
            stated.workload, stated.variables, stated.environment, stated.driver, has_target=True
        ).endpoints
    except PerfgateError:
        return ()


def policy_of(config: Config) -> Policy:
    """The policy that perfgate.yml states."""
    from perfgate.gate.policy import Policy, Rule
    from perfgate.model import CONDITIONAL

    rules = (
        Rule(endpoint=each.glob, tolerance=each.tolerance, requirement=each.require, level=each.level)
        for each in config.gate.endpoints
    )
    return Policy(
        tolerance=config.gate.tolerance,
        requirement=config.gate.require,
        level=config.gate.level,
        rules=tuple(rules),
        asked_for=config.gate.named & CONDITIONAL,
        screen_rounds=config.measure.rounds,
        max_screen_rounds=max(config.measure.max_rounds, config.measure.rounds),
        confirm_rounds=config.measure.rounds,
    )


def thresholds_of(config: Config) -> tuple[Threshold, ...]:
    """The thresholds of perfgate.yml, parsed.

    Raises:
        UsageError: one of them cannot be read, or is of a metric perfgate does not judge.
    """
    from perfgate.gate.threshold_syntax import parse_threshold

    parsed = []
    for text in config.thresholds:
        if text.metric.startswith("http_reqs"):
            raise UsageError(
                f"{text.where}: http_reqs cannot be judged: base and head share the time of a round",
                "limit http_req_duration or http_req_failed",
            )
        try:
            threshold = parse_threshold(text.metric, text.expression)
        except ValueError as error:
            raise UsageError(f"{text.where}: {error}", "see docs/reference/thresholds.md") from error
        parsed.append(
            replace(threshold, abort_on_fail=text.abort_on_fail, delay_abort_eval_ns=text.delay_abort_eval_ns)
        )
    return tuple(parsed)


def require_command(config: Config) -> None:
    """Refuse to measure a commit without knowing how to start it.

    Raises:
        UsageError: perfgate.yml has no service.command, or a placeholder for it.
    """
    if config.service is None or not config.service.command:
        raise UsageError(
            f"{config.path}: no service.command, so a commit cannot be started",
            "say how to start the service, or give --base-url and --head-url of services that run already",
        )
    require_own(config.service.command, config.path)


def require_clean(repository: Repository, commits: Collection[Commit], config: Config) -> None:
    """Refuse to measure the checked-out commit while the checkout differs from it.

    Changes to perfgate's own files (configuration, workload, baselines) do not count: they are read from
    the checkout, not from the commit.

    Raises:
        UsageError: there are uncommitted changes, named in the message.
    """
    here = repository.resolve("HEAD").sha
    if all(commit.sha != here for commit in commits):
        return
    own = {(config.root / config.path.name), config.workload}
    dirty = [
        name
        for name in repository.dirty_files()
        if (path := repository.toplevel / name) not in own and not path.is_relative_to(config.baselines)
    ]
    if dirty:
        more = f" and {len(dirty) - 3} more" if len(dirty) > 3 else ""
        raise UsageError(
            f"uncommitted changes in {', '.join(dirty[:3])}{more} would not be measured: commits are",
            "commit or stash them, or add --allow-dirty to measure the commit without them",
        )


def new_run_id() -> str:
    """A name for one run that no other run has."""
    return secrets.token_hex(6)


def new_seed(config: Config) -> int:
    """The seed of perfgate.yml, or a fresh one (every result records which)."""
    return config.measure.seed if config.measure.seed is not None else secrets.randbits(31)


def shell_words(words: Sequence[str]) -> str:
    """A command as one could paste it into a shell."""
    import shlex

    return shlex.join(words)
