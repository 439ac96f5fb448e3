"""Stored results of many commits by the time they were measured, the newest of them only."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import UTC, datetime
from pathlib import Path

from perfgate.errors import UsageError
from perfgate.model import Result
from perfgate.store.results import SHA, load

_STAMP = "%Y%m%dT%H%M%SZ"


def results_since(
    root: Path, since: datetime, *, wanted: Callable[[Collection[str]], Collection[str]], limit: int
) -> list[Result]:
    """The newest results measured after a moment, at most `limit`, the oldest first.

    The time is read from the names of the files, so that only those that count are opened. Files that cannot
    be used are left out: `results.find` names them when their commit is asked for.

    Args:
        root: the results folder; none is no results.
        since: results that began before it are left out.
        wanted: given the commits that have results, says which of them count.
        limit: so many files are read at most.
    """
    stamp = since.astimezone(UTC).strftime(_STAMP)
    try:
        folders = [entry for entry in root.iterdir() if SHA.fullmatch(entry.name) and not entry.is_symlink()]
        chosen = wanted([folder.name for folder in folders])
        named = [
            path
            for folder in folders
            if folder.name in chosen
            for path in folder.iterdir()
            if path.suffix == ".json" and path.name[: len(stamp)] >= stamp
        ]
    except OSError:
        return []
    found = []
    for path in sorted(named, key=lambda path: path.name)[-limit:]:
        try:
            result = load(path)
        except UsageError:
            continue
        if result.commit.sha == path.parent.name:
            found.append(result)
    return found
