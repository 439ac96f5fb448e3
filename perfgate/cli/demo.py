"""`perfgate demo`: show what perfgate says about a service whose every change is known."""

from __future__ import annotations

import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

import click

from perfgate.demo.branches import BRANCHES, Branch, Finding, judge
from perfgate.errors import ExitCode, UsageError

_NAMES = [branch.name for branch in BRANCHES]
_NO_VERDICT = Finding(outcome="no verdict", regressed=(), as_expected=False)


@click.command(name="demo")
@click.option(
    "--keep",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Make the repository in DIR (which must not exist, or be empty) and leave it there.",
)
@click.option(
    "--branch",
    "names",
    type=click.Choice(_NAMES),
    multiple=True,
    help="Compare only this branch; may be given more than once.",
)
def command(keep: Path | None, names: tuple[str, ...]) -> ExitCode:
    """Compare known-good and known-bad changes of a small example service.

    Makes a git repository of a shop (HTTP over SQLite) with four branches, and runs `perfgate compare main
    BRANCH` on each. Exits 0 if every verdict is as expected, 1 if one is not, 4 if one could not be reached.
    """
    if find_spec("waitress") is None:
        raise UsageError("the demo's shop needs waitress", "run `pip install 'perfgate[demo]'`")
    branches = [branch for branch in BRANCHES if not names or branch.name in names]
    return _show(branches, keep)


def _show(branches: list[Branch], keep: Path | None) -> ExitCode:
    with tempfile.TemporaryDirectory(prefix="perfgate-demo-") as scratch:
        repository = keep.resolve() if keep else Path(scratch) / "shop"
        findings = _compare_all(branches, repository, Path(scratch))
    click.echo(f"\n{_table(branches, findings)}")
    if keep:
        click.echo(f"\nThe repository is in {keep}. Try `git diff main slow-query` in it.")
    if any(finding is _NO_VERDICT for finding, _ in findings):
        return ExitCode.INVALID
    return ExitCode.OK if all(finding.as_expected for finding, _ in findings) else ExitCode.REGRESSED


def _compare_all(branches: list[Branch], repository: Path, scratch: Path) -> list[tuple[Finding, float]]:
    from perfgate.demo.comparing import compare
    from perfgate.demo.repository import create_repository

    create_repository(repository)
    findings = []
    for number, branch in enumerate(branches, start=1):
        click.echo(f"\n=== {number} of {len(branches)}: {branch.name}, “{branch.message}”\n{branch.effect}\n")
        started = time.monotonic()
        verdict = compare(branch, repository, scratch / f"{branch.name}.json")
        finding = judge(branch, verdict) if verdict else _NO_VERDICT
        findings.append((finding, time.monotonic() - started))
    return findings


def _table(branches: list[Branch], findings: list[tuple[Finding, float]]) -> str:
    rows = [("branch", "expected", "verdict", "seconds", "")]
    for branch, (finding, seconds) in zip(branches, findings, strict=True):
        mark = "as expected" if finding.as_expected else "NOT AS EXPECTED"
        rows.append((branch.name, branch.expected, str(finding), f"{seconds:.0f}", mark))
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )
