"""Stored runs put in order, commit by commit, with the steps and the creep of every metric."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import numpy as np

from perfgate.gate.past import past_of
from perfgate.model import Circle, History, Metric, PastCommit, PastRun, Reason
from perfgate.stats import changepoints, creep

if TYPE_CHECKING:
    from perfgate.gate.policy import Policy
    from perfgate.gate.validity import Conditions

Line = Sequence[tuple[str, str]]
"""Commits and their times, the oldest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recorded:
    """A stored run and the conditions it was measured under."""

    run: PastRun
    conditions: Conditions


def circles_of(recorded: Collection[Recorded]) -> list[tuple[Circle, tuple[PastRun, ...]]]:
    """The runs in circles of equal conditions, the largest first, then the one with the newest run."""
    grouped: dict[Conditions, list[PastRun]] = {}
    for each in recorded:
        grouped.setdefault(each.conditions, []).append(each.run)
    ordered = sorted(grouped.items(), key=lambda item: max(_instant(r.measured_at) for r in item[1]))
    ordered.sort(key=lambda item: len(item[1]))
    return [
        (
            Circle(
                number=number,
                runs=len(runs),
                commits=len({run.sha for run in runs}),
                newest=max(runs, key=lambda run: _instant(run.measured_at)).measured_at,
                conditions=asdict(conditions),
            ),
            tuple(sorted(runs, key=lambda run: _instant(run.measured_at))),
        )
        for number, (conditions, runs) in enumerate(reversed(ordered), start=1)
    ]


def history_of(
    workload_name: str,
    recorded: Collection[Recorded],
    line: Line,
    policy: Policy,
    *,
    circle: int = 1,
    all_commits: bool = False,
    left_out: Sequence[Reason] = (),
) -> History:
    """The history of one circle of runs, of which there has to be such a number.

    Commits on `line` are in its order. The others are left out, for a branch that was rejected is no part of
    the history, unless `all_commits` or none is on the line: then they are put in by time.
    """
    circles = circles_of(recorded)
    shown, runs = circles[circle - 1]
    commits, notes = _in_order(runs, line, all_commits=all_commits)
    series = _series(commits)
    varying = sum(len(set(values) - {None}) > 1 for values in series.values())
    max_p, alpha = (rate / max(varying, 1) for rate in (changepoints.MAX_P, creep.ALPHA))
    return History(
        workload_name=workload_name,
        circle=shown,
        others=tuple(other for other, _ in circles if other.number != circle),
        commits=commits,
        metrics=tuple(
            past_of(metric, values, policy, max_p=max_p, alpha=alpha)
            for metric, values in sorted(series.items(), key=lambda item: item[0])
        ),
        searched=changepoints.is_available(),
        fewest=changepoints.FEWEST_VALUES,
        max_p=max_p,
        alpha=alpha,
        left_out=(*left_out, *notes),
    )


def _in_order(
    runs: Sequence[PastRun], line: Line, *, all_commits: bool
) -> tuple[tuple[PastCommit, ...], list[Reason]]:
    """The commits in order, each with its runs, and what a reader should know of that."""
    by_sha: dict[str, list[PastRun]] = {}
    for run in runs:
        by_sha.setdefault(run.sha, []).append(run)
    places = {sha: (place, at) for place, (sha, at) in enumerate(line) if sha in by_sha}
    beside = [sha for sha in by_sha if sha not in places]
    notes = []
    if beside and not places:
        notes.append(_by_time(len(by_sha)))
    elif beside and not all_commits:
        notes.append(_beside(beside, by_sha))
        beside = []
    latest = datetime.min.replace(tzinfo=UTC)
    keyed: list[tuple[datetime, int, PastCommit]] = []
    for sha, (place, at) in sorted(places.items(), key=lambda item: item[1][0]):
        latest = max(latest, _instant(at))  # clocks differ, but the line is in order
        keyed.append((latest, place, PastCommit(sha=sha, at=at, on_line=True, runs=tuple(by_sha[sha]))))
    for sha in beside:
        at = by_sha[sha][0].measured_at
        commit = PastCommit(sha=sha, at=at, on_line=False, runs=tuple(by_sha[sha]))
        keyed.append((_instant(at), len(line), commit))
    keyed.sort(key=lambda item: item[:2])
    return tuple(commit for _, _, commit in keyed), notes


def _by_time(commits: int) -> Reason:
    return Reason(
        code="order_by_time",
        text=f"git knows none of the {commits} commits on HEAD's first-parent line: they are in the order of "
        "their first run",
        remedy="check out the branch they are on; a shallow clone needs its history (git fetch --unshallow)",
    )


def _beside(beside: Sequence[str], by_sha: Mapping[str, Sequence[PastRun]]) -> Reason:
    runs = sum(len(by_sha[sha]) for sha in beside)
    return Reason(
        code="not_on_line",
        text=f"{_counted(runs, 'run')} of {_counted(len(beside), 'commit')} not on HEAD's first-parent line",
        remedy="--all-commits puts them in by time",
    )


def _series(commits: Sequence[PastCommit]) -> dict[Metric, list[float | None]]:
    """One value a commit and metric: the mean over its runs, geometric for times.

    Runs of one commit are often made together and share that day's luck, so they count as one.
    """
    series: dict[Metric, list[float | None]] = {}
    for place, commit in enumerate(commits):
        found: dict[Metric, list[float]] = {}
        for run in commit.runs:
            for metric, level in run.levels.items():
                found.setdefault(metric, []).append(level)
        for metric, levels in found.items():
            mean = np.mean(levels) if metric.statistic == "errors" else np.exp(np.mean(np.log(levels)))
            series.setdefault(metric, [None] * len(commits))[place] = float(mean)
    return series


def _instant(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _counted(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
