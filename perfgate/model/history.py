"""What became of every metric from commit to commit, with the steps and the creep found in it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from perfgate.model.concluded import Metric, Reason


@dataclass(frozen=True, slots=True, kw_only=True)
class PastRun:
    """The levels of one stored run: a results file's, or a run's of the committed baseline.

    `run_id` is empty for a run of the baseline, `measured_at` is ISO 8601.
    """

    sha: str
    run_id: str
    source: Literal["result", "baseline"]
    measured_at: str
    levels: Mapping[Metric, float]


@dataclass(frozen=True, slots=True, kw_only=True)
class PastCommit:
    """A commit with stored runs; `at` is when it was made where git knows it, else when first measured.

    `on_line` tells whether it is on the first-parent line of what is checked out.
    """

    sha: str
    at: str
    on_line: bool
    runs: tuple[PastRun, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """A change point: the level changed at the commit with this index.

    `before` and `after` are the means of the values of the two levels in the metric's unit; `change` is
    relative, for errors the difference in ratio, and None where `before` is 0. `p` is not adjusted.
    """

    commit: int
    before: float
    after: float
    change: float | None
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Rise:
    """Creep: the level rose from the commit `first` to the commit `last`, bit by bit.

    `change` is relative, for errors a difference in ratio; `p` is not adjusted.
    """

    first: int
    last: int
    change: float
    p: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Past:
    """One metric over all commits.

    `values` has one value a commit, the mean over its runs (geometric for times), None where it was not
    measured. `changes` is each value against the mean of the values before it since the last step (at a
    step: of the level before it). `level` is the mean since the last step or the
    end of the creep.
    """

    metric: Metric
    values: tuple[float | None, ...]
    changes: tuple[float | None, ...]
    level: float
    steps: tuple[Step, ...]
    creep: Rise | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Circle:
    """Runs that are comparable with each other: how many, and the conditions they share by name."""

    number: int
    runs: int
    commits: int
    newest: str
    conditions: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Every metric of the runs of one circle over its commits, oldest first.

    `others` are the circles that are not shown. `left_out` says which stored runs are no part of any, and
    why. `max_p` and `alpha` are what one metric's change points and creep had to pass; `searched` is False
    where change points were not looked for, because the library is missing; `fewest` is how many commits
    they take.
    """

    workload_name: str
    circle: Circle
    others: tuple[Circle, ...]
    commits: tuple[PastCommit, ...]
    metrics: tuple[Past, ...]
    searched: bool
    fewest: int
    max_p: float
    alpha: float
    left_out: tuple[Reason, ...] = ()
