"""The measuring step of `perfgate ci`: base and head as the CI system means them, and what came out."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from perfgate.cli import ci_record
from perfgate.cli.ci_bundle import Bundle, configuration_key

if TYPE_CHECKING:
    from perfgate.cli.ci_place import Place
    from perfgate.cli.judged import Judged
    from perfgate.cli.project import Project
    from perfgate.git import Repository
    from perfgate.github.run import ActionsRun
    from perfgate.model import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What the command line and the action's inputs ask for; `folder` is where the bundle goes."""

    config_path: Path
    workload: Path | None
    base: str | None
    head: str | None
    budget_ns: int | None
    folder: Path
    outputs: tuple[tuple[str, Path], ...]
    quiet: bool


def measure(asked: Asked, environ: Mapping[str, str]) -> int:
    """Measure, write the bundle, then outputs and summaries; the verdict's exit code.

    What cannot be measured leaves a bundle too, which says why, and so does a run that is stopped or killed:
    no report at all would look like no finding.

    Raises:
        UsageError: something given, the event or the checkout cannot be used.
        MeasureError: the measurement did not finish, or a file could not be written.
    """
    from perfgate.cli import output
    from perfgate.cli.ci_apart import apart

    key = configuration_key(asked.config_path, asked.workload)
    ci_record.begin(asked.folder, key=key)
    with apart(environ):
        bundle, evidence = _recorded(asked, environ, key)
        assert bundle.verdict is not None  # noqa: S101 - what was measured has one
        return output.publish(bundle.verdict, asked.outputs, evidence, head_sha=bundle.head_sha)


def _recorded(asked: Asked, environ: Mapping[str, str], key: str) -> tuple[Bundle, Evidence | None]:
    """What was measured, after it, or why it could not be, has been written."""
    from perfgate.github.run import read_run
    from perfgate.target.childenv import withhold

    run = None
    try:
        run = read_run(environ)
        withhold()
        bundle, evidence = _measured(asked, environ, run, key)
    except Exception as error:
        ci_record.record_failure(asked.folder, run, error, key=key)
        raise
    ci_record.record(asked.folder, run, bundle, evidence)
    return bundle, evidence


def _measured(
    asked: Asked, environ: Mapping[str, str], run: ActionsRun | None, key: str
) -> tuple[Bundle, Evidence | None]:
    from perfgate.cli import output
    from perfgate.cli.budget import with_budget
    from perfgate.cli.ci_marks import marks_of
    from perfgate.cli.ci_place import find_place
    from perfgate.cli.evidence import evidence_for
    from perfgate.cli.project import open_project
    from perfgate.git import open_repository

    begun = time.monotonic()
    repository = open_repository(Path.cwd())
    place = find_place(environ, run, repository, base=asked.base, head=asked.head)
    click.echo(f"perfgate ci on {place.found}", file=sys.stderr)
    opened = with_budget(open_project(asked.config_path, asked.workload), asked.budget_ns)
    judged = _judged(opened, repository, place, asked, begun)
    bundle = Bundle(
        key=key,
        head_sha=place.head_sha,
        exit_code=output.exit_code_of(judged.verdict),
        verdict=judged.verdict,
        marks=marks_of(judged.verdict, opened.config, repository, place.base),
    )
    shown = (("html", asked.folder / ci_record.REPORT_NAME), *asked.outputs)
    return bundle, evidence_for(judged, shown, opened.config.store)


def _judged(opened: Project, repository: Repository, place: Place, asked: Asked, begun: float) -> Judged:
    from perfgate.cli import basepolicy, output, project
    from perfgate.cli.acceptances import with_accepted
    from perfgate.cli.compare import measure_pair
    from perfgate.measure.job import Source

    project.require_command(opened.config)
    project.require_clean(repository, (place.base, place.head), opened.config)
    opened = basepolicy.governed(opened, repository, place.base, "base")
    opened = with_accepted(opened, repository, place.base)
    sources = (
        Source(side="base", commit=place.base, address=None),
        Source(side="head", commit=place.head, address=None),
    )
    progress = output.start_progress(quiet=asked.quiet)
    try:
        return measure_pair(
            opened,
            sources,
            repository,
            progress=progress,
            begun=begun,
            reproduce=_reproduce(asked, repository, place),
        )
    finally:
        progress.close()


def _reproduce(asked: Asked, repository: Repository, place: Place) -> str:
    """The same comparison on one's own machine, which has the pull request's head but not GitHub's merge."""
    from perfgate.cli.reproduce import reproduce_line

    base, head = place.base.sha, place.head_sha
    if head != place.head.sha:
        base = repository.merge_base(place.base, replace(place.head, sha=head)).sha
    asked_for: dict[str, str | None] = {
        "base": base[:12],
        "head": head[:12],
        "base_url": None,
        "head_url": None,
    }
    return reproduce_line(asked.config_path, asked.workload, asked_for, asked.budget_ns, "base", load_test=())
