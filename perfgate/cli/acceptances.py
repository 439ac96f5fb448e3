"""The slowdowns that were decided on, as the checkout has them, for a comparison with a commit."""

from __future__ import annotations

import datetime
from dataclasses import replace
from typing import TYPE_CHECKING

from perfgate.cli.late import known_endpoints
from perfgate.errors import PerfgateError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from perfgate.cli.project import Project
    from perfgate.git import Repository
    from perfgate.model import Acceptance, Commit, Metric


def today() -> datetime.date:
    """The day acceptances are held against, in UTC."""
    return datetime.datetime.now(datetime.UTC).date()


def with_accepted(opened: Project, repository: Repository | None, base: Commit | None) -> Project:
    """The project with what was decided on; `base` is None where no commit stands for that side.

    What base has too was merged, so it covers no further slowdown. Were base's file not readable, nothing
    in it counts as merged.

    Raises:
        UsageError: the checkout's accepted.yml cannot be used.
    """
    from perfgate.gate.acceptance import Accepted, outdated
    from perfgate.store.accepted import accepted_path, load_accepted

    entries = load_accepted(accepted_path(opened.config.baselines))
    if not entries:
        return opened
    merged = _on_base(opened, repository, base) if repository is not None and base is not None else {}
    accepted = Accepted(
        entries=entries,
        today=today(),
        merged=frozenset(metric for metric in entries if merged.get(metric) == entries[metric]),
    )
    stale = outdated(accepted, known_endpoints(opened.workload), opened.policy)
    return replace(opened, accepted=accepted, warnings=(*opened.warnings, *stale))


def _on_base(opened: Project, repository: Repository, base: Commit) -> Mapping[Metric, Acceptance]:
    from perfgate.store.accepted import accepted_path, parse_accepted
    from perfgate.yamlfile import MAX_BYTES

    path = accepted_path(opened.config.baselines)
    try:
        content = repository.file_at(base.sha, path, max_bytes=MAX_BYTES)
        return parse_accepted(path, content) if content is not None else {}
    except PerfgateError:
        return {}
