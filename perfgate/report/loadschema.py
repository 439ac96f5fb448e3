"""The shape of a load's JSON document, from which load.schema.json is made."""

from typing import Literal

from pydantic import Field

from perfgate.model import Executor, ToolReport
from perfgate.report.document import Document, ReasonDocument, schema_of

LoadOutcome = Literal["PASS", "THRESHOLD_BREACHED", "INVALID"]


class WorkloadDocument(Document):
    """What was sent."""

    name: str
    digest: str = Field(description="Loads are comparable only if it is equal.")


class StageDocument(Document):
    """A stretch of time in which the level moves linearly to `target`."""

    duration_ns: int = Field(description="0 is a jump.")
    target: float | None = Field(description="Virtual users, or arrivals a second.")
    max_vus: int = Field(description="Users at once in this stage; 0 leaves it to the profile.")


class ProfileDocument(Document):
    """How much load, and when: an executor of k6 and its figures."""

    description: str = Field(description="The profile in words, for people.")
    executor: Executor
    model: Literal["closed", "open"]
    vus: int = Field(description="Users (closed model), or the most at once (open model).")
    start: float | None = Field(description="Users or arrivals a second at time 0.")
    stages: list[StageDocument]
    iterations: int = Field(description="Passes of each user, or shared by all; 0 where time decides.")
    arrivals: Literal["poisson", "even"] | None = Field(description="null in the closed model.")
    duration_ns: int = Field(description="How long passes may begin.")
    graceful_stop_ns: int = Field(description="How long passes under way at the end may go on.")


class SpreadDocument(Document):
    """A distribution of times in ns: exact order statistics, each a time that some request took."""

    count: int = Field(description="A p95 says little below 74 of them, a p99 below 370, a p99.9 below 3700.")
    min: int
    p50: int | None
    p90: int | None
    p95: int | None
    p99: int | None
    p99_9: int | None = Field(alias="p99.9")
    max: int
    mean: float | None


class EndpointDocument(Document):
    """What one endpoint did."""

    name: str
    requests: int
    requests_per_s: float | None
    failed: int = Field(description="Requests that ended in any error class.")
    errors: dict[str, int] = Field(description="Error class → requests.")
    statuses: dict[str, int] = Field(description='HTTP status → requests; "0": no whole answer.')
    bytes_received: int
    service_time_ns: SpreadDocument | None
    response_time_ns: SpreadDocument | None


class DriverDocument(Document):
    """How the driver itself fared."""

    processes: int
    cpu_ratio: float | None = Field(description="Of the CPUs it may use; near 1 it was the bottleneck.")
    cpu_us_per_request: float | None
    bytes_per_sample: float | None = Field(description="What keeping a request took while it ran.")
    clock_source: str = Field(description="What stamped the last byte.")
    kernel_stamped_ratio: float | None = Field(description="Answers whose last byte the kernel stamped.")
    clock_step_ns: int = Field(description="How far the wall clock moved against the monotonic one.")


class LoadDocument(Document):
    """One service under one load."""

    kind: Literal["load"]
    schema_version: Literal[1] = Field(description="Rises when a field changes its meaning or goes away.")
    headline: str = Field(description="The outcome in one sentence, for people.")
    verdict: LoadOutcome
    reasons: list[ReasonDocument] = Field(description="Why the verdict is what it is, worst first.")
    warnings: list[ReasonDocument] = Field(description="Doubts that did not change the verdict.")
    workload: WorkloadDocument
    target: str
    started_at: str = Field(description="ISO 8601 with offset.")
    profile: ProfileDocument
    seed: int
    elapsed_s: float | None
    requests: int
    requests_per_s: float | None = Field(description="Requests over elapsed_s; null if that is 0.")
    failed: int = Field(description="Requests that ended in any error class.")
    errors: dict[str, int] = Field(description="Error class → requests, the most frequent first.")
    statuses: dict[str, int] = Field(description='HTTP status → requests; "0": no whole answer.')
    dropped: int = Field(description="Arrivals no user was free to take in time; not among the requests.")
    bytes_received: int
    service_time_ns: SpreadDocument | None = Field(
        description="Sent to last byte, of requests without error; null if none."
    )
    response_time_ns: SpreadDocument | None = Field(
        description="Due to last byte, of requests without error; null where nothing was due."
    )
    lateness_ns: SpreadDocument | None = Field(
        description="How late the driver woke up; null where nothing was due."
    )
    phases_ns: dict[str, SpreadDocument] = Field(
        description="dns, connect, tls (of new connections), sending, waiting, receiving; if it happened."
    )
    endpoints: list[EndpointDocument] = Field(description="In the workload's order.")
    driver: DriverDocument
    notes: list[str] = Field(description="What a reader should know.")
    tool: ToolReport | None = Field(
        description="What the tool that sent the load said itself; null if perfgate did."
    )


def schema_text() -> str:
    """The JSON Schema of the document, as committed in load.schema.json."""
    return schema_of(LoadDocument)
