"""The bundle: what the measuring job hands to the posting one, through hands that nobody vouches for.

Only data is in it. Everything a pull request shows is rendered from it again, and which pull request that is
comes from GitHub's event.
"""

from __future__ import annotations

import json
import os
import re
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from perfgate.cli.ci_handed import document_of, refusal, text_of
from perfgate.errors import ExitCode, UsageError

if TYPE_CHECKING:
    from perfgate.cli.ci_bundleschema import BundleDocument
    from perfgate.model import Verdict

BUNDLE_NAME = "bundle.json"
MAX_BYTES = 10 << 20
MAX_MARKS = 10
MAX_KEY = 120
MAX_TEXT = 4_000
_REMEDY = "measure again with this version of perfgate; what was uploaded is not what it writes"
_PATH = re.compile(r"(?:[\w.@+-][\w.@+ -]*/)*[\w.@+-][\w.@+ -]*\.ya?ml", re.ASCII)
_MAX_PATH = 255


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """A line of perfgate.yml that decided; `index` is of the verdict's comparisons or its reasons."""

    path: str
    line: int
    of: Literal["comparison", "reason"]
    index: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why perfgate could not measure at all."""

    message: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Bundle:
    """A verdict, or why there is none. `head_sha` is what it is of, "" where that could not be found out."""

    key: str
    head_sha: str
    exit_code: int
    verdict: Verdict | None = None
    failure: Failure | None = None
    marks: tuple[Mark, ...] = ()


def write_bundle(folder: Path, bundle: Bundle) -> None:
    """Write `bundle.json`, whole or not at all.

    Raises:
        MeasureError: it cannot be written.
    """
    from perfgate.report.document import json_text
    from perfgate.report.jsonout import render
    from perfgate.store.atomic import write_atomically

    document = {
        "schema_version": 1,
        "key": bundle.key,
        "head_sha": bundle.head_sha,
        "verdict": json.loads(render(bundle.verdict)) if bundle.verdict else None,
        "failure": _failure(bundle.failure),
        "annotations": [
            {"path": each.path, "line": each.line, "of": each.of, "index": each.index}
            for each in bundle.marks[:MAX_MARKS]
            if may_be_annotated(each.path)
        ],
        "exit_code": bundle.exit_code,
    }
    write_atomically(folder / BUNDLE_NAME, json_text(document).encode(), within=folder)


def read_bundle(folder: Path) -> Bundle | None:
    """What the measuring job wrote, None where it wrote nothing.

    Raises:
        UsageError: the file is a link, too large, not what `write_bundle` writes, or contradicts itself.
    """
    from perfgate.store.files import read_bounded

    path = folder / BUNDLE_NAME
    if not path.is_symlink() and not path.exists():
        return None
    return parse_bundle(read_bounded(path, MAX_BYTES))


def parse_bundle(content: bytes) -> Bundle:
    """The bundle in the content of a file that anybody may have written.

    Raises:
        UsageError: as `read_bundle`.
    """
    from perfgate.cli.ci_bundleschema import BundleDocument
    from perfgate.report.jsonin import read_verdict

    document = document_of(content, BundleDocument, name=BUNDLE_NAME, remedy=_REMEDY)
    verdict = None
    if document.verdict is not None:
        where = f"{BUNDLE_NAME}: verdict"
        verdict = read_verdict(text_of(document.verdict, name=where, remedy=_REMEDY), where=where)
    _require_sense(document, verdict)
    failure = document.failure
    return Bundle(
        key=document.key,
        head_sha=document.head_sha,
        exit_code=document.exit_code,
        verdict=verdict,
        failure=Failure(message=failure.message, hint=failure.hint) if failure else None,
        marks=tuple(Mark(path=m.path, line=m.line, of=m.of, index=m.index) for m in document.annotations),
    )


def may_be_annotated(path: str) -> bool:
    """Whether a path is one of a YAML file inside the repository, written plainly."""
    parts = path.split("/")
    plain = len(path) <= _MAX_PATH and _PATH.fullmatch(path) is not None
    return plain and not any(part in (".", "..", ".git") for part in parts)


def bundle_key(text: str) -> str:
    """A configuration's name as it stands on comments and checks: one clean, short line."""
    from perfgate.report.text import clean, shorten

    return shorten(clean(text), MAX_KEY) or "perfgate"


def configuration_key(config_path: Path, workload: Path | None) -> str:
    """What tells a configuration's comment and check from another's: its files, as they are named here.

    It does not read them: a configuration that is broken has the same comment.
    """
    names = (_from_here(path) for path in (config_path, workload) if path is not None)
    return bundle_key(" · ".join(names))


def _from_here(path: Path) -> str:
    plain = Path(os.path.normpath(path.absolute()))
    return plain.relative_to(Path.cwd()).as_posix() if plain.is_relative_to(Path.cwd()) else plain.name


def _failure(failure: Failure | None) -> dict[str, str] | None:
    if failure is None:
        return None
    return {"message": failure.message[:MAX_TEXT], "hint": failure.hint[:MAX_TEXT]}


def _require_sense(document: BundleDocument, verdict: Verdict | None) -> None:
    """Refuse what has the right shape and still says two things at once."""
    from perfgate.cli.output import exit_code_of

    if (verdict is None) == (document.failure is None):
        raise _refusal("either a verdict or a failure has to be there")
    if verdict is None:
        if document.annotations or document.exit_code == ExitCode.OK:
            raise _refusal("a failure has no annotations and no exit code 0")
        return
    if not document.head_sha:
        raise _refusal("head_sha: a verdict has to name its commit")
    if document.exit_code != exit_code_of(verdict):
        raise _refusal(f"exit_code: {document.exit_code} is not that of {verdict.outcome}")
    if document.exit_code == ExitCode.OK:
        _require_evidence(verdict)
    for mark in document.annotations:
        there = verdict.comparisons if mark.of == "comparison" else verdict.reasons
        if mark.index >= len(there):
            raise _refusal(f"annotations: there is no {mark.of} {mark.index}")


def _require_evidence(verdict: Verdict) -> None:
    """Refuse a green verdict that its own rows do not bear out: the gate never writes one."""
    from perfgate.model import Outcome

    found = {each.outcome for each in verdict.comparisons}
    green = {Outcome.PASS, Outcome.IMPROVED}
    if not found & green or not verdict.rounds_measured or not verdict.requests:
        raise _refusal(f"verdict: {verdict.outcome} without anything that was measured")
    worst = sorted(found - green - {Outcome.NOT_MEASURED})
    if worst:
        raise _refusal(f"verdict: {verdict.outcome} with a comparison that is {worst[0]}")


def _refusal(problem: str) -> UsageError:
    return refusal(BUNDLE_NAME, problem, _REMEDY)
