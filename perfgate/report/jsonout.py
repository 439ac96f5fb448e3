"""The verdict as JSON for other programs: a fixed, versioned document with a committed JSON Schema."""

import dataclasses
from typing import Literal

from pydantic import Field

from perfgate.model import Comparison, Level, Metric, Outcome, Statistic, Verdict
from perfgate.report.document import Document, ReasonDocument, json_text, schema_of
from perfgate.report.headline import headline

SCHEMA_VERSION: Literal[1] = 1


class CommitDocument(Document):
    """The commit a side was built from."""

    sha: str = Field(description="All 40 digits, or the URL's digest where a running service stood in.")
    ref: str = Field(description="What the user called it.")
    branch: str | None
    dirty: bool = Field(description="Whether the tree had uncommitted changes.")


class MetricDocument(Document):
    """An endpoint and a statistic of it."""

    endpoint: str = Field(description='"*" stands for the whole service.')
    statistic: Statistic = Field(
        description="p50, p95, p99: service time in ns; cpu: CPU ns per request; throughput: requests a "
        "second at saturation; memory: bytes it grows per request; errors: ratio of requests."
    )
    better: Literal["lower", "higher"] = Field(
        description="Where this is lower, a change above 0 is for the worse; where it is higher, one below 0."
    )


class AcceptanceDocument(Document):
    """A slowdown that was decided on."""

    up_to: float = Field(description="The largest change that passes, in the unit of change.")
    reason: str
    expires: str = Field(description="The last day it holds, YYYY-MM-DD.")
    author: str
    date: str = Field(description="The day of the decision, YYYY-MM-DD.")


class ComparisonDocument(Document):
    """One metric, both sides. A number that does not exist is null."""

    metric: MetricDocument
    outcome: Outcome
    rounds: int
    base: float | None = Field(description="Median over rounds in the metric's unit; pooled for errors.")
    head: float | None = Field(description="Median over rounds in the metric's unit; pooled for errors.")
    change: float | None = Field(description="head / base - 1; for errors and memory head - base.")
    low: float | None = Field(description="Lower end of the interval of change.")
    high: float | None = Field(description="Upper end of the interval of change.")
    confidence: float | None = Field(description="Confidence of the interval, such as 0.9.")
    p_adjusted: float | None = Field(description="Adjusted over everything compared.")
    mde: float | None = Field(description="The smallest change for the worse found with 80 % power; a size.")
    tolerance: float | None = Field(description="The largest change for the worse that is accepted; a size.")
    requirement: float | None = Field(description="The largest change that may go unseen.")
    reasons: list[ReasonDocument]
    level: Level = Field(description="error: a regression fails the change; warn: it never does.")
    accepted: AcceptanceDocument | None = Field(description="Set where a regression passes by decision.")


class VerdictDocument(Document):
    """What perfgate concluded about one change of an HTTP service."""

    schema_version: Literal[1] = Field(description="Rises when a field changes its meaning or goes away.")
    headline: str = Field(description="The verdict in one sentence, for people.")
    outcome: Outcome
    base: CommitDocument
    head: CommitDocument
    workload_name: str
    comparisons: list[ComparisonDocument]
    reasons: list[ReasonDocument] = Field(description="Why the outcome is what it is, worst first.")
    warnings: list[ReasonDocument] = Field(description="Doubts that did not change the outcome.")
    rounds_measured: int
    rounds_dropped: int
    requests: int
    elapsed_s: float | None
    reproduce: str


def render(verdict: Verdict) -> str:
    """The document as indented ASCII JSON; names stay as they are, no number is NaN or infinite."""
    document = {
        "schema_version": SCHEMA_VERSION,
        "headline": headline(verdict),
        **dataclasses.asdict(verdict),
        "comparisons": [_comparison(comparison) for comparison in verdict.comparisons],
    }
    return json_text(document)


def _comparison(comparison: Comparison) -> dict[str, object]:
    return dataclasses.asdict(comparison) | {"metric": metric_keys(comparison.metric)}


def metric_keys(metric: Metric) -> dict[str, str]:
    """The keys of a `MetricDocument`."""
    return {**dataclasses.asdict(metric), "better": metric.better}


def schema_text() -> str:
    """The JSON Schema of the document, as committed in verdict.schema.json."""
    return schema_of(VerdictDocument)
