"""A calibration as JSON for other programs: a fixed, versioned document with a committed JSON Schema."""

from __future__ import annotations

import dataclasses
from typing import Literal

from pydantic import Field

from perfgate.model import BOUND_CONFIDENCE, Calibration, CalibrationRow, CalibrationRun, Commit, Outcome
from perfgate.report.calibration import sentences
from perfgate.report.document import Document, json_text, schema_of
from perfgate.report.jsonout import CommitDocument, MetricDocument, metric_keys

SCHEMA_VERSION: Literal[1] = 1


class InjectedDocument(Document):
    """What was done to head."""

    text: str
    ratio: float = Field(description="Share of the time from a request's last byte to its answer's first.")
    fixed_ns: int
    is_tail_only: bool = Field(description="Only answers slower than 95 % of their kind were delayed.")


class MetricRowDocument(Document):
    """One metric over all runs that measured it: medians and counts."""

    metric: MetricDocument
    runs: int
    round_sd: float | None = Field(description="SD of one round's log(head / base), pooled over runs.")
    mde: float | None
    tolerance: float | None
    requirement: float | None
    met: int = Field(description="Runs whose MDE was within the requirement.")
    flagged: int = Field(description="Runs whose screening suspected it.")
    red: int = Field(description="Runs that called it a regression.")
    change: float | None
    low: float | None
    high: float | None
    injected: float | None = Field(description="The true change, where it follows from what was injected.")
    covered: int
    coverable: int


class RunRowDocument(Document):
    """One metric of one run."""

    metric: MetricDocument
    outcome: Outcome
    is_flagged: bool
    round_sd: float | None
    change: float | None
    low: float | None
    high: float | None
    p_adjusted: float | None
    mde: float | None
    injected: float | None


class RunDocument(Document):
    """One complete paired run."""

    number: int
    outcome: Outcome
    is_red: bool = Field(description="A false alarm; or, with an injection, a find.")
    seconds: float | None
    rounds_measured: int
    rounds_dropped: int
    metrics: list[RunRowDocument]


class CalibrationDocument(Document):
    """What a calibration found."""

    kind: Literal["calibration"]
    schema_version: Literal[1] = Field(description="Rises when a field changes its meaning or goes away.")
    headline: str
    commit: CommitDocument
    workload_name: str
    injected: InjectedDocument | None = Field(description="null: nothing, both sides were the same (A/A).")
    runs_asked: int
    runs_judged: int = Field(description="Runs that were not INVALID; the rate is of these.")
    red: int = Field(description="Runs called a regression.")
    rate: float | None
    rate_lower: float | None
    rate_upper: float | None
    bound_confidence: float = Field(description="Of each bound by itself (one-sided, Clopper-Pearson).")
    runs_for_one_percent: int
    seconds_median: float | None
    outcomes: dict[str, int]
    metrics: list[MetricRowDocument]
    runs: list[RunDocument]


def render(found: Calibration, *, commit: Commit, workload_name: str) -> str:
    """The document as indented ASCII JSON; names stay as they are, no number is NaN or infinite."""
    document = {
        "kind": "calibration",
        "schema_version": SCHEMA_VERSION,
        "headline": sentences(found)[0],
        "commit": dataclasses.asdict(commit),
        "workload_name": workload_name,
        "injected": dataclasses.asdict(found.injected) if found.injected else None,
        "runs_asked": found.asked,
        "runs_judged": found.judged,
        "red": found.red,
        "rate": found.red / found.judged if found.judged else None,
        "rate_lower": found.lower,
        "rate_upper": found.upper,
        "bound_confidence": BOUND_CONFIDENCE,
        "runs_for_one_percent": found.runs_for_one_percent,
        "seconds_median": found.seconds,
        "outcomes": {str(outcome): count for outcome, count in found.outcomes.items()},
        "metrics": [
            dataclasses.asdict(each) | {"metric": metric_keys(each.metric)} for each in found.metrics
        ],
        "runs": [_run(run) for run in found.runs],
    }
    return json_text(document)


def _run(run: CalibrationRun) -> dict[str, object]:
    keys = dataclasses.asdict(run)
    del keys["rows"]
    return keys | {"metrics": [_row(row) for row in run.rows]}


def _row(row: CalibrationRow) -> dict[str, object]:
    """Tolerance and requirement are the same in every run, so they stand with the metric only."""
    keys = dataclasses.asdict(row) | {"metric": metric_keys(row.metric)}
    del keys["tolerance"], keys["requirement"]
    return keys


def schema_text() -> str:
    """The JSON Schema of the document, as committed in calibration.schema.json."""
    return schema_of(CalibrationDocument)
