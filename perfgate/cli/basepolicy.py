"""Whose policy judges: the base commit's, so that a pull request cannot loosen its own gate unseen."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from perfgate.cli import project
from perfgate.cli.rulecheck import named_by, names_endpoints_late
from perfgate.errors import PerfgateError

if TYPE_CHECKING:
    from perfgate.config import Stated
    from perfgate.gate.policy import Policy
    from perfgate.gate.threshold_syntax import Threshold
    from perfgate.git import Repository
    from perfgate.model import Commit, Reason

Whose = Literal["base", "checkout"]

policy_option = click.option(
    "--policy",
    "whose",
    type=click.Choice(("base", "checkout")),
    default="base",
    show_default=True,
    help="Whose gate and thresholds judge: those of perfgate.yml in the base commit, or here.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class _OnBase:
    """What perfgate.yml states in the base commit."""

    stated: Stated
    policy: Policy
    thresholds: tuple[Threshold, ...]


def governed(opened: project.Project, repository: Repository, base: Commit, whose: Whose) -> project.Project:
    """The project with the policy that judges, and warnings wherever base and checkout differ.

    Where base has no perfgate.yml, or one that this perfgate cannot read, the checkout's judges, and the
    verdict says so.
    """
    try:
        found = _on_base(opened, repository, base)
    except PerfgateError as error:
        return _warned(opened, _unreadable(error))
    if found is None:
        # In no commit at all, as in the demo, it is no part of any change that somebody could review.
        return _warned(opened, _absent(opened, base)) if _is_committed(opened, repository) else opened
    warnings = (*_differences(opened, found, whose), *_conditions(opened, repository, base, found.stated))
    opened = _warned(opened, *warnings)
    if whose == "checkout":
        return opened
    thresholds = tuple(t for t in found.thresholds if _is_sent(opened, t))
    return replace(opened, policy=found.policy, thresholds=thresholds)


def _on_base(opened: project.Project, repository: Repository, base: Commit) -> _OnBase | None:
    from perfgate.config import parse_stated
    from perfgate.yamlfile import MAX_BYTES

    path = opened.config.path.resolve()
    content = repository.file_at(base.sha, path, max_bytes=MAX_BYTES)
    if content is None:
        return None
    stated = parse_stated(Path(f"{base.sha[:12]}:{path.name}"), content)
    config = replace(opened.config, gate=stated.gate, thresholds=stated.thresholds)
    return _OnBase(stated=stated, policy=project.policy_of(config), thresholds=project.thresholds_of(config))


def _is_committed(opened: project.Project, repository: Repository) -> bool:
    from perfgate.yamlfile import MAX_BYTES

    head = repository.resolve("HEAD").sha
    return repository.file_at(head, opened.config.path.resolve(), max_bytes=MAX_BYTES) is not None


def _warned(opened: project.Project, *warnings: Reason) -> project.Project:
    return replace(opened, warnings=(*opened.warnings, *warnings))


def _is_sent(opened: project.Project, threshold: Threshold) -> bool:
    if names_endpoints_late(opened.workload):
        return True
    return all(name in opened.workload.endpoints for name in named_by(threshold))


def _differences(opened: project.Project, found: _OnBase, whose: Whose) -> list[Reason]:
    from perfgate.gate.policydiff import differences
    from perfgate.model import Reason

    used, remedy = "the checkout's was used", "drop --policy checkout to be judged as a pull request is"
    if whose == "base":
        used, remedy = "base's was used", "review it like code: once merged, the checkout's will judge"
    code = f"policy_of_{whose}"
    changed = differences(found.policy, opened.policy, found.thresholds, opened.thresholds)
    reasons = [Reason(code=code, text=f"{each.text}: {used}", remedy=remedy) for each in changed]
    if whose == "base":
        reasons += [
            Reason(
                code=code,
                text=f"thresholds: {each.source} on base was not held: the workload has no such endpoint",
                remedy=remedy,
            )
            for each in found.thresholds
            if not _is_sent(opened, each)
        ]
    return reasons


def _conditions(
    opened: project.Project, repository: Repository, base: Commit, stated: Stated
) -> list[Reason]:
    """What is measured otherwise than base's perfgate.yml says: named, because it holds for both sides."""
    from perfgate.model import Reason

    changed = _changed_keys(opened, stated)
    if _workload_changed(opened, repository, base):
        changed.append("the content of the workload")
    if not changed:
        return []
    text = f"not as on base: {', '.join(changed)}; the checkout's hold for both sides"
    return [Reason(code="conditions_changed", text=text, remedy="review whether base is still loaded fairly")]


def _changed_keys(opened: project.Project, stated: Stated) -> list[str]:
    from perfgate.config import parse_stated
    from perfgate.store.files import read_bounded
    from perfgate.yamlfile import MAX_BYTES

    path = opened.config.path.resolve()
    there, here = stated.conditions, parse_stated(path, read_bounded(path, MAX_BYTES)).conditions
    missing = object()
    return sorted(key for key in {*there, *here} if there.get(key, missing) != here.get(key, missing))


def _workload_changed(opened: project.Project, repository: Repository, base: Commit) -> bool:
    from perfgate.store.files import read_bounded
    from perfgate.yamlfile import MAX_BYTES

    path = opened.config.workload
    if path is None:
        return False
    there = _or_none(lambda: repository.file_at(base.sha, path, max_bytes=MAX_BYTES))
    here = _or_none(lambda: read_bounded(path.resolve(), MAX_BYTES))
    return there is not None and there != here


def _or_none(read: Callable[[], bytes | None]) -> bytes | None:
    try:
        return read()
    except PerfgateError:
        return None


def _absent(opened: project.Project, base: Commit) -> Reason:
    from perfgate.model import Reason

    return Reason(
        code="no_base_policy",
        text=f"{opened.config.path.name} is not in base ({base.sha[:10]}): the checkout's gate and "
        "thresholds judge this change",
        remedy="review them with the change that adds them",
    )


def _unreadable(error: PerfgateError) -> Reason:
    from perfgate.model import Reason

    return Reason(
        code="base_policy_unreadable",
        text=f"base's policy cannot be read ({error.message}): the checkout's gate and thresholds judge this "
        "change",
        remedy="review them: nothing else holds the change to what base asked for",
    )
