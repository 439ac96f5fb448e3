"""What another project's load tool is asked, and what it answers: the port before k6, Locust, Artillery."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from perfgate.model.answered import Samples

ToolName = Literal["k6", "locust", "artillery"]
MetricKind = Literal["counter", "gauge", "rate", "trend"]


def unheard(requests: int) -> None:
    """Nobody wants to know how far a tool is."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolOrder:
    """One run of a tool against one service.

    `url` is the service's root, like `http://127.0.0.1:8000`; every host the file names is redirected there.
    `duration_ns` and `vus` take the place of what the file says about the load where they are not None: a
    round is short and steady. `folder` exists, is empty, and takes whatever the tool writes. `cpus` are those
    it keeps to (empty: any). `variables` are the user's `-e NAME=VALUE`, and `arguments` go to the tool's
    command line as they are. `insecure` accepts any certificate. With `skip_think` the script's pauses end at
    once where the tool allows it. `on_tick` is told how many requests there
    were so far, about once a second.
    """

    url: str
    folder: Path
    seed: int
    duration_ns: int | None = None
    vus: int | None = None
    cpus: tuple[int, ...] = ()
    variables: Mapping[str, str] = field(default_factory=dict, repr=False)
    arguments: tuple[str, ...] = ()
    insecure: bool = False
    skip_think: bool = False
    on_tick: Callable[[int], None] = field(default=unheard, repr=False, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolThreshold:
    """A threshold of the file as the tool itself judged it; `value` is what it saw, where it says."""

    metric: str
    expression: str
    ok: bool
    value: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolCheck:
    """A check of the file (k6's `check`, Artillery's `expect`) and how often it held."""

    name: str
    passes: int
    fails: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolMetric:
    """A metric of the file's own: `values` are its statistics by the names the tool has for them."""

    name: str
    kind: MetricKind
    values: Mapping[str, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolReport:
    """What the tool said itself, kept beside the samples.

    `tool` is its name and version, `command` the words it was started with (without secrets), `errors` its
    error texts and how often each came, `last_lines` the end of its output, `notes` what of the file did not
    take part and why.
    """

    tool: str
    command: tuple[str, ...]
    exit_code: int
    thresholds: tuple[ToolThreshold, ...] = ()
    checks: tuple[ToolCheck, ...] = ()
    metrics: tuple[ToolMetric, ...] = ()
    errors: Mapping[str, int] = field(default_factory=dict)
    last_lines: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class ToolRun:
    """The requests of one run, one by one, and the tool's own report."""

    samples: Samples
    duration_ns: int
    report: ToolReport


class ToolStopped(KeyboardInterrupt):
    """The user stopped a tool; `run` is what had finished by then."""

    def __init__(self, run: ToolRun) -> None:
        super().__init__()
        self.run = run


class Tool(Protocol):
    """A load test on the tool it was written for."""

    @property
    def name(self) -> ToolName:
        """Which tool it is."""

    @property
    def latency_definition(self) -> str:
        """What its samples' times are, in words; results with different definitions are not comparable."""

    def run(self, order: ToolOrder) -> ToolRun:
        """Run the file once; the tool's processes are gone when this returns or raises.

        Raises:
            MeasureError: the tool is missing, cannot be started, or crashed; the message has its last lines.
            ToolStopped: Ctrl-C.
        """
