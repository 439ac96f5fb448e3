"""The history as JSON for other programs: a fixed, versioned document with a committed JSON Schema."""

from collections.abc import Callable
from typing import Literal

from pydantic import Field

from perfgate.model import Circle, History, Past, Rise
from perfgate.report.document import Document, ReasonDocument, json_text, schema_of
from perfgate.report.jsonout import MetricDocument

SCHEMA_VERSION: Literal[1] = 1


class GroupDocument(Document):
    """Runs that can be compared with each other."""

    number: int = Field(description="What --group takes.")
    runs: int
    commits: int
    newest: str = Field(description="When its newest run was measured; ISO 8601 with offset.")
    conditions: dict[str, str] = Field(description="What its runs have in common.")


class RunDocument(Document):
    """One stored run of a commit."""

    run_id: str = Field(description="Empty for a run of the committed baseline.")
    source: Literal["result", "baseline"]
    measured_at: str


class CommitDocument(Document):
    """A commit with stored runs."""

    sha: str
    at: str = Field(description="When it was made; when it was first measured if git does not know it.")
    on_line: bool = Field(description="Whether it is on HEAD's first-parent line.")
    runs: list[RunDocument]


class StepDocument(Document):
    """A change point."""

    commit: int = Field(description="Index into commits: the first one of the new level.")
    sha: str
    before: float = Field(description="The mean of the level before, in the metric's unit.")
    after: float
    change: float | None = Field(description="Relative; for errors the difference; null if from 0.")
    p: float


class CreepDocument(Document):
    """A rise bit by bit, by more than is tolerated."""

    first: int = Field(description="Index into commits: the last one before the rise.")
    last: int = Field(description="Index into commits: the first one after the rise.")
    first_sha: str
    last_sha: str
    change: float = Field(description="Relative; for errors the difference of the ratios.")
    p: float


class PastDocument(Document):
    """One metric over all commits."""

    metric: MetricDocument
    values: list[float | None] = Field(description="One a commit; null where it was not measured.")
    changes: list[float | None] = Field(description="Each value against the level before it.")
    level: float = Field(description="The mean since the last change point or creep.")
    change_points: list[StepDocument]
    creep: CreepDocument | None


class HistoryDocument(Document):
    """How the metrics of an HTTP service moved from commit to commit."""

    schema_version: Literal[1] = Field(description="Rises when a field changes its meaning or goes away.")
    workload_name: str
    group: GroupDocument
    other_groups: list[GroupDocument] = Field(description="Runs that cannot be compared with these.")
    change_points_searched: bool = Field(description="False where the library for it is not installed.")
    max_p: float = Field(description="What the p of a change point is below.")
    alpha: float = Field(description="What the p of creep is at most.")
    commits: list[CommitDocument] = Field(description="The oldest first.")
    metrics: list[PastDocument]
    left_out: list[ReasonDocument] = Field(description="Stored runs that are in no group, and why.")


def render(history: History) -> str:
    """The document as indented ASCII JSON; names stay as they are, no number is NaN or infinite."""
    document = HistoryDocument(
        schema_version=SCHEMA_VERSION,
        workload_name=history.workload_name,
        group=_group(history.circle),
        other_groups=[_group(other) for other in history.others],
        change_points_searched=history.searched,
        max_p=history.max_p,
        alpha=history.alpha,
        commits=[
            CommitDocument(
                sha=commit.sha,
                at=commit.at,
                on_line=commit.on_line,
                runs=[
                    RunDocument(run_id=run.run_id, source=run.source, measured_at=run.measured_at)
                    for run in commit.runs
                ],
            )
            for commit in history.commits
        ],
        metrics=[_past(past, history) for past in history.metrics],
        left_out=[
            ReasonDocument(code=reason.code, text=reason.text, remedy=reason.remedy)
            for reason in history.left_out
        ],
    )
    return json_text(document.model_dump())


def schema_text() -> str:
    """The JSON Schema of the document, as committed in history.schema.json."""
    return schema_of(HistoryDocument)


def _group(circle: Circle) -> GroupDocument:
    return GroupDocument(
        number=circle.number,
        runs=circle.runs,
        commits=circle.commits,
        newest=circle.newest,
        conditions=dict(circle.conditions),
    )


def _past(past: Past, history: History) -> PastDocument:
    def sha(commit: int) -> str:
        return history.commits[commit].sha

    return PastDocument(
        metric=MetricDocument(
            endpoint=past.metric.endpoint, statistic=past.metric.statistic, better=past.metric.better
        ),
        values=list(past.values),
        changes=list(past.changes),
        level=past.level,
        change_points=[
            StepDocument(
                commit=step.commit,
                sha=sha(step.commit),
                before=step.before,
                after=step.after,
                change=step.change,
                p=step.p,
            )
            for step in past.steps
        ],
        creep=_creep(past.creep, sha) if past.creep else None,
    )


def _creep(creep: Rise, sha: Callable[[int], str]) -> CreepDocument:
    return CreepDocument(
        first=creep.first,
        last=creep.last,
        first_sha=sha(creep.first),
        last_sha=sha(creep.last),
        change=creep.change,
        p=creep.p,
    )
