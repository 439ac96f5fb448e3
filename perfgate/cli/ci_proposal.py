"""The proposal: what the step that measures a baseline hands to the step that may push, and nothing else."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field

from perfgate.cli.ci_bundleschema import Key
from perfgate.cli.ci_handed import document_of, text_of
from perfgate.model import Baseline
from perfgate.store.atomic import write_atomically
from perfgate.store.baselines import BASELINE
from perfgate.store.files import read_bounded
from perfgate.store.jsonfile import MAX_BYTES

PROPOSAL_NAME = "proposal.json"
MAX_LINES, MAX_LINE = 150, 300
_REMEDY = "measure again: perfgate ci refresh-baseline writes this file just before"


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A baseline with the runs that were added to it; `told` are the changes as lines of text."""

    key: str
    head_sha: str
    reason: str
    runs: int
    told: tuple[str, ...]
    why_untold: str
    baseline: Baseline


def one_line(text: str) -> str:
    """A line as the proposal takes it: bounded, nothing invisible, its spaces kept as in a table."""
    return "".join(each if each.isprintable() else " " for each in text)[:MAX_LINE]


def _line(text: str) -> str:
    if text != one_line(text):
        raise ValueError("not one clean line")
    return text


Line = Annotated[str, AfterValidator(_line)]


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    schema_version: int = Field(ge=1, le=1)
    key: Key
    head_sha: str = Field(pattern="^[0-9a-f]{40}$")
    reason: Line
    runs: int = Field(ge=1, le=20)
    told: list[Line] = Field(max_length=MAX_LINES + 1)
    why_untold: Line
    baseline: dict[str, Any]


def write_proposal(folder: Path, proposal: Proposal) -> None:
    """Write `proposal.json`, whole or not at all.

    Raises:
        MeasureError: it cannot be written.
    """
    document = {
        "schema_version": 1,
        "key": proposal.key,
        "head_sha": proposal.head_sha,
        "reason": proposal.reason,
        "runs": proposal.runs,
        "told": proposal.told,
        "why_untold": proposal.why_untold,
        "baseline": json.loads(BASELINE.dump(proposal.baseline)),
    }
    write_atomically(folder / PROPOSAL_NAME, json.dumps(document).encode(), within=folder)


def read_proposal(folder: Path) -> Proposal:
    """What the measuring step has written.

    Raises:
        UsageError: there is none, or it is a link, too large, or not what `write_proposal` writes.
    """
    content = read_bounded(folder / PROPOSAL_NAME, MAX_BYTES)
    document = document_of(content, _Document, name=PROPOSAL_NAME, remedy=_REMEDY)
    where = f"{PROPOSAL_NAME}: baseline"
    baseline = text_of(document.baseline, name=where, remedy=_REMEDY)
    return Proposal(
        key=document.key,
        head_sha=document.head_sha,
        reason=document.reason,
        runs=document.runs,
        told=tuple(document.told),
        why_untold=document.why_untold,
        baseline=BASELINE.parse(baseline.encode(), where=where),
    )
