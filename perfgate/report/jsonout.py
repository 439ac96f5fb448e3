"""The verdict as JSON for other programs: a fixed, versioned document with a committed JSON Schema."""

import dataclasses
import json
import math
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from perfgate.model import Outcome, Statistic, Verdict
from perfgate.report.headline import headline

SCHEMA_VERSION: Literal[1] = 1


class _Document(BaseModel):
    model_config = ConfigDict(extra="forbid")


class CommitDocument(_Document):
    """The commit a side was built from."""

    sha: str = Field(description="All 40 digits, or the URL's digest where a running service stood in.")
    ref: str = Field(description="What the user called it.")
    branch: str | None
    dirty: bool = Field(description="Whether the tree had uncommitted changes.")


class MetricDocument(_Document):
    """An endpoint and a statistic of it; lower is better."""

    endpoint: str = Field(description='"*" stands for the whole service.')
    statistic: Statistic = Field(
        description="p50, p95, p99: service time in ns; cpu: CPU ns per request; errors: ratio of requests."
    )


class ReasonDocument(_Document):
    """Why something is what it is."""

    code: str = Field(description="Stable; meant for programs.")
    text: str
    remedy: str = Field(description="What to do; may be empty.")


class ComparisonDocument(_Document):
    """One metric, both sides. A number that does not exist is null."""

    metric: MetricDocument
    outcome: Outcome
    rounds: int
    base: float | None = Field(description="Median over rounds in the metric's unit; pooled for errors.")
    head: float | None = Field(description="Median over rounds in the metric's unit; pooled for errors.")
    change: float | None = Field(description="head / base - 1; for errors the difference of the ratios.")
    low: float | None = Field(description="Lower end of the interval of change.")
    high: float | None = Field(description="Upper end of the interval of change.")
    confidence: float | None = Field(description="Confidence of the interval, such as 0.9.")
    p_adjusted: float | None = Field(description="Adjusted over everything compared.")
    mde: float | None = Field(description="The smallest change found with 80 % power.")
    tolerance: float | None = Field(description="The largest change that is accepted.")
    requirement: float | None = Field(description="The largest change that may go unseen.")
    reasons: list[ReasonDocument]


class VerdictDocument(_Document):
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
    }
    return json.dumps(_plain(document), indent=2, allow_nan=False) + "\n"


def schema_text() -> str:
    """The JSON Schema of the document, as committed in verdict.schema.json."""
    schema = {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        **VerdictDocument.model_json_schema(mode="serialization"),
    }
    return json.dumps(schema, indent=2) + "\n"


def _plain(value: object) -> object:
    """The value with null for numbers JSON lacks and U+FFFD for characters UTF-8 lacks."""
    match value:
        case float():
            return value if math.isfinite(value) else None
        case str():
            return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _:
            return value
