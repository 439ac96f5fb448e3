"""Committed baselines: several runs of one workload in one environment class, made to be reviewed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

from pydantic import TypeAdapter

from perfgate.model import Baseline, BaselineRun
from perfgate.store import boundary
from perfgate.store.atomic import write_atomically
from perfgate.store.files import read_bounded
from perfgate.store.jsonfile import MAX_BYTES, Document, Format, with_keys
from perfgate.store.names import slug

SCHEMA_VERSION = 2
KEEP_RUNS = 20


RULES: boundary.Rules = {
    (BaselineRun, "sha"): boundary.Sha,
    (BaselineRun, "recorded_at"): boundary.Instant,
    (Baseline, "schema_version"): Literal[2],
}


def _for_review(baseline: Baseline) -> dict[str, Any]:
    """Values in one order whatever order they were measured in, so that a diff shows only what changed."""
    ordered = [
        replace(run, values=tuple(sorted(run.values, key=lambda v: (v.endpoint, v.statistic))))
        for run in baseline.runs
    ]
    document: dict[str, Any] = boundary.plain(replace(baseline, runs=tuple(ordered)))
    return document


def _from_version_1(document: Document) -> Document:
    """Version 2 says of each run how fast the service's CPUs were, and what it made acceptable."""
    return document | {"runs": [with_keys(run, calibration_ns=None, accepts=[]) for run in document["runs"]]}


BASELINE: Format[Baseline] = Format(
    name="baseline",
    version=SCHEMA_VERSION,
    adapter=TypeAdapter(boundary.dataclass_shape(Baseline, RULES)),
    to_json=_for_review,
    remedy="restore it from git, or write it anew with perfgate baseline update",
    sort_keys=True,
    upgrades={1: _from_version_1},
)


def json_schema() -> dict[str, Any]:
    """The JSON Schema (draft 2020-12) of a baseline, committed as `baseline.schema.json`."""
    return BASELINE.json_schema()


def path_for(root: Path, workload_name: str, environment_class: str) -> Path:
    """Where the baseline of a workload in an environment class is: `<root>/<workload>/<class>.json`."""
    return root / slug(workload_name) / f"{slug(environment_class)}.json"


def load_baseline(path: Path) -> Baseline:
    """The baseline in a file; ask `path.exists()` first, for a missing baseline is no error.

    Raises:
        UsageError: missing, torn, foreign, a symbolic link, or written by a newer perfgate.
    """
    return BASELINE.parse(read_bounded(path, MAX_BYTES), where=path)


def find_baselines(root: Path, workload_name: str) -> list[Path]:
    """The baselines of a workload, one file for each environment class that has one."""
    folder = path_for(root, workload_name, "any").parent
    return sorted(folder.glob("*.json")) if folder.is_dir() else []


def save_baseline(root: Path, baseline: Baseline) -> Path:
    """Write a baseline to its place under `root` and return its path.

    Raises:
        MeasureError: the disk is full, the folder cannot be written, or the baseline breaks the format.
    """
    path = path_for(root, baseline.workload_name, baseline.environment.class_id)
    write_atomically(path, BASELINE.dump(baseline), within=root)
    return path


def append(baseline: Baseline, runs: Sequence[BaselineRun], keep: int = KEEP_RUNS) -> Baseline:
    """The baseline with runs added, in order of time, and only the newest `keep` of them kept.

    Raises:
        ValueError: `keep` is less than 1.
    """
    if keep < 1:
        raise ValueError("a baseline keeps at least one run")
    by_time = sorted((*baseline.runs, *runs), key=lambda run: datetime.fromisoformat(run.recorded_at))
    return replace(baseline, runs=tuple(by_time[-keep:]))
