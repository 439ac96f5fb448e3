"""The results folder: one file per commit and run, keyed to the commit's digits, raw samples beside it."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

from perfgate.errors import UsageError
from perfgate.model import Reason, Result, Round, Samples, Side
from perfgate.store.atomic import TEMPORARY_PREFIX, TEMPORARY_SUFFIX, write_atomically
from perfgate.store.files import read_bounded
from perfgate.store.jsonfile import MAX_BYTES
from perfgate.store.names import shown, slug
from perfgate.store.samples import dump_samples, samples_path
from perfgate.store.schema import RESULT

SHA = re.compile(r"[0-9a-f]{40}")


def save(root: Path, result: Result, samples: Sequence[tuple[Round, Samples]] | None = None) -> Path:
    """Write `<root>/<sha>/<started>-<workload>-<run>-<side>.json` and return its path.

    The samples go into a file of the same name with `.npz`, written first, so that whoever finds the
    results file finds them too. Saving the same side of the same run again replaces its files.

    Raises:
        MeasureError: the disk is full, the folder cannot be written, or the result breaks the format.
    """
    content = RESULT.dump(result)
    path = path_of(root, result)
    _keep_out_of_git(root.parent)
    if samples is not None:
        write_atomically(samples_path(path), dump_samples(samples), within=root)
    write_atomically(path, content, within=root)
    return path


def _keep_out_of_git(folder: Path) -> None:
    """Results are no part of the project's history, unless its owner stores them elsewhere."""
    ignore = folder / ".gitignore"
    if folder.name != ".perfgate" or folder.is_symlink() or ignore.is_symlink() or ignore.exists():
        return
    try:
        folder.mkdir(parents=True, exist_ok=True)
        ignore.write_text("*\n", encoding="utf-8")
    except OSError:
        return  # writing the result says why


def path_of(root: Path, result: Result) -> Path:
    """Where `save` puts a result: the name follows from what is in it."""
    started = datetime.fromisoformat(result.started_at).astimezone(UTC)
    run = f"{slug(result.workload_name)}-{slug(result.run_id)}-{result.side}"
    return root / result.commit.sha / f"{started:%Y%m%dT%H%M%SZ}-{run}.json"


def load(path: Path) -> Result:
    """The result in a file.

    Raises:
        UsageError: missing, torn, foreign, too large, a symbolic link, or written by a newer perfgate.
    """
    return RESULT.parse(read_bounded(path, MAX_BYTES), where=path)


def find(root: Path, sha: str) -> tuple[list[Result], list[Reason]]:
    """All results of a commit, the newest first, and what in its folder could not be used, with why.

    Raises:
        UsageError: `sha` is not a full commit SHA.
    """
    if not SHA.fullmatch(sha):
        raise UsageError(f"{shown(sha)}: not a full commit SHA", "give all 40 lower-case digits")
    folder = root / sha
    try:
        names = _listed(folder)
    except OSError as error:
        why = os.strerror(error.errno) if error.errno else shown(error)
        return [], [_skipped(f"{shown(folder)}: cannot be read: {why}")]
    found: list[tuple[datetime, str, Result]] = []
    skipped: list[Reason] = []
    for name in names:
        try:
            result = _load_of(folder / name, sha)
        except UsageError as error:
            skipped.append(_skipped(error.message, error.hint))
        else:
            found.append((datetime.fromisoformat(result.started_at), name, result))
    found.sort(key=lambda entry: entry[:2], reverse=True)
    return [result for _, _, result in found], skipped


def stored_commits(root: Path) -> list[str]:
    """The SHA of every commit that has a folder of results, sorted; none where there is no folder at all.

    Raises:
        UsageError: the results folder cannot be read.
    """
    if not root.is_dir():
        return []
    try:
        return sorted(entry.name for entry in root.iterdir() if SHA.fullmatch(entry.name))
    except OSError as error:
        raise UsageError(
            f"{shown(root)}: cannot be read: {error.strerror}", "make it a folder that perfgate may read"
        ) from error


def newest_pairs(root: Path, workload_name: str, *, most: int) -> Iterator[tuple[Result, Result]]:
    """Base and head of at most `most` complete paired runs of a workload, of whatever commits, newest first.

    Files are read as they are asked for. What cannot be used is passed over in silence: a run may be
    planned without it, and `find` says what is wrong.
    """
    for base_path, head_path in paired_paths(root, workload_name)[:most]:
        try:
            base, head = load(base_path), load(head_path)
        except UsageError:
            continue
        if base.status == head.status == "complete" and base.run_id == head.run_id:
            yield base, head


def paired_paths(root: Path, workload_name: str) -> list[tuple[Path, Path]]:
    """The files of base and head of every paired run of a workload by their names, the newest first."""
    by_run: dict[str, dict[str, Path]] = {}
    for run, side, path in _named(root, rf"{re.escape(slug(workload_name))}-(.+)"):
        by_run.setdefault(run, {})[side] = path
    pairs = [(sides["base"], sides["head"]) for sides in by_run.values() if len(sides) == 2]
    return sorted(pairs, key=lambda pair: pair[0].name, reverse=True)


def find_run(root: Path, run_id: str) -> dict[Side, Result]:
    """What is stored of one run, by side; nothing where there is none.

    Raises:
        UsageError: a file that is named after this run cannot be used.
    """
    found: dict[Side, Result] = {}
    for _, _, path in sorted(_named(root, rf".+-({re.escape(slug(run_id))})"), key=lambda each: each[2].name):
        result = _load_of(path, path.parent.name)
        if result.run_id == run_id:
            found[result.side] = result
    return found


def _named(root: Path, pattern: str) -> Iterator[tuple[str, str, Path]]:
    """What the first group of a pattern (workload, run) matches, the side and the path of fitting files."""
    whole = re.compile(rf"\d{{8}}T\d{{6}}Z-{pattern}-(base|head)\.json")
    for folder in _commit_folders(root):
        for name in _names_in(folder):
            if match := whole.fullmatch(name):
                yield match[1], match[2], folder / name


def _commit_folders(root: Path) -> list[Path]:
    return [root / name for name in _names_in(root) if SHA.fullmatch(name)]


def _names_in(folder: Path) -> list[str]:
    try:
        return _listed(folder)
    except OSError:
        return []


def _listed(folder: Path) -> list[str]:
    """Names to look at: not the samples, and not what another perfgate is writing at this moment."""
    if not folder.exists() and not folder.is_symlink():
        return []
    if folder.is_symlink():
        raise OSError(0, "a symbolic link")
    return sorted(
        name
        for name in (entry.name for entry in folder.iterdir())
        if not name.endswith(".npz")
        and not (name.startswith(TEMPORARY_PREFIX) and name.endswith(TEMPORARY_SUFFIX))
    )


def _load_of(path: Path, sha: str) -> Result:
    if path.suffix != ".json":
        raise UsageError(f"{shown(path)}: not a results file", "move it out of the results folder")
    result = load(path)
    if result.commit.sha != sha:
        raise UsageError(
            f"{shown(path)}: a result of commit {result.commit.sha[:12]}", "move it to that commit's folder"
        )
    return result


def _skipped(text: str, remedy: str = "make it a folder that perfgate may read") -> Reason:
    return Reason(code="result_skipped", text=text, remedy=remedy)
